"""When notices go out: quiet hours, and how long a failed message waits for its next try."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
PAUSES = (timedelta(minutes=5), timedelta(minutes=20), timedelta(hours=1), timedelta(hours=4))
MOST_TRIES = len(PAUSES) + 1
BROKEN_OFF_AFTER = timedelta(hours=1)  # one that was taken longer ago will not be finished by whoever took it
FRESH = timedelta(days=2)  # what is older is not sent: mail that is switched on later brings no flood


class Channel(StrEnum):
    """A way out of the app."""

    MAIL = "mail"
    ROBOT = "robot"


class DeliveryState(StrEnum):
    """`unsure`: handed over without an answer, so it may have arrived; never sent again by itself."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    GIVEN_UP = "given-up"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From when to when, in Shanghai, only what is urgent goes out; over midnight where `until` is the earlier one.
    None when both are the same."""

    begins: time = time(21)
    until: time = time(7, 30)

    def hold(self, at: datetime) -> bool:
        """Are they at an aware instant?"""
        clock = at.astimezone(ZONE).time()
        if self.begins <= self.until:
            return self.begins <= clock < self.until
        return clock >= self.begins or clock < self.until


def after_failure(tries: int, now: datetime) -> tuple[DeliveryState, datetime]:
    """(state, not before) of a message that failed for the `tries`-th time."""
    if tries >= MOST_TRIES:
        return DeliveryState.GIVEN_UP, now
    return DeliveryState.FAILED, now + PAUSES[tries - 1]
