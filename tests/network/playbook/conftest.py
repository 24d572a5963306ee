"""A distributor in the rep's patch with two contacts, on both databases, and who may look at them."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from fieldapp.core.db import db
from fieldapp.network.distributors.models import Contact
from fieldapp.network.playbook.models import ContactType
from fieldapp.people.accounts.models import Role, User
from fieldapp.people.audit.models import AuditEntry
from tests import cast
from tests.visitor import Visitor


@dataclass
class Talk:
    """The app with its world. `wang` is the main contact, `zeng` another one."""

    app: Flask
    distributor: UUID
    wang: UUID
    zeng: UUID
    visitors: dict[str, Visitor] = field(default_factory=dict)

    def as_(self, username: str) -> Visitor:
        """A browser signed in as one of the cast; the same one for the same name."""
        if username not in self.visitors:
            self.visitors[username] = Visitor(self.app, username)
        return self.visitors[username]

    def picker(self, who: str = "rep", **query: Any) -> str:
        """The picker of Wang as text."""
        return self.as_(who).get(f"/contacts/{self.wang}/type", query_string=query).text

    def page(self, who: str = "rep") -> str:
        """The distributor's page as text."""
        return self.as_(who).get(f"/distributors/{self.distributor}").text

    def set(self, kind: str, *seen: str, who: str = "rep", of: UUID | None = None, was: Any = ...) -> TestResponse:
        """Tap a type, having seen the page as it is now, unless `was` says otherwise."""
        contact = of or self.wang
        if was is ...:
            was = self.open_row(contact)
        form = {"type": kind, "seen": list(seen), "was": was.id if isinstance(was, ContactType) else was or ""}
        return self.as_(who).post(f"/contacts/{contact}/type", form)

    def undo(self, was: Any, who: str = "rep") -> TestResponse:
        """Tap Undo on a page that showed `was`."""
        return self.as_(who).post(f"/contacts/{self.wang}/type/restoration", {"was": was})

    def rows(self, of: UUID | None = None) -> list[ContactType]:
        """Every judgement of a contact, the oldest first."""
        with self.app.app_context():
            mine = sa.select(ContactType).where(ContactType.contact_id == (of or self.wang))
            return list(db.session.scalars(mine.order_by(ContactType.id)))

    def open_row(self, of: UUID | None = None) -> ContactType | None:
        """The open one."""
        return next((row for row in self.rows(of) if row.ended_at is None), None)

    def change(self, statement: Any) -> None:
        """The office changes a fact."""
        with self.app.app_context():
            db.session.execute(statement)
            db.session.commit()

    def rename(self, name: str | None) -> None:
        """The ERP's file puts another name into the main contact."""
        self.change(sa.update(Contact).where(Contact.id == self.wang).values(name=name))

    def audited(self) -> list[AuditEntry]:
        """What the audit holds of the playbook, the oldest first."""
        with self.app.app_context():
            ours = AuditEntry.action.like("playbook.%")
            return list(db.session.scalars(sa.select(AuditEntry).where(ours).order_by(AuditEntry.id)))


@pytest.fixture
def talk(app: Flask, people: dict[str, User]) -> Talk:
    """The world, committed."""
    with app.app_context():
        cast.make_user("mate", Role.REP, ["4101"])
        row = cast.make_distributor("D001")
        zeng = Contact(name="Zeng", phone="13922228765")
        row.contacts.append(zeng)
        db.session.commit()
        wang = next(contact for contact in row.contacts if contact.main)
        return Talk(app, row.id, wang.id, zeng.id)
