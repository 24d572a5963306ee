"""The desk's world: credit is told by what the deal check, the list and the pages say of it."""

from tests.desk.conftest import desk

__all__ = ["desk"]
