"""A case on its way through the database: who is told, who decides, appeals, races, what counts for the grade."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldapp.core.clock import When
from fieldapp.core.db import begin_writing, db, uuid7
from fieldapp.people.accounts.models import Role, User
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.people.audit.models import AuditEntry
from fieldapp.people.notices.models import Notice
from fieldapp.standing import trust
from fieldapp.standing.crossarea import actions, queries
from fieldapp.standing.crossarea.actions import Agreement, Found, RefusedError
from fieldapp.standing.crossarea.models import CrossCase, CrossEntry, CrossMeasure
from fieldapp.standing.crossarea.rules import CaseState, CaseVerb, Into, MeasureKind, Refusal, Verdict
from fieldapp.standing.grading import cases as grading
from tests import cast

WHEN = When(cast.NOW, cast.NOW, cast.TODAY)
V, S = CaseVerb, CaseState


@pytest.fixture
def known(app: Flask) -> Iterator[dict[str, Any]]:
    """D001 owns 4101; D002 lies in 4201, whose supervisor is the boss too; D065 lies with the stranger."""
    with app.app_context():
        begin_writing()
        rows: dict[str, Any] = dict(cast.make_cast())
        rows["deputy"] = cast.make_user("deputy", Role.SUPERVISOR, ["4101"])
        rows["chief"] = cast.make_user("chief", Role.SUPERVISOR, ["41", "42"])
        rows["owner"] = cast.make_distributor("D001")
        rows["seller"] = cast.make_distributor("D002", "420102", rep_id=rows["colleague"].id)
        rows["far"] = cast.make_distributor("D065", "650102")
        rows["product"] = cast.make_product()
        cast.make_area(rows["owner"], "4101")
        db.session.commit()
        yield rows


def viewer(known: dict[str, Any], who: str) -> Any:
    return viewer_of(known[who])


def reported(known: dict[str, Any], who: str = "rep", **values: Any) -> CrossCase:
    given = {"product_id": known["product"].id, "line": "pig", "seller_id": known["seller"].id}
    return cast.make_case(known[who], **{**given, **values})


def heard(known: dict[str, Any], **values: Any) -> CrossCase:
    case = reported(known, **values)
    actions.advance(viewer(known, "colleague"), case, V.HEAR_SELLER, "He says his brother drove them there.", WHEN)
    actions.advance(viewer(known, "rep"), case, V.HEAR_HARMED, "He lost two customers.", WHEN)
    return case


def confirmed(known: dict[str, Any], verb: CaseVerb = V.MALICIOUS, **values: Any) -> CrossCase:
    case = heard(known, **values)
    actions.rule(viewer(known, "boss"), case, verb, "Three times now.", WHEN, seen=case.version)
    return case


def told(kind: str) -> set[str]:
    rows = sa.select(User.username).join(Notice, Notice.user_id == User.id)
    return set(db.session.scalars(rows.where(Notice.kind == f"crossarea.{kind}")))


def thread(case: CrossCase) -> list[str | None]:
    found = sa.select(CrossEntry.verb).where(CrossEntry.case_id == case.id).order_by(CrossEntry.id)
    return [verb.value if verb else None for verb in db.session.scalars(found)]


def test_a_report_knows_whose_area_it_is_and_tells_both_sides(known: dict[str, Any]) -> None:
    case = reported(known, seller_id=known["far"].id)
    assert (case.state, case.into, case.harmed_id, case.number) == (S.REPORTED, Into.FOREIGN, known["owner"].id, 1)
    assert told("reported") == {"deputy", "stranger"}
    assert case.sold_on == cast.TODAY


def test_the_same_key_is_the_same_report_and_nobody_elses(known: dict[str, Any]) -> None:
    key = uuid7()
    for _tap in range(2):
        case = actions.report(viewer(known, "rep"), key=key, found=Found("410102", note="A"), when=WHEN)
    assert thread(case) == [None]
    with pytest.raises(actions.GoneError):
        actions.report(viewer(known, "boss"), key=key, found=Found("410102"), when=WHEN)


def test_a_batch_names_the_one_who_bought_it_and_may_not_sell_there(known: dict[str, Any]) -> None:
    line = {"product": known["product"], "weight": 40_000, "amount": 100, "batch": "261101-A"}
    cast.make_invoice(known["seller"], "I1", line)
    cast.make_invoice(known["owner"], "I2", line)
    case = reported(known, seller_id=None, batch=" 261101-a ")
    assert case.seller_id == known["seller"].id
    cast.make_invoice(known["far"], "I3", line)
    assert reported(known, seller_id=None, batch="261101-A").seller_id is None
    assert reported(known, seller_id=None, batch="unheard-of").seller_id is None


def test_in_a_white_spot_only_the_seller_is_heard(known: dict[str, Any]) -> None:
    case = reported(known, region="650203", line="pig")
    assert (case.into, case.harmed_id) == (Into.WHITE, None)
    actions.advance(viewer(known, "colleague"), case, V.HEAR_SELLER, "Nobody sells there.", WHEN)
    assert case.state is S.HEARD


def test_from_a_report_to_a_settled_measure(known: dict[str, Any]) -> None:
    case, boss = heard(known), viewer(known, "boss")
    assert case.state is S.HEARD
    assert {"boss", "chief"} <= told("heard")
    actions.rule(boss, case, V.MALICIOUS, "Three times now.", WHEN, seen=case.version)
    assert (case.verdict, case.confirmed_on) == (Verdict.MALICIOUS, cast.TODAY)
    assert case.appeal_until == cast.TODAY + timedelta(days=15)
    assert told("decided") == {"rep", "colleague"}
    assert told("rate") == {"colleague"}
    for kind in (MeasureKind.WARNING, MeasureKind.COMPENSATION):
        actions.agree(boss, case, Agreement(kind, 0, cast.TODAY, "Agreed by all"), WHEN, seen=case.version)
    first, second = queries.measures(case)
    actions.settle_measure(boss, case, first.id, "Sent", WHEN)
    assert case.state is S.AGREED
    for _tap in range(2):
        actions.settle_measure(boss, case, second.id, "Paid", WHEN)
    assert case.state is S.SETTLED
    assert thread(case) == [
        *(None, "hear_seller", "hear_harmed", "malicious", "agree", "agree", "settle", "settle"),
    ]
    audited = sa.select(sa.func.count()).where(AuditEntry.subject_id == str(case.id))
    assert db.session.scalar(audited) == len(thread(case))


def test_only_who_is_over_both_decides_and_nobody_his_own(known: dict[str, Any]) -> None:
    case = heard(known)
    for who, wanted in (("deputy", Refusal.BOTH), ("stranger", Refusal.PATCH), ("rep", Refusal.ROLE)):
        with pytest.raises(RefusedError) as refused:
            actions.rule(viewer(known, who), case, V.BENIGN, "", WHEN, seen=case.version)
        assert refused.value.reason is wanted
    assert [one.id for one in awaited(known, "boss")] == [one.id for one in awaited(known, "admin")] == [case.id]
    assert not awaited(known, "deputy")
    own = heard(known, who="boss")
    with pytest.raises(RefusedError) as refused:
        actions.rule(viewer(known, "boss"), own, V.DISMISS, "", WHEN, seen=own.version)
    assert refused.value.reason is Refusal.OWN
    far = heard_far(known)
    with pytest.raises(RefusedError) as refused:
        actions.rule(viewer(known, "boss"), far, V.MALICIOUS, "", WHEN, seen=far.version)
    assert refused.value.reason is Refusal.BOTH
    actions.rule(viewer(known, "admin"), far, V.MALICIOUS, "", WHEN, seen=far.version)
    assert far.verdict is Verdict.MALICIOUS


def heard_far(known: dict[str, Any]) -> CrossCase:
    case = reported(known, seller_id=known["far"].id)
    actions.advance(viewer(known, "stranger"), case, V.HEAR_SELLER, "Denied", WHEN)
    actions.advance(viewer(known, "rep"), case, V.HEAR_HARMED, "Seen", WHEN)
    return case


def awaited(known: dict[str, Any], who: str) -> list[CrossCase]:
    return list(db.session.scalars(sa.select(CrossCase).where(*queries.awaits(viewer(known, who)))))


def test_who_sees_a_case(known: dict[str, Any]) -> None:
    case = reported(known, seller_id=known["far"].id)
    seeing = {who for who in (*cast.CAST, "deputy") if queries.find(viewer(known, who), case.id)}
    assert seeing == {"rep", "boss", "deputy", "stranger", "admin"}  # the colleague's patch has no part in it


def test_what_a_decider_has_not_seen_is_not_decided(known: dict[str, Any]) -> None:
    case, boss = heard(known), viewer(known, "boss")
    seen = case.version
    actions.advance(viewer(known, "colleague"), case, V.HEAR_SELLER, "Here is the freight bill.", WHEN)
    with pytest.raises(RefusedError) as refused:
        actions.rule(boss, case, V.MALICIOUS, "", WHEN, seen=seen)
    assert refused.value.reason is Refusal.ANEW
    actions.rule(boss, case, V.BENIGN, "", WHEN, seen=case.version)


def test_another_seller_has_to_be_heard_anew(known: dict[str, Any]) -> None:
    case = heard(known)
    actions.name(viewer(known, "boss"), case, known["far"].id, "Its mark is on the bags", WHEN, seen=case.version)
    assert (case.state, case.seller_heard_at) == (S.INVESTIGATING, None)
    assert "stranger" in told("named")
    actions.advance(viewer(known, "boss"), case, V.EXCUSE_SELLER, "The shop is closed for good", WHEN)
    assert case.state is S.HEARD


def appealed(known: dict[str, Any]) -> CrossCase:
    case = confirmed(known)
    actions.appeal(viewer(known, "colleague"), case, "It was a farmer who moved.", WHEN)
    return case


def test_an_appeal_is_decided_by_somebody_else(known: dict[str, Any]) -> None:
    case = appealed(known)
    assert told("appealed") == {"chief"}
    with pytest.raises(RefusedError) as refused:
        actions.rule_on_appeal(viewer(known, "boss"), case, V.UPHOLD, "", WHEN, seen=case.version)
    assert refused.value.reason is Refusal.TWICE
    actions.rule_on_appeal(viewer(known, "chief"), case, V.CHANGE, "Not on purpose", WHEN, seen=case.version)
    assert (case.state, case.verdict) == (S.CONFIRMED, Verdict.BENIGN)
    with pytest.raises(RefusedError) as refused:
        actions.appeal(viewer(known, "colleague"), case, "Again", WHEN)
    assert refused.value.reason is Refusal.LATE


def test_after_its_days_there_is_no_appeal(known: dict[str, Any]) -> None:
    case = confirmed(known)
    late = When(WHEN.at, WHEN.now, cast.TODAY + timedelta(days=16))
    with pytest.raises(RefusedError) as refused:
        actions.appeal(viewer(known, "colleague"), case, "Sorry", late)
    assert refused.value.reason is Refusal.LATE


def test_confirmed_cases_count_for_twelve_months_and_overturned_ones_no_longer(known: dict[str, Any]) -> None:
    seller, year = known["seller"].id, timedelta(days=365)

    def counted(on: Any = cast.TODAY) -> tuple[int, int]:
        found = grading.confirmed(seller, on)
        assert found is not None
        return found.benign, found.malicious

    assert counted() == (0, 0)
    confirmed(known, V.BENIGN)
    case = appealed(known)
    assert counted() == (1, 1), "an appeal does not suspend it"
    assert counted(cast.TODAY - timedelta(days=1)) == (0, 0)
    assert (counted(cast.TODAY + year), counted(cast.TODAY + year + timedelta(days=1))) == ((1, 1), (0, 0))
    assert trust.confirmed_breaches(seller, cast.TODAY - year, cast.TODAY) == {"crossarea": 2}
    actions.rule_on_appeal(viewer(known, "admin"), case, V.OVERTURN, "Wrong bags", WHEN, seen=case.version)
    assert counted() == (1, 0)
    assert trust.confirmed_breaches_of([seller, known["far"].id], cast.TODAY - year, cast.TODAY) == {seller: 1}


def test_a_statement_sent_twice_is_kept_once(known: dict[str, Any]) -> None:
    case, key = reported(known), uuid7()
    for _tap in range(2):
        actions.advance(viewer(known, "rep"), case, V.HEAR_HARMED, "Seen", WHEN, key=key)
    assert thread(case) == [None, "hear_harmed"]
    with pytest.raises(actions.GoneError):
        actions.advance(viewer(known, "rep"), reported(known), V.COMMENT, "Seen", WHEN, key=key)


@pytest.mark.parametrize("statement", [sa.update(CrossEntry).values(words="else"), sa.delete(CrossEntry)])
def test_the_thread_only_grows(known: dict[str, Any], statement: Any) -> None:
    case = reported(known)
    db.session.commit()
    with pytest.raises(sa.exc.DBAPIError, match="only grows"):
        db.session.execute(statement)
    db.session.rollback()
    assert thread(case) == [None]


def at_once(app: Flask, case: CrossCase, *acts: Any) -> list[str]:
    """Do these at the same moment, each upon the case as it is now: what came of each."""
    key, gate = case.id, threading.Barrier(len(acts))
    db.session.commit()

    def act(do: Any) -> str:
        with app.app_context():
            own = db.session.get_one(CrossCase, key)
            db.session.commit()  # all have seen it as it was
            begin_writing()
            gate.wait()
            try:
                do(own)
                db.session.commit()
            except RefusedError as error:
                db.session.rollback()
                return error.reason.value
            return "done"

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(act, acts))


def test_of_two_who_decide_at_once_one_does_and_the_other_is_told(app: Flask, known: dict[str, Any]) -> None:
    people = [viewer(known, who) for who in ("boss", "chief")]
    for _round in range(4):
        case = heard(known)
        acts = [
            lambda own, who=who, verb=verb: actions.rule(who, own, verb, "", WHEN, seen=own.version)
            for who, verb in zip(people, (V.MALICIOUS, V.DISMISS), strict=True)
        ]
        assert sorted(at_once(app, case, *acts)) == ["done", "moved"]
        db.session.refresh(case)
        assert len(thread(case)) == 4


def test_both_sides_may_speak_at_once(app: Flask, known: dict[str, Any]) -> None:
    sides = [(viewer(known, "colleague"), V.HEAR_SELLER), (viewer(known, "rep"), V.HEAR_HARMED)]
    for _round in range(4):
        case = reported(known)
        acts = [lambda own, who=who, verb=verb: actions.advance(who, own, verb, "Said", WHEN) for who, verb in sides]
        assert at_once(app, case, *acts) == ["done", "done"]
        db.session.refresh(case)
        assert case.state is S.HEARD


def test_of_a_measure_only_its_own_case_is_settled(known: dict[str, Any]) -> None:
    case, other, boss = confirmed(known), confirmed(known), viewer(known, "boss")
    agreement = Agreement(MeasureKind.WARNING, 0, cast.TODAY, "Never again")
    for one in (case, other):
        actions.agree(boss, one, agreement, WHEN, seen=one.version)
    measure = db.session.scalar(sa.select(CrossMeasure.id).where(CrossMeasure.case_id == other.id))
    assert measure is not None
    with pytest.raises(actions.GoneError):
        actions.settle_measure(boss, case, measure, "", WHEN)


def test_a_measure_settled_twice_at_once_settles_no_other(app: Flask, known: dict[str, Any]) -> None:
    boss = viewer(known, "boss")
    for _round in range(4):
        case = confirmed(known)
        for words in ("Never again", "Buys it back"):
            actions.agree(boss, case, Agreement(MeasureKind.WARNING, 0, cast.TODAY, words), WHEN, seen=case.version)
        measure = queries.measures(case)[0].id
        acts = [lambda own, measure=measure: actions.settle_measure(boss, own, measure, "", WHEN)] * 2
        assert at_once(app, case, *acts) == ["done", "done"]
        db.session.refresh(case)
        assert case.state is S.AGREED
        assert thread(case).count(V.SETTLE) == 1
