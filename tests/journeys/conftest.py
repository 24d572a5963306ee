"""Journeys see the desk's world."""

from tests.desk.conftest import desk

__all__ = ["desk"]
