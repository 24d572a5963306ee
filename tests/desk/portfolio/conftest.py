"""A patch with distributors of every kind, on both databases."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldapp.core.db import db
from fieldapp.network.distributors.actions import reindex
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.trade.ledger.models import Balance
from tests import cast
from tests.conftest import app_on
from tests.databases import DIALECTS, fresh

NAMES = ("丰禾饲料", "大江农牧", "单县曾记饲料", "正大2号店", "Golden Grain", "绿源牧业", "丰禾饲料")
REGIONS = ("410102", "410105", "410122", "420106", "371722", None)


def make_balance(distributor: Distributor, outstanding: int, due: date | None = None, as_of: date = cast.TODAY) -> None:
    """What a distributor owes, due on one day."""
    items = [[due.isoformat() if due else None, outstanding]] if outstanding > 0 else []
    cast.add(
        Balance(
            distributor_id=distributor.id,
            outstanding=outstanding,
            as_of=as_of,
            open_items=items,
            oldest_due=due if outstanding > 0 else None,
        )
    )


def found_company(people: dict[str, User]) -> None:
    """70 distributors of all statuses and grades; two thirds have a balance, half of those something late."""
    chance = random.Random(7)
    rows = []
    for number in range(70):
        row = cast.make_distributor(
            f"D{chance.randrange(1000)}-{number}",
            chance.choice(REGIONS),
            name=chance.choice(NAMES),
            status=chance.choice(["active", "active", "prospect", "watch", "ended"]),
            rep_id=people["rep"].id if number % 5 == 0 else None,
        )
        rows.append(row)
        if number % 4:
            cast.make_credit(row, chance.choice(["A", "B", "C", "D", None]), chance.randrange(10**7))
        if number % 3:
            due = cast.TODAY + timedelta(days=chance.choice([-45, -9, -1, 0, 20]))
            make_balance(row, chance.choice([-500, 0, 100_000, 100_000, 7_654_321]), due)
    reindex(row.id for row in rows)
    db.session.commit()


@pytest.fixture
def company(app: Flask, people: dict[str, User]) -> dict[str, User]:
    """The company of `found_company`, for a test that writes."""
    with app.app_context():
        found_company(people)
    return people


@pytest.fixture(scope="module", params=DIALECTS)
def shared_company(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Flask, dict[str, User]]]:
    """The same, once for a module: founding it takes longer than most tests here."""
    folder = tmp_path_factory.mktemp("company")
    with fresh(request.param, folder) as url, app_on(folder, url) as app:
        with app.app_context():
            people = cast.make_cast()
            found_company(people)
            db.session.expunge_all()
        yield app, people


@pytest.fixture
def viewers(shared_company: tuple[Flask, dict[str, User]]) -> Iterator[dict[str, Viewer]]:
    """The cast as viewers, in an app context of the shared company: what a test writes there it must not commit."""
    app, people = shared_company
    with app.app_context():
        yield {name: viewer_of(user) for name, user in people.items()}
        db.session.rollback()
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Distributor)) == 70, "something was committed"


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """The statements that run inside, whichever way they are sent."""
    seen: list[str] = []
    with app.app_context():
        engine = db.engine

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
