"""What the deal screens read: the worksheet of a deal being typed, distributors to pick, recorded checks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.core.findings import Verdict
from fieldapp.core.hotread import HotRead
from fieldapp.desk.approvals.models import Approval
from fieldapp.desk.checks import reference
from fieldapp.desk.checks.models import DealCheck
from fieldapp.desk.checks.queries import (
    Evaluation,
    InvalidDealError,
    Known,
    judge,
    know,
    visible,
)
from fieldapp.desk.checks.reference import ProductRow, Reference
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.distributors.queries import search
from fieldapp.network.distributors.rules import Status
from fieldapp.network.territory import patches
from fieldapp.people.accounts.models import Role, User
from fieldapp.people.accounts.viewer import Viewer, within
from fieldapp.trade.ledger.models import Invoice, InvoiceLine

from . import forms
from .forms import DealText, LineText, Problems, Search
from .rules import degrees_around, distance_km

RECENT = 6
RECENT_CHECKS = 200
ASSIGNED = 8
USUAL_INVOICES = 20
USUAL = 8
FOUND = 20
NEAR_KM = 150
PLACES = 8
PAGE = 30
CHANGED_FOR = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Worksheet:
    """A deal being typed: its text with what we filled in, what is known, and the verdict or what is missing.

    `usual` are the product codes the distributor buys most; empty where only the answer is wanted.
    """

    text: DealText
    known: Known
    evaluation: Evaluation | None
    problems: Problems
    usual: tuple[str, ...] = ()

    def product(self, line: LineText) -> ProductRow | None:
        """The product of a line, if there is one of that code."""
        return self.known.reference.products.get(line.product.casefold())


def worksheet(viewer: Viewer, text: DealText, today: date, *, whole: bool, fill: bool = True) -> Worksheet:
    """Check a deal as typed: one statement, and one more for the whole page (what the distributor usually buys).

    `fill` puts in what we can guess; a deal to be recorded is taken as it came. Raises UnknownDistributorError.
    """
    known, problems = _know(viewer, text, forms.day(text.on) or today)
    usual: tuple[str, ...] = ()
    if whole:
        bought = _usual(known.distributor.id)
        codes = known.reference.once(_active)
        usual = tuple(codes[product_id].code for product_id, _grams in bought if product_id in codes)
        if fill and not text.lines:
            text = forms.started(text, next(((codes[key].code, grams) for key, grams in bought if key in codes), None))
    if fill:
        text = forms.filled(text, known, today)
    request, missing = forms.as_request(text, known.reference.products, today)
    problems = missing | problems
    evaluation = None
    if request is not None and not problems:
        try:
            evaluation = judge(known, request)
        except InvalidDealError as error:
            problems = dict(error.problems)
    return Worksheet(text, known, evaluation, problems, usual)


def _know(viewer: Viewer, text: DealText, on: date) -> tuple[Known, Problems]:
    try:
        return know(viewer, text.distributor, on, text.ship_to or None), {}
    except InvalidDealError as error:
        problems = dict(error.problems)
    # The page is shown all the same, for another place to be chosen: with the own region, or any where there is none.
    try:
        return know(viewer, text.distributor, on, None), problems
    except InvalidDealError:
        return know(viewer, text.distributor, on, next(iter(reference.read()[1].names))), problems


def _active(reference: Reference) -> dict[UUID, ProductRow]:
    return {product.id: product for product in reference.products.values() if product.active}


def _usual_statement() -> sa.Select[Any]:
    latest = (
        sa.select(Invoice.id, Invoice.date)
        .where(Invoice.distributor_id == sa.bindparam("distributor", type_=sa.Uuid()), Invoice.amount > 0)
        .order_by(Invoice.date.desc())
        .limit(USUAL_INVOICES)
        .subquery()
    )
    newest_first = sa.func.row_number().over(
        partition_by=InvoiceLine.product_id, order_by=(latest.c.date.desc(), InvoiceLine.line_no)
    )
    lines = (
        sa.select(InvoiceLine.product_id, InvoiceLine.weight, latest.c.date, newest_first.label("place"))
        .join(latest, latest.c.id == InvoiceLine.invoice_id)
        .where(InvoiceLine.weight > 0)
        .subquery()
    )
    return (
        sa.select(lines.c.product_id, sa.func.max(sa.case((lines.c.place == 1, lines.c.weight))))
        .group_by(lines.c.product_id)
        .order_by(sa.func.sum(lines.c.weight).desc(), sa.func.max(lines.c.date).desc(), lines.c.product_id)
        .limit(USUAL)
    )


_USUAL = HotRead(_usual_statement())


def _usual(distributor_id: UUID) -> list[tuple[UUID, int]]:
    """(product, grams of its latest line) of what a distributor bought most on its latest invoices."""
    return [(product_id, grams) for product_id, grams in _USUAL.all(distributor=distributor_id)]


def place_names() -> Callable[[str | None], str]:
    """How a region code reads: `河南省 郑州市 金水区`."""
    return reference.read()[1].path


def pick(viewer: Viewer, asked: Search) -> Sequence[Any] | None:
    """Distributors that a search finds within the viewer's patch; None when nothing is asked."""
    if asked.text:
        return search(viewer, asked.text, FOUND)
    return nearby(viewer, *asked.near) if asked.near else None


class Near(NamedTuple):
    """A distributor and how far away it is."""

    id: UUID
    code: str
    name: str
    region_code: str | None
    status: Status
    km: int


def nearby(viewer: Viewer, lat: float, lng: float, limit: int = FOUND) -> list[Near]:
    """Distributors with a known place within about 150 km, the nearest first."""
    here, box = (lat, lng), degrees_around(lat, NEAR_KM)
    rows = db.session.execute(
        sa.select(*_PICKED, Distributor.lat, Distributor.lng).where(
            viewer.scope(Distributor.region_code),
            Distributor.lat.between(lat - box[0], lat + box[0]),
            Distributor.lng.between(lng - box[1], lng + box[1]),
        )
    )
    found = [
        Near(row.id, row.code, row.name, row.region_code, row.status, round(distance_km(here, (row.lat, row.lng))))
        for row in rows
    ]
    return sorted(found, key=lambda row: (row.km, row.name))[:limit]


_PICKED = (Distributor.id, Distributor.code, Distributor.name, Distributor.region_code, Distributor.status)


class Picked(NamedTuple):
    """A distributor to pick."""

    id: UUID
    code: str
    name: str
    region_code: str | None
    status: Status


@lru_cache(maxsize=64)
def _recent(width: int | None) -> HotRead:
    latest = (
        sa.select(DealCheck.distributor_id, DealCheck.made_at)
        .where(DealCheck.made_by_id == sa.bindparam("me", type_=sa.Uuid()))
        .order_by(DealCheck.made_at.desc())
        .limit(RECENT_CHECKS)
        .subquery()
    )
    last = (
        sa.select(latest.c.distributor_id, sa.func.max(latest.c.made_at).label("made_at"))
        .group_by(latest.c.distributor_id)
        .subquery()
    )
    return HotRead(
        sa.select(*_PICKED)
        .join(last, last.c.distributor_id == Distributor.id)
        .where(within(Distributor.region_code, width))
        .order_by(last.c.made_at.desc())
        .limit(RECENT)
    )


def recent(viewer: Viewer) -> list[Picked]:
    """Distributors of the viewer's own latest checks that lie within his patch, the latest first."""
    return list(map(Picked._make, _recent(viewer.width).all(me=viewer.id, **viewer.bounds())))


def assigned(viewer: Viewer, limit: int = ASSIGNED) -> Sequence[sa.Row[Any]]:
    """Distributors that the viewer looks after, by name."""
    return db.session.execute(
        sa.select(*_PICKED)
        .where(Distributor.rep_id == viewer.id, viewer.scope(Distributor.region_code))
        .order_by(Distributor.pinyin, Distributor.id)
        .limit(limit)
    ).all()


def checks(
    viewer: Viewer, verdict: Verdict | None, *, mine: bool = False, before: UUID | None = None
) -> Sequence[sa.Row[Any]]:
    """Recorded checks, the latest first; a rep's own, or with `mine` anybody's own. One row more than PAGE if there is.

    The server's time orders them, not the keys, which a phone makes by its own clock. `before`: the last one shown.
    """
    whose = DealCheck.made_by_id == viewer.id if mine or viewer.role is Role.REP else visible(viewer)
    statement = (
        sa.select(
            DealCheck.id,
            DealCheck.made_at,
            DealCheck.made_by_id,
            DealCheck.verdict,
            DealCheck.amount,
            DealCheck.inputs,
            Distributor.code.label("distributor_code"),
            Distributor.name.label("distributor_name"),
            User.name.label("maker"),
            Approval.state.label("approval_state"),
        )
        .join(Distributor, Distributor.id == DealCheck.distributor_id)
        .join(User, User.id == DealCheck.made_by_id)
        .outerjoin(Approval, Approval.check_id == DealCheck.id)
        .where(whose)
    )
    if verdict is not None:
        statement = statement.where(DealCheck.verdict == verdict)
    if before is not None:
        last = sa.select(DealCheck.made_at).where(DealCheck.id == before).scalar_subquery()
        # The first condition is what an index can be entered with; on its own moment the key decides.
        statement = statement.where(DealCheck.made_at <= last, sa.or_(DealCheck.made_at < last, DealCheck.id < before))
    order = DealCheck.made_at.desc(), DealCheck.id.desc()
    return db.session.execute(statement.order_by(*order).limit(PAGE + 1)).all()


def same_deal(check: DealCheck, evaluation: Evaluation, *, any_day: bool = False) -> bool:
    """Is a stored check of exactly this deal? A key that comes again with other inputs is not a double tap. `any_day`:
    it may have waited in a phone until another day."""
    deal, products = evaluation.deal, evaluation.products
    lines = [(line["product"].casefold(), line["grams"], line["price"]) for line in check.inputs["lines"]]
    return (
        check.distributor_id == evaluation.known.distributor.id
        and (any_day or check.on == deal.on)
        and (check.ship_to, check.terms) == (deal.ship_to, deal.terms)
        and lines == [(p.code.casefold(), line.grams, line.price) for p, line in zip(products, deal.lines, strict=True)]
    )


class SeenOffline(NamedTuple):
    """What a phone showed of a deal without a signal: the verdict, when, and of when its facts were."""

    verdict: Verdict
    seen_at: datetime
    facts_at: datetime


def seen_offline(check: DealCheck) -> SeenOffline | None:
    """What was seen of a stored check without a signal; None when it was made with one."""
    seen = check.inputs.get("offline")
    if seen is None:
        return None
    return SeenOffline(Verdict(seen["verdict"]), *map(datetime.fromisoformat, (seen["seen_at"], seen["facts_at"])))


class Changed(NamedTuple):
    """A check of the viewer's that turned out otherwise than his phone had shown it."""

    id: UUID
    made_at: datetime
    verdict: Verdict
    inputs: dict[str, Any]
    distributor_name: str

    @property
    def seen(self) -> Verdict:
        """What the phone had shown."""
        return Verdict(self.inputs["offline"]["verdict"])


_LATELY = HotRead(
    sa.select(DealCheck.id, DealCheck.made_at, DealCheck.verdict, DealCheck.inputs, Distributor.name)
    .join(Distributor, Distributor.id == DealCheck.distributor_id)
    .outerjoin(Approval, Approval.check_id == DealCheck.id)
    .where(
        DealCheck.made_by_id == sa.bindparam("me", type_=sa.Uuid()),
        DealCheck.made_at >= sa.bindparam("since", type_=DealCheck.made_at.type),
        DealCheck.origin == "offline",
        Approval.id.is_(None),
    )
    .order_by(DealCheck.made_at.desc(), DealCheck.id.desc())
    .limit(PAGE)
)


def checked_offline_lately(viewer: Viewer, now: datetime) -> sa.ColumnElement[bool]:
    """Whether there may be something in `changed_lately`: to put into another statement."""
    return sa.exists().where(
        DealCheck.made_by_id == viewer.id, DealCheck.made_at >= now - CHANGED_FOR, DealCheck.origin == "offline"
    )


def changed_lately(viewer: Viewer, now: datetime) -> list[Changed]:
    """The viewer's checks of the last days whose verdict his phone had shown otherwise, the latest first; without those
    that he has asked approval for since."""
    found = map(Changed._make, _LATELY.all(me=viewer.id, since=now - CHANGED_FOR))
    return [check for check in found if check.seen is not check.verdict]


def search_places(text: str) -> list[str]:
    """Codes of the regions that a text finds, the larger first; none for an empty text."""
    return [code for code, _name in patches.search(text, PLACES)]
