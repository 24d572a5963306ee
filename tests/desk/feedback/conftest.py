"""The desk's world with a customer who speaks."""

import io
import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from PIL import Image
from werkzeug.test import TestResponse

from fieldapp.core.db import db, uuid7
from fieldapp.fieldwork.feedback.models import Remark
from fieldapp.network.distributors.actions import reindex
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import User
from tests.desk.conftest import Desk, desk

__all__ = ["desk"]


def jpeg() -> tuple[io.BytesIO, str]:
    """A small photo as a form sends it."""
    target = io.BytesIO()
    Image.new("RGB", (80, 60), "green").save(target, "JPEG")
    target.seek(0)
    return target, "p.jpg"


@dataclass
class Ear:
    """The desk with what is said and done there."""

    desk: Desk

    def send(self, who: str = "rep", headers: dict[str, str] | None = None, **form: Any) -> TestResponse:
        """A complaint about D001 unless told otherwise."""
        body = {"distributor": "D001", "kind": "complaint", "text": "The bags are torn", "id": str(uuid7()), **form}
        return self.desk.as_(who).post("/feedback", body, headers=headers or {})

    def note(self, who: str = "rep", **form: Any) -> UUID:
        """A remark that was taken; its key."""
        answer = self.send(who, **form)
        assert answer.status_code == 303, answer.text
        [key] = re.findall(r"/feedback/([0-9a-f-]{36})$", answer.location or "")
        return UUID(key)

    def do(self, key: UUID, verb: str, who: str, **form: Any) -> TestResponse:
        """One of the verbs."""
        return self.desk.as_(who).post(f"/feedback/{key}/{verb}", form)

    def remark(self, key: UUID) -> Remark:
        """The row."""
        found: Remark = self.desk.one(Remark, Remark.id == key)
        return found

    def page(self, path: str, who: str = "rep") -> str:
        """A page that opens."""
        answer = self.desk.as_(who).get(path)
        assert answer.status_code == 200, answer.text
        return answer.text


@pytest.fixture
def ear(desk: Desk) -> Ear:
    """D001 is looked after by the rep."""
    with desk.app.app_context():
        rep = db.session.scalars(sa.select(User.id).where(User.username == "rep")).one()
        row = db.session.scalars(sa.select(Distributor).where(Distributor.code == "D001")).one()
        row.rep_id = rep
        reindex([row.id])
        db.session.commit()
    return Ear(desk)
