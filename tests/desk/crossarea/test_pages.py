"""Cross-area cases through the web: reporting, tracing, names that stay hidden, deciding, the list and its file."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from fieldapp.core.db import begin_writing, db, uuid7
from fieldapp.desk.approvals.queries import badges
from fieldapp.network.distributors.actions import reindex
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import Role, User
from fieldapp.people.notices.models import Notice
from fieldapp.standing.crossarea import lateness
from fieldapp.standing.crossarea.models import CrossCase, CrossEntry, CrossMeasure, CrossPhoto
from fieldapp.standing.crossarea.rules import CaseState, Into, Verdict
from fieldapp.trade.products.models import Product
from tests import cast
from tests.desk.conftest import Desk, desk
from tests.desk.visits.conftest import jpeg

__all__ = ["desk"]

REPORTER = "Rep Honest Long"
DECIDERS = ("boss", "chief", "admin")


@dataclass
class Market:
    """The desk with D001 as the owner of 4101, S002 of the colleague's patch and F065 of the stranger's."""

    desk: Desk

    def report(self, who: str = "rep", headers: dict[str, str] | None = None, **fields: Any) -> TestResponse:
        """Send the form."""
        body = {"product": "P10", "region": "410102", "unit": "bag", **fields}
        return self.desk.as_(who).post("/cross-area", body, headers=headers)

    def reported(self, who: str = "rep", **fields: Any) -> UUID:
        """A case; its key."""
        answer = self.report(who, **fields)
        assert answer.status_code == 303, answer.text
        return UUID(answer.headers["Location"].rpartition("/")[2])

    def case(self, key: UUID) -> CrossCase:
        """Its row."""
        found: CrossCase = self.desk.one(CrossCase, CrossCase.id == key)
        return found

    def post(self, key: UUID, resource: str, who: str, **form: Any) -> TestResponse:
        """Send a form of the page, with the version that is there unless it gives one."""
        seen = str(self.case(key).version)
        return self.desk.as_(who).post(f"/cross-area/{key}/{resource}", {"id": str(uuid7()), "seen": seen, **form})

    def heard(self, **fields: Any) -> UUID:
        """One whose seller S002 and other side have spoken."""
        key = self.reported(**fields)
        assert self.post(key, "seller", "boss", code="s002", words="Its mark").status_code == 303
        for who, side in (("colleague", "hear_seller"), ("rep", "hear_harmed")):
            assert self.post(key, "statements", who, side=side, words="Said").status_code == 303
        return key

    def page(self, key: UUID, who: str) -> str:
        """The page as somebody sees it."""
        answer = self.desk.as_(who).get(f"/cross-area/{key}")
        assert answer.status_code == 200
        return answer.text


@pytest.fixture
def market(desk: Desk) -> Market:
    with desk.app.app_context():
        rep = db.session.scalars(sa.select(User).where(User.username == "rep")).one()
        rep.name = REPORTER
        cast.make_user("chief", Role.SUPERVISOR, ["41", "42"])
        product = db.session.scalars(sa.select(Product).where(Product.code == "P10")).one()
        for code, region in (("S002", "420102"), ("F065", "650102")):
            store = cast.make_distributor(code, region, name=f"Shop {code}")
            line = {"product": product, "weight": 40_000, "amount": 100, "batch": f"B-{code}"}
            cast.make_invoice(store, f"I-{code}", line, {**line, "batch": "B-BOTH"})
        db.session.commit()
    return Market(desk)


def test_what_and_where_are_enough(market: Market) -> None:
    form = market.desk.as_("rep").get("/cross-area/new?distributor=D001")
    assert 'value="410102" selected' in form.text
    case = market.case(market.reported())
    assert (case.state, case.into, case.weight, case.price) == (CaseState.REPORTED, Into.FOREIGN, None, None)


def test_all_of_it_with_photos_and_twice_sent_is_once_kept(market: Market) -> None:
    key = str(uuid7())
    fields = {"batch": "X-1", "outlet": "Corner shop", "quantity": "20", "price": "120", "note": "Two pallets"}
    for _tap in range(2):
        assert market.report(id=key, photos=[jpeg()], **fields).status_code == 303
    case = market.case(UUID(key))
    assert (case.weight, case.price, case.outlet, case.note) == (800_000, 300_000, "Corner shop", "Two pallets")
    assert (market.desk.count(CrossCase), market.desk.count(CrossPhoto)) == (1, 1)


def test_free_words_and_another_place(market: Market) -> None:
    case = market.case(
        market.reported(product="Some pig feed", region="", elsewhere="650102", unit="tonne", price="2900")
    )
    assert (case.product_id, case.product_words, case.region_code, case.price) == (
        None,
        "Some pig feed",
        "650102",
        290_000,
    )


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"product": ""}, "Fill this in."),
        ({"region": ""}, "Say where you found it"),
        ({"region": "999999"}, "Choose one of those shown."),
        ({"elsewhere": "Nowhere at all"}, "No region is called “Nowhere at all”."),
        ({"quantity": "many"}, "Give a number such as 20"),
        ({"quantity": "0"}, "Give a number such as 20"),
        ({"price": "-1"}, "Give yuan with at most two decimals"),
        ({"unit": "box"}, "Choose one of those shown."),
        ({"batch": "x" * 65}, "Use at most 64 characters."),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(market: Market, fields: dict[str, str], words: str) -> None:
    answer = market.report(outlet="Corner shop", **fields)
    assert answer.status_code == 422
    assert words in answer.text
    assert "Corner shop" in answer.text
    assert market.desk.count(CrossCase) == 0


def test_a_batch_shows_who_bought_it_as_far_as_one_may_know(market: Market) -> None:
    def traced(who: str, batch: str = "b-both") -> str:
        return market.desk.as_(who).fragment(f"/cross-area/trace?batch={batch}&product=P10&region=410102").text

    boss = traced("boss")
    assert "Shop S002" in boss
    assert "Shop F065" not in boss
    assert "1 more elsewhere" in boss
    rep = traced("rep")
    assert "Shop" not in rep
    assert "2 more elsewhere" in rep
    assert "No invoice has this batch" in traced("boss", "unheard-of")


def test_a_batch_of_another_product_says_so(market: Market) -> None:
    with market.desk.app.app_context():
        cast.make_product("P77", name="Fish 77")
        db.session.commit()
    trace = "/cross-area/trace?batch=b-both&product=P77&region=410102"
    assert "it was invoiced as Product P10" in market.desk.as_("boss").fragment(trace).text
    key = market.reported(product="P77", batch="B-BOTH")
    assert "it was invoiced as Product P10" in market.page(key, "boss")


def test_a_seller_is_named_by_its_name_too(market: Market) -> None:
    with market.desk.app.app_context():
        cast.make_distributor("S003", "420102", name="Shop of the lake")
        reindex(list(db.session.scalars(sa.select(Distributor.id))))
        db.session.commit()
    key = market.reported()
    several = market.post(key, "seller", "boss", code="Shop", words="Its mark")
    assert several.status_code == 422
    assert "Shop S002 S002" in several.text
    assert market.post(key, "seller", "boss", code="shop f065", words="Its mark").status_code == 422, "another patch"
    assert market.post(key, "seller", "boss", code="the lake", words="Its mark").status_code == 303
    assert market.case(key).seller_id == market.desk.one(Distributor, Distributor.code == "S003").id


def test_who_is_not_heard_yet_is_offered_first(market: Market) -> None:
    key = market.reported()
    assert market.post(key, "seller", "boss", code="s002", words="Its mark").status_code == 303
    offered = r'name="side" value="(\w+)"[^>]* checked'
    assert re.findall(offered, market.page(key, "boss")) == ["hear_seller"]
    assert "Malicious can be chosen once every side was heard." in market.page(key, "boss")
    assert market.post(key, "statements", "colleague", side="hear_seller", words="Said").status_code == 303
    assert re.findall(offered, market.page(key, "boss")) == ["hear_harmed"]
    assert market.post(key, "statements", "rep", side="hear_harmed", words="Said").status_code == 303
    assert "Malicious can be chosen once" not in market.page(key, "boss")


def test_the_one_who_bought_the_batch_is_the_seller_and_the_rep_need_not_know_its_name(market: Market) -> None:
    key = market.reported(batch="B-F065")
    assert market.case(key).seller_id is not None
    assert "Shop F065" not in market.page(key, "rep")
    assert "a distributor elsewhere" in market.page(key, "rep")
    assert "Shop F065" in market.page(key, "stranger")
    assert "Shop F065" in market.page(key, "admin")
    assert "D001" not in market.page(key, "stranger"), "the other side lies outside his patch"


def test_who_reported_it_is_known_to_those_who_decide_and_in_no_letter_or_file(market: Market) -> None:
    key = market.heard()
    assert REPORTER in market.page(key, "boss")
    for who in ("colleague",):
        page = market.page(key, who)
        assert REPORTER not in page
        assert "A colleague" in page
    letter = market.desk.as_("boss").get(f"/cross-area/{key}/letter/seller").text
    assert "Shop S002" in letter
    for hidden in (REPORTER, "D001", "Corner"):
        assert hidden not in letter.partition("<main")[2]
    other = market.desk.as_("boss").get(f"/cross-area/{key}/letter/harmed").text.partition("<main")[2]
    assert "S002" not in other
    sheet = market.desk.as_("boss").get("/cross-area/export.csv?part=all").text
    assert "Shop S002" in sheet
    assert REPORTER not in sheet
    assert market.desk.as_("stranger").get(f"/cross-area/{key}").status_code == 404


def test_what_waits_for_a_decision_is_counted_at_the_approvals(market: Market) -> None:
    def counted() -> list[int]:
        with market.desk.app.app_context():
            return [badges(market.desk.viewer(who), cast.TODAY)[0] for who in (*DECIDERS, "rep", "stranger")]

    before = counted()
    key = market.heard()
    assert [now - then for now, then in zip(counted(), before, strict=True)] == [1, 1, 1, 0, 0]
    assert market.post(key, "decision", "boss", decision="benign", words="Once").status_code == 303
    assert counted() == before
    assert market.post(key, "appeal", "colleague", words="Not mine").status_code == 303
    assert [now - then for now, then in zip(counted(), before, strict=True)] == [0, 1, 1, 0, 0], "not who decided it"


def test_a_case_that_nobody_moves_on_is_told_of_once(market: Market) -> None:
    """A report after 3 days, a case that was looked into after 7, to who may go on with it and the administrators."""
    key = market.reported()
    days = timedelta(days=1)

    def told(after: timedelta) -> set[str]:
        with market.desk.app.app_context():
            last = db.session.scalar(sa.select(sa.func.max(CrossEntry.at)))
            assert last is not None
            begin_writing()
            lateness.escalate(last + after, (last + after).date())
            db.session.commit()
            rows = sa.select(User.username).join(Notice, Notice.user_id == User.id)
            found = db.session.scalars(rows.where(Notice.kind == lateness.LATE, Notice.read_at.is_(None))).all()
            assert len(found) == len(set(found)), "once"
            return set(found)

    assert told(2 * days) == set()
    assert told(3 * days) == told(4 * days) == {"deputy", "admin"}, "the nearest supervisor"
    assert market.post(key, "investigation", "boss").status_code == 303
    assert told(6 * days) == set(), "it goes on: the notice is settled"
    assert told(7 * days) == {"deputy", "admin"}
    assert market.post(key, "decision", "chief", decision="dismiss", words="Ours").status_code == 303
    assert told(30 * days) == set()


def test_from_the_hearing_to_a_settled_measure(market: Market) -> None:
    key = market.heard()
    assert "C-000001" in market.desk.as_("boss").get("/approvals").text
    assert "1 cross-area case waits for your decision" in market.desk.as_("boss").get("/").text
    assert market.post(key, "decision", "boss", decision="malicious", words="").status_code == 422
    assert market.post(key, "decision", "boss", decision="malicious", words="Three times").status_code == 303
    assert market.case(key).verdict is Verdict.MALICIOUS
    agreed = {"kind": "compensation", "amount": "6000", "by_day": cast.TODAY.isoformat(), "words": "Both agree"}
    assert market.post(key, "measures", "boss", **{**agreed, "amount": ""}).status_code == 422
    assert market.post(key, "measures", "boss", **agreed).status_code == 303
    measure = market.desk.one(CrossMeasure)
    assert market.post(key, f"measures/{measure.id}/completion", "boss").status_code == 303
    assert market.case(key).state is CaseState.SETTLED
    assert market.post(key, "appeal", "colleague", words="Not mine").status_code == 303
    assert market.post(key, "appeal/decision", "boss", decision="uphold", words="No").status_code == 403
    assert market.post(key, "appeal/decision", "chief", decision="overturn", words="Wrong bags").status_code == 303
    assert market.case(key).state is CaseState.OVERTURNED
    store = market.desk.one(Distributor, Distributor.code == "S002")
    shown = market.desk.as_("colleague").get(f"/distributors/{store.id}").text
    assert "confirmed in 12 months" not in shown


def test_what_was_added_meanwhile_is_looked_at_first(market: Market) -> None:
    key = market.heard()
    answer = market.post(key, "decision", "boss", decision="benign", words="Once", seen="1")
    assert answer.status_code == 409
    assert "Something was added to the case meanwhile." in answer.text
    assert "Once" in answer.text
    assert market.case(key).verdict is None


def test_a_confirmed_case_stands_at_the_distributor_and_in_the_grade(market: Market) -> None:
    key = market.heard()
    market.post(key, "decision", "boss", decision="malicious", words="Three times")
    store = market.desk.one(Distributor, Distributor.code == "S002")
    page = market.desk.as_("colleague").get(f"/distributors/{store.id}").text
    assert "1 confirmed in 12 months" in page
    assert "its grade is to be proposed again" in page
    grade = market.desk.as_("colleague").get(f"/distributors/{store.id}/grade/new").text
    assert "confirmed cases since 2025-11-23" in grade


def test_a_list_holds_what_is_asked_for(market: Market) -> None:
    for number in range(3):
        market.reported(outlet=f"Shop number {number}")
    heard = market.heard(batch="Z-9")
    boss = market.desk.as_("boss")

    def found(address: str) -> set[str]:
        text = boss.get(f"/cross-area?{address}").text
        return {f"C-{number:06d}" for number in range(1, 5) if f"C-{number:06d}" in text}

    everything = {"C-000001", "C-000002", "C-000003", "C-000004"}
    assert market.case(heard).number == 4
    assert found("part=all") == found("part=open") == everything
    assert found("part=waiting") == found("part=all&q=z-9") == found("part=all&state=heard") == {"C-000004"}
    assert found("part=all&q=c-2") == found("part=all&q=number+1") == {"C-000002"}
    assert found("part=all&q=S002") == {"C-000004"}
    assert found("part=new&origin=report&product=p10&region=4101") == everything - {"C-000004"}
    assert found("part=all&seller=s002") == {"C-000004"}
    assert found("part=all&seller=D001") == set(), "the harmed one is no seller"
    assert found("part=all&origin=suspicion") == found("part=all&verdict=malicious") == set()
    assert found("part=all&after=3") == {"C-000001", "C-000002"}
    assert market.desk.as_("stranger").get("/cross-area?part=all").text.count("C-00000") == 0
    figures = boss.get("/cross-area/figures").text
    assert "2026-11" in figures
    assert ">4<" in figures


def test_a_rep_sees_what_he_reported_and_its_number(market: Market) -> None:
    market.reported(elsewhere="650102")
    assert "C-000001" in market.desk.as_("rep").get("/cross-area?part=mine").text
    assert "C-000001" not in market.desk.as_("colleague").get("/cross-area?part=all").text
    assert "C-000001" in market.desk.as_("rep").get("/week").text
