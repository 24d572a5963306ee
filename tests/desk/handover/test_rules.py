"""What goes along with an area and what stays."""

from datetime import date

import pytest

from fieldapp.desk.handover.rules import Deal, Way, Why, after, stays, way_of
from fieldapp.network.territory.rules import AreaRow

DAY = date(2026, 12, 1)
OLD = date(2024, 1, 1)


def area(who: str, region: str = "4101", line: str = "*", first: date = OLD, last: date | None = None) -> AreaRow:
    return AreaRow(who, region, line, first, last)


@pytest.mark.parametrize(
    ("areas", "lines", "region", "way", "pig", "none"),
    [
        # All of it goes: whoever lies in it moves with all he has open, whatever it is about.
        ([area("a")], {"*"}, "410102", (Way.MOVES, None), None, None),
        ([area("a")], {"*"}, "4101", (Way.MOVES, None), None, None),
        # His town is an area of its own, of the same or of another; he never came by this area.
        ([area("a"), area("a", "410102")], {"*"}, "410102", (Way.STAYS, Why.CARVED), Why.CARVED, Why.CARVED),
        ([area("a"), area("c", "410102")], {"*"}, "410102", (Way.STAYS, Why.CARVED), Why.CARVED, Why.CARVED),
        ([area("a")], {"*"}, None, (Way.STAYS, Why.NOWHERE), Why.NOWHERE, Why.NOWHERE),
        # One line goes, the old one goes on serving him with the others: he stands in both files.
        ([area("a", line="pig"), area("a")], {"pig"}, "410102", (Way.BOTH, Why.BOTH), None, Why.NO_LINE),
        ([area("a", line="pig"), area("a")], {"*"}, "410102", (Way.BOTH, Why.BOTH), Why.OTHER_LINE, Why.NO_LINE),
        ([area("a", line="pig"), area("a", line="aqua")], {"pig"}, "410102", (Way.BOTH, Why.BOTH), None, Why.NO_LINE),
        ([area("a", line="pig"), area("a", line="aqua")], {"pig", "aqua"}, "410102", (Way.MOVES, None), None, None),
        # The old one keeps the province around it, and still the smaller region decides.
        ([area("a"), area("a", "41")], {"*"}, "410102", (Way.MOVES, None), None, None),
        # Shared with a third: it is still the old one's customer who goes.
        ([area("a"), area("c")], {"*"}, "410102", (Way.MOVES, None), None, None),
        # What ends before, or begins later, counts for nothing.
        ([area("a", last=date(2026, 11, 29))], {"*"}, "410102", (Way.STAYS, Why.CARVED), Why.CARVED, Why.CARVED),
    ],
)
def test_what_goes(
    areas: list[AreaRow],
    lines: set[str],
    region: str | None,
    way: tuple[Way, Why | None],
    pig: Why | None,
    none: Why | None,
) -> None:
    deal = Deal("a", "b", "4101", frozenset(lines), DAY, areas)
    for stored in (areas, after(deal)):  # before it is arranged, and on its day
        deal = Deal("a", "b", "4101", frozenset(lines), DAY, stored)
        found = way_of(deal, after(deal), region)
        assert found == way
        assert (stays(deal, region, found, "pig"), stays(deal, region, found, None)) == (pig, none)


def test_the_areas_afterwards() -> None:
    handed, other, later = area("a", last=date(2027, 5, 1)), area("c", "410102"), area("a", first=date(2027, 6, 1))
    deal = Deal("a", "b", "4101", frozenset({"*"}), DAY, [handed, other, later])
    assert after(deal) == [
        area("a", last=date(2026, 11, 30)),
        area("b", first=DAY, last=date(2027, 5, 1)),
        other,
        later,
    ]
