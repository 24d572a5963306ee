"""What happened before eight in the morning in China stands in a file under that day, and not under the one before."""

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from flask import Flask

from fieldapp.desk.pricebook import exports as prices
from fieldapp.standing.merged import exports as merged
from fieldapp.standing.merged.group_queries import GroupRow
from fieldapp.standing.merged.queries import Row
from fieldapp.standing.merged.rules import State

AT = datetime(2026, 11, 23, 17, 30, tzinfo=UTC)  # half past one on the 24th
KEY = UUID(int=1)


def place(code: str | None) -> str:
    return code or ""


def test_the_day_of_a_file_is_that_of_the_business(app: Flask) -> None:
    pair = Row(KEY, 80, State.OPEN, ",phone,", AT, "D1", "One", "41", "D2", "Other", "41")
    change: Any = SimpleNamespace(
        at=AT, region_code="41", tier="*", valid_from=date(2026, 12, 1), before=None, after=None, backdated=False
    )
    with app.test_request_context():
        assert next(merged.rows([pair], place))[-1] == date(2026, 11, 24)
        assert next(merged.group_rows([GroupRow(KEY, "Both", AT, 2, 2)]))[-1] == date(2026, 11, 24)
        assert str(next(prices.history([(change, "P10", "Pig", None)], place))[0]) == "2026-11-24 01:30:00"
