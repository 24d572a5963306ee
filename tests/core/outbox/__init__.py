"""What a phone wrote without a signal: received once, kept, shown."""
