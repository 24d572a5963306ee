"""The list as a sheet: the same filter, scope and order as on the screen."""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import BinaryIO

from flask_babel import gettext as _

from fieldapp.core.sheets import Cell, csv_chunks, write_xlsx
from fieldapp.people.accounts.viewer import Viewer

from . import queries
from .forms import Asked


def header() -> list[str]:
    """Column titles in the reader's language."""
    return [
        _("Code"),
        _("Name"),
        _("Region code"),
        _("Region"),
        _("Status"),
        _("Grade"),
        _("Limit"),
        _("Outstanding"),
        _("Available"),
        _("Overdue"),
        _("Days overdue"),
    ]


def rows(viewer: Viewer, asked: Asked, today: date, place: Callable[[str | None], str]) -> Iterator[list[Cell]]:
    """One row for each distributor; money in yuan, as numbers."""
    for row in queries.every(viewer, asked, today):
        yield [
            row.code,
            row.name,
            row.region_code,
            place(row.region_code),
            row.status.value,
            row.grade.value if row.grade else None,
            _yuan(row.limit),
            _yuan(row.outstanding),
            _yuan(row.available),
            _yuan(row.overdue),
            row.overdue_days,
        ]


def _yuan(fen: int | None) -> Decimal | None:
    return None if fen is None else Decimal(fen) / 100


def csv(viewer: Viewer, asked: Asked, today: date, place: Callable[[str | None], str]) -> Iterator[bytes]:
    """The CSV in pieces, as a response streams it."""
    return csv_chunks(header(), rows(viewer, asked, today, place))


def xlsx(viewer: Viewer, asked: Asked, today: date, place: Callable[[str | None], str]) -> BinaryIO:
    """The workbook; its rows go to disk while it is written."""
    target = BytesIO()
    write_xlsx(target, header(), rows(viewer, asked, today, place))
    target.seek(0)
    return target
