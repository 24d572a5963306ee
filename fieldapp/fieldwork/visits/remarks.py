"""How long a visit took, and what is odd about it."""

from datetime import datetime
from enum import StrEnum

FAR_METRES = 500  # from the store: a remark, never a refusal


class Flag(StrEnum):
    """What somebody may want to ask about a visit."""

    NO_PLACE = "no-place"
    FAR = "far"
    FORGOTTEN = "forgotten"
    UNDER_WAY = "under-way"


def minutes_between(arrived: datetime, left: datetime | None) -> int | None:
    """Whole minutes of a visit, never below 0; None while it lasts."""
    return None if left is None else max(0, round((left - arrived).total_seconds() / 60))


def flags_of(
    *, place_known: bool, distance: int | None, ended: bool, repaired: bool, far: int = FAR_METRES
) -> list[Flag]:
    """What is odd about a visit. `distance`: metres to the store, where both places are known; `repaired`: the
    check-out was forgotten and put in later; `far`: metres beyond which it is far."""
    found = [] if place_known else [Flag.NO_PLACE]
    if distance is not None and distance > far:
        found.append(Flag.FAR)
    if repaired:
        found.append(Flag.FORGOTTEN)
    if not ended:
        found.append(Flag.UNDER_WAY)
    return found
