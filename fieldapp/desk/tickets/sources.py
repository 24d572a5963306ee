"""What a new ticket starts from: the distributor, what it bought lately, its outlets, and what was said elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from fieldapp.core.clock import SHANGHAI
from fieldapp.core.db import db
from fieldapp.core.i18n import language
from fieldapp.desk.checks import reference
from fieldapp.fieldwork.feedback import queries as feedback
from fieldapp.fieldwork.feedback.models import Remark
from fieldapp.fieldwork.feedback.rules import RemarkKind, Theme
from fieldapp.fieldwork.remediation import told
from fieldapp.fieldwork.remediation.actions import STORY_LENGTH
from fieldapp.fieldwork.remediation.rules import TicketKind
from fieldapp.fieldwork.surveys import queries as surveys
from fieldapp.fieldwork.surveys.models import FormVersion, Survey
from fieldapp.fieldwork.surveys.rules import QuestionKind, read_form
from fieldapp.fieldwork.visits import queries as visits
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.dossier.models import Outlet
from fieldapp.network.dossier.queries import supplied
from fieldapp.network.dossier.rules import OutletKind
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.trade.ledger.models import Invoice, InvoiceLine
from fieldapp.trade.products.models import Product

MOST_INVOICES = 6
MOST_LINES = 24
MOST_OUTLETS = 60
LOW_SCORE, LOW_NPS = 2, 6
_KINDS = {
    Theme.QUALITY: TicketKind.QUALITY,
    Theme.DELIVERY: TicketKind.DELIVERY,
    Theme.PACKAGING: TicketKind.PACKAGING,
    Theme.PRICE: TicketKind.PRICE,
    Theme.PAYMENT: TicketKind.PRICE,
    Theme.SERVICE: TicketKind.SERVICE,
}
# By the keys of the questions that come with the app.
_ASKED = {
    "price": TicketKind.PRICE,
    "payment": TicketKind.PRICE,
    "quality": TicketKind.QUALITY,
    "delivery": TicketKind.DELIVERY,
    "technical": TicketKind.SERVICE,
    "rep": TicketKind.SERVICE,
}


class Delivery(NamedTuple):
    """A line of an invoice."""

    invoice_id: UUID
    line_no: int
    number: str
    date: date
    product_id: UUID
    product: str
    batch: str

    @property
    def key(self) -> str:
        """As the form names it."""
        return f"{self.invoice_id}/{self.line_no}"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a ticket is opened from. `given`: what stands in the form's fields already, by name."""

    distributor: Any
    visit_id: UUID | None = None
    survey_id: UUID | None = None
    remark_id: UUID | None = None
    given: dict[str, str] = field(default_factory=dict)


def read(viewer: Viewer, given: MultiDict[str, str]) -> Source | None:
    """What an address or a form names, as far as the viewer may see it and it is of one distributor.

    None: no distributor of his patch. A visit, survey or remark of another one, or that is gone, counts as not named.
    """
    code = given.get("distributor", "").replace("\0", "").strip()
    visit_id, survey_id, remark_id = (_key(given.get(name, "")) for name in ("visit", "survey", "remark"))
    survey = surveys.find(viewer, survey_id) if survey_id else None
    remark = feedback.find(viewer, remark_id) if remark_id else None
    visit = visits.find(viewer, visit_id) if visit_id else None
    named = next((row.distributor_id for row in (visit, survey, remark) if row is not None), None)
    if not code and named is None:
        return None
    distributor = find_distributor(viewer, code=code, key=None if code else named)
    if distributor is None:
        return None
    survey = survey if survey and survey.distributor_id == distributor.id else None
    remark = remark if remark and remark.distributor_id == distributor.id else None
    # A visit that the server does not know yet is still in the phone: its key is kept until it has arrived.
    keeps_visit = visit is None or visit.distributor_id == distributor.id
    return Source(
        distributor,
        visit_id if keeps_visit else None,
        survey.id if survey else None,
        remark.id if remark else None,
        {**(_of_survey(survey) if survey else {}), **(_of_remark(remark) if remark else {})},
    )


def find_distributor(viewer: Viewer, *, code: str = "", key: UUID | None = None) -> Any | None:
    """(id, code, name, region_code) of a distributor in the viewer's patch, or None."""
    which = Distributor.id == key if key is not None else Distributor.code_key == code.casefold()
    columns = (Distributor.id, Distributor.code, Distributor.name, Distributor.region_code)
    return db.session.execute(sa.select(*columns).where(which, viewer.scope(Distributor.region_code))).one_or_none()


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


# What was said elsewhere -----------------------------------------------------------------------------------------


def _of_survey(survey: Survey) -> dict[str, str]:
    """The low answers in words, and what was written beside them."""
    form = read_form(db.session.get_one(FormVersion, survey.version_id).content)
    answers, said, kind = surveys.answers_of(survey), [], None
    for question in form.questions:
        answer = answers.get(question.key)
        words = question.words.get(language(), question.words["zh"])
        if isinstance(answer, int) and question.kind is QuestionKind.SCORE and answer <= LOW_SCORE:
            said.append(_("%(question)s: %(score)s of 5", question=words, score=answer))
            kind = kind or _ASKED.get(question.key)
        elif isinstance(answer, int) and question.kind is QuestionKind.NPS and answer <= LOW_NPS:
            said.append(_("%(question)s: %(score)s of 10", question=words, score=answer))
        elif question.kind is QuestionKind.TEXT and isinstance(answer, str) and answer:
            said.append(f"{words}: {answer}")
    if not said:
        return {}
    day = (survey.answered_at or survey.made_at).astimezone(SHANGHAI).date()
    story = "\n".join([_("From the survey of %(day)s:", day=day.isoformat()), *said])
    return {"story": story[:STORY_LENGTH], "kind": (kind or TicketKind.OTHER).value}


def _of_remark(remark: Remark) -> dict[str, str]:
    """Its words, product and batch."""
    kind = TicketKind.EFFECT if remark.kind is RemarkKind.EFFECT else None
    if kind is None and remark.theme is not None:
        kind = _KINDS.get(remark.theme)
    code = db.session.scalar(sa.select(Product.code).where(Product.id == remark.product_id))
    return {
        "story": remark.text,
        "batch": remark.batch,
        "product": code or "",
        "kind": kind.value if kind else "",
    }


# What can be chosen ----------------------------------------------------------------------------------------------

_LINE = (
    Invoice.id,
    InvoiceLine.line_no,
    Invoice.number,
    Invoice.date,
    Product.id.label("product_id"),
    Product.name.label("product"),
    sa.func.coalesce(InvoiceLine.batch, ""),
)


def deliveries(distributor_id: UUID) -> list[Delivery]:
    """The lines of the latest invoices of a distributor that the viewer has found, the latest first."""
    latest = (
        sa.select(Invoice.id)
        .where(Invoice.distributor_id == distributor_id, Invoice.amount > 0)
        .order_by(Invoice.date.desc(), Invoice.id.desc())
        .limit(MOST_INVOICES)
    )
    lines = _lines().where(Invoice.id.in_(latest), InvoiceLine.weight > 0)
    order = Invoice.date.desc(), Invoice.id.desc(), InvoiceLine.line_no
    return [Delivery(*row) for row in db.session.execute(lines.order_by(*order).limit(MOST_LINES))]


def find_delivery(distributor_id: UUID, key: str) -> Delivery | None:
    """The line that a form names, of any invoice of the distributor; None when there is none."""
    head, _sep, line = key.partition("/")
    invoice_id = _key(head)
    if invoice_id is None or not (line.isascii() and line.isdecimal() and len(line) <= 6):
        return None
    found = _lines().where(
        Invoice.id == invoice_id, Invoice.distributor_id == distributor_id, InvoiceLine.line_no == int(line)
    )
    row = db.session.execute(found).one_or_none()
    return Delivery(*row) if row else None


def _lines() -> sa.Select[Any]:
    return (
        sa.select(*_LINE)
        .select_from(InvoiceLine)
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .join(Product, Product.id == InvoiceLine.product_id)
    )


def outlets(distributor_id: UUID) -> Sequence[Any]:
    """(id, kind, name) of the outlets and farms that a distributor supplies now, farms first."""
    return supplied(distributor_id, MOST_OUTLETS)


def find_outlet(distributor_id: UUID, key: str) -> tuple[UUID, OutletKind] | None:
    """(key, kind) of the outlet that a form names; None when the distributor has none of that key."""
    outlet_id = _key(key)
    row = db.session.execute(
        sa.select(Outlet.id, Outlet.kind).where(Outlet.id == outlet_id, Outlet.distributor_id == distributor_id)
    ).one_or_none()
    return (row.id, row.kind) if row else None


def find_product(code: str) -> reference.ProductRow | None:
    """One of our products by its code."""
    return reference.read()[0].products.get(code.casefold())


def products() -> tuple[tuple[str, str], ...]:
    """(code, name) of what we sell now."""
    return reference.read()[0].once(_offered)


def _offered(held: reference.Reference) -> tuple[tuple[str, str], ...]:
    return tuple((one.code, f"{one.name} · {one.code}") for one in held.products.values() if one.active)


def warned(region: str | None) -> list[str]:
    """The names of the supervisors who are told at once when animals are ill or dead there; the administrators too."""
    keys = [key for level in told.supervisors([region] if region else []) for key in level]
    names = dict(db.session.execute(sa.select(User.id, User.name).where(User.id.in_(keys))).tuples().all())
    return [names[key] for key in keys if key in names]
