"""The weekly log's office, with a full week."""

from tests.desk.weeklog.conftest import busy, office

__all__ = ["busy", "office"]
