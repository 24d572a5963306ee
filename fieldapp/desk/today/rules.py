"""The greeting follows the clock of Shanghai, where the company works."""

from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

_SHANGHAI = ZoneInfo("Asia/Shanghai")


class DayPart(StrEnum):
    """Parts of a working day."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"


def day_part(now: datetime) -> DayPart:
    """Morning from 5, afternoon from 12, evening from 18 o'clock until 5."""
    hour = now.astimezone(_SHANGHAI).hour
    if 5 <= hour < 12:
        return DayPart.MORNING
    return DayPart.AFTERNOON if 12 <= hour < 18 else DayPart.EVENING
