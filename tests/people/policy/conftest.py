"""Drafts as administrators make them through the pages."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from fieldapp.core.db import db
from fieldapp.people.accounts.models import Role, User
from fieldapp.people.policy import queries
from fieldapp.people.policy.models import PolicyDraft, PolicyVersion
from tests import cast
from tests.visitor import Visitor

DAY = cast.TODAY.isoformat()


@dataclass
class Drafts:
    """What `who` (an administrator's name) does with drafts."""

    app: Flask
    visit: Callable[..., Visitor]

    def begin(self, who: str = "admin") -> str:
        """A new draft; its address."""
        response = self.visit(who).post("/policy/drafts")
        assert response.status_code == 303, response.text
        return str(response.location)

    def save(
        self,
        address: str,
        values: dict[str, Any],
        seen: int | None = None,
        who: str = "admin",
        part: str = "deal_check",
    ) -> TestResponse:
        """Save values of a section, named without it."""
        sent = {f"{part}.{name}" if name != "reset" else name: value for name, value in values.items()}
        number = self.revision(address) if seen is None else seen
        return self.visit(who).post(f"{address}/sections/{part}", {"seen": str(number), **sent})

    def publish(self, address: str, who: str = "admin", **changes: Any) -> TestResponse:
        """Publish a draft from today on, as it is now."""
        values = {"valid_from": DAY, "note": "stricter", "seen": str(self.revision(address)), **changes}
        return self.visit(who).post(f"{address}/publication", values)

    def published(self, values: dict[str, Any], **changes: Any) -> TestResponse:
        """A draft begun, saved with these values and published."""
        address = self.begin()
        assert self.save(address, values).status_code == 303
        return self.publish(address, **changes)

    def stored(self, address: str) -> PolicyDraft:
        """The row of a draft."""
        with self.app.app_context():
            draft = db.session.get_one(PolicyDraft, UUID(address.rsplit("/", 1)[1]))
            db.session.expunge_all()
            return draft

    def revision(self, address: str) -> int:
        """How often it was saved, and once for its beginning."""
        return self.stored(address).revision

    def deal_check(self, address: str) -> dict[str, Any]:
        """The draft's settings of the deal check."""
        found: dict[str, Any] = self.stored(address).settings["deal_check"]
        return found

    def versions(self) -> list[PolicyVersion]:
        """Everything published, the newest first."""
        with self.app.app_context():
            return queries.versions()


@pytest.fixture
def drafts(app: Flask, people: dict[str, User]) -> Drafts:
    """Two administrators, `admin` and `second`, each with a browser of his own for every call."""
    with app.app_context():
        cast.make_user("second", Role.ADMIN)
        db.session.commit()
    return Drafts(app, lambda username: Visitor(app, username))


def texts(page: str) -> str:
    """A page's words without its tags, on one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.split("<main", 1)[1]))
