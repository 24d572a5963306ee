"""The list of pairs and the list of groups as sheets: kinds of evidence, and no value of a file."""

from collections.abc import Callable, Iterable, Iterator

from flask_babel import gettext as _

from fieldapp.core.clock import SHANGHAI
from fieldapp.core.sheets import Cell

from . import words
from .group_queries import GroupRow
from .queries import Row


def header() -> list[str]:
    """Column titles of the pairs, in the reader's language."""
    return [
        _("Score"),
        _("State"),
        _("Code"),
        _("Name"),
        _("Region"),
        _("Other code"),
        _("Other name"),
        _("Other region"),
        _("What speaks for it"),
        _("Since"),
    ]


def rows(found: Iterable[Row], place: Callable[[str | None], str]) -> Iterator[list[Cell]]:
    """One row for each pair."""
    for row in found:
        yield [
            row.score,
            words.state_name(row.state),
            row.one_code,
            row.one,
            place(row.one_region),
            row.other_code,
            row.other,
            place(row.other_region),
            _(", ").join(words.kind_name(kind) for kind in row.shown_kinds),
            row.changed_at.astimezone(SHANGHAI).date(),
        ]


def group_header() -> list[str]:
    """Column titles of the groups."""
    return [_("Group"), _("Accounts"), _("Of them in the patch"), _("Since")]


def group_rows(found: Iterable[GroupRow]) -> Iterator[list[Cell]]:
    """One row for each group."""
    for row in found:
        yield [
            row.name or _("Reaches beyond your patch"),
            row.members,
            row.seen,
            row.made_at.astimezone(SHANGHAI).date(),
        ]
