"""The two clocks: the business date in Shanghai and the instant in UTC. Only views and commands ask them."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from flask import current_app

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class When:
    """Of what may have waited in a phone. `at`: when it happened, by the phone's clock set right; `now`: when we hear
    of it; `today`: the business date."""

    at: datetime
    now: datetime
    today: date


def parse_day(text: str) -> date:
    """An ISO date, `2026-11-23`, and nothing else that Python takes for one (week dates). ValueError otherwise."""
    if not _DAY.fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat(text)


def now() -> datetime:
    """This instant, aware, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The business date: FIELDAPP_TODAY when a demo or a test set it, else the date in Shanghai."""
    fixed: date | None = current_app.config["TODAY"]
    return fixed or datetime.now(SHANGHAI).date()
