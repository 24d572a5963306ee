"""The list of tickets as a sheet: the same filter, scope and order as on the screen."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask_babel import gettext as _

from fieldapp.core.clock import SHANGHAI
from fieldapp.core.db import db
from fieldapp.core.sheets import Cell
from fieldapp.fieldwork.remediation import words
from fieldapp.fieldwork.remediation.models import Remedy

from .lists import Row

CHUNK = 500


def header() -> list[str]:
    """Column titles in the reader's language."""
    return [
        _("Number"),
        _("Reported"),
        _("Code"),
        _("Distributor"),
        _("Region"),
        _("Kind"),
        _("Severity"),
        _("State"),
        _("Handled by"),
        _("Product"),
        _("Batch"),
        _("First answer due"),
        _("First answer"),
        _("To be solved by"),
        _("Solved"),
        _("Remedy"),
        _("Asked for, yuan"),
        _("Approved, yuan"),
        _("What happened"),
        _("What the customer asks for"),
    ]


def rows(found: Iterable[Row], place: Callable[[str | None], str]) -> Iterator[list[Cell]]:
    """One row for each ticket; money in yuan, as numbers; moments as they are shown, in Shanghai."""
    chunk: list[Row] = []
    for row in found:
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield from _cells(chunk, place)
            chunk = []
    yield from _cells(chunk, place)


def _cells(chunk: list[Row], place: Callable[[str | None], str]) -> Iterator[list[Cell]]:
    remedies = _latest([row.id for row in chunk])
    for row in chunk:
        remedy = remedies.get(row.id)
        yield [
            row.shown_number,
            _moment(row.recorded_at),
            row.code,
            row.distributor,
            place(row.region_code),
            words.kind_name(row.kind),
            words.severity_name(row.severity),
            words.state_name(row.state),
            row.rep,
            row.product,
            row.batch,
            _moment(row.first_due_at),
            _moment(row.answered_at),
            _moment(row.solve_due_at),
            _moment(row.solved_at),
            words.remedy_name(remedy.kind) if remedy else None,
            Decimal(remedy.asked) / 100 if remedy else None,
            Decimal(remedy.amount) / 100 if remedy and remedy.approved else None,
            row.story,
            row.wish,
        ]


def _latest(tickets: list[UUID]) -> dict[UUID, Any]:
    """The remedy proposed last, of each ticket that has one."""
    found = db.session.execute(
        sa.select(Remedy.ticket_id, Remedy.kind, Remedy.asked, Remedy.amount, Remedy.approved)
        .where(Remedy.ticket_id.in_(tickets))
        .order_by(Remedy.proposed_at, Remedy.id)
    )
    return {row.ticket_id: row for row in found}


def _moment(at: datetime | None) -> str | None:
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if at else None
