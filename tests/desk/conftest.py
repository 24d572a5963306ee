"""The desk's world, on both databases: the contract's example distributor, its prices, its credit, and who may act."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from fieldapp.core.db import db
from fieldapp.desk.approvals.models import Approval
from fieldapp.desk.checks.models import DealCheck
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import Role, User
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.audit.models import AuditEntry
from fieldapp.standing.grading.models import CreditRecord
from fieldapp.trade.ledger.models import Balance, Invoice, InvoiceLine
from fieldapp.trade.products.models import Product
from tests import cast
from tests.visitor import Visitor


@dataclass
class Desk:
    """The app with its world. At 3190.00 the deal goes, at 3150.00 it needs approval, at 3000.00 it is stopped."""

    app: Flask
    visitors: dict[str, Visitor] = field(default_factory=dict)

    def as_(self, username: str) -> Visitor:
        """A browser signed in as one of the cast; the same one for the same name."""
        if username not in self.visitors:
            self.visitors[username] = Visitor(self.app, username)
        return self.visitors[username]

    def viewer(self, username: str) -> Viewer:
        """One of the cast as viewer; inside an app context."""
        return viewer_of(db.session.scalars(sa.select(User).where(User.username == username)).one())

    def deal(self, price: str = "3150.00", **changes: Any) -> dict[str, Any]:
        """The form of the contract's example."""
        form = {
            "distributor": "D001",
            "on": "2026-11-23",
            "ship_to": "410102",
            "terms": "credit",
            "product": "P10",
            "kg": "5000",
            "price": price,
        }
        return {**form, **changes}

    def record(self, price: str = "3150.00", who: str = "rep", **changes: Any) -> UUID:
        """A recorded check; its key."""
        response = self.as_(who).post("/deals", self.deal(price, **changes))
        assert response.status_code == 303, response.get_data(as_text=True)
        return key_of(response)

    def ask(self, check_id: UUID | None = None, who: str = "rep") -> UUID:
        """An open request; its key."""
        check_id = check_id or self.record(who=who)
        response = self.as_(who).post(f"/deals/{check_id}/approval", {"reason": "They order 20 t more this month."})
        assert response.status_code == 303
        approval = self.one(Approval, Approval.check_id == check_id)
        assert approval is not None
        return approval.id

    def decide(self, approval_id: UUID, decision: str = "approve", who: str = "boss") -> TestResponse:
        """A supervisor's answer."""
        return self.as_(who).post(
            f"/approvals/{approval_id}/decision", {"decision": decision, "reason": "Only this once."}
        )

    def one(self, model: Any, *where: Any) -> Any:
        """The one row, or None."""
        with self.app.app_context():
            return db.session.scalars(sa.select(model).where(*where)).one_or_none()

    def count(self, model: Any, *where: Any) -> int:
        """How many rows."""
        with self.app.app_context():
            return db.session.scalar(sa.select(sa.func.count()).select_from(model).where(*where)) or 0

    def change(self, statement: Any) -> None:
        """The ERP or the office changes a fact."""
        with self.app.app_context():
            db.session.execute(statement)
            db.session.commit()

    def freeze(self) -> None:
        """The office freezes the distributor's credit: a stop."""
        self.change(sa.update(CreditRecord).values(frozen=True))

    def put_on_expired_grade(self) -> None:
        """The grade runs out: one more finding that needs approval."""
        self.change(sa.update(CreditRecord).values(valid_until=cast.TODAY - timedelta(days=1)))

    def audited(self, action: str) -> list[AuditEntry]:
        """Audit entries of an action."""
        with self.app.app_context():
            return list(db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == action)))


def key_of(response: TestResponse) -> UUID:
    """The key at the end of the address that a response leads to."""
    return UUID(response.headers["Location"].rstrip("/").rsplit("/", 1)[1])


@pytest.fixture
def desk(app: Flask, people: dict[str, User]) -> Desk:
    """The desk's world, committed."""
    with app.app_context():
        cast.make_user("deputy", Role.SUPERVISOR, ["4101"])
        cast.make_user("mate", Role.REP, ["4101"])
        near = cast.make_distributor(
            "D001", name="郑州金禾饲料有限公司", rep_id=people["rep"].id, lat=34.76, lng=113.65
        )
        far = cast.make_distributor("D900", region="650102")
        cast.make_region("410103")
        cast.make_area(near, "410102")
        cast.make_area(far, "6501")
        other = cast.make_distributor("D002", region="410103")
        cast.make_area(other, "410103")
        product = cast.make_product("P10")
        bulk = cast.make_product("P30", line="aqua", pack_grams=None)
        cast.make_price(product, "41", 320_000, 315_000)
        cast.make_price(bulk, "41", 450_000, 400_000)
        cast.make_rebate("R1", per_tonne=4_000)
        cast.make_credit(near)
        cast.make_credit(other)
        db.session.add(Balance(distributor_id=near.id, outstanding=6_000_000, as_of=cast.TODAY, open_items=[]))
        db.session.commit()
    return Desk(app)


def buy(desk: Desk, product_code: str, grams: int, number: str = "I1") -> None:
    """An invoice line of D001."""
    with desk.app.app_context():
        distributor = db.session.scalars(sa.select(Distributor).where(Distributor.code == "D001")).one()
        product = db.session.scalars(sa.select(Product).where(Product.code == product_code)).one()
        invoice = cast.add(
            Invoice(
                number=number,
                number_key=number.casefold(),
                distributor_id=distributor.id,
                date=cast.TODAY - timedelta(days=20),
                due=cast.TODAY + timedelta(days=10),
                amount=100_000,
            )
        )
        cast.add(InvoiceLine(invoice_id=invoice.id, line_no=1, product_id=product.id, weight=grams, amount=100_000))
        db.session.commit()


def stored(desk: Desk, check_id: UUID) -> DealCheck:
    """A recorded check."""
    check = desk.one(DealCheck, DealCheck.id == check_id)
    assert check is not None
    return check
