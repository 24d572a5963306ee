"""The pages of breaches: who sees what, what a rep may say, what a supervisor decides, two of them at once."""

import csv
import io
import re

import pytest
import sqlalchemy as sa

from fieldapp.core import clock
from fieldapp.core.db import db
from fieldapp.desk.breaches import actions, told
from fieldapp.desk.breaches.models import Breach
from fieldapp.desk.breaches.rules import Refusal, Verb
from fieldapp.people.accounts.models import User
from fieldapp.people.notices.models import Notice
from fieldapp.people.policy.models import PolicyVersion
from fieldapp.trade.products.models import Product
from tests import cast
from tests.desk.conftest import Desk

from .conftest import Shop

DECISION = {"decision": "recover", "words": "He pays it with the next order.", "due_on": "2026-12-01"}


@pytest.fixture
def found(shop: Shop) -> Breach:
    """A breach of ¥950."""
    shop.sold(shop.line(15000))
    return shop.breach()


def said(text: str) -> str:
    """What a page says, without keys, tokens and hashes, which may hold any digits."""
    text = re.sub(r"<head>.*?</head>", "", text, flags=re.DOTALL)
    return re.sub(r"=(\"[^\"]*\"|'[^']*')", "", text)


def test_what_a_rep_sees(desk: Desk, found: Breach) -> None:
    """His own, that it is below the floor and what was charged; nothing that tells the floor, nowhere."""
    pages = [
        said(desk.as_("rep").get(address).text)
        for address in (
            "/breaches",
            f"/breaches/{found.id}",
            "/",
            f"/distributors/{found.distributor_id}",
            "/breaches/export.csv",
        )
    ]
    for text in pages:
        assert "15,000.00" in text or "15000" in text
        for secret in ("3,150.00", "3150", "2,960.00", "2960", "950.00"):
            assert secret not in text
    assert "To explain" in pages[0]
    assert desk.as_("rep").get("/breaches/patterns").status_code == 403
    assert desk.as_("mate").get(f"/breaches/{found.id}").status_code == 404
    assert "B-000001" not in desk.as_("mate").get("/breaches?part=all").text


def test_what_a_supervisor_sees(desk: Desk, found: Breach) -> None:
    """Net, floor and what is missing; on the list, the page, at the distributor, at home and among the approvals."""
    text = desk.as_("boss").get(f"/breaches/{found.id}").text
    for figure in ("¥2,960.00", "¥3,150.00", "¥950.00", "none was made"):
        assert figure in text
    for address in ("/breaches", "/", "/approvals", f"/distributors/{found.distributor_id}"):
        assert "¥950.00" in desk.as_("boss").get(address).text
    assert desk.as_("stranger").get(f"/breaches/{found.id}").status_code == 404
    rows = list(csv.DictReader(io.StringIO(desk.as_("boss").get("/breaches/export.csv").data.decode("utf-8-sig"))))
    assert [(row["Number"], row["Missing, yuan"], row["Floor, yuan per tonne"]) for row in rows] == [
        ("B-000001", "950", "3150")
    ]
    for by in ("rep", "distributor", "product", "month"):
        text = desk.as_("boss").get(f"/breaches/patterns?by={by}").text
        assert "1 breach" in text
        assert "¥950.00" in text
        assert desk.as_("boss").get(f"/breaches/patterns/export.xlsx?by={by}").status_code == 200


def test_margin_over_cost_for_who_may_see_it(desk: Desk, found: Breach) -> None:
    """By default administrators only."""
    desk.change(sa.update(Product).where(Product.code == "P10").values(cost=300_000))
    assert "-¥200.00" in desk.as_("admin").get(f"/breaches/{found.id}").text
    assert "Margin over cost" not in desk.as_("boss").get(f"/breaches/{found.id}").text


def test_floors_hidden_from_a_role(desk: Desk, found: Breach) -> None:
    """As the policy says who may see floors."""
    with desk.app.app_context():
        version = db.session.scalars(sa.select(PolicyVersion)).one()
        version.settings = {**version.settings, "visibility": {"floor_roles": ["admin"]}}
        db.session.commit()
    for address in ("/breaches", f"/breaches/{found.id}", "/breaches/export.csv", "/breaches/patterns"):
        text = said(desk.as_("boss").get(address).text)
        assert "950" not in text
        assert "3150" not in text.replace(",", "")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_filters(desk: Desk, shop: Shop) -> None:
    """By number, distributor, kind, month, rep; those without a price stand apart."""
    with desk.app.app_context():
        cast.make_product("P90")
        db.session.commit()
    shop.sold(
        shop.line(15000),
        shop.line(15000, "N2", date="2026-10-20"),
        shop.line(10, "N3", product="P90", date="2026-09-20"),
    )
    rep = desk.one(User, User.username == "rep").id
    for query, numbers in (
        ("", {2, 3}),
        ("part=unpriced", {1}),
        ("part=all", {1, 2, 3}),
        ("part=all&month=2026-10", {2}),
        ("part=all&month=13", {1, 2, 3}),
        ("part=all&result=no_price", {1}),
        ("part=all&q=B-000002", {2}),
        ("part=all&q=D001", {1, 2, 3}),
        ("part=all&q=nobody", set()),
        (f"part=all&rep={rep}", {1, 2, 3}),
        ("part=settled", set()),
    ):
        text = desk.as_("boss").get(f"/breaches?{query}").text
        assert {number for number in (1, 2, 3) if f"B-{number:06d} ·" in text} == numbers, query


def test_the_rep_explains_and_the_supervisor_decides(desk: Desk, shop: Shop, found: Breach) -> None:
    """Each step stands in the thread, with one entry of the audit; the rep decides nothing."""
    page = f"/breaches/{found.id}"
    empty = desk.as_("rep").post(f"{page}/explanation", {"words": " "})
    assert empty.status_code == 422
    desk.as_("rep").post(f"{page}/explanation", {"words": "The old price list."})
    assert desk.as_("rep").post(f"{page}/decision", DECISION).status_code == 403
    for change, words in (
        ({"words": ""}, "Fill this in."),
        ({"due_on": "2026-11-22"}, "That day is over."),
        ({"due_on": "soon"}, "Give a date"),
        ({"decision": "forget"}, "Choose one"),
    ):
        answer = desk.as_("boss").post(f"{page}/decision", {**DECISION, **change})
        assert answer.status_code == 422
        assert words in answer.text
    assert desk.as_("boss").post(f"{page}/decision", DECISION).status_code == 303
    assert shop.found() == [("below", "recover", 95_000)]
    assert "Have it recovered" not in desk.as_("boss").get(page).text
    desk.as_("boss").post(f"{page}/completion", {"words": "Paid with N7."})
    desk.as_("boss").post(f"{page}/reopening", {"words": "It was not."})
    assert shop.thread(found) == ["find", "explain", "recover", "finish", "reopen"]
    for verb in ("explain", "recover", "finish", "reopen"):
        assert len(desk.audited(f"breaches.{verb}")) == 1
    assert "The old price list." in desk.as_("boss").get(page).text
    # What was settled opens again when the ERP makes it worse.
    desk.as_("boss").post(f"{page}/decision", {"decision": "accept", "words": "Agreed."})
    shop.sold(shop.line(14900))
    assert shop.found() == [("below", "open", 105_000)]


def test_never_about_ones_own(desk: Desk, found: Breach) -> None:
    """Not who looks after the customer, and not who made the deal check."""
    boss = desk.one(User, User.username == "boss").id
    for column in ("rep_id", "checked_by_id"):
        desk.change(sa.update(Breach).values(**{column: boss}))
        answer = desk.as_("boss").post(f"/breaches/{found.id}/decision", DECISION)
        assert answer.status_code == 403
        assert "somebody else decides" in answer.text
        desk.change(sa.update(Breach).values(**{column: None}))
    assert desk.as_("deputy").post(f"/breaches/{found.id}/decision", DECISION).status_code == 303


def test_two_supervisors_at_once(desk: Desk, found: Breach) -> None:
    """One decides; the other, who saw the page before, is told. So is who decides on figures that have changed."""
    page = f"/breaches/{found.id}"
    stale = desk.as_("boss").post(f"{page}/decision", {**DECISION, "seen": "2026-01-01T00:00:00+00:00"})
    assert stale.status_code == 409
    assert "judged again" in stale.text
    with desk.app.app_context():
        boss, deputy = desk.viewer("boss"), desk.viewer("deputy")
        mine = db.session.get_one(Breach, found.id)
        db.session.expunge(mine)  # as he has read it
    desk.as_("deputy").post(f"{page}/decision", DECISION)
    with desk.app.app_context():
        db.session.add(mine)
        with pytest.raises(actions.RefusedError) as refused:
            actions.decide(boss, mine, Verb.ACCEPT, "Fine.", clock.now())
    assert refused.value.refusal is Refusal.STATE
    assert deputy.id != boss.id
    late = desk.as_("boss").post(f"{page}/decision", DECISION)
    assert late.status_code == 409
    assert "somebody was quicker" in late.text


def test_told_once_a_day(desk: Desk, shop: Shop) -> None:
    """How many are new, to the supervisors and the rep of them; late measures to who decided."""
    shop.sold(shop.line(15000), shop.line(15000, "N2", date="2026-10-20"))
    desk.change(sa.update(Breach).values(found_at=cast.NOW.replace(day=22)))
    with desk.app.app_context():
        for _again in range(2):
            told.digest(cast.NOW, cast.TODAY)
        db.session.commit()
        rows = db.session.execute(
            sa.select(User.username, Notice.kind, Notice.values).join(User, User.id == Notice.user_id)
        ).all()
    assert sorted((name, kind, values["count"]) for name, kind, values in rows) == [
        ("boss", "breaches.digest", 2),
        ("deputy", "breaches.digest", 2),
        ("rep", "breaches.own", 2),
    ]
    page = f"/breaches/{shop.breach().id}"
    desk.as_("boss").post(f"{page}/decision", {**DECISION, "due_on": "2026-11-24"})
    with desk.app.app_context():
        assert told.late(cast.NOW, cast.TODAY.replace(day=25)) == 1
        assert told.late(cast.NOW, cast.TODAY.replace(day=26)) == 0
