"""Fills, labels, and the grid that stands in for boundaries."""

from fieldapp.desk.coverage.rules import GLYPH, Tile, fill, grid, label, number_owners
from fieldapp.network.territory.cover import Cover, Covered
from fieldapp.network.territory.data import read_regions


def covered(cover: Cover, *owners: str) -> Covered:
    return Covered("4101", cover, tuple((owner, 1) for owner in owners), 3)


def test_fill_says_how_and_whose() -> None:
    numbers = {"D1": 1, "D9": 9}
    cases = [
        (covered(Cover.WHITE), "w"),
        (covered(Cover.PARTLY, "D1"), "p"),
        (covered(Cover.ONE, "D1"), "c1"),
        (covered(Cover.ONE, "D9"), "c1"),  # the ninth has the first colour again
        (covered(Cover.ONE, "D2"), "co"),
        (covered(Cover.SHARED, "D2", "D1"), "h1"),
        (covered(Cover.SHARED, "D2"), "ho"),
        (covered(Cover.SEVERAL, "D1", "D2"), "d1"),
    ]
    for given, expected in cases:
        assert fill(given, numbers) == expected, given
    assert fill(covered(Cover.SEVERAL, "D2"), numbers, plain=True) == "c1"


def test_who_has_most_comes_first_and_a_rep_counts_once() -> None:
    rows = [Covered("1", Cover.SEVERAL, (("D1", 1), ("D2", 3))), Covered("2", Cover.ONE, (("D3", 1), ("X", 9)))]
    assert number_owners(rows, {"D1": "D1", "D2": "D2", "D3": "D3"}) == {"D2": 1, "D1": 2, "D3": 3}
    assert number_owners(rows, {"D1": "Li", "D2": "Wang", "D3": "Li"}) == {"D2": 1, "D1": 2, "D3": 2}


def test_a_label_stands_only_where_it_fits() -> None:
    wide = Tile("1", 0, 0, GLYPH * 4, GLYPH * 2, ())
    assert label(wide, "郑州", "1") == ("郑州", "1")
    low = Tile("1", 0, 0, GLYPH * 4, GLYPH // 2, ())
    assert label(low, "郑州", "1") == ("郑州", "")
    narrow = Tile("1", 0, 0, GLYPH, GLYPH, ())
    assert label(narrow, "郑州", "1") == ("", "1")
    speck = Tile("1", 0, 0, 5, 3, ())
    assert label(speck, "郑州", "1") == ("", "")


def test_the_grid_resembles_the_land() -> None:
    rows = [row for row in read_regions() if len(row.code) == 2]
    drawn = grid([row.code for row in rows], {row.code: (row.lat, row.lng) for row in rows if row.lat and row.lng})
    at = {tile.code: (tile.x, tile.y) for tile in drawn.tiles}
    assert len(set(at.values())) == 34, "no two regions in one cell"
    assert at["65"][0] < at["11"][0], "Xinjiang lies west of Beijing"
    assert at["23"][1] < at["44"][1], "Heilongjiang lies north of Guangdong"
    assert at["31"][0] > at["51"][0], "Shanghai lies east of Sichuan"
    assert all(2 * tile.reach >= 48 for tile in drawn.tiles), "each is a tap of 24 pixels"
    assert grid([], {}).tiles == ()
    assert len(grid(["1", "2", "3", "4", "5"], {}).tiles) == 5
