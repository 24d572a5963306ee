"""The round of a rep: distributors that he looks after, with plans, visits and tasks, on both databases."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldapp.core.db import db
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import Role, User
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.people.accounts.viewer import Viewer
from tests import cast
from tests.visitor import Visitor


@dataclass
class Round:
    """The app and its people; rows are made by name, and looked at by model."""

    app: Flask
    people: dict[str, User]

    def as_(self, username: str) -> Visitor:
        """A browser signed in as one of the cast."""
        return Visitor(self.app, username)

    def viewer(self, username: str) -> Viewer:
        """One of the cast as viewer; inside an app context."""
        return viewer_of(db.session.scalars(sa.select(User).where(User.username == username)).one())

    def store(self, name: str, grade: str | None = "A", who: str | None = "rep", **values: Any) -> UUID:
        """A distributor looked after by somebody, its code its name; its key."""
        with self.app.app_context():
            region = values.pop("region", "410102")
            rep = self.people[who].id if who else None
            row = cast.make_distributor(name, region, name=name, rep_id=rep, **values)
            if grade:
                cast.make_credit(row, grade)
            db.session.commit()
            return row.id

    def make(self, maker: Callable[..., Any], store: UUID, *arguments: Any, who: str = "rep", **values: Any) -> UUID:
        """A visit, plan or task of somebody at a store; its key."""
        with self.app.app_context():
            row = maker(db.session.get_one(Distributor, store), self.people[who], *arguments, **values)
            db.session.commit()
            return row.id

    def rows(self, model: Any, *where: Any) -> list[Any]:
        """Rows as they are now."""
        with self.app.app_context():
            found = list(db.session.scalars(sa.select(model).where(*where)))
            db.session.expunge_all()
            return found


@pytest.fixture
def rounds(app: Flask, people: dict[str, User]) -> Round:
    """The cast, and a second rep of the same patch."""
    with app.app_context():
        mate = cast.make_user("mate", Role.REP, ["4101"])
        db.session.commit()
        db.session.expunge_all()
    return Round(app, {**people, "mate": mate})
