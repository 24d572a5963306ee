"""What was taken off a whole without goods, and over which goods it is spread (ADR 24, without approvals and floors).

A *whole* is what one distributor ordered within some days. Money is fen, weight is grams.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Protocol, TypeVar

Exact = int | Fraction


class Dated(Protocol):
    """Whatever has the day of an order."""

    @property
    def day(self) -> date: ...


One = TypeVar("One", bound=Dated)


def wholes(sorted_by_day: Iterable[One], window_days: int) -> list[list[One]]:
    """Those of each whole together: it begins with the first order after the one before and holds all orders of the
    days that follow."""
    found: list[list[One]] = []
    ends = date.min
    for one in sorted_by_day:
        if not found or one.day > ends:
            found.append([])
            ends = one.day + timedelta(days=window_days)
        found[-1].append(one)
    return found


@dataclass(frozen=True, slots=True)
class Goods:
    """A delivery of goods, weight above 0. `given`: fen that rebates give back on it."""

    day: date
    grams: int
    amount: int
    given: Exact = 0


@dataclass(frozen=True, slots=True)
class Taken:
    """A line of money without goods, below 0."""

    day: date
    amount: int


def shares(
    goods: Sequence[Goods], taken: Iterable[Taken], window_days: int, credit_days: int
) -> tuple[list[Exact], Exact]:
    """(what is taken off each of the goods, in their order and at most 0; what no goods are there for).

    In a whole with goods money off is spread over them by value. A credit note without any counts against the goods of
    `credit_days` before, as far as it goes beyond the rebates on them: a rebate that is paid out comes off once.
    """
    off: list[Exact] = [0] * len(goods)
    room = [Fraction(one.given) for one in goods]
    lost: Exact = 0
    dated = sorted(
        [_Held(one.day, number, 0) for number, one in enumerate(goods)]
        + [_Held(one.day, None, one.amount) for one in taken],
        key=lambda one: one.day,
    )
    for whole in wholes(dated, window_days):
        amount: Exact = sum(one.amount for one in whole)
        if not amount:
            continue
        here = [one.goods for one in whole if one.goods is not None]
        if not here:
            last = whole[-1].day
            here = [number for number, one in enumerate(goods) if last - timedelta(days=credit_days) <= one.day <= last]
            for number in here:
                use = min(-amount, room[number])
                room[number] -= use
                amount += use
        if not here:
            lost += amount
        for number, share in _by_value([goods[number] for number in here], here, amount):
            off[number] += share
    return off, lost


@dataclass(frozen=True, slots=True)
class _Held:
    """Goods by their number, or money."""

    day: date
    goods: int | None
    amount: int


def _by_value(goods: Sequence[Goods], numbers: Sequence[int], amount: Exact) -> Iterable[tuple[int, Exact]]:
    """By weight where nothing has a value."""
    value = sum(max(one.amount, 0) for one in goods)
    weight = sum(one.grams for one in goods)
    for number, one in zip(numbers, goods, strict=True):
        yield number, amount * (Fraction(max(one.amount, 0), value) if value else Fraction(one.grams, weight))
