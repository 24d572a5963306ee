"""A distributor's page."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from flask import Flask

from fieldapp.core.db import db
from fieldapp.core.findings import Verdict
from fieldapp.desk.checks.models import DealCheck
from fieldapp.desk.checks.rules import Terms
from fieldapp.network.distributors.models import Contact, Distributor
from fieldapp.people.accounts.models import User
from tests import cast
from tests.desk.portfolio.conftest import make_balance
from tests.visitor import Visitor


@pytest.fixture
def distributor(app: Flask, people: dict[str, User]) -> Distributor:
    """Known in every respect."""
    with app.app_context():
        row = cast.make_distributor(
            "D001",
            "410102",
            name="郑州丰禾饲料",
            rep_id=people["rep"].id,
            since=date(2019, 5, 1),
            address="中原路 1 号",
        )
        row.contacts.append(Contact(name="曾小红", phone="139 2222 8765"))
        cast.make_credit(row, "C", 5_000_000, term_days=7, valid_until=date(2026, 11, 1), frozen=True)
        make_balance(row, 6_000_000, cast.TODAY - timedelta(days=12))
        cast.make_area(row, "4101", "pig")
        for verdict, day in ((Verdict.STOP, 20), (Verdict.GO, 22)):
            check(row, people["boss"], verdict, datetime(2026, 11, day, 3, 4, tzinfo=UTC))
        db.session.commit()
        db.session.expunge_all()
    return row


def check(row: Distributor, maker: User, verdict: Verdict, at: datetime) -> None:
    cast.add(
        DealCheck(
            made_at=at,
            made_by_id=maker.id,
            origin="screen",
            distributor_id=row.id,
            region_code=row.region_code,
            on=at.date(),
            ship_to="410102",
            terms=Terms.CASH,
            amount=1_575_000,
            verdict=verdict,
            policy_version=1,
            inputs={"distributor": row.code, "lines": []},
            facts={},
            findings=[],
        )
    )


def test_everything_a_rep_needs_at_the_door(app: Flask, distributor: Distributor) -> None:
    text = Visitor(app, "rep").get(f"/distributors/{distributor.id}").get_data(as_text=True)
    for piece in (
        "郑州丰禾饲料", "-¥10,000.00", "¥60,000.00", "¥50,000.00", "12 days overdue", "Credit frozen", "Credit expired",
        "郑州市", "Pig feed", 'href="tel:13922228765"', 'href="tel:13800000000"', "中原路 1 号", "2019-05-01", "Rep",
        "2026-11-22 11:04", "¥15,750.00", 'href="/deals/new?distributor=D001"',
    ):  # fmt: skip
        assert piece in text, piece
    assert "2026-11-20" not in text, "only the last check"


def test_outside_the_patch_it_is_not_there(app: Flask, distributor: Distributor) -> None:
    for who in ("colleague", "stranger"):
        assert Visitor(app, who).get(f"/distributors/{distributor.id}").status_code == 404
    assert Visitor(app, "boss").get(f"/distributors/{distributor.id}").status_code == 200
    assert Visitor(app, "rep").get(f"/distributors/{uuid4()}").status_code == 404


def test_little_known_is_shown_as_such(app: Flask, people: dict[str, User]) -> None:
    with app.app_context():
        row = cast.make_distributor("D002", "410102", status="prospect")
        row.contacts.clear()
        db.session.commit()
        key = row.id
    text = Visitor(app, "rep").get(f"/distributors/{key}").get_data(as_text=True)
    for piece in ("Not graded: cash only", "No contact is known", "No area is assigned", "Prospect", "Paid up"):
        assert piece in text, piece
