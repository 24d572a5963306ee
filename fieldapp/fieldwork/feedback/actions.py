"""Taking remarks down, answering them, telling the answer back, merging; each with its audit entry and its step.

Several people may act on one remark at the same moment: every verb ends in an UPDATE that holds only while the state is
still one it starts from. The audit never says what was said: people are spoken of in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5

import sqlalchemy as sa

from fieldapp.core import storage
from fieldapp.core.clock import When
from fieldapp.core.contents import Content
from fieldapp.core.db import UtcDateTime, db, insert_row, uuid7
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.queries import administrators, supervisors_of
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.audit.actions import record, record_each
from fieldapp.people.notices.actions import settle, tell
from fieldapp.people.worktime import policy as worktime
from fieldapp.people.worktime import rules as clocks

from . import index, notices, policy, queries
from .models import Remark, RemarkPhoto, RemarkStep
from .policy import Owner
from .rules import (
    EffectResult,
    Refusal,
    RemarkKind,
    RemarkState,
    StepKind,
    TellWay,
    Theme,
    Verb,
    plain,
    refusal,
    states_for,
)

SUBJECT = "remark"


class GoneError(LookupError):
    """The key belongs to a row of somebody else, or of another distributor."""


class RefusedError(ValueError):
    """It may not be done; `refusal` says why, `remark` is as it is now."""

    def __init__(self, against: Refusal, remark: Remark) -> None:
        super().__init__(against.value)
        self.refusal = against
        self.remark = remark


class NotAlikeError(ValueError):
    """The two remarks cannot be merged: it is one remark, or the other one was merged or closed."""


@dataclass(frozen=True, slots=True)
class Said:
    """What was said, and of a product effect the rest."""

    kind: RemarkKind
    text: str
    theme: Theme | None = None
    product_id: UUID | None = None
    batch: str = ""
    animal: str = ""
    head: int | None = None
    days: int | None = None
    result: EffectResult | None = None


# Taking down ------------------------------------------------------------------------------------------------------


def take_down(
    viewer: Viewer,
    *,
    key: UUID,
    distributor: Any,
    said: Said,
    when: When,
    visit_id: UUID | None = None,
    photo: Content | None = None,
) -> Remark:
    """Keep a remark of a distributor that the viewer has found, and give it to whoever answers its kind.

    Its clock begins when we hear of it: before that nobody could answer. The same key again is the same remark.
    Raises GoneError, storage.StorageError.
    """
    held = policy.on(when.today)
    owner = _owner_of(held, said.kind, distributor, viewer)
    made = insert_row(
        Remark,
        {
            "id": key,
            "distributor_id": distributor.id,
            "region_code": distributor.region_code,
            "visit_id": visit_id,
            "kind": said.kind,
            "theme": said.theme,
            "text": said.text,
            "product_id": said.product_id,
            "batch": said.batch,
            "animal": said.animal,
            "head": said.head,
            "days": said.days,
            "result": said.result,
            "made_by_id": viewer.id,
            "made_at": when.at,
            "recorded_at": when.now,
            "state": RemarkState.OPEN,
            "owner_id": owner,
            "due_at": _due(when.today, when.now, held.hours[said.kind]),
            "warned": 0,
            "answer": "",
            "told": "",
            "found_by": _found_by(said.text, said.batch, said.animal),
        },
        unless_taken=True,
    )
    remark = db.session.get(Remark, key, populate_existing=True)
    if remark is None or (remark.made_by_id, remark.distributor_id) != (viewer.id, distributor.id):
        raise GoneError
    if not made:
        return remark
    index.put(db.session.connection(), [(key, remark.found_by)])
    _step(remark, StepKind.MADE, viewer.id, when.now, to=owner)
    if photo is not None:
        _keep_photo(remark, photo)
    changes = {"distributor": [None, str(distributor.id)], "kind": [None, said.kind.value], "owner": [None, str(owner)]}
    record(viewer.id, "feedback.take_down", SUBJECT, key, when.now, changes)
    if owner != viewer.id:
        _tell([owner], notices.ROUTED, f"{key}:{owner}", remark, distributor.name, when.now)
    return remark


def _owner_of(held: policy.FeedbackPolicy, kind: RemarkKind, distributor: Any, viewer: Viewer) -> UUID:
    """Whoever the policy names; where there is no such person, the rep, a supervisor, an administrator, the maker."""
    rep = distributor.rep_id if distributor.rep_id is not None and _active(distributor.rep_id) else None
    bosses = [boss.id for boss in supervisors_of(distributor.region_code)]
    supervisor = bosses[0] if bosses else None
    named: UUID | None = None
    if held.owner[kind] is Owner.NAMED:
        key = held.named[kind].strip().casefold()
        named = db.session.scalar(sa.select(User.id).where(User.username_key == key, User.active))
    first = {Owner.REP: rep, Owner.SUPERVISOR: supervisor, Owner.NAMED: named}[held.owner[kind]]
    if found := first or rep or supervisor:
        return found
    admins = administrators()
    return admins[0].id if admins else viewer.id


def _active(user_id: UUID) -> bool:
    return db.session.scalar(sa.select(User.active).where(User.id == user_id)) is True


def _keep_photo(remark: Remark, content: Content) -> None:
    key, digest = uuid5(remark.id, "photo"), sha256(content.data).hexdigest()
    storage.keep(key, digest, content.data)
    try:
        db.session.add(
            RemarkPhoto(id=key, remark_id=remark.id, taken_at=remark.made_at, sha256=digest, size=len(content.data))
        )
        db.session.flush()
    except BaseException:
        db.session.rollback()
        storage.discard(key, digest)
        raise


def _found_by(*texts: str) -> str:
    return "\n".join(plain(text) for text in texts if text)


def _due(today: date, start: datetime, hours: int) -> datetime:
    return clocks.after(worktime.on(today), start, hours)


# Answering and telling --------------------------------------------------------------------------------------------


def hand_over(viewer: Viewer, remark: Remark, to: UUID, words: str, now: datetime) -> None:
    """Somebody else answers from now on, by the same time; `to` is one of queries.receivers. Raises RefusedError."""
    before = remark.owner_id
    _check(viewer, remark, Verb.HAND_OVER)
    _move(viewer, remark, Verb.HAND_OVER, {"owner_id": to})
    db.session.execute(
        sa.update(Remark)
        .where(Remark.merged_into_id == remark.id, Remark.state != RemarkState.CLOSED)
        .values(owner_id=to)
        .execution_options(synchronize_session=False)
    )
    _step(remark, StepKind.HANDED_OVER, viewer.id, now, words, to)
    record(viewer.id, "feedback.hand_over", SUBJECT, remark.id, now, {"owner": [str(before), str(to)]})
    if to != viewer.id:
        _tell([to], notices.ROUTED, f"{remark.id}:{to}:{now.isoformat()}", remark, _name(remark), now)


def pass_on(by: UUID, keys: Sequence[UUID], to: UUID, words: str, now: datetime) -> list[UUID]:
    """Remarks that are not closed are answered by somebody else, by the same time; those that moved, with what was
    merged into them. A merged one goes with the one that was kept, and not without it.

    A hand-over of a patch: who arranged it may decide there, so nobody's part is asked. He is told of them all at once
    by the caller.
    """
    kept = Remark.id.in_(keys), Remark.merged_into_id.is_(None)
    moved = _pass_on(kept, to)
    moved |= _pass_on((Remark.merged_into_id.in_(list(moved)),), to)
    for key in moved:
        _step_of(key, StepKind.HANDED_OVER, by, now, words, to)
    changes = [(key, {"owner": [str(before), str(to)]}) for key, before in moved.items()]
    record_each(by, "feedback.hand_over", SUBJECT, now, changes)
    return list(moved)


def _pass_on(which: Sequence[sa.ColumnElement[bool]], to: UUID) -> dict[UUID, UUID]:
    """{remark: who answered it until now} of those that are not closed."""
    still = sa.select(Remark.id, Remark.owner_id).where(*which, Remark.state != RemarkState.CLOSED)
    before = dict(db.session.execute(still.order_by(Remark.id).with_for_update()).tuples().all())
    moved = sa.update(Remark).where(Remark.id.in_(list(before))).values(owner_id=to)
    db.session.execute(moved.execution_options(synchronize_session=False))
    return before


def answer(viewer: Viewer, remark: Remark, words: str, now: datetime, today: date) -> None:
    """What we say; what was merged into it is answered by the same. From now on the customer is to be told.

    An answer to an answered remark takes the place of the first. Raises RefusedError.
    """
    _check(viewer, remark, Verb.ANSWER)
    before = remark.state
    due = _due(today, now, policy.on(today).tell_hours)
    values: dict[str, Any] = {"answer": words, "answered_by_id": viewer.id, "due_at": due, "warned": 0}
    values["answered_at"] = sa.func.coalesce(Remark.answered_at, sa.literal(now, UtcDateTime()))
    values["state"] = RemarkState.ANSWERED
    _move(viewer, remark, Verb.ANSWER, values)
    followers = db.session.scalars(
        sa.update(Remark)
        .where(Remark.merged_into_id == remark.id, Remark.state.in_(states_for(Verb.ANSWER)))
        .values(**values)
        .execution_options(synchronize_session=False)
        .returning(Remark.id)
    ).all()
    for key in (remark.id, *followers):
        _step_of(key, StepKind.ANSWERED, viewer.id, now, words)
    for one in (remark, *(db.session.get_one(Remark, key, populate_existing=True) for key in followers)):
        settle((notices.ROUTED, notices.OVERDUE, notices.ESCALATED), _path(one), now)
        if one.made_by_id != viewer.id:
            _tell([one.made_by_id], notices.ANSWERED, f"{one.id}:{now.isoformat()}", one, _name(one), now)
    changes = {"state": [before.value, RemarkState.ANSWERED.value], "merged": [None, len(followers)]}
    record(viewer.id, "feedback.answer", SUBJECT, remark.id, now, changes)


def tell_back(viewer: Viewer, remark: Remark, how: TellWay, words: str, now: datetime) -> None:
    """The customer was told; with this a remark is closed, and by nothing else. Raises RefusedError."""
    _check(viewer, remark, Verb.TELL)
    values = {
        "state": RemarkState.CLOSED,
        "told": words,
        "told_how": how,
        "told_by_id": viewer.id,
        "told_at": now,
    }
    _move(viewer, remark, Verb.TELL, values)
    _step(remark, StepKind.TOLD, viewer.id, now, words)
    settle((notices.ANSWERED, notices.OVERDUE, notices.ESCALATED), _path(remark), now)
    changes = {"state": [RemarkState.ANSWERED.value, RemarkState.CLOSED.value], "how": [None, how.value]}
    record(viewer.id, "feedback.tell_back", SUBJECT, remark.id, now, changes)


def reopen(viewer: Viewer, remark: Remark, reason: str, now: datetime, today: date) -> None:
    """The customer is not content: it is answered anew, within the hours of its kind. Raises RefusedError."""
    _check(viewer, remark, Verb.REOPEN)
    values = {
        "state": RemarkState.OPEN,
        "due_at": _due(today, now, policy.on(today).hours[remark.kind]),
        "warned": 0,
        "told_at": None,
        "told_by_id": None,
        "told_how": None,
        "told": "",
    }
    _move(viewer, remark, Verb.REOPEN, values)
    _step(remark, StepKind.REOPENED, viewer.id, now, reason)
    changes = {"state": [RemarkState.CLOSED.value, RemarkState.OPEN.value]}
    record(viewer.id, "feedback.reopen", SUBJECT, remark.id, now, changes)
    if remark.owner_id != viewer.id:
        about = f"{remark.id}:{remark.owner_id}:{now.isoformat()}"
        _tell([remark.owner_id], notices.ROUTED, about, remark, _name(remark), now)


# Merging ----------------------------------------------------------------------------------------------------------


def merge(viewer: Viewer, remark: Remark, kept: Remark, now: datetime) -> None:
    """A remark follows another one that says the same, with all that follows it; both texts stay.

    It takes over owner, due time and answer; each customer is still told on his own. Both were found through the
    viewer. Raises RefusedError, NotAlikeError.
    """
    if remark.id == kept.id:
        raise NotAlikeError
    # In the order of their keys, so that two who merge the same pair crosswise do not wait for each other for ever.
    for key in sorted((remark.id, kept.id)):
        db.session.execute(sa.select(Remark.id).where(Remark.id == key).with_for_update())
    db.session.refresh(remark)
    db.session.refresh(kept)
    _check(viewer, remark, Verb.MERGE)
    if kept.merged_into_id is not None or kept.state is RemarkState.CLOSED:
        raise NotAlikeError
    follows: dict[str, Any] = {
        "merged_into_id": kept.id,
        "owner_id": kept.owner_id,
        "due_at": kept.due_at,
        "warned": kept.warned,
        "state": kept.state,
        "answer": kept.answer,
        "answered_by_id": kept.answered_by_id,
        "answered_at": kept.answered_at,
    }
    _move(viewer, remark, Verb.MERGE, follows)
    db.session.execute(
        sa.update(Remark)
        .where(Remark.merged_into_id == remark.id, Remark.state != RemarkState.CLOSED)
        .values(**follows)
        .execution_options(synchronize_session=False)
    )
    # Whose customer was told already stays as it is, and hangs on the one that was kept.
    db.session.execute(
        sa.update(Remark)
        .where(Remark.merged_into_id == remark.id)
        .values(merged_into_id=kept.id)
        .execution_options(synchronize_session=False)
    )
    _step(remark, StepKind.MERGED, viewer.id, now)
    settle((notices.ROUTED, notices.OVERDUE, notices.ESCALATED), _path(remark), now)
    record(viewer.id, "feedback.merge", SUBJECT, remark.id, now, {"merged_into": [None, str(kept.id)]})


def separate(viewer: Viewer, remark: Remark, now: datetime, today: date) -> None:
    """Undo a merging: the remark is answered on its own again, within the hours of its kind. Raises RefusedError."""
    before = remark.merged_into_id
    _check(viewer, remark, Verb.SEPARATE)
    values = {
        "merged_into_id": None,
        "state": RemarkState.OPEN,
        "answer": "",
        "answered_by_id": None,
        "answered_at": None,
        "due_at": _due(today, now, policy.on(today).hours[remark.kind]),
        "warned": 0,
    }
    _move(viewer, remark, Verb.SEPARATE, values)
    _step(remark, StepKind.SEPARATED, viewer.id, now)
    record(viewer.id, "feedback.separate", SUBJECT, remark.id, now, {"merged_into": [str(before), None]})


# What time brings -------------------------------------------------------------------------------------------------

CHUNK = 200


def warn_of_overdue(now: datetime, today: date) -> int:
    """Tell owners of what is overdue, and the supervisors of what has been so for longer; each once for a due time.

    A remark that was merged is spoken of with the one that was kept while it is open; then its own customer waits.
    """
    late = sa.select(Remark).where(
        Remark.state != RemarkState.CLOSED,
        Remark.due_at < now,
        Remark.warned < 2,
        sa.or_(Remark.merged_into_id.is_(None), Remark.state == RemarkState.ANSWERED),
    )
    hours = policy.on(today).escalate_hours
    calendar = worktime.on(today)
    done = 0
    for remark in db.session.scalars(late.order_by(Remark.due_at, Remark.id).limit(CHUNK * 5)).all():
        far = clocks.after(calendar, remark.due_at, hours) < now
        level = 2 if far else 1
        if remark.warned >= level or not _raise_to(remark, level):
            continue
        done += 1
        name = _name(remark)
        if level == 1 or remark.warned == 0:
            _tell([remark.owner_id], notices.OVERDUE, f"{remark.id}:{remark.due_at.isoformat()}", remark, name, now)
            _step(remark, StepKind.OVERDUE, None, now)
        if level == 2:
            bosses = [boss.id for boss in supervisors_of(remark.region_code) if boss.id != remark.owner_id]
            bosses = bosses or [admin.id for admin in administrators()]
            _tell(bosses, notices.ESCALATED, f"{remark.id}:{remark.due_at.isoformat()}", remark, name, now)
            _step(remark, StepKind.ESCALATED, None, now)
    return done


def _raise_to(remark: Remark, level: int) -> bool:
    """Of two chores at once one comes through; `remark` keeps the level that it had."""
    raised = db.session.execute(
        sa.update(Remark)
        .where(Remark.id == remark.id, Remark.warned < level, Remark.due_at == remark.due_at)
        .where(Remark.state == remark.state)
        .values(warned=level)
        .execution_options(synchronize_session=False)
        .returning(Remark.id)
    ).first()
    return raised is not None


# What they share --------------------------------------------------------------------------------------------------


def _check(viewer: Viewer, remark: Remark, verb: Verb) -> None:
    merged = remark.merged_into_id is not None
    against = refusal(remark.state, verb, queries.parts_of(viewer, remark), merged=merged)
    if against is not None:
        raise RefusedError(against, remark)


def _move(viewer: Viewer, remark: Remark, verb: Verb, values: dict[str, Any]) -> None:
    """Change the row, if it still is what was looked at; RefusedError otherwise, with the row as it is now."""
    merged = (
        Remark.merged_into_id.is_not(None) if remark.merged_into_id is not None else Remark.merged_into_id.is_(None)
    )
    moved = db.session.execute(
        sa.update(Remark)
        .where(Remark.id == remark.id, Remark.state.in_(states_for(verb)), merged)
        .values(**values)
        .execution_options(synchronize_session=False)
        .returning(Remark.id)
    ).first()
    db.session.refresh(remark)
    if moved is None:
        _check(viewer, remark, verb)
        raise RefusedError(Refusal.MERGED if remark.merged_into_id is not None else Refusal.NOT_MERGED, remark)


def _step(
    remark: Remark, step: StepKind, by: UUID | None, at: datetime, words: str = "", to: UUID | None = None
) -> None:
    _step_of(remark.id, step, by, at, words, to)


def _step_of(key: UUID, step: StepKind, by: UUID | None, at: datetime, words: str = "", to: UUID | None = None) -> None:
    values = {"remark_id": key, "step": step, "text": words, "made_by_id": by, "to_id": to, "made_at": at}
    insert_row(RemarkStep, {"id": uuid7(), **values})


def _tell(users: list[UUID], kind: str, about: str, remark: Remark, name: str, now: datetime) -> None:
    values = {"kind": remark.kind.value, "distributor": name}
    tell(users, kind, about, values, _path(remark), now)


def _path(remark: Remark) -> str:
    return f"/feedback/{remark.id}"


def _name(remark: Remark) -> str:
    return db.session.scalar(sa.select(Distributor.name).where(Distributor.id == remark.distributor_id)) or ""
