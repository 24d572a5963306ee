"""The table beside the map, and the list of white spots, as sheets."""

from collections.abc import Callable, Iterable, Iterator

from flask_babel import gettext as _

from fieldapp.core.sheets import Cell

from .queries import Spot, View
from .words import said_cover, said_owners


def header() -> list[str]:
    """Column titles in the reader's language."""
    return [
        _("Region code"), _("Region"), _("Coverage"), _("Owners"), _("Until"), _("Active distributors"),
        _("Counties"), _("White spots"), _("Partly white"),
    ]  # fmt: skip


def rows(view: View, codes: Iterable[str], place: Callable[[str | None], str]) -> Iterator[list[Cell]]:
    """A row for each region of the map that lies in the patch, in the order of the screen."""
    for code in codes:
        found = view.covered[code]
        yield [
            code, place(code), said_cover(found.cover), said_owners(found, view.owners), found.until,
            view.distributors.get(code, 0), found.parts, found.white, found.partly,
        ]  # fmt: skip


def spots_header() -> list[str]:
    """Column titles of the white spots."""
    return [_("Region code"), _("Region"), _("Coverage"), _("Outlets"), _("Active distributors")]


def spots(found: Iterable[Spot], place: Callable[[str | None], str]) -> Iterator[list[Cell]]:
    """A row for each white spot."""
    for one in found:
        state = _("Partly white") if one.partly else _("White spot")
        yield [one.code, place(one.code), state, one.outlets, one.distributors]
