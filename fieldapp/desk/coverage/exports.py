"""The table of the map, and the white spots, as sheets."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from flask_babel import gettext as _

from fieldapp.core.sheets import Cell

from . import words
from .queries import Row, Spot


def header() -> list[str]:
    """Column titles of the table in the reader's language."""
    return [
        _("Region code"),
        _("Region"),
        _("Covered"),
        _("Distributors"),
        _("Owners"),
        _("Other owners"),
        _("Until"),
        _("Counties"),
        _("White counties"),
        _("Partly white counties"),
        _("Lines with areas of their own"),
    ]


def rows(found: Iterable[Row], *, nation: bool) -> Iterator[list[Cell]]:
    """One row for each region; owners outside the viewer's patch are a count, and of the country nobody is named."""
    for row in found:
        covered = row.covered
        owners = "; ".join(f"{owner.code} {owner.name}" for _number, owner in row.owners)
        yield [
            row.code,
            row.name,
            words.cover(covered, nation=nation),
            row.distributors,
            owners,
            None if nation else row.others,
            covered.until,
            covered.parts,
            covered.white,
            covered.partly,
            "; ".join(row.lines),
        ]


def spot_header() -> list[str]:
    """Column titles of the white spots."""
    return [
        _("Region code"),
        _("Region"),
        _("Covered"),
        _("Shops and farms"),
        _("Tonnes a month"),
        _("Distributors seated there"),
    ]


def spot_rows(found: Iterable[Spot]) -> Iterator[list[Cell]]:
    """One row for each county."""
    for spot in found:
        tonnes = Decimal(spot.grams) / 1_000_000
        yield [spot.code, spot.name, words.COVERS[spot.cover](), spot.outlets, tonnes, spot.seated]
