"""Owners of a region: the chain, the line's own areas over `*`, the dates; and the territory findings."""

from datetime import date
from itertools import permutations

import pytest

from fieldapp.core.findings import Level
from fieldapp.network.territory.rules import LEVELS, AreaRow, TerritoryFacts, chain, finding, owners

ON = date(2026, 11, 23)


def area(
    distributor: str,
    region: str,
    line: str = "*",
    valid_from: str = "2026-01-01",
    valid_to: str | None = None,
) -> AreaRow:
    return AreaRow(distributor, region, line, date.fromisoformat(valid_from), valid_to and date.fromisoformat(valid_to))


@pytest.mark.parametrize(
    ("code", "regions"),
    [
        ("410102001", ("410102001", "410102", "4101", "41")),
        ("410102", ("410102", "4101", "41")),
        ("4101", ("4101", "41")),
        ("41", ("41",)),
        ("", ()),
    ],
)
def test_chain_is_the_prefixes_longest_first(code: str, regions: tuple[str, ...]) -> None:
    assert chain(code) == regions


@pytest.mark.parametrize(
    ("areas", "ship_to", "region", "codes"),
    [
        pytest.param([], "410102", None, (), id="no areas"),
        pytest.param([area("D1", "42")], "410102", None, (), id="another province"),
        pytest.param([area("D1", "410102001")], "410102", None, (), id="a part does not own the whole"),
        pytest.param([area("D1", "41")], "410102001", "41", ("D1",), id="province owns its townships"),
        pytest.param(
            [area("D1", "41"), area("D2", "4101"), area("D3", "410102"), area("D4", "410102001")],
            "410102001",
            "410102001",
            ("D4",),
            id="township first",
        ),
        pytest.param(
            [area("D1", "41"), area("D2", "4101"), area("D3", "410102")],
            "410102001",
            "410102",
            ("D3",),
            id="then county",
        ),
        pytest.param([area("D1", "41"), area("D2", "4101")], "410102001", "4101", ("D2",), id="then city"),
        pytest.param(
            [area("D1", "41"), area("D2", "4101", "poultry")],
            "410102",
            "41",
            ("D1",),
            id="areas of another line are no stop",
        ),
        pytest.param(
            [area("D1", "4101", "pig"), area("D2", "4101")],
            "410102",
            "4101",
            ("D1",),
            id="line beats * there",
        ),
        pytest.param(
            [area("D1", "41", "pig"), area("D2", "4101")],
            "410102",
            "4101",
            ("D2",),
            id="* of the nearer region beats the line of the farther",
        ),
        pytest.param(
            [area("D2", "4101", "pig"), area("D1", "4101", "pig")],
            "410102",
            "4101",
            ("D1", "D2"),
            id="shared owners",
        ),
        pytest.param(
            [area("D2", "4101"), area("D1", "4101"), area("D1", "4101", valid_from="2025-01-01")],
            "410102",
            "4101",
            ("D1", "D2"),
            id="shared owners of all lines, each once",
        ),
        pytest.param([area("D1", "4101", valid_to="2026-11-23")], "410102", "4101", ("D1",), id="valid_to inclusive"),
        pytest.param(
            [area("D1", "4101", valid_to="2026-11-22"), area("D2", "41")],
            "410102",
            "41",
            ("D2",),
            id="ended yesterday",
        ),
        pytest.param(
            [area("D1", "4101", valid_from="2026-11-23")],
            "410102",
            "4101",
            ("D1",),
            id="valid_from inclusive",
        ),
        pytest.param(
            [area("D1", "4101", "pig", valid_from="2026-11-24"), area("D2", "4101")],
            "410102",
            "4101",
            ("D2",),
            id="a line area that begins tomorrow hides nobody",
        ),
    ],
)
def test_owners(areas: list[AreaRow], ship_to: str, region: str | None, codes: tuple[str, ...]) -> None:
    for rows in permutations(areas):
        assert owners(rows, ship_to, "pig", ON) == TerritoryFacts(owners=codes, region=region)


@pytest.mark.parametrize(
    ("codes", "floor_kept", "code", "level"),
    [
        (("D1",), False, "territory.own", Level.OK),
        (("D1",), None, "territory.own", Level.OK),
        (("D0", "D1"), True, "territory.own", Level.OK),
        ((), True, "territory.unassigned", Level.APPROVAL),
        ((), None, "territory.unassigned", Level.APPROVAL),
        (("D2", "D3"), True, "territory.foreign", Level.APPROVAL),
        (("D2",), False, "territory.foreign_undercut", Level.STOP),
        (("D2",), None, "territory.foreign_undercut", Level.STOP),
    ],
)
def test_finding(codes: tuple[str, ...], floor_kept: bool | None, code: str, level: Level) -> None:
    region = "4101" if codes else None
    found = finding(TerritoryFacts(codes, region), "D1", floor_kept, LEVELS, line=2, lowest_ok_price=319000)
    assert (found.code, found.level, found.line) == (code, level, 2)
    assert found.facts["owners"] == codes
    assert found.facts["region"] == region
    if code == "territory.foreign_undercut":
        assert found.facts["lowest_ok_price"] == 319000
        assert found.facts["floor_kept"] is floor_kept


def test_level_is_the_policys() -> None:
    levels = {**LEVELS, "territory.unassigned": Level.STOP}
    assert finding(TerritoryFacts(), "D1", True, levels).level is Level.STOP
