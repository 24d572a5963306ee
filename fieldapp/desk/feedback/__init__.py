"""Feedback's pages."""
