"""A distributor in the rep's patch, and what a person does with its file."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from fieldapp.core.db import begin_reading, db
from fieldapp.network.distributors.actions import reindex
from fieldapp.network.distributors.models import Contact, Distributor
from fieldapp.network.dossier.models import Dossier
from fieldapp.network.dossier.rules import WEIGHTS
from fieldapp.network.dossier.upkeep import refresh
from fieldapp.people.accounts.models import User
from fieldapp.people.audit.models import AuditEntry
from tests import cast
from tests.visitor import Visitor

ACCOUNT = "6229990012345678"
COMPANY = {
    "name": "郑州丰禾饲料有限公司",
    "legal_person": "王建国",
    "credit_code": "91410100MA3X9E3T4K",
    "bank_account": ACCOUNT,
    "capital": "",
    "business_since": "2010-05-01",
    "since": "2019-03-01",
}


@dataclass
class File:
    """The file of one distributor."""

    app: Flask
    id: UUID
    contact_id: UUID

    @property
    def url(self) -> str:
        return f"/distributors/{self.id}/file"

    def open(self, visitor: Visitor, part: str) -> dict[str, str]:
        """The form of a part as a browser would send it back unchanged."""
        response = visitor.fragment(f"{self.url}/{part}")
        assert response.status_code == 200, response.text
        return typed_in(response.text)

    def save(self, visitor: Visitor, part: str, form: dict[str, str], **changes: str) -> TestResponse:
        """Send a form with changes."""
        return visitor.post(f"{self.url}/{part}", {**form, **changes})

    def add(self, visitor: Visitor, part: str, **values: str) -> TestResponse:
        """A new entry."""
        return visitor.post(f"{self.url}/{part}", values)

    def row(self, model: Any, *conditions: Any) -> Any:
        with self.app.app_context():
            begin_reading()
            found = db.session.scalars(sa.select(model).where(*conditions)).one_or_none()
            db.session.expunge_all()
            return found

    def rows(self, model: Any) -> list[Any]:
        with self.app.app_context():
            begin_reading()
            found = list(db.session.scalars(sa.select(model)))
            db.session.expunge_all()
            return found

    @property
    def distributor(self) -> Distributor:
        return self.row(Distributor, Distributor.id == self.id)

    @property
    def dossier(self) -> Dossier:
        return self.row(Dossier, Dossier.distributor_id == self.id)


def typed_in(html: str) -> dict[str, str]:
    """{name: value} of the inputs, selects and text areas of a form."""
    form: dict[str, str] = {}
    for tag in re.findall(r"<input [^>]*>", html):
        given = dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))
        if given.get("type") in {"checkbox", "radio"} and " checked" not in tag:
            continue
        if "name" in given:
            form[given["name"]] = given.get("value", "").replace("&amp;", "&").replace("&#34;", '"')
    for name, options in re.findall(r'<select [^>]*name="([a-z_]+)"[^>]*>(.*?)</select>', html, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        form[name] = chosen.group(1) if chosen else ""
    form.pop("csrf_token", None)
    return form


@pytest.fixture
def file(app: Flask, people: dict[str, User]) -> File:
    """D001, of which the ERP knows the company, one contact and an address."""
    with app.app_context():
        row = cast.make_distributor(
            "D001",
            "410102",
            name="郑州丰禾饲料有限公司",
            legal_person="王建国",
            credit_code="91410100MA3X9E3T4K",
            bank_account=ACCOUNT,
            business_since=cast.TODAY.replace(2010, 5, 1),
            since=cast.TODAY.replace(2019, 3, 1),
            address="中原路 1 号",
        )
        reindex([row.id])
        refresh([row.id], WEIGHTS)
        db.session.commit()
        return File(app, row.id, db.session.scalars(sa.select(Contact.id)).one())


Audit = Callable[[], list[AuditEntry]]
Visit = Callable[..., Visitor]
