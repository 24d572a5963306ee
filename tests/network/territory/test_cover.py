"""How a county and a region of counties are covered; the map's owners are those of the deal check."""

from datetime import date
from random import Random

import pytest

from fieldapp.network.territory.cover import Cover, Covered, Part, index, part, together
from fieldapp.network.territory.rules import AreaRow, owners

ON = date(2026, 11, 23)
COUNTY = "410102"
TOWNS = ("410102001", "410102002")


def area(distributor: str, region: str, line: str = "*", valid_to: str | None = None) -> AreaRow:
    return AreaRow(distributor, region, line, date(2026, 1, 1), date.fromisoformat(valid_to) if valid_to else None)


def county(*rows: AreaRow, line: str = "pig") -> Part:
    areas = index(rows)
    return part(COUNTY, areas, [town for town in TOWNS if town in areas], len(TOWNS), line, ON)


@pytest.mark.parametrize(
    ("rows", "cover", "whose", "carved", "until"),
    [
        pytest.param([], Cover.WHITE, (), (), None, id="nobody"),
        pytest.param([area("D1", "410103")], Cover.WHITE, (), (), None, id="a neighbour's"),
        pytest.param([area("D1", COUNTY, "poultry")], Cover.WHITE, (), (), None, id="of another line"),
        pytest.param([area("D1", COUNTY, valid_to="2026-11-22")], Cover.WHITE, (), (), None, id="ended"),
        pytest.param([area("D1", "4101")], Cover.ONE, ("D1",), (), None, id="the city's"),
        pytest.param(
            [area("D1", "4101"), area("D2", COUNTY)], Cover.ONE, ("D2",), (), None, id="its own, not the city's"
        ),
        pytest.param([area("D1", COUNTY), area("D2", COUNTY)], Cover.SHARED, ("D1", "D2"), (), None, id="shared"),
        pytest.param(
            [area("D1", COUNTY), area("D2", COUNTY, "pig")], Cover.ONE, ("D2",), (), None, id="line beats all"
        ),
        pytest.param([area("D1", TOWNS[0])], Cover.PARTLY, (), ("D1",), None, id="one town of two"),
        pytest.param([area("D1", TOWNS[0]), area("D1", TOWNS[1])], Cover.ONE, (), ("D1",), None, id="every town, one"),
        pytest.param(
            [area("D1", TOWNS[0]), area("D2", TOWNS[1])], Cover.SEVERAL, (), ("D1", "D2"), None, id="towns divided"
        ),
        pytest.param(
            [area("D1", COUNTY), area("D2", TOWNS[0])], Cover.SEVERAL, ("D1",), ("D2",), None, id="a carve-out"
        ),
        pytest.param(
            [area("D1", "41"), area("D1", TOWNS[0])], Cover.ONE, ("D1",), ("D1",), None, id="his own carve-out"
        ),
        pytest.param(
            [area("D1", "41"), area("D2", COUNTY, valid_to="2026-12-31"), area("D3", COUNTY, "pig", "2027-03-31")],
            Cover.ONE,
            ("D3",),
            (),
            date(2027, 3, 31),
            id="until the day of the areas that decide",
        ),
    ],
)
def test_a_county(
    rows: list[AreaRow], cover: Cover, whose: tuple[str, ...], carved: tuple[str, ...], until: date | None
) -> None:
    found = county(*rows)
    assert (found.cover, found.owners, found.carved, found.until) == (cover, whose, carved, until)


def test_a_region_of_counties() -> None:
    white, partly = Part("1", Cover.WHITE), Part("2", Cover.PARTLY, carved=("D3",))
    mine, yours = Part("3", Cover.ONE, ("D1",)), Part("4", Cover.ONE, ("D2",), until=date(2026, 12, 31))
    both = Part("5", Cover.SHARED, ("D1", "D2"))
    assert together("41", [white, white]).cover is Cover.WHITE
    assert together("41", [mine, white]).cover is Cover.PARTLY
    assert together("41", [mine, partly]).cover is Cover.PARTLY
    assert together("41", [mine, mine]).cover is Cover.ONE
    assert together("41", [both, both]).cover is Cover.SHARED
    assert together("41", [mine, both]).cover is Cover.SEVERAL
    assert together("41", [mine, yours, mine, white, partly]) == Covered(
        "41", Cover.PARTLY, (("D1", 2), ("D2", 1), ("D3", 1)), 5, 1, 1, date(2026, 12, 31)
    )


def test_the_maps_owners_are_those_of_the_deal_check() -> None:
    """In a thousand made-up worlds each county has the owners that the contract's rule gives from all areas."""
    random = Random(6)
    regions = ["41", "4101", "4102", COUNTY, "410103", "410202", *TOWNS]
    for _world in range(1000):
        rows = [
            AreaRow(
                random.choice(["D1", "D2", "D3"]),
                random.choice(regions),
                random.choice(["*", "*", "pig", "poultry"]),
                date(2026, random.randint(1, 12), 1),
                random.choice([None, None, date(2026, 12, 31), date(2026, 11, 23), date(2026, 11, 22)]),
            )
            for _ in range(random.randint(0, 9))
        ]
        areas = index(rows)
        for line in ("*", "pig"):
            for code in (COUNTY, "410103", "410202"):
                inside = [town for town in TOWNS if town in areas and town.startswith(code)]
                found = part(code, areas, inside, 2, line, ON)
                truth = owners(rows, code, line, ON)
                assert (found.owners, found.region) == (truth.owners, truth.region)
                nobody = not truth.owners and not any(owners(rows, town, line, ON).owners for town in inside)
                assert (found.cover is Cover.WHITE) == nobody
