"""What goes along when an area, or a rep's patch, is handed over, and what stays. Pure. ADR 27.

Of an area: the open matters of customers (outlets and farms) that lie in it go to the new distributor; what concerns
the old distributor itself stays with it. A customer goes along when, by the contract's rule of owners, it was the
handed area that gave him to the old distributor; whom the old one goes on serving with other lines stands in both
files.
Of a patch: what the one rep has open at the distributors that become the other's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from fieldapp.core.validity import valid_on
from fieldapp.network.territory.rules import ALL_LINES, AreaRow, owners

AHEAD_DAYS = 366
ONE_DAY = timedelta(days=1)


class Kind(StrEnum):
    """`area`: from distributor to distributor; `reps`: from rep to rep."""

    AREA = "area"
    REPS = "reps"


class State(StrEnum):
    """`coming`: its day has not come, or something keeps it from being carried out."""

    COMING = "coming"
    DONE = "done"
    CALLED_OFF = "called_off"


class Matter(StrEnum):
    """What can go along."""

    DISTRIBUTOR = "distributor"
    CUSTOMER = "customer"
    TICKET = "ticket"
    SURVEY = "survey"
    REMARK = "remark"
    TASK = "task"
    PLAN = "plan"
    CONFLICT = "conflict"


class Why(StrEnum):
    """Why something stays. `own`: it concerns the old distributor itself. `carved`: its town is an area of its own.
    `nowhere`: no region in the file. `other_line`: of a product line that is not handed over; `no_line`: it names no
    product, and the old one goes on serving the customer. `outside`: the new rep's patch does not cover it. `not_his`:
    another rep looks after the distributor. `both`: the customer stays, and stands in the new one's file too. `money`:
    a remedy with money was approved, which the old distributor gets. `merged`: it goes with the remark into which it
    was merged, and that one stays.
    """

    OWN = "own"
    CARVED = "carved"
    NOWHERE = "nowhere"
    OTHER_LINE = "other_line"
    NO_LINE = "no_line"
    OUTSIDE = "outside"
    NOT_HIS = "not_his"
    BOTH = "both"
    MONEY = "money"
    MERGED = "merged"


class Refusal(StrEnum):
    """Why a hand-over cannot be arranged, or carried out."""

    SAME = "same"
    NOT_THEIRS = "not_theirs"  # the old one has none of it on the day before
    BEGINS = "begins"  # the area begins on the day or later: nothing to hand over yet
    HAS_IT = "has_it"  # the new one has it already
    ENDED = "ended"  # we do not sell through the new distributor any more
    INACTIVE = "inactive"  # the new rep may not sign in any more
    NOTHING = "nothing"  # no distributor would go along


class Way(StrEnum):
    """What becomes of a customer."""

    MOVES = "moves"
    BOTH = "both"
    STAYS = "stays"


@dataclass(frozen=True, slots=True)
class Deal:
    """What is handed over: `areas`, every area in and around the region as it stands before; keys as text."""

    giver: str
    taker: str
    region: str
    lines: frozenset[str]  # casefolded, or `*`
    day: date
    areas: Sequence[AreaRow]

    @property
    def eve(self) -> date:
        """The last day of the old one."""
        return self.day - ONE_DAY


def after(deal: Deal) -> list[AreaRow]:
    """The areas as they stand once it is done; nothing changes where it is done already."""
    found: list[AreaRow] = []
    for area in deal.areas:
        if _handed(deal, area) and (area.valid_to is None or area.valid_to >= deal.day) and area.valid_from < deal.day:
            found.append(AreaRow(area.distributor, area.region, area.line, area.valid_from, deal.eve))
            found.append(AreaRow(deal.taker, area.region, area.line, deal.day, area.valid_to))
        else:
            found.append(area)
    return found


def _handed(deal: Deal, area: AreaRow) -> bool:
    return area.distributor == deal.giver and area.region == deal.region and area.line in deal.lines


def way_of(deal: Deal, later: Sequence[AreaRow], region: str | None) -> tuple[Way, Why | None]:
    """What becomes of a customer of the old distributor who lies in a region; `later`: `after(deal)`."""
    if region is None:
        return Way.STAYS, Why.NOWHERE
    if not any(_gave(deal, region, line) for line in deal.lines):
        return Way.STAYS, Why.CARVED
    lines = {area.line for area in later} | {ALL_LINES}
    keeps = any(deal.giver in owners(later, region, line, deal.day).owners for line in lines)
    return (Way.BOTH, Why.BOTH) if keeps else (Way.MOVES, None)


def stays(deal: Deal, region: str | None, way: tuple[Way, Why | None], line: str | None) -> Why | None:
    """Why an open matter of a customer stays, None: it goes. `line`: of its product, casefolded; None: none."""
    if way[0] is Way.MOVES:
        return None
    if way[0] is Way.STAYS or region is None:
        return way[1]
    if line is None:
        return Why.NO_LINE
    return None if _gave(deal, region, line) else Why.OTHER_LINE


def _gave(deal: Deal, region: str, line: str) -> bool:
    """Was it by what is handed over that the old distributor had this region for this line?"""
    held = owners(deal.areas, region, line, deal.eve)
    if held.region != deal.region or deal.giver not in held.owners:
        return False
    exact = any(row.region == deal.region and row.line == line and valid_on(row, deal.eve) for row in deal.areas)
    return (line if exact else ALL_LINES) in deal.lines
