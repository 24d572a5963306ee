"""A conflict on its way through the database: who is told, what is confidential, what was agreed, two at once."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldapp.core.clock import When
from fieldapp.core.db import begin_writing, db, uuid7
from fieldapp.fieldwork.conflicts import actions, agreements, meetings, moves, queries, reminders
from fieldapp.fieldwork.conflicts.agreements import Promise, Seen
from fieldapp.fieldwork.conflicts.meetings import Sitting
from fieldapp.fieldwork.conflicts.models import Conflict, ConflictEntry, ConflictFollowUp, ConflictPoint
from fieldapp.fieldwork.conflicts.moves import RefusedError
from fieldapp.fieldwork.conflicts.rules import ConflictKind, ConflictState, Outcome, PointState, Refusal
from fieldapp.fieldwork.visits.models import VisitPlan
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.people.audit.models import AuditEntry
from fieldapp.people.notices.models import Notice
from tests import cast

WHEN = When(cast.NOW, cast.NOW, cast.TODAY)
SOON = cast.TODAY + timedelta(days=10)


@pytest.fixture
def known(app: Flask) -> Iterator[dict[str, Any]]:
    """The cast, a distributor of the rep's and one of his colleague's; inside an app context that writes."""
    with app.app_context():
        begin_writing()
        users: dict[str, Any] = dict(cast.make_cast())
        users["ours"] = cast.make_distributor("D001", rep_id=users["rep"].id)
        users["theirs"] = cast.make_distributor("D002", "420102", rep_id=users["colleague"].id)
        db.session.commit()
        yield users


def viewer(known: dict[str, Any], who: str) -> Any:
    return viewer_of(known[who])


def quarrel(known: dict[str, Any], **values: Any) -> Conflict:
    return cast.make_conflict([known["ours"], known["theirs"]], known["rep"], **values)


def agreed(known: dict[str, Any]) -> Conflict:
    conflict = quarrel(known)
    promises = [Promise("Stays west of the river", SOON, known["theirs"].id), Promise("Marks the map", SOON)]
    agreements.agree(viewer(known, "boss"), conflict, promises, "Both shook hands", WHEN)
    return conflict


def told(kind: str) -> set[str]:
    rows = db.session.scalars(
        sa.select(User.username).join(Notice, Notice.user_id == User.id).where(Notice.kind == f"conflicts.{kind}")
    )
    return set(rows)


def verbs(conflict: Conflict) -> list[str | None]:
    rows = sa.select(ConflictEntry.verb).where(ConflictEntry.conflict_id == conflict.id)
    rows = rows.order_by(ConflictEntry.at, ConflictEntry.id)
    return [verb.value if verb else None for verb in db.session.scalars(rows)]


def audited() -> list[str]:
    rows = sa.select(AuditEntry.action).where(AuditEntry.action.startswith("conflicts.")).order_by(AuditEntry.id)
    return [action.removeprefix("conflicts.") for action in db.session.scalars(rows)]


def points(conflict: Conflict) -> list[ConflictPoint]:
    """The other distributor's first: both are due on the same day."""
    return sorted(queries.points(conflict), key=lambda point: point.distributor_id is None)


def test_everybody_whose_party_it_is_hears_of_it_once(known: dict[str, Any]) -> None:
    key = uuid7()
    account = actions.Account(ConflictKind.PRICE, "He sells cheaper", said="I have his receipts", others="A third one")
    for _tap in range(2):
        conflict = actions.open_conflict(
            viewer(known, "rep"), key=key, parties=[known["ours"], known["theirs"]], account=account, when=WHEN
        )
    assert (conflict.shown_number, conflict.meet_by) == ("C-000001", cast.TODAY + timedelta(days=7))
    assert told("opened") == {"colleague", "boss"}
    assert (verbs(conflict), audited()) == ([None, "note"], ["open"])
    with pytest.raises(moves.GoneError):
        actions.open_conflict(viewer(known, "boss"), key=key, parties=[known["ours"]], account=account, when=WHEN)
    assert queries.open_in("4101") == queries.open_in("4201") == [conflict.id]
    assert queries.open_in("4102") == queries.open_in("4101", ConflictKind.AREA) == []


def test_what_one_says_in_confidence_the_others_side_does_not_read(known: dict[str, Any]) -> None:
    conflict = quarrel(known, said="I have his receipts")
    actions.note(viewer(known, "colleague"), conflict, "He began it", WHEN, of=known["theirs"].id)
    actions.note(viewer(known, "rep"), conflict, "Both are angry", WHEN)

    def read(who: str) -> set[str]:
        return {entry.words for entry in queries.thread(viewer(known, who), conflict)} - {""}

    assert read("rep") == {"I have his receipts", "Both are angry"}
    assert read("colleague") == {"He began it", "Both are angry"}
    assert read("boss") == read("admin") == {"I have his receipts", "He began it", "Both are angry"}
    assert [party.covered for party in queries.parties(viewer(known, "rep"), conflict)] == [True, False]
    assert queries.find(viewer(known, "stranger"), conflict.id) is None
    with pytest.raises(RefusedError) as refused:
        actions.note(viewer(known, "rep"), conflict, "He says", WHEN, of=known["theirs"].id)
    assert refused.value.reason is Refusal.PARTY


def test_a_point_is_postponed_with_a_reason_told_and_recalled_again(known: dict[str, Any]) -> None:
    conflict, rep, boss = agreed(known), viewer(known, "rep"), viewer(known, "boss")
    theirs = next(point for point in points(conflict) if point.distributor_id)
    reminders.remind(cast.NOW, SOON)
    assert told("due") == {"rep", "colleague"}
    later = SOON + timedelta(days=14)
    with pytest.raises(RefusedError) as refused:
        agreements.postpone(rep, conflict, theirs.id, later, "He asks for time", WHEN)
    assert refused.value.reason is Refusal.PARTIES, "an agreement binds both sides"
    with pytest.raises(agreements.SameDayError):
        agreements.postpone(boss, conflict, theirs.id, SOON, "", WHEN)
    key = uuid7()
    for _tap in range(2):
        agreements.postpone(boss, conflict, theirs.id, later, "The lorry is broken", WHEN, key=key)
    assert theirs.due == later
    assert told("postponed") == {"rep", "colleague"}
    entry = db.session.scalars(sa.select(ConflictEntry).where(ConflictEntry.id == key)).one()
    assert (entry.words, entry.values["was"], entry.values["due"]) == (
        "The lorry is broken",
        SOON.isoformat(),
        later.isoformat(),
    )
    assert audited().count("postpone") == 1
    unread = sa.select(sa.func.count()).where(Notice.kind == "conflicts.due", Notice.read_at.is_(None))
    unread = unread.where(Notice.path.endswith(str(theirs.id)))
    assert db.session.scalar(unread) == 0, "what was told of the day before is done with"
    reminders.remind(cast.NOW, later)
    assert db.session.scalar(unread) == 2
    agreements.settle_point(boss, conflict, theirs.id, True, "", WHEN)
    with pytest.raises(RefusedError) as refused:
        agreements.postpone(boss, conflict, theirs.id, SOON, "", WHEN)
    assert refused.value.reason is Refusal.MOVED


def test_from_a_quarrel_to_the_end_and_again(known: dict[str, Any]) -> None:
    conflict, rep, boss = quarrel(known), viewer(known, "rep"), viewer(known, "boss")
    meetings.plan_meeting(rep, conflict, Sitting(cast.TODAY, "14:30", "Town hall"), WHEN)
    (meeting,) = queries.meetings(conflict)
    held = Sitting(cast.TODAY, "14:30", "Town hall", "All", "Both want the river as border")
    meetings.hold_meeting(rep, conflict, meeting.id, held, WHEN, following=Sitting(SOON))
    with pytest.raises(RefusedError) as refused:
        meetings.hold_meeting(boss, conflict, meeting.id, held, WHEN)
    assert refused.value.reason is Refusal.MOVED
    promises = [Promise("Stays west", SOON, known["theirs"].id), Promise("Marks the map", SOON)]
    with pytest.raises(RefusedError) as refused:
        agreements.agree(rep, conflict, promises, "", WHEN)
    assert refused.value.reason is Refusal.PARTIES, "a rep does not conclude for the other side"
    agreements.agree(boss, conflict, promises, "", WHEN)
    assert [point.owner_id for point in points(conflict)] == [known["colleague"].id, known["rep"].id]
    assert told("agreed") == {"rep", "colleague"}
    with pytest.raises(RefusedError) as refused:
        agreements.settle_point(rep, conflict, points(conflict)[0].id, True, "", WHEN)
    assert refused.value.reason is Refusal.PARTY
    agreements.plan_visit(rep, conflict, known["ours"].id, rep.id, SOON, WHEN)
    assert db.session.scalar(sa.select(VisitPlan.day)) == SOON
    planned = queries.follow_ups(conflict)[0]
    visit = cast.make_visit(known["ours"], known["rep"], cast.TODAY)
    seen = Seen(known["ours"].id, True, "Quiet", visit.id)
    agreements.follow_up(rep, conflict, seen, WHEN, planned=planned.id)
    assert conflict.state is ConflictState.AGREED, "the other party has not been looked at"
    agreements.follow_up(viewer(known, "colleague"), conflict, Seen(known["theirs"].id, True, "He keeps to it"), WHEN)
    assert conflict.state is ConflictState.FOLLOWED_UP
    with pytest.raises(RefusedError) as refused:
        actions.close(rep, conflict, Outcome.SETTLED, "", WHEN)
    assert refused.value.reason is Refusal.PROMISES
    agreements.settle_point(boss, conflict, points(conflict)[0].id, True, "", WHEN)
    agreements.settle_point(rep, conflict, points(conflict)[1].id, False, "No map yet", WHEN)
    assert told("broken") == {"boss"}
    actions.close(rep, conflict, Outcome.SETTLED, "Peace", WHEN)
    actions.reopen(rep, conflict, "He is back in the east", WHEN)
    assert (conflict.state, conflict.round, conflict.outcome) == (ConflictState.TALKING, 2, None)
    assert told("reopened") == {"colleague", "boss"}
    done = ["meet", "hold", "agree", "plan_visit", "follow_up", "follow_up", "keep", "break", "close", "reopen"]
    assert verbs(conflict) == [None, *done]
    assert audited() == ["open", *done]


def test_one_party_alone_agrees_with_nobody(known: dict[str, Any]) -> None:
    conflict, boss = cast.make_conflict([known["ours"]], known["rep"]), viewer(known, "boss")
    with pytest.raises(RefusedError) as refused:
        agreements.agree(boss, conflict, [Promise("x", SOON)], "", WHEN)
    assert refused.value.reason is Refusal.ALONE
    assert [actions.add_party(boss, conflict, known["theirs"], WHEN) for _tap in range(2)] == [True, False]
    assert told("opened") == {"boss", "colleague"}
    agreements.agree(boss, conflict, [Promise("x", SOON)], "", WHEN)
    assert conflict.state is ConflictState.AGREED


def test_given_to_somebody_else_the_promises_go_along(known: dict[str, Any]) -> None:
    conflict = agreed(known)
    with pytest.raises(RefusedError) as refused:
        actions.assign(viewer(known, "boss"), conflict, viewer(known, "stranger"), WHEN)
    assert refused.value.reason is Refusal.PARTY
    actions.assign(viewer(known, "boss"), conflict, viewer(known, "colleague"), WHEN)
    assert {point.owner_id for point in points(conflict)} == {known["colleague"].id}
    assert told("assigned") == {"colleague"}


def test_what_is_near_or_overdue_is_recalled_once(known: dict[str, Any]) -> None:
    conflict, day = agreed(known), timedelta(days=1)
    meetings.plan_meeting(viewer(known, "rep"), conflict, Sitting(SOON), WHEN)
    idle = cast.make_conflict([known["ours"]], known["rep"])
    assert reminders.remind(cast.NOW, cast.TODAY) == 0
    assert reminders.remind(cast.NOW, SOON - day) == 4, "two promises, a meeting, and one that nobody talked about"
    assert reminders.remind(cast.NOW, SOON - day) == 0
    assert (told("due"), told("meeting"), told("stalled")) == (
        {"rep", "colleague"},
        {"rep", "colleague"},
        {"rep", "boss"},
    )
    assert reminders.remind(cast.NOW, SOON + day) == 2
    assert told("overdue") == {"rep", "colleague", "boss"}
    assert idle.stalled_told
    later = sa.select(sa.func.count()).where(Notice.read_at.is_(None), Notice.kind == "conflicts.overdue")
    before = db.session.scalar(later) or 0
    theirs = next(point for point in points(conflict) if point.distributor_id)
    agreements.settle_point(viewer(known, "boss"), conflict, theirs.id, True, "", WHEN)
    assert db.session.scalar(later) == before - 3, "of this promise, not of the other one"


@pytest.mark.parametrize("statement", [sa.update(ConflictEntry).values(words="else"), sa.delete(ConflictEntry)])
def test_the_thread_only_grows(known: dict[str, Any], statement: Any) -> None:
    conflict = quarrel(known)
    db.session.commit()
    with pytest.raises(sa.exc.DBAPIError, match="only grows"):
        db.session.execute(statement)
    db.session.rollback()
    assert verbs(conflict) == [None]


def test_of_two_at_once_one_comes_through_and_the_other_is_told(app: Flask, known: dict[str, Any]) -> None:
    conflict = agreed(known)
    point = points(conflict)[1].id
    other = quarrel(known)
    db.session.commit()
    keys, boss = (conflict.id, other.id), viewer(known, "boss")
    both: list[tuple[Callable[[Conflict], Any], Callable[[Conflict], Any]]] = [
        (
            lambda row: agreements.settle_point(boss, row, point, True, "", WHEN),
            lambda row: agreements.settle_point(boss, row, point, False, "", WHEN),
        ),
        (
            lambda row: agreements.agree(boss, row, [Promise("a", SOON)], "", WHEN),
            lambda row: actions.drop(boss, row, "They have made up", WHEN),
        ),
    ]
    for key, acts in zip(keys, both, strict=True):
        gate = threading.Barrier(2)

        def run(act: Callable[[Conflict], Any], key: Any = key, gate: threading.Barrier = gate) -> bool:
            with app.app_context():
                begin_writing()
                gate.wait()
                try:
                    act(db.session.get_one(Conflict, key))
                    db.session.commit()
                except RefusedError:
                    db.session.rollback()
                    return False
                return True

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(run, acts)) == [False, True]
    db.session.rollback()
    db.session.expire_all()
    states = sa.select(ConflictPoint.state).where(ConflictPoint.id == point)
    assert db.session.scalar(states) is not PointState.OPEN
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ConflictFollowUp)) == 0
