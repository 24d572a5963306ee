"""Areas as a sheet, with the columns of the file that the app reads, and names beside them."""

from collections.abc import Callable, Iterable, Iterator

from flask_babel import gettext as _

from fieldapp.core.sheets import Cell
from fieldapp.network.areas.queries import Row


def header() -> list[str]:
    """Column titles in the reader's language."""
    return [
        _("Code"), _("Name"), _("Region code"), _("Region"), _("Line"), _("First day"), _("Last day"), _("Shared"),
    ]  # fmt: skip


def rows(areas: Iterable[Row], place: Callable[[str | None], str]) -> Iterator[list[Cell]]:
    """A row for each area."""
    for one in areas:
        shared = _("Yes") if one.shared else _("No")
        yield [
            one.code,
            one.name or _("a distributor elsewhere"),
            one.region_code,
            place(one.region_code),
            one.line,
            one.valid_from,
            one.valid_to,
            shared,
        ]
