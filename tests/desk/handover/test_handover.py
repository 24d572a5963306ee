"""Hand-overs through the database, on both of them: what goes, what stays, when, and once."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldapp.core.clock import When
from fieldapp.core.db import begin_writing, db, uuid7
from fieldapp.desk.handover import actions, queries
from fieldapp.desk.handover.actions import MovedError, OnDay, RefusedError, TwiceError
from fieldapp.desk.handover.models import Handover, HandoverItem
from fieldapp.desk.handover.queries import Wanted
from fieldapp.desk.handover.rules import Kind, Matter, Refusal, State, Why
from fieldapp.fieldwork.conflicts import actions as conflicts
from fieldapp.fieldwork.conflicts.models import ConflictFollowUp, ConflictPoint
from fieldapp.fieldwork.feedback import actions as feedback
from fieldapp.fieldwork.feedback.models import Remark, RemarkStep
from fieldapp.fieldwork.feedback.rules import RemarkKind, StepKind
from fieldapp.fieldwork.remediation import actions as remediation
from fieldapp.fieldwork.remediation.models import TicketEntry
from fieldapp.fieldwork.remediation.rules import RemedyKind, TicketVerb
from fieldapp.fieldwork.visits.models import VisitPlan
from fieldapp.network.areas import actions as areas
from fieldapp.network.areas import queries as area_queries
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.dossier.models import Outlet
from fieldapp.network.dossier.rules import OutletKind
from fieldapp.network.territory.models import Area
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.people.audit.models import AuditEntry
from fieldapp.people.notices.models import Notice
from tests import cast
from tests.desk.imports.test_engine import Desk

TODAY, NOW = cast.TODAY, cast.NOW
WHEN = OnDay(NOW, TODAY)
LATER = TODAY + timedelta(days=8)
ON_IT = OnDay(NOW + timedelta(days=8), LATER)


@pytest.fixture
def world(app: Flask) -> Iterator[dict[str, Any]]:
    """D001 of the rep has 4101, D002 of his colleague next door is to get it; a mate shares the rep's patch."""
    with app.app_context():
        begin_writing()
        users: dict[str, Any] = dict(cast.make_cast())
        users["mate"] = cast.make_user("mate", patch=["4101"])
        users["one"] = cast.make_distributor("D001", rep_id=users["rep"].id)
        users["two"] = cast.make_distributor("D002", "410103", rep_id=users["mate"].id)
        users["area"] = cast.make_area(users["one"], "4101")
        users["pig"], users["aqua"] = cast.make_product("P10"), cast.make_product("P20", line="aqua")
        db.session.commit()
        yield users


def outlet(of: Distributor, name: str, region: str | None = "410102", **values: Any) -> Outlet:
    given = {"kind": OutletKind.RETAILER, "name": name, "region_code": region, "active": True, **values}
    row: Outlet = cast.add(Outlet(distributor_id=of.id, **given))
    return row


def of_area(world: dict[str, Any], day: date = TODAY, lines: frozenset[str] = frozenset({"*"})) -> Wanted:
    return Wanted(Kind.AREA, world["one"].id, world["two"].id, "4101", day, lines)


def of_reps(world: dict[str, Any], day: date = TODAY, to: str = "mate") -> Wanted:
    return Wanted(Kind.REPS, world["rep"].id, world[to].id, "4101", day)


def arrange(world: dict[str, Any], wanted: Wanted, who: str = "admin", when: OnDay = WHEN) -> Handover:
    return actions.arrange(viewer_of(world[who]), wanted, "He retires", uuid7(), when)


def held(region: str = "4101") -> list[tuple[str, str, str]]:
    rows = db.session.execute(
        sa.select(Distributor.code, Area.valid_from, Area.valid_to)
        .join(Distributor)
        .where(Area.region_code == region)
        .order_by(Area.valid_from)
    )
    return [(code, str(first), str(last or "")) for code, first, last in rows]


def audited(action: str) -> int:
    return db.session.scalar(sa.select(sa.func.count()).where(AuditEntry.action == action)) or 0


def remark(world: dict[str, Any], who: str = "rep") -> Remark:
    said = feedback.Said(RemarkKind.COMPLAINT, "Late again")
    when = When(NOW, NOW, TODAY)
    return feedback.take_down(viewer_of(world[who]), key=uuid7(), distributor=world["one"], said=said, when=when)


def test_an_area_with_its_customers_and_their_matters(world: dict[str, Any]) -> None:
    one, two, rep = world["one"], world["two"], world["rep"]
    shop, farm = outlet(one, "Shop"), outlet(one, "Farm", kind=OutletKind.FARM)
    outlet(one, "Nowhere", None)
    far = outlet(one, "Far", "411302")
    of_shop = cast.make_ticket(one, rep, outlet_id=shop.id)
    of_farm = cast.make_ticket(one, rep, farm_id=farm.id, product_id=world["pig"].id)
    closed = cast.make_ticket(one, rep, outlet_id=shop.id)
    remediation.advance(viewer_of(rep), closed, TicketVerb.WITHDRAW, "A mistake", When(NOW, NOW, TODAY))
    own, of_far = cast.make_ticket(one, rep), cast.make_ticket(one, rep, outlet_id=far.id)
    paid = cast.make_ticket(one, rep, outlet_id=shop.id)
    now = When(NOW, NOW, TODAY)
    asked = remediation.Proposal(RemedyKind.CREDIT_NOTE, 40_000, TODAY, "Five bags")
    remedy = remediation.propose(viewer_of(rep), paid, asked, now)
    remediation.approve(viewer_of(world["boss"]), paid, "", now, seen=remedy.id)
    promise, said = cast.make_task(one, rep, TODAY), remark(world)
    to_farm, to_far = (cast.make_task(one, rep, TODAY, outlet_id=place.id) for place in (farm, far))
    db.session.commit()

    done = arrange(world, of_area(world))
    db.session.commit()
    db.session.expire_all()
    assert held() == [("D001", "2024-01-01", "2026-11-22"), ("D002", "2026-11-23", "")]
    assert done.state is State.DONE
    assert done.went == {"customer": 2, "ticket": 2, "task": 1}
    assert {(shop.distributor_id, farm.distributor_id, far.distributor_id)} == {(two.id, two.id, one.id)}
    for ticket in (of_shop, of_farm):
        assert (ticket.distributor_id, ticket.region_code, ticket.rep_id) == (two.id, "410103", world["mate"].id)
        last = db.session.scalars(
            sa.select(TicketEntry).where(TicketEntry.ticket_id == ticket.id).order_by(TicketEntry.at, TicketEntry.id)
        ).all()[-1]
        assert (last.words, last.values["giver"], last.values["taker"]) == ("He retires", str(one.id), str(two.id))
    for ticket in (closed, own, of_far, paid):
        assert (ticket.distributor_id, ticket.rep_id) == (one.id, rep.id)
    assert (to_farm.owner_id, to_farm.distributor_id, to_farm.outlet_id) == (world["mate"].id, two.id, farm.id)
    for task in (promise, to_far):
        assert (task.owner_id, task.distributor_id) == (rep.id, one.id)
    stayed = {
        (item.matter, item.subject_id): item.why for item in db.session.scalars(sa.select(HandoverItem)) if item.why
    }
    assert stayed[Matter.TICKET, own.id] is Why.OWN
    assert stayed[Matter.REMARK, said.id] is Why.OWN
    assert stayed[Matter.TASK, promise.id] is Why.OWN
    assert stayed[Matter.TICKET, paid.id] is Why.MONEY
    assert not {of_far.id, to_far.id} & {key for _matter, key in stayed}
    assert Why.NOWHERE in stayed.values()
    assert (audited("handover.arrange"), audited("handover.carry_out"), audited("areas.assign")) == (1, 1, 1)
    told = db.session.execute(sa.select(User.username, Notice.kind).join(User).where(Notice.kind.like("handover.%")))
    assert sorted(told.tuples()) == [(name, "handover.done") for name in ("boss", "mate", "rep")]


def test_one_line_leaves_the_customer_in_both_files(world: dict[str, Any]) -> None:
    one, rep = world["one"], world["rep"]
    cast.make_area(one, "4101", "pig")
    shop = outlet(one, "Shop")
    promised = cast.make_task(one, rep, TODAY, outlet_id=shop.id)
    pig = cast.make_ticket(one, rep, outlet_id=shop.id, product_id=world["pig"].id)
    aqua = cast.make_ticket(one, rep, outlet_id=shop.id, product_id=world["aqua"].id)
    plain = cast.make_ticket(one, rep, outlet_id=shop.id)
    db.session.commit()
    arrange(world, of_area(world, lines=frozenset({"pig"})))
    db.session.commit()
    db.session.expire_all()
    twin = db.session.scalars(sa.select(Outlet).where(Outlet.distributor_id == world["two"].id)).one()
    assert (twin.name, shop.distributor_id) == ("Shop", one.id)
    assert (pig.distributor_id, pig.outlet_id) == (world["two"].id, twin.id)
    assert (aqua.distributor_id, plain.distributor_id) == (one.id, one.id)
    whys = dict(db.session.execute(sa.select(HandoverItem.subject_id, HandoverItem.why)).tuples().all())
    assert (whys[aqua.id], whys[plain.id], whys[shop.id]) == (Why.OTHER_LINE, Why.NO_LINE, Why.BOTH)
    assert (whys[promised.id], promised.distributor_id) == (Why.NO_LINE, one.id)


def test_a_patch_with_what_the_rep_has_open(world: dict[str, Any]) -> None:
    one, rep, mate = world["one"], world["rep"], world["mate"]
    outside = cast.make_distributor("D003", "4102", rep_id=rep.id)
    others = world["two"]
    ticket, promise, said = cast.make_ticket(one, rep), cast.make_task(one, rep, TODAY), remark(world)
    feedback.pass_on(world["admin"].id, [said.id], rep.id, "", NOW)
    survey = cast.make_survey(one, rep)
    quarrel = cast.make_conflict([one, others], rep)
    kept = cast.make_conflict([one, outside], rep)  # he keeps the other side
    theirs = cast.make_conflict([others, one], mate)
    conflicts.assign(viewer_of(world["boss"]), theirs, viewer_of(mate), When(NOW, NOW, TODAY))
    points = [
        cast.add(
            ConflictPoint(
                conflict_id=one_of.id,
                round=1,
                text="Stay away",
                due=TODAY,
                owner_id=whose.id,
                made_by_id=rep.id,
                made_at=NOW,
            )
        )
        for one_of, whose in ((quarrel, rep), (theirs, rep), (theirs, world["boss"]), (kept, rep))
    ]
    follow_up = cast.add(
        ConflictFollowUp(
            conflict_id=quarrel.id,
            round=1,
            distributor_id=one.id,
            rep_id=rep.id,
            day=TODAY + timedelta(days=1),
            made_by_id=rep.id,
            made_at=NOW,
        )
    )
    before, plan, twice = (cast.make_plan(one, rep, TODAY + timedelta(days=n)) for n in (-1, 1, 2))
    gone = twice.id
    cast.make_plan(one, mate, TODAY + timedelta(days=2))
    stays = [cast.make_task(place, rep, TODAY) for place in (outside, others)]
    db.session.commit()
    done = arrange(world, of_reps(world), "boss")
    db.session.commit()
    db.session.expire_all()
    assert done.went == {"distributor": 1, "ticket": 1, "survey": 1, "remark": 1, "task": 1, "plan": 2, "conflict": 2}
    assert (quarrel.owner_id, kept.owner_id, theirs.owner_id) == (mate.id, rep.id, mate.id)
    assert [point.owner_id for point in points] == [mate.id, mate.id, world["boss"].id, rep.id]
    assert follow_up.rep_id == plan.rep_id == mate.id, "it stands in the calendar once"
    assert audited("conflicts.pass_on") == 1
    assert (one.rep_id, outside.rep_id) == (mate.id, rep.id)
    assert {ticket.rep_id, promise.owner_id, said.owner_id, survey.rep_id, plan.rep_id} == {mate.id}
    assert {ticket.made_by_id, promise.made_by_id, before.rep_id, *(task.owner_id for task in stays)} == {rep.id}
    assert db.session.get(VisitPlan, gone) is None  # his own of that day stands
    step = db.session.scalars(sa.select(RemarkStep).where(RemarkStep.step == StepKind.HANDED_OVER)).all()[-1]
    assert (step.to_id, step.text) == (mate.id, "He retires")
    whys = dict(db.session.execute(sa.select(HandoverItem.subject_id, HandoverItem.why)).tuples().all())
    assert whys[stays[1].id] is Why.NOT_HIS  # at another rep's distributor
    assert audited("distributors.give_to_rep") == audited("tasks.pass_on") == 1
    changes = db.session.scalars(sa.select(AuditEntry.changes).where(AuditEntry.action == "tasks.pass_on")).one()
    assert changes == {"owner_id": [str(rep.id), str(mate.id)]}


def test_a_conflict_stays_with_the_party_that_the_new_rep_does_not_cover(world: dict[str, Any]) -> None:
    near = cast.make_user("near", patch=[world["one"].region_code])
    beyond = cast.make_distributor("D004", "410103", rep_id=world["rep"].id)
    quarrel = cast.make_conflict([world["one"], beyond], world["rep"])
    db.session.commit()
    world["near"] = near
    done = arrange(world, of_reps(world, to="near"), "boss")
    db.session.commit()
    assert done.went == {"distributor": 1}
    assert quarrel.owner_id == world["rep"].id
    whys = dict(db.session.execute(sa.select(HandoverItem.subject_id, HandoverItem.why)).tuples().all())
    assert whys[quarrel.id] is whys[beyond.id] is Why.OUTSIDE


def test_to_come_carried_out_once_or_called_off(app: Flask, world: dict[str, Any]) -> None:
    shop = outlet(world["one"], "Shop")
    ticket = cast.make_ticket(world["one"], world["rep"], outlet_id=shop.id)
    db.session.commit()
    coming = arrange(world, of_area(world, LATER))
    db.session.commit()
    # The area has its days at once; what is open waits for the day.
    assert held() == [("D001", "2024-01-01", "2026-11-30"), ("D002", "2026-12-01", "")]
    assert (coming.state, ticket.distributor_id) == (State.COMING, world["one"].id)
    assert actions.call_off(viewer_of(world["admin"]), coming, WHEN) is True
    db.session.commit()
    assert held() == [("D001", "2024-01-01", "")]
    with pytest.raises(MovedError):
        actions.call_off(viewer_of(world["admin"]), coming, WHEN)
    db.session.rollback()
    again = arrange(world, of_area(world, LATER))
    patch = arrange(world, of_reps(world, LATER), "boss")
    db.session.commit()
    with pytest.raises(TwiceError):
        arrange(world, of_reps(world, LATER), "boss")
    db.session.rollback()
    assert actions.carry_out_due(NOW, TODAY) == 0

    def chore(_number: int) -> int:
        with app.app_context():
            begin_writing()
            return actions.carry_out_due(ON_IT.now, ON_IT.today)

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(chore, range(2))) == 2
    db.session.expire_all()
    assert (again.state, patch.state, ticket.distributor_id) == (State.DONE, State.DONE, world["two"].id)
    assert audited("handover.carry_out") == 2
    entries = db.session.scalar(
        sa.select(sa.func.count()).where(TicketEntry.ticket_id == ticket.id, TicketEntry.words == "He retires")
    )
    assert entries == 1
    # Undone by a hand-over back.
    back = Wanted(Kind.AREA, world["two"].id, world["one"].id, "4101", LATER + timedelta(days=1), frozenset({"*"}))
    arrange(world, back, when=OnDay(ON_IT.now, LATER + timedelta(days=1)))
    db.session.commit()
    db.session.expire_all()
    one = world["one"]
    assert (ticket.distributor_id, ticket.rep_id, shop.distributor_id) == (one.id, one.rep_id, one.id)


def test_areas_that_were_changed_meanwhile_hold_it_up(world: dict[str, Any]) -> None:
    """Nothing goes to who has not got the area: it was taken back on its own page."""
    shop = outlet(world["one"], "Shop")
    db.session.commit()
    coming = arrange(world, of_area(world, LATER))
    db.session.commit()
    new = area_queries.find(viewer_of(world["admin"]), UUID(coming.areas[0]["new"]))
    assert new is not None
    areas.take_back(viewer_of(world["admin"]), new, TODAY, NOW)
    db.session.commit()
    assert actions.carry_out_due(ON_IT.now, ON_IT.today) == 0
    db.session.expire_all()
    assert (coming.state, coming.problem) == (State.COMING, Refusal.NOT_THEIRS)
    assert shop.distributor_id == world["one"].id
    # What cannot be carried out can be called off: the areas stay as they were made.
    begin_writing()
    assert actions.call_off(viewer_of(world["admin"]), coming, ON_IT) is False
    db.session.commit()
    assert (coming.state, coming.problem) == (State.CALLED_OFF, None)
    assert held() == [("D001", "2024-01-01", "2026-11-30")]


def test_a_merged_remark_follows_the_one_that_was_kept(world: dict[str, Any]) -> None:
    outside = cast.make_distributor("D003", "4102", rep_id=world["rep"].id)
    kept, follower = remark(world), remark(world)
    other, its_follower = remark(world), remark(world)
    for one in (kept, follower, other, its_follower):
        one.owner_id = world["rep"].id
    follower.distributor_id = other.distributor_id = outside.id
    admin = viewer_of(world["admin"])
    feedback.merge(admin, follower, kept, NOW)
    feedback.merge(admin, its_follower, other, NOW)
    db.session.commit()
    done = arrange(world, of_reps(world), "boss")
    db.session.commit()
    db.session.expire_all()
    rep, mate = world["rep"].id, world["mate"].id
    assert {kept.owner_id, follower.owner_id} == {mate}
    assert {other.owner_id, its_follower.owner_id} == {rep}
    assert done.went["remark"] == 1
    whys = dict(db.session.execute(sa.select(HandoverItem.subject_id, HandoverItem.why)).tuples().all())
    assert whys[its_follower.id] is Why.MERGED
    audit = db.session.scalars(sa.select(AuditEntry.changes).where(AuditEntry.action == "feedback.hand_over")).all()
    assert audit == [{"owner": [str(rep), str(mate)]}] * 2


def test_what_keeps_it_from_being_carried_out_is_told_once(world: dict[str, Any]) -> None:
    coming = arrange(world, of_reps(world, LATER), "boss")
    world["mate"].active = False
    db.session.commit()
    for _time in range(2):
        assert actions.carry_out_due(ON_IT.now, ON_IT.today) == 0
    db.session.expire_all()
    assert (coming.state, coming.problem) == (State.COMING, Refusal.INACTIVE)
    told = db.session.scalars(sa.select(Notice.user_id).where(Notice.kind == "handover.stuck")).all()
    assert sorted(map(str, told)) == sorted(str(world[who].id) for who in ("admin", "boss"))
    world["mate"].active = True
    db.session.commit()
    assert actions.carry_out_due(ON_IT.now, ON_IT.today) == 1


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"taker": "one"}, Refusal.SAME),
        ({"lines": frozenset({"*", "pig"})}, Refusal.NOT_THEIRS),
        ({"lines": frozenset()}, Refusal.NOT_THEIRS),
        ({"day": date(2024, 1, 1)}, Refusal.BEGINS),
        ({"taker": "ended"}, Refusal.ENDED),
        ({"taker": "has"}, Refusal.HAS_IT),
    ],
)
def test_what_cannot_be_handed_over(world: dict[str, Any], change: dict[str, Any], refusal: Refusal) -> None:
    world["ended"] = cast.make_distributor("D004", status="ended")
    world["has"] = cast.make_distributor("D005")
    cast.make_area(world["has"], "4101", shared=True)
    given = {**change, "taker": world[change["taker"]].id} if "taker" in change else change
    with pytest.raises(RefusedError) as refused:
        arrange(world, Wanted(**{**vars_of(of_area(world)), **given}))
    assert refused.value.refusal is refusal
    assert held() == [("D001", "2024-01-01", ""), ("D005", "2024-01-01", "")]


def vars_of(wanted: Wanted) -> dict[str, Any]:
    return {name: getattr(wanted, name) for name in ("kind", "giver", "taker", "region", "day", "lines")}


def test_two_who_give_it_away_at_once(app: Flask, world: dict[str, Any]) -> None:
    third = cast.make_distributor("D003").id
    db.session.commit()
    gate = threading.Barrier(2)
    viewer, takers = viewer_of(world["admin"]), [world["two"].id, third]
    giver = world["one"].id

    def give(taker: UUID) -> bool:
        with app.app_context():
            begin_writing()
            gate.wait()
            try:
                actions.arrange(
                    viewer, Wanted(Kind.AREA, giver, taker, "4101", LATER, frozenset({"*"})), "Now", uuid7(), WHEN
                )
            except (RefusedError, areas.MovedError, areas.TakenError):
                db.session.rollback()
                return False
            db.session.commit()
            return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(give, takers)) == [False, True]
    assert len(held()) == 2
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Handover)) == 1


def test_the_lists_keep_to_the_patch(world: dict[str, Any]) -> None:
    arrange(world, of_area(world, LATER))
    db.session.commit()
    seen = {who: queries.listed(viewer_of(world[who]), queries.Asked())[1] for who in cast.CAST}
    assert seen == {"rep": 1, "colleague": 0, "boss": 1, "admin": 1, "stranger": 0}


def test_a_file_that_gives_a_patch_back_says_so(world: dict[str, Any], tmp_path: Path) -> None:
    """The ERP decides who looks after a distributor, but not in silence against what was handed over here."""
    desk, head = Desk(tmp_path), "code,name,region,rep\n"
    code, name, region = world["one"].code, world["one"].name, world["one"].region_code
    old, new, other = world["rep"].username, world["mate"].username, world["admin"].username
    db.session.commit()
    arrange(world, of_reps(world), "boss")
    db.session.commit()

    def told(rep: str) -> list[str]:
        done = desk.read("distributors", f"{head}{code},{name},{region},{rep}\n")
        assert done.written
        return [str(one) for one in done.remarks]

    assert told(new) == told(other) == told(new) == []
    (said,) = told(old)
    assert "column rep: rep" in said
    assert f"was handed over to another rep on {TODAY.isoformat()}" in said
    assert told(old) == [], "it is his now"
