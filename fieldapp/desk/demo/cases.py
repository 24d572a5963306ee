"""The distributors that are made on purpose, so that every finding of the deal check has one to show it.

They all stand in the first rep's patch, but for the neighbour whose area the others may not enter.
"""

from dataclasses import dataclass

GOOD = 0
OVERDUE = 1
OVERDUE_FROZEN = 2
OVERDUE_STOP = 3
FROZEN = 4
UNGRADED = 5
CASH_ONLY = 6
EXPIRED = 7
OVER_LIMIT = 8
FAR_OVER_LIMIT = 9
ENDED = 10
PROSPECT = 11
WATCH = 12
NEIGHBOUR = 25
RATED = range(13, 20)  # whose credit comes from our own ratings (ratings.py)


@dataclass(frozen=True, slots=True)
class Case:
    """What is prescribed of a distributor; the rest is drawn like everybody's.

    `open_dues`   — its unpaid invoices: days from today until each is due, below zero when overdue.
    `available`   — yuan that its limit leaves beside what it owes; below zero: it owes more than its limit.
    `expired`     — its assessment has run out. `graded` — it has a credit record at all.
    """

    status: str = "active"
    tier: str = "B"
    grade: str = "B"
    frozen: bool = False
    expired: bool = False
    open_dues: tuple[int, ...] = (9, 13)
    available: int = 300_000

    @property
    def graded(self) -> bool:
        return bool(self.grade)


CASES: dict[int, Case] = {
    GOOD: Case(tier="A", grade="A", open_dues=(8, 16, 25), available=400_000),
    OVERDUE: Case(open_dues=(-3, 10)),
    OVERDUE_FROZEN: Case(open_dues=(-15, 4)),
    OVERDUE_STOP: Case(grade="C", tier="C", open_dues=(-45, -31)),
    FROZEN: Case(frozen=True),
    UNGRADED: Case(grade="", open_dues=()),
    CASH_ONLY: Case(grade="D", tier="C", open_dues=(), available=0),
    EXPIRED: Case(expired=True),
    OVER_LIMIT: Case(open_dues=(5, 8, 12), available=10_000),
    FAR_OVER_LIMIT: Case(grade="C", open_dues=(1, 4, 6), available=-20_000),
    ENDED: Case(status="ended", open_dues=()),
    PROSPECT: Case(status="prospect", grade="C", open_dues=(), available=50_000),
    WATCH: Case(status="watch", tier="C"),
    NEIGHBOUR: Case(tier="A", grade="A", open_dues=(12, 20), available=250_000),
}
