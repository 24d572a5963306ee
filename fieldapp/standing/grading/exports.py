"""The re-rating list as a sheet: the same part, scope and order as on the screen."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import BinaryIO

from flask_babel import gettext as _

from fieldapp.core.sheets import Cell, csv_chunks, write_xlsx
from fieldapp.people.accounts.viewer import Viewer

from . import queries
from .queries import Due


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
        _("Valid until"),
        _("Days left"),
        _("Proposal waits"),
        _("Looked after by"),
    ]


def rows(viewer: Viewer, part: Due, today: date) -> Iterator[list[Cell]]:
    """One row for each distributor; money in yuan, as a number."""
    for row in queries.every(viewer, part, today):
        yield [
            row.code,
            row.name,
            row.region_code,
            row.place,
            row.status.value,
            row.grade.value if row.grade else None,
            None if row.limit is None else Decimal(row.limit) / 100,
            row.valid_until,
            row.days,
            "yes" if row.proposed else "no",
            row.rep,
        ]


def csv(viewer: Viewer, part: Due, today: date) -> Iterator[bytes]:
    """The CSV in pieces, as a response streams it."""
    return csv_chunks(header(), rows(viewer, part, today))


def xlsx(viewer: Viewer, part: Due, today: date) -> BinaryIO:
    """The workbook; its rows go to disk while it is written."""
    target = BytesIO()
    write_xlsx(target, header(), rows(viewer, part, today))
    target.seek(0)
    return target
