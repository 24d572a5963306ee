"""Both ends of a validity window count; an empty end is open."""

from datetime import date

import pytest

from fieldapp.core.validity import valid_on
from fieldapp.network.territory.rules import AreaRow


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "on", "counts"),
    [
        ("2026-03-01", None, "2026-02-28", False),
        ("2026-03-01", None, "2026-03-01", True),
        ("2026-03-01", None, "2099-12-31", True),
        ("2026-03-01", "2026-03-31", "2026-03-31", True),
        ("2026-03-01", "2026-03-31", "2026-04-01", False),
        ("2026-03-01", "2026-03-01", "2026-03-01", True),
    ],
)
def test_window_includes_both_ends(valid_from: str, valid_to: str | None, on: str, counts: bool) -> None:
    row = AreaRow("D1", "41", "*", date.fromisoformat(valid_from), valid_to and date.fromisoformat(valid_to))
    assert valid_on(row, date.fromisoformat(on)) is counts
