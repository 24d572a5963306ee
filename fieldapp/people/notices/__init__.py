"""Notices: what waits for somebody, in the app and on the ways out of it."""
