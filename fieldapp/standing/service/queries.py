"""What a distributor is promised, and whether it was kept lately."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, Self
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.clock import SHANGHAI
from fieldapp.core.db import db
from fieldapp.fieldwork.remediation.models import Ticket
from fieldapp.fieldwork.remediation.rules import TicketState
from fieldapp.fieldwork.visits.models import Visit
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.distributors.rules import Status
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.worktime import policy as worktime
from fieldapp.trade.ledger.models import Invoice

from . import policy
from .models import ServicePromise
from .rules import (
    Answer,
    Delivery,
    Kept,
    Rate,
    Template,
    Version,
    answers_kept,
    deliveries_kept,
    rate,
    visits_kept,
)

MOST_VERSIONS = 50
MOST_TEXT = 60
PAGE = 50
NONE = "none"


@dataclass(frozen=True, slots=True)
class Record:
    """What fell due in some days, the latest first."""

    found: list[Kept]
    rate: Rate


def find(viewer: Viewer, distributor_id: UUID) -> Distributor | None:
    """A distributor of the viewer's patch."""
    return db.session.scalar(
        sa.select(Distributor).where(Distributor.id == distributor_id, viewer.scope(Distributor.region_code))
    )


def newest(distributor_id: UUID) -> ServicePromise | None:
    """The latest version, None before the first."""
    return next(iter(versions(distributor_id, 1)), None)


def versions(distributor_id: UUID, most: int = MOST_VERSIONS) -> list[ServicePromise]:
    """The versions, the newest first."""
    select = sa.select(ServicePromise).where(ServicePromise.distributor_id == distributor_id)
    return list(db.session.scalars(select.order_by(ServicePromise.version.desc()).limit(most)))


def makers(promises: list[ServicePromise]) -> dict[UUID, str]:
    """{user: name} of those who made the versions."""
    ids = {one.made_by_id for one in promises}
    return dict(db.session.execute(sa.select(User.id, User.name).where(User.id.in_(ids))).tuples().all())


def record_of(promises: list[ServicePromise], distributor_id: UUID, today: date, since: date | None = None) -> Record:
    """What was kept and broken of these versions since a day (without one: in the policy's days), that day included."""
    begun = since or today - timedelta(days=policy.on(today).days - 1)
    versions = {distributor_id: [one.as_version() for one in promises]}
    found = _kept(versions, [distributor_id], begun, today)[distributor_id]
    return Record(found, rate(found))


def lately(found: list[Kept], today: date, days: int) -> Record:
    """Of what was found, that of the last days."""
    held = [one for one in found if one.day > today - timedelta(days=days)]
    return Record(held, rate(held))


def _kept(versions: Mapping[UUID, Sequence[Version]], ids: Any, since: date, today: date) -> dict[UUID, list[Kept]]:
    """{distributor: what fell due from a day on, the latest first}; three statements and the calendar's.

    `ids`: keys, or a select of them.
    """
    works_on = worktime.on(today).works_on
    came, visits, answers = _deliveries(ids, since, today), _visits(ids, today), _answers(ids, since)
    found = {}
    for key, held in versions.items():
        every = [
            *deliveries_kept(held, came[key], works_on),
            *visits_kept(held, visits[key], today),
            *answers_kept(held, answers[key], today),
        ]
        found[key] = sorted((one for one in every if since <= one.day <= today), key=lambda one: one.day, reverse=True)
    return found


def _deliveries(ids: Any, since: date, today: date) -> dict[UUID, list[Delivery]]:
    invoices = (
        sa.select(Invoice.distributor_id, Invoice.number, Invoice.ordered_on, Invoice.date)
        .where(
            Invoice.distributor_id.in_(ids),
            Invoice.date >= since,
            Invoice.date <= today,
            Invoice.amount > 0,
            Invoice.ordered_on.is_not(None),
        )
        .order_by(Invoice.date.desc())
    )
    found: dict[UUID, list[Delivery]] = defaultdict(list)
    for key, number, ordered, day in db.session.execute(invoices):
        found[key].append(Delivery(number, ordered, day))
    return found


def _visits(ids: Any, today: date) -> dict[UUID, list[date]]:
    """Every day of a visit: a stretch may have begun long ago."""
    days = (
        sa.select(Visit.distributor_id, Visit.day).where(Visit.distributor_id.in_(ids), Visit.day <= today).distinct()
    )
    found: dict[UUID, list[date]] = defaultdict(list)
    for key, day in db.session.execute(days):
        found[key].append(day)
    return found


def _answers(ids: Any, since: date) -> dict[UUID, list[Answer]]:
    """First answers to tickets; one that was withdrawn before waits for none."""
    begun = datetime(since.year, since.month, since.day, tzinfo=SHANGHAI)
    tickets = sa.select(
        Ticket.distributor_id, Ticket.number, Ticket.recorded_at, Ticket.first_due_at, Ticket.answered_at
    ).where(
        Ticket.distributor_id.in_(ids),
        sa.or_(Ticket.answered_at >= begun, Ticket.answered_at.is_(None)),
        sa.or_(Ticket.state != TicketState.WITHDRAWN, Ticket.answered_at.is_not(None)),
    )
    found: dict[UUID, list[Answer]] = defaultdict(list)
    for key, number, opened, due, answered in db.session.execute(tickets):
        answered_on = answered.astimezone(SHANGHAI).date() if answered else None
        opened_on, due_on = opened.astimezone(SHANGHAI).date(), due.astimezone(SHANGHAI).date()
        found[key].append(Answer(f"T-{number:06d}", opened_on, due, due_on, answered, answered_on))
    return found


# The list ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """`region`: a code; `template`: where the promise comes from, or "none" for those without one."""

    text: str = ""
    region: str = ""
    template: str = ""
    page: int = 1

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Self:
        """From an address; what cannot be is left out."""
        text, region, template, number = (given.get(key, "") for key in ("q", "region", "template", "page"))
        page = int(number) if number.isascii() and number.isdecimal() and len(number) < 5 else 1
        return cls(
            text.replace("\x00", "").strip()[:MOST_TEXT],
            region if region.isascii() and region.isdecimal() and len(region) in (2, 4, 6, 9) else "",
            template if template in {*Template, NONE} else "",
            max(page, 1),
        )

    def args(self, **changes: Any) -> dict[str, Any]:
        """The same as arguments of an address, without what is empty; another filter begins with the first page."""
        held = {"q": self.text, "region": self.region, "template": self.template, **changes}
        return {name: value for name, value in held.items() if value}


class Row(NamedTuple):
    """A distributor of the list; `rate` None where nothing is promised."""

    id: UUID
    code: str
    name: str
    region_code: str | None
    template: Template | None
    rate: Rate | None


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of distributors, how many there are, and what was kept with all of them; `areas`: (code, rate) one level
    below the region asked for, the lowest rate first."""

    rows: list[Row]
    count: int
    rate: Rate
    areas: list[tuple[str, Rate]]


def listed(viewer: Viewer, asked: Asked, today: date, most: int | None = PAGE) -> Listed:
    """Distributors of the viewer's patch, the lowest rate first, then those of whom nothing fell due; by name those
    without a promise. `most` None: all of them."""
    skip = 0 if most is None else (asked.page - 1) * most
    where = _where(viewer, asked)
    if asked.template == NONE:
        promised = sa.exists().where(ServicePromise.distributor_id == Distributor.id)
        where = [*where, ~promised, Distributor.status != Status.ENDED]
        select = sa.select(*_SHOWN, sa.func.count().over()).where(*where).order_by(Distributor.pinyin, Distributor.id)
        found = db.session.execute(select.limit(most).offset(skip or None)).all()
        rows = [Row(key, code, name, region, None, None) for key, code, name, region, _count in found]
        return Listed(rows, found[0][4] if found else 0, Rate(0, 0), [])
    every, kept = _rated(where, asked, today)
    every.sort(key=_lowest_first)
    total: dict[str, list[Kept]] = defaultdict(list)
    level = next((digits for digits in (2, 4, 6) if digits > len(asked.region)), 6)
    for row in every:
        total[(row.region_code or "")[:level]] += kept[row.id]
    areas = sorted(((code, rate(found)) for code, found in total.items()), key=lambda one: (_share(one[1]), one[0]))
    of_all = rate(one for found in kept.values() for one in found)
    return Listed(every[skip : None if most is None else skip + most], len(every), of_all, areas)


_SHOWN = (Distributor.id, Distributor.code, Distributor.name, Distributor.region_code)


def _where(viewer: Viewer, asked: Asked) -> list[sa.ColumnElement[bool]]:
    where = [viewer.scope(Distributor.region_code)]
    if asked.region:
        where += [Distributor.region_code >= asked.region, Distributor.region_code < asked.region + "9" * 10]
    if asked.text:
        text = asked.text.casefold()
        columns = (Distributor.name, Distributor.pinyin, Distributor.code_key)
        where.append(sa.or_(*(column.contains(text, autoescape=True) for column in columns)))
    return where


def _rated(where: list[sa.ColumnElement[bool]], asked: Asked, today: date) -> tuple[list[Row], dict[UUID, list[Kept]]]:
    """Who has a promise, with what was kept in the policy's days; four statements and the policy's."""
    promises: dict[UUID, list[ServicePromise]] = defaultdict(list)
    shown: dict[UUID, tuple[UUID, str, str, str | None]] = {}
    select = sa.select(ServicePromise, *_SHOWN).join(Distributor, Distributor.id == ServicePromise.distributor_id)
    for promise, key, code, name, region in db.session.execute(
        select.where(*where).order_by(ServicePromise.version.desc())
    ):
        promises[key].append(promise)
        shown[key] = key, code, name, region
    if asked.template:
        promises = {key: held for key, held in promises.items() if held[0].template == asked.template}
    ids = sa.select(ServicePromise.distributor_id).join(Distributor, Distributor.id == ServicePromise.distributor_id)
    since = today - timedelta(days=policy.on(today).days - 1)
    versions = {key: [one.as_version() for one in held] for key, held in promises.items()}
    kept = _kept(versions, ids.where(*where), since, today)
    return [Row(*shown[key], held[0].template, rate(kept[key])) for key, held in promises.items()], kept


def _share(found: Rate) -> tuple[bool, float]:
    return (not found.of, found.kept / found.of if found.of else 0.0)


def _lowest_first(row: Row) -> tuple[bool, float, int, str]:
    found = row.rate or Rate(0, 0)
    return (*_share(found), -found.of, row.code)
