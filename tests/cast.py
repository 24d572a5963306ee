"""Our cast: a rep, a colleague with another patch, a supervisor of both, an administrator, a stranger far away.

And makers of the few rows a test needs; what a test does not name has a plain default.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from fieldapp.core.clock import SHANGHAI, When
from fieldapp.core.db import db, uuid7
from fieldapp.desk.breaches.models import Breach
from fieldapp.desk.breaches.rules import Result
from fieldapp.fieldwork.conflicts import actions as conflicts
from fieldapp.fieldwork.conflicts.models import Conflict
from fieldapp.fieldwork.conflicts.rules import ConflictKind
from fieldapp.fieldwork.remediation import actions as remediation
from fieldapp.fieldwork.remediation.models import Ticket
from fieldapp.fieldwork.remediation.rules import Severity, TicketKind
from fieldapp.fieldwork.surveys import actions as surveys
from fieldapp.fieldwork.surveys.models import Survey
from fieldapp.fieldwork.surveys.rules import Purpose
from fieldapp.fieldwork.tasks.models import Task
from fieldapp.fieldwork.tasks.rules import TaskKind
from fieldapp.fieldwork.visits.models import Visit, VisitPlan
from fieldapp.fieldwork.visits.rules import Ending
from fieldapp.network.distributors.models import Contact, Distributor
from fieldapp.network.territory.models import Area, Region
from fieldapp.people.accounts.models import Role, User
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.standing.crossarea import actions as crossarea
from fieldapp.standing.crossarea.models import CrossCase
from fieldapp.standing.grading.models import (
    Assessment,
    AssessmentState,
    ConsentHow,
    CreditRecord,
    ImportedCredit,
    SensitiveAnswer,
)
from fieldapp.standing.grading.scoring import Indicator, Option
from fieldapp.trade.ledger.models import Invoice, InvoiceLine
from fieldapp.trade.pricing.models import Price, Rebate
from fieldapp.trade.products.models import Product

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
PASSWORD = "tall-barley-harvest-9"

CAST: dict[str, tuple[Role, list[str]]] = {
    "rep": (Role.REP, ["4101"]),
    "colleague": (Role.REP, ["4201"]),
    "boss": (Role.SUPERVISOR, ["41", "42"]),
    "admin": (Role.ADMIN, []),
    "stranger": (Role.SUPERVISOR, ["65"]),
}


def add(row: Any) -> Any:
    """Put a row into the session and give it its key."""
    db.session.add(row)
    db.session.flush()
    return row


def make_cast() -> dict[str, User]:
    """The five users, without a password (fixtures that sign in set one)."""
    users = {name: _user(name, role, patch) for name, (role, patch) in CAST.items()}
    db.session.add_all(users.values())
    db.session.flush()  # once: nearly every test makes them
    return users


def make_user(username: str, role: Role = Role.REP, patch: list[str] | None = None, **values: Any) -> User:
    """A user; his name is his username."""
    return add(_user(username, role, patch, **values))


def _user(username: str, role: Role, patch: list[str] | None, **values: Any) -> User:
    defaults = {"name": username.title(), "locale": "en", "created_at": NOW}
    return User(
        username=username, username_key=username.casefold(), role=role, patch=patch or [], **{**defaults, **values}
    )


def make_region(code: str, name: str = "") -> Region:
    """A region, if it is not there yet (the shipped ones are)."""
    return db.session.get(Region, code) or add(Region(code=code, name=name or code))


def make_distributor(code: str = "D001", region: str | None = "410102", **values: Any) -> Distributor:
    """An active distributor of tier A with one contact."""
    if region:
        make_region(region)
    defaults = {"name": f"Distributor {code}", "tier": "A", "updated_at": NOW}
    row = Distributor(code=code, code_key=code.casefold(), region_code=region, **{**defaults, **values})
    row.contacts.append(Contact(main=True, name="Wang", phone="13800000000"))
    return add(row)


def make_product(code: str = "P10", **values: Any) -> Product:
    """A pig feed in 40 kg bags."""
    defaults = {"name": f"Product {code}", "line": "pig", "pack_grams": 40_000}
    return add(Product(code=code, code_key=code.casefold(), **{**defaults, **values}))


def make_area(distributor: Distributor, region: str, line: str = "*", **values: Any) -> Area:
    """A sales area, valid since 2024, and shared: so that a test may have two owners of a place."""
    make_region(region)
    defaults = {"valid_from": date(2024, 1, 1), "shared": True}
    return add(
        Area(
            distributor_id=distributor.id,
            region_code=region,
            line=line,
            line_key=line.casefold(),
            **{**defaults, **values},
        )
    )


def make_price(product: Product, region: str, list_price: int | None, floor_price: int | None, **values: Any) -> Price:
    """A price row in fen per tonne for every tier, valid since 2024."""
    make_region(region)
    tier = values.pop("tier", "*")
    defaults = {"valid_from": date(2024, 1, 1)}
    return add(
        Price(
            product_id=product.id,
            region_code=region,
            tier=tier,
            tier_key=tier.casefold(),
            list_price=list_price,
            floor_price=floor_price,
            **{**defaults, **values},
        )
    )


def make_rebate(code: str, **values: Any) -> Rebate:
    """A rebate for everybody, valid since 2024."""
    defaults = {"kind": "month", "valid_from": date(2024, 1, 1)}
    return add(Rebate(code=code, code_key=code.casefold(), **{**defaults, **values}))


def make_credit(
    distributor: Distributor, grade: str | None = "A", limit: int | None = 10_000_000, **values: Any
) -> Any:
    """A credit record from the company's file: grade A, limit ¥100,000.00."""
    add(ImportedCredit(distributor_id=distributor.id, grade=grade, limit=limit, changed_at=NOW, **values))
    return add(CreditRecord(distributor_id=distributor.id, grade=grade, limit=limit, **values))


def make_rating(distributor: Distributor, by: User, grade: str = "B", **values: Any) -> Assessment:
    """A proposed rating of today: grade B, score 72.0, limit ¥50,000.00, of arrears alone."""
    asked = {"kind": "asked", "by": by.name}
    defaults: dict[str, Any] = {
        "on": TODAY,
        "region_code": distributor.region_code,
        "answers": {
            "arrears": {"option": "best", "value": None, "source": asked, "as_of": TODAY.isoformat()},
            "facts": {"customer_since": None, "invoiced": 120_000_000, "months": 12, "malicious": 0},
        },
        "score": 720,
        "answered_percent": 100,
        "provisional": False,
        "caps": [],
        "average_sales": 10_000_000,
        "limit": 5_000_000,
        "term_days": 15,
        "policy_version": 1,
        "state": AssessmentState.PROPOSED,
        "proposed_at": NOW,
    }
    return add(Assessment(distributor_id=distributor.id, proposed_by_id=by.id, grade=grade, **{**defaults, **values}))


def make_sensitive(distributor: Distributor, by: User, **values: Any) -> SensitiveAnswer:
    """What the main contact agreed is recorded of residence, the worst answer; it counts for a year from today."""
    contact = next(one for one in distributor.contacts if one.main)
    defaults: dict[str, Any] = {
        "indicator": Indicator.RESIDENCE,
        "option": Option.WORST,
        "consent_on": TODAY,
        "consent_how": ConsentHow.SPOKEN,
        "recorded_at": NOW,
        "expires_on": TODAY.replace(year=TODAY.year + 1),
    }
    return add(
        SensitiveAnswer(
            distributor_id=distributor.id,
            consent_by_id=contact.id,
            of_name=contact.name,
            recorded_by_id=by.id,
            **{**defaults, **values},
        )
    )


def make_visit(
    distributor: Distributor, rep: User, day: date, *, arrived: str = "09:00", minutes: int | None = 30, **columns: Any
) -> Visit:
    """A visit that began at a time of Shanghai and took so many minutes (None: he is still there), with no place."""
    began = datetime.fromisoformat(f"{day.isoformat()} {arrived}").replace(tzinfo=SHANGHAI).astimezone(UTC)
    ended = {"left_at": began + timedelta(minutes=minutes), "ending": Ending.CHECKED_OUT} if minutes is not None else {}
    defaults: dict[str, Any] = {"arrived_at": began, "recorded_at": began, **ended}
    return add(Visit(distributor_id=distributor.id, rep_id=rep.id, day=day, **{**defaults, **columns}))


def make_plan(distributor: Distributor, rep: User, day: date, **columns: Any) -> VisitPlan:
    """A visit that a rep means to make, planned by himself."""
    defaults: dict[str, Any] = {"made_by_id": rep.id, "made_at": NOW}
    return add(VisitPlan(distributor_id=distributor.id, rep_id=rep.id, day=day, **{**defaults, **columns}))


def make_task(distributor: Distributor, owner: User, due: date, **columns: Any) -> Task:
    """What a rep promised a distributor, open."""
    defaults: dict[str, Any] = {
        "kind": TaskKind.PROMISE,
        "text": "Bring the new price list",
        "made_by_id": owner.id,
        "made_at": NOW,
    }
    return add(Task(distributor_id=distributor.id, owner_id=owner.id, due=due, **{**defaults, **columns}))


# Tickets ---------------------------------------------------------------------------------------------------------


def make_ticket(distributor: Distributor, rep: User, **values: Any) -> Ticket:
    """A ticket that a rep has opened through the app's own action; `values`: of the complaint, and `now`."""
    now = values.pop("now", NOW)
    defaults = {"kind": TicketKind.QUALITY, "severity": Severity.NORMAL, "story": "Five bags were wet."}
    complaint = remediation.Complaint(**{**defaults, **values})
    when = When(now, now, now.astimezone(SHANGHAI).date())
    return remediation.open_ticket(viewer_of(rep), key=uuid7(), distributor=distributor, complaint=complaint, when=when)


# Conflicts -------------------------------------------------------------------------------------------------------


def make_conflict(parties: list[Distributor], rep: User, **values: Any) -> Conflict:
    """A conflict that a rep has opened through the app's own action; `values`: of the account, and `now`."""
    now = values.pop("now", NOW)
    defaults = {"kind": ConflictKind.AREA, "story": "Each says that the other delivers into his villages."}
    account = conflicts.Account(**{**defaults, **values})
    when = When(now, now, TODAY + (now.astimezone(SHANGHAI).date() - NOW.astimezone(SHANGHAI).date()))
    return conflicts.open_conflict(viewer_of(rep), key=uuid7(), parties=parties, account=account, when=when)


# Surveys ---------------------------------------------------------------------------------------------------------


def make_breach(distributor: Distributor, rep: User, **values: Any) -> Breach:
    """Five tonnes below the floor, found on a business day, to be explained."""
    product = db.session.scalars(sa.select(Product).order_by(Product.code)).first() or make_product()
    defaults = {
        "number": (db.session.scalar(sa.select(sa.func.max(Breach.number))) or 0) + 1,
        "result": Result.BELOW,
        "region_code": distributor.region_code,
        "product_id": product.id,
        "ship_to": distributor.region_code or "",
        "first_on": TODAY,
        "last_on": TODAY,
        "grams": 5_000_000,
        "amount": 1_500_000,
        "net": 296_000,
        "floor": 315_000,
        "lost": 95_000,
        "facts": {"lines": [], "marks": [], "why": None, "used": [], "window_days": 3},
        "policy_version": 1,
        "found_at": NOW,
        "judged_at": NOW,
    }
    return add(Breach(distributor_id=distributor.id, rep_id=rep.id, **{**defaults, **values}))


def make_survey(distributor: Distributor, rep: User, **values: Any) -> Survey:
    """A survey that a rep has opened through the app's own action; `values`: of `ask`."""
    defaults = {"key": uuid7(), "purpose": Purpose.VISIT, "now": NOW, "today": TODAY}
    return surveys.ask(viewer_of(rep), distributor=distributor, **{**defaults, **values})


# Cross-area sales ------------------------------------------------------------------------------------------------


def make_invoice(distributor: Distributor, number: str, *lines: dict[str, Any], **values: Any) -> Invoice:
    """An invoice of three days ago as the import writes it; `lines`: of InvoiceLine, the product's row as `product`."""
    total = sum(line["amount"] for line in lines)
    defaults = {"date": TODAY - timedelta(days=3), "due": None, "amount": total}
    head = {"number": number, "number_key": number.casefold(), **defaults, **values}
    invoice = add(Invoice(distributor_id=distributor.id, **head))
    for line_no, line in enumerate(lines, 1):
        batch = line.get("batch")
        given = {key: value for key, value in line.items() if key != "product"}
        key = batch.casefold() if batch else None
        add(InvoiceLine(invoice_id=invoice.id, line_no=line_no, product_id=line["product"].id, **given, batch_key=key))
    return invoice


def make_case(rep: User, **values: Any) -> CrossCase:
    """Goods that somebody has reported through the app's own action, found in 410102; `values`: of what was found."""
    now = values.pop("now", NOW)
    found = crossarea.Found(**{"region": "410102", "note": "Twenty bags with another county's mark.", **values})
    when = When(now, now, now.astimezone(SHANGHAI).date())
    return crossarea.report(viewer_of(rep), key=uuid7(), found=found, when=when)
