"""Hand-overs, and what one of them holds, as sheets."""

from collections.abc import Callable, Iterable, Iterator

from flask_babel import gettext as _
from flask_babel import pgettext

from fieldapp.core.sheets import Cell

from . import words
from .queries import Group, Row

Place = Callable[[str | None], str]


def header() -> list[str]:
    """Column titles of the list in the reader's language."""
    return [
        _("Day"), _("State"), _("Kind"), _("Region code"), _("Region"), _("From"), _("To"), _("Reason"),
        _("Went along"),
    ]  # fmt: skip


def rows(found: Iterable[Row], place: Place) -> Iterator[list[Cell]]:
    """A row for each hand-over; how many matters went along as a number."""
    for one in found:
        held, other = one.handover, pgettext("handover", "another distributor")
        yield [
            held.day, words.state_name(held.state), words.kind_name(held.kind), held.region_code,
            place(held.region_code), one.giver or other, one.taker or other, held.reason, sum(held.went.values()),
        ]  # fmt: skip


def item_header() -> list[str]:
    """Column titles of what one holds."""
    return [_("What"), _("Name"), _("Details"), _("Region")]


def item_rows(groups: Iterable[Group], place: Place) -> Iterator[list[Cell]]:
    """A row for each thing that goes along."""
    for group in groups:
        for row in group.shown:
            title, below = words.said(group.matter, row)
            yield [words.matter_name(group.matter), title, below, place(row.region)]
