"""From when until when a row counts: both ends inclusive, an empty end is open (contract `files.md`)."""

from datetime import date
from typing import Protocol


class Dated(Protocol):
    """Anything with a validity window."""

    @property
    def valid_from(self) -> date: ...

    @property
    def valid_to(self) -> date | None: ...


def valid_on(row: Dated, on: date) -> bool:
    """Whether the row counts on that date."""
    return row.valid_from <= on and (row.valid_to is None or on <= row.valid_to)
