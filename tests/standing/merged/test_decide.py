"""A person decides: who may, what becomes of groups, and two at the same moment; on both databases."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldapp.core.db import db
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import Role, User
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.people.audit.models import AuditEntry
from fieldapp.standing.merged import actions
from fieldapp.standing.merged.actions import MovedError, NotYoursError, Pair
from fieldapp.standing.merged.models import MergedEntry, MergedGroup, MergedMember, MergedPair
from fieldapp.standing.merged.rules import State, Verb
from tests import cast

EVIDENCE = [{"kind": "phone", "key": "aa", "holders": 2, "points": 50, "facts": {}}]


def make_pair(one: Distributor, other: Distributor, **values: Any) -> Pair:
    """An open suspicion: the two have a phone in common."""
    first, second = sorted((one, other), key=lambda row: row.id)
    row = MergedPair(
        one_id=first.id,
        other_id=second.id,
        **{
            "score": 50,
            "kinds": ",phone,",
            "evidence": EVIDENCE,
            "state": State.OPEN,
            "found_at": cast.NOW,
            "changed_at": cast.NOW,
            **values,
        },
    )
    return Pair(cast.add(row), first, second)


def groups() -> set[frozenset[str]]:
    """The groups by their members' codes."""
    found: dict[UUID, set[str]] = {}
    rows = sa.select(MergedMember.group_id, Distributor.code).join(Distributor)
    for group, code in db.session.execute(rows):
        found.setdefault(group, set()).add(code)
    return set(map(frozenset, found.values()))


def decide(user: User, pair: Pair, verb: Verb, seen: State = State.OPEN) -> State:
    return actions.decide(viewer_of(user), pair, verb, "They say so", seen, cast.NOW)


def test_confirmed_pairs_make_groups_and_undoing_parts_them(app: Flask, people: dict[str, User]) -> None:
    with app.app_context():
        a, b, c, d = (cast.make_distributor(f"D{n}") for n in range(1, 5))
        pairs = [make_pair(a, b), make_pair(c, d), make_pair(b, c)]
        boss = people["boss"]
        decide(boss, pairs[0], Verb.CONFIRM)
        decide(boss, pairs[1], Verb.CONFIRM)
        assert groups() == {frozenset({"D1", "D2"}), frozenset({"D3", "D4"})}
        first = db.session.scalars(sa.select(MergedMember.group_id).where(MergedMember.distributor_id == a.id)).one()
        decide(boss, pairs[2], Verb.CONFIRM)
        assert groups() == {frozenset({"D1", "D2", "D3", "D4"})}
        kept = db.session.scalars(sa.select(MergedGroup).where(MergedGroup.ended_at.is_(None))).one()
        assert (kept.id, kept.name) == (first, a.name), "the older one goes on"
        assert db.session.scalar(sa.select(sa.func.count()).select_from(MergedGroup)) == 2
        decide(boss, pairs[2], Verb.UNDO, State.CONFIRMED)
        assert groups() == {frozenset({"D1", "D2"}), frozenset({"D3", "D4"})}
        actions.leave(viewer_of(boss), a, [pairs[0]], "Sold", cast.NOW)
        assert groups() == {frozenset({"D3", "D4"})}
        verbs = db.session.scalars(sa.select(MergedEntry.verb).order_by(MergedEntry.id)).all()
        assert verbs == [Verb.CONFIRM] * 3 + [Verb.UNDO] * 2
        audited = db.session.scalars(sa.select(AuditEntry.action).where(AuditEntry.action.startswith("merged."))).all()
        assert sorted(audited) == ["merged.confirm"] * 3 + ["merged.undo"] * 2


def test_whom_a_pair_is_for(app: Flask, people: dict[str, User]) -> None:
    """A supervisor who covers both; an administrator only where there is none; never a rep."""
    with app.app_context():
        near, far = cast.make_distributor("D1"), cast.make_distributor("D2", "650102")
        within, across = make_pair(near, cast.make_distributor("D3", "420102")), make_pair(near, far)
        for who in ("rep", "stranger", "admin"):
            with pytest.raises(NotYoursError):
                decide(people[who], within, Verb.CONFIRM)
        with pytest.raises(NotYoursError):
            decide(people["boss"], across, Verb.CONFIRM)
        assert decide(people["admin"], across, Verb.WATCH) is State.WATCH
        assert decide(people["boss"], within, Verb.CONFIRM) is State.CONFIRMED


def test_a_dismissed_pair_remembers_with_what(app: Flask, people: dict[str, User]) -> None:
    with app.app_context():
        pair = make_pair(cast.make_distributor("D1"), cast.make_distributor("D2"), known=["payer:bb"])
        decide(people["boss"], pair, Verb.DISMISS)
        db.session.expire_all()
        assert (pair.row.state, pair.row.known) == (State.DISMISSED, ["payer:bb", "phone:aa"])
        for verb, seen in ((Verb.CONFIRM, State.OPEN), (Verb.UNDO, State.DISMISSED), (Verb.FADE, State.OPEN)):
            with pytest.raises(MovedError):
                decide(people["boss"], pair, verb, seen)
        decide(people["boss"], pair, Verb.RECONSIDER, State.DISMISSED)
        assert decide(people["boss"], pair, Verb.CONFIRM) is State.CONFIRMED


def test_what_was_entered_stays(app: Flask, people: dict[str, User]) -> None:
    with app.app_context():
        decide(people["boss"], make_pair(cast.make_distributor("D1"), cast.make_distributor("D2")), Verb.WATCH)
        db.session.commit()
        for change in (sa.update(MergedEntry).values(reason="x"), sa.delete(MergedEntry)):
            with pytest.raises(sa.exc.DBAPIError, match="only grows"):
                db.session.execute(change)
            db.session.rollback()


def at_once(app: Flask, *acts: Callable[[], Any]) -> list[Any]:
    """What each gives, or the error it raises; each in a transaction of its own, from the same moment on."""
    gate = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        with app.app_context():
            gate.wait()
            try:
                result = act()
                db.session.commit()
                return result
            except MovedError as error:
                db.session.rollback()
                return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_two_at_the_same_moment(app: Flask, people: dict[str, User]) -> None:
    """Of two who decide of one pair one wins; two who confirm neighbouring pairs put together one group."""
    with app.app_context():
        boss = viewer_of(people["boss"])
        deputy = viewer_of(cast.make_user("deputy", Role.SUPERVISOR, ["41"]))
        a, b, c, d = (cast.make_distributor(f"D{n}") for n in range(1, 5))
        pairs = [make_pair(a, b), make_pair(b, c), make_pair(c, d)]
        db.session.commit()

    def act(who: Any, pair: Pair, verb: Verb) -> Callable[[], State]:
        return lambda: actions.decide(who, pair, verb, "At once", State.OPEN, cast.NOW)

    answers = at_once(app, act(boss, pairs[0], Verb.CONFIRM), act(deputy, pairs[0], Verb.DISMISS))
    assert sum(isinstance(answer, MovedError) for answer in answers) == 1
    with app.app_context():
        if db.session.get_one(MergedPair, pairs[0].row.id).state is State.DISMISSED:
            actions.decide(boss, pairs[0], Verb.RECONSIDER, "", State.DISMISSED, cast.NOW)
            actions.decide(boss, pairs[0], Verb.CONFIRM, "", State.OPEN, cast.NOW)
            db.session.commit()
    answers = at_once(app, act(boss, pairs[1], Verb.CONFIRM), act(deputy, pairs[2], Verb.CONFIRM))
    assert answers == [State.CONFIRMED, State.CONFIRMED]
    with app.app_context():
        assert groups() == {frozenset({"D1", "D2", "D3", "D4"})}
