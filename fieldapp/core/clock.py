"""The two clocks: the business date in Shanghai and the instant in UTC. Only views and commands ask them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from flask import current_app

SHANGHAI = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """This instant, aware, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The business date: FIELDAPP_TODAY when a demo or a test set it, else the date in Shanghai."""
    fixed: date | None = current_app.config["TODAY"]
    return fixed or datetime.now(SHANGHAI).date()
