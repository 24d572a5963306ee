"""What a task is and when it is late."""

from datetime import date
from enum import StrEnum


class TaskKind(StrEnum):
    """`promise`: what a customer was promised on a visit. `promotion`: what the company asks to be done in a store."""

    PROMISE = "promise"
    PROMOTION = "promotion"


class TaskState(StrEnum):
    """`dropped`: it will not be done; the reason stands in its outcome."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


def late(state: TaskState, due: date, today: date) -> bool:
    """Open past its day; on the day itself it is not late."""
    return state is TaskState.OPEN and due < today
