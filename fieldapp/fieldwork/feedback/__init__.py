"""Feedback: what customers say of us, answered, and the answer told back to them."""
