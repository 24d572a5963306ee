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
from fieldapp.desk.breaches.queries import Asked, Order, every, listed
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
    assert "To be explained" in pages[0]
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
def test_patterns_keep_what_has_no_price_apart(desk: Desk, shop: Shop) -> None:
    """A rep whose goods have no floor set is no rep who sells below it."""
    with desk.app.app_context():
        cast.make_product("P90")
        db.session.commit()
    shop.sold(shop.line(15000), shop.line(10, "N3", product="P90", date="2026-09-20"))
    below = desk.as_("boss").get("/breaches/patterns?by=product&days=92").text
    assert "1 breach" in below
    assert "P90" not in below
    unpriced = desk.as_("boss").get("/breaches/patterns?by=product&days=92&unpriced=1").text
    assert "P90" in unpriced
    assert "P10" not in unpriced
    [link] = re.findall(r'href="(/breaches\?[^"]*product=[^"]*)"', unpriced)
    assert "No price is set" in desk.as_("boss").get(link.replace("&amp;", "&")).text


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


def test_what_is_explained_is_told_from_what_is_not(desk: Desk, found: Breach) -> None:
    """The rep is asked once; the supervisor reads the words above his decision, and finds those that have some."""
    page, asks = f"/breaches/{found.id}", "Sales below the floor: explain them"
    assert asks in desk.as_("rep").get("/").text
    assert "Nobody has explained it yet." in desk.as_("boss").get(page).text
    desk.as_("rep").post(f"{page}/explanation", {"words": "The old price list."})
    assert asks not in desk.as_("rep").get("/").text
    assert "B-000001 ·" not in desk.as_("rep").get("/breaches?said=no").text
    assert "B-000001 ·" in desk.as_("boss").get("/breaches?said=yes").text
    text = desk.as_("boss").get(page).text
    assert text.index("The old price list.") < text.index("Your decision")
    assert ">Explained<" in text


def test_explained_on_the_visit_and_received_once(desk: Desk, shop: Shop, found: Breach) -> None:
    """The form stands in the brief of a visit, without a floor; the phone may send it twice."""
    brief = f"/distributors/{found.distributor_id}/visit"
    text = desk.as_("rep").get(brief).text
    form = re.search(
        rf'action="(/breaches/{found.id}/explanation)" data-outbox=.*?name="id" value="([^"]+)"', text, re.S
    )
    assert form is not None
    assert "3,150" not in said(text)
    for _again in range(2):
        sent = desk.as_("rep").post(form[1], {"id": form[2], "words": "He had no signal."})
        assert sent.status_code == 303
    assert shop.thread(found) == ["find", "explain"]
    assert "B-000001" not in desk.as_("rep").get(brief).text


def test_the_rep_is_told_that_it_is_to_be_recovered(desk: Desk, found: Breach) -> None:
    desk.as_("boss").post(f"/breaches/{found.id}/decision", DECISION)
    text = desk.as_("rep").get("/notices").text
    assert "to be recovered" in text
    assert "B-000001, until 2026-12-01" in text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_largest_on_top_and_at_least_so_much(desk: Desk, shop: Shop) -> None:
    """By what is missing; for a rep by what was invoiced, as the other order would tell him the floor."""
    shop.sold(
        shop.line(15000),
        shop.line(28000, "N2", date="2026-10-20", kg=9000),
        shop.line(15500, "N3", date="2026-09-20"),
    )

    def exported(who: str, query: str) -> list[dict[str, str]]:
        text = desk.as_(who).get(f"/breaches/export.csv?{query}").data.decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text)))

    missing = [float(row["Missing, yuan"]) for row in exported("boss", "order=size")]
    assert len(missing) == 3
    assert missing == sorted(missing, reverse=True)
    assert [float(row["Missing, yuan"]) for row in exported("boss", "order=size&least=500")] == missing[:2]
    assert len(exported("boss", "least=-5&order=nonsense")) == 3
    assert "Missing at least" in desk.as_("boss").get("/breaches").text
    mine = exported("rep", "order=size&least=15500")
    assert [row["Amount, yuan"] for row in mine] == ["28000", "15500"]


def test_pages_by_size_go_on_where_they_stopped(desk: Desk, shop: Shop) -> None:
    for number in range(1, 8):
        amount = 15000 if number < 4 else 15000 + number
        shop.sold(shop.line(amount, f"N{number}", date=f"2026-{number + 3:02}-20"))
    with desk.app.app_context():
        boss = desk.viewer("boss")
        for order in Order:
            asked = Asked(order=order)
            whole = [row.number for row in listed(boss, asked, 50, floors=True).rows]
            pieces = [row.number for row in every(boss, asked, 2, floors=True)]
            assert len(whole) == 7
            assert pieces == whole


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
