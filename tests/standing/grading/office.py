"""What a test does with the credit of D001 (grade A, ¥100,000.00, ¥60,000.00 owed), by the page and the interface."""

from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from werkzeug.test import TestResponse

from fieldapp.core.clock import now
from fieldapp.core.db import db, uuid7
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.login import secret_hash
from fieldapp.people.accounts.models import ApiToken, User
from fieldapp.standing.grading.credit import settle
from fieldapp.standing.grading.models import CreditFreeze, CreditIncrease, CreditRecord
from tests.desk.conftest import Desk


class Office:
    """`Office(desk)`."""

    def __init__(self, desk: Desk, code: str = "D001") -> None:
        self.desk = desk
        self.id: UUID = desk.one(Distributor, Distributor.code == code).id
        self.page = f"/distributors/{self.id}/credit"

    def shown(self, who: str = "rep") -> str:
        return self.desk.as_(who).get(self.page).text

    def record(self) -> CreditRecord:
        return self.desk.one(CreditRecord, CreditRecord.distributor_id == self.id)

    def change(self, model: Any, **values: Any) -> None:
        """Change a row of this distributor behind the app's back, and let what holds follow."""
        with self.desk.app.app_context():
            db.session.execute(sa.update(model).where(model.distributor_id == self.id).values(**values))
            settle([self.id])
            db.session.commit()

    def freeze(self, who: str = "boss", reason: str = "Not heard of", **form: Any) -> TestResponse:
        return self.desk.as_(who).post(f"{self.page}/freezes", {"reason": reason, **form})

    def frozen(self) -> CreditFreeze | None:
        return self.desk.one(CreditFreeze, CreditFreeze.lifted_at.is_(None))

    def lift(self, who: str = "boss", reason: str = "He is back", key: UUID | None = None) -> TestResponse:
        held = self.frozen()
        freeze_id = key or (held.id if held else uuid7())
        return self.desk.as_(who).post(f"{self.page}/freezes/{freeze_id}/lifting", {"reason": reason})

    def ask(self, amount: str = "20000", days: str = "10", who: str = "rep", **form: Any) -> TestResponse:
        return self.desk.as_(who).post(
            f"{self.page}/increases", {"amount": amount, "days": days, "reason": "Two barns", **form}
        )

    def asked(self, **form: Any) -> UUID:
        """An open request; its key."""
        key = uuid7()
        response = self.ask(**form, id=str(key))
        assert response.status_code == 303, response.text
        return key

    def decide(self, key: UUID, decision: str = "approve", who: str = "boss") -> TestResponse:
        return self.desk.as_(who).post(
            f"{self.page}/increases/{key}/decision", {"decision": decision, "reason": "For this once"}
        )

    def end(self, key: UUID, who: str = "boss") -> TestResponse:
        return self.desk.as_(who).post(f"{self.page}/increases/{key}/ending", {"reason": "Paid late"})

    def running(self, **form: Any) -> UUID:
        """A running increase of ¥20,000.00 for 10 days; its key."""
        key = self.asked(**form)
        assert self.decide(key).status_code == 303
        return key

    def increase(self, key: UUID) -> CreditIncrease:
        return self.desk.one(CreditIncrease, CreditIncrease.id == key)

    def check(self, kg: str, on: date) -> dict[str, Any]:
        """The credit finding of a deal at ¥3,190.00 a tonne, by the interface."""
        with self.desk.app.app_context():
            user = db.session.scalars(sa.select(User.id).where(User.username == "rep")).one()
            if not db.session.scalar(sa.select(ApiToken.id).where(ApiToken.token_hash == secret_hash("t"))):
                db.session.add(ApiToken(token_hash=secret_hash("t"), user_id=user, created_at=now()))
                db.session.commit()
        deal = {
            "distributor": "D001",
            "on": on.isoformat(),
            "terms": "credit",
            "lines": [{"product": "P10", "kg": kg, "price": "3190.00"}],
        }
        answer = self.desk.app.test_client().post(
            "/api/v1/deal-checks", json=deal, headers={"Authorization": "Bearer t"}
        )
        assert answer.status_code == 201, answer.get_json()
        found = answer.get_json()["findings"]
        return next(f for f in found if f["code"].startswith("credit.") and "amount" in f["facts"])
