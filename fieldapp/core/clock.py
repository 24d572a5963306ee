"""The two clocks: the business date in Shanghai and the instant in UTC. Only views and commands ask them."""

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from flask import current_app

SHANGHAI = ZoneInfo("Asia/Shanghai")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")  # `fromisoformat` takes week dates too


def now() -> datetime:
    """This instant, aware, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The business date: FIELDAPP_TODAY when a demo or a test set it, else the date in Shanghai."""
    fixed: date | None = current_app.config["TODAY"]
    return fixed or datetime.now(SHANGHAI).date()


def parse_day(text: str) -> date:
    """A date as `2026-11-23`. ValueError when it is anything else."""
    if not _DAY.fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat(text)
