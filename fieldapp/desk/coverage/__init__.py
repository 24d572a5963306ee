"""The coverage map: who sells where, and where nobody does."""
