"""Opening a ticket, moving it, its photos, its lesson; each with an entry in the thread and one in the audit.

Two people may act on one ticket at the same moment: every move ends in an UPDATE that holds only while state and round
are still those it starts from, and the number of changed rows says who was first. The audit says what was done and
never what was told: a story names people.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, partial
from hashlib import sha256
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core import storage
from fieldapp.core.clock import When
from fieldapp.core.contents import Content
from fieldapp.core.db import db, insert_into, insert_row, uuid7
from fieldapp.fieldwork.visits.models import Visit
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import Role
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.audit.actions import changed, record, record_each
from fieldapp.people.notices.actions import settle, tell
from fieldapp.people.worktime import policy as worktime
from fieldapp.people.worktime.rules import after

from . import alarms, policy, told
from .models import Lesson, Remedy, Ticket, TicketCounter, TicketEntry, TicketPhoto
from .rules import (
    OPEN,
    Actor,
    Facts,
    Refusal,
    RemedyKind,
    RootCause,
    Severity,
    TicketKind,
    TicketState,
    TicketVerb,
    batch_key,
    content,
    decide,
    level,
    severity_of,
)

SUBJECT = "ticket"
_SAID = ("solved", "satisfaction")  # a customer's answers: the thread has them, the audit does not
MOST_PHOTOS = 12
STORY_LENGTH = 4000
WISH_LENGTH = WORDS_LENGTH = 1000
BATCH_LENGTH = 64
CAPTION_LENGTH = 200
WAITED = timedelta(minutes=5)  # written without a signal, if we hear of it later than this


class GoneError(LookupError):
    """The key belongs to a row of somebody else, or of another ticket."""


class RefusedError(ValueError):
    """The move is not in the table for this viewer now; `reason` says why, `ticket` how it stands."""

    def __init__(self, reason: Refusal, ticket: Ticket) -> None:
        super().__init__(reason.value)
        self.reason, self.ticket = reason, ticket


class TooMuchError(ValueError):
    """Less must be less than what was proposed; `amount`: that, in fen."""

    def __init__(self, amount: int) -> None:
        super().__init__(str(amount))
        self.amount = amount


class TooManyError(ValueError):
    """A ticket holds no more photos."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is told when a ticket is opened. The keys are of rows that the caller has found through the viewer."""

    kind: TicketKind
    severity: Severity
    story: str
    wish: str = ""
    dangerous: bool = False
    product_id: UUID | None = None
    batch: str = ""
    invoice_id: UUID | None = None
    outlet_id: UUID | None = None
    farm_id: UUID | None = None
    survey_id: UUID | None = None
    remark_id: UUID | None = None
    visit_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """How to put it right: `amount` in fen, 0 without money."""

    kind: RemedyKind
    amount: int
    by_day: date
    words: str


# Opening ---------------------------------------------------------------------------------------------------------


def open_ticket(viewer: Viewer, *, key: UUID, distributor: Any, complaint: Complaint, when: When) -> Ticket:
    """Open a ticket at a distributor that the viewer has found. The same key again is the same ticket.

    Its clocks run in working hours from when it arrived. A dangerous product is severe, and told at once to the
    supervisors of the distributor and of every known buyer of the batch, and to the administrators. Raises GoneError.
    """
    there = db.session.get(Ticket, key, populate_existing=True)
    if there is not None:
        if (there.made_by_id, there.distributor_id) != (viewer.id, distributor.id):
            raise GoneError
        return there
    dangerous = complaint.dangerous or complaint.kind is TicketKind.ANIMALS
    severity = severity_of(complaint.kind, complaint.severity, dangerous)
    first, solve = policy.on(when.today).hours[severity]
    calendar = worktime.on(when.today)
    values = {
        "id": key,
        "number": _next_number(),
        "distributor_id": distributor.id,
        "region_code": distributor.region_code,
        "outlet_id": complaint.outlet_id,
        "farm_id": complaint.farm_id,
        "survey_id": complaint.survey_id,
        "remark_id": complaint.remark_id,
        "visit_id": _visit(viewer, complaint.visit_id),
        "kind": complaint.kind,
        "severity": severity,
        "dangerous": dangerous,
        "product_id": complaint.product_id,
        "batch": complaint.batch.strip(),
        "batch_key": batch_key(complaint.batch),
        "invoice_id": complaint.invoice_id,
        "story": complaint.story,
        "wish": complaint.wish,
        "rep_id": viewer.id,
        "made_by_id": viewer.id,
        "made_at": min(when.at, when.now),
        "recorded_at": when.now,
        "first_due_at": after(calendar, when.now, first),
        "solve_due_at": after(calendar, when.now, solve),
    }
    made = insert_row(Ticket, values, unless_taken=True)
    ticket = db.session.get(Ticket, key, populate_existing=True)
    if ticket is None or ticket.made_by_id != viewer.id:
        raise GoneError
    if made:
        _enter(ticket, None, viewer.id, when.now)
        changes = {"state": [None, ticket.state.value], "kind": [None, ticket.kind.value]}
        record(viewer.id, "remediation.open", SUBJECT, key, when.now, {**changes, "severity": [None, severity.value]})
        if dangerous:
            _warn(ticket, when.now)
        else:
            _tell(ticket, "reported", _nearest(ticket, but=[viewer.id]), when.now)
    return ticket


def _next_number() -> int:
    statement = insert_into(TicketCounter).values(id=1, last=1)
    statement = statement.on_conflict_do_update(index_elements=["id"], set_={"last": TicketCounter.last + 1})
    return int(db.session.execute(statement.returning(TicketCounter.last)).scalar_one())


def _visit(viewer: Viewer, visit_id: UUID | None) -> UUID | None:
    """The visit, if it is one of the viewer's: one that never arrived must not keep its complaint away."""
    if visit_id is None:
        return None
    return db.session.scalar(sa.select(Visit.id).where(Visit.id == visit_id, Visit.rep_id == viewer.id))


def _warn(ticket: Ticket, now: datetime) -> None:
    regions = set(_regions(ticket))
    if ticket.product_id is not None and ticket.batch_key:
        regions |= alarms.regions_of(ticket.product_id, ticket.batch_key)
    people = [user for users in told.supervisors(regions) for user in users]
    _tell(ticket, "dangerous", [*people, *told.administrators()], now, urgent=True)


# Moving ----------------------------------------------------------------------------------------------------------


def facts_of(viewer: Viewer, ticket: Ticket, remedy: Remedy | None, today: date, amount: int | None = None) -> Facts:
    """What the table asks of a viewer and a ticket. `amount`: fen to be approved instead of what was proposed.

    What was approved in earlier rounds counts too: a remedy in instalments is approved as high as one.
    """
    asked = remedy.amount if remedy is not None else 0
    earlier = approved_before(ticket)
    limits = policy.on(today).limits
    return Facts(
        Actor(viewer.role.value),
        viewer.covers(region_now(ticket)),
        remedy is not None and remedy.proposed_by_id == viewer.id,
        remedy is not None and remedy.first_by_id == viewer.id,
        level(earlier + (asked if amount is None else amount), ticket.severity, limits),
        ticket.answered_at is not None,
    )


def approved_before(ticket: Ticket) -> int:
    """What was approved for it in earlier rounds, in fen."""
    if ticket.round == 1:
        return 0
    earlier = sa.select(sa.func.sum(Remedy.amount)).where(Remedy.ticket_id == ticket.id, Remedy.approved.is_(True))
    return int(db.session.scalar(earlier.where(Remedy.round < ticket.round)) or 0)


def region_now(ticket: Ticket) -> str | None:
    """Where the distributor lies now: it may have moved since the ticket was opened."""
    return db.session.scalar(sa.select(Distributor.region_code).where(Distributor.id == ticket.distributor_id))


def latest_remedy(ticket: Ticket) -> Remedy | None:
    """The remedy of the ticket's round that counts: the one proposed last."""
    return db.session.scalar(
        sa.select(Remedy)
        .where(Remedy.ticket_id == ticket.id, Remedy.round == ticket.round)
        .order_by(Remedy.proposed_at.desc(), Remedy.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )


def propose(viewer: Viewer, ticket: Ticket, proposal: Proposal, when: When) -> Remedy:
    """Propose a remedy; the supervisors nearest to it are told. Raises RefusedError."""
    after_it = _allowed(viewer, ticket, TicketVerb.PROPOSE, latest_remedy(ticket), when)
    _move(ticket, after_it, {"rep_id": _handler(viewer, ticket)})
    remedy = Remedy(
        id=uuid7(),
        ticket_id=ticket.id,
        round=ticket.round,
        kind=proposal.kind,
        amount=proposal.amount,
        asked=proposal.amount,
        by_day=proposal.by_day,
        words=proposal.words,
        proposed_by_id=viewer.id,
        proposed_at=when.now,
    )
    db.session.add(remedy)
    db.session.flush()
    values = {"kind": proposal.kind.value, "amount": proposal.amount, "by": proposal.by_day.isoformat()}
    _done(viewer, ticket, TicketVerb.PROPOSE, when, words=proposal.words, values=values)
    _tell(ticket, "proposed", _nearest(ticket, but=[viewer.id]), when.now, about=f"{remedy.id}")
    return remedy


def approve(
    viewer: Viewer, ticket: Ticket, words: str, when: When, *, seen: UUID | None, less: int | None = None
) -> None:
    """Approve the remedy that waits, or `less` fen of it. The second approval may be needed still.

    `seen`: the remedy that he looked at. Raises RefusedError, TooMuchError.
    """
    verb = TicketVerb.APPROVE if less is None else TicketVerb.APPROVE_LESS
    was = ticket.state
    remedy, after_it = _waiting(viewer, ticket, verb, when, seen, less)
    if less is not None and not 0 <= less < remedy.amount:
        raise TooMuchError(remedy.amount)
    _move(ticket, after_it, {})
    values: dict[str, Any] = {"amount": remedy.amount if less is None else less}
    if was is TicketState.PROPOSED:
        values |= {"first_by_id": viewer.id, "first_at": when.now}
    else:
        values |= {"second_by_id": viewer.id}
    if after_it is TicketState.APPROVED:
        values |= {"approved": True, "decided_at": when.now}
    _set(remedy, values)
    _done(viewer, ticket, verb, when, words=words, values={"amount": remedy.amount})
    if after_it is TicketState.SECOND:
        others = _nearest(ticket, but=[viewer.id, remedy.proposed_by_id])
        facts = facts_of(viewer, ticket, remedy, when.today)
        people = told.administrators() if facts.level > 2 or not others else others
        _tell(ticket, "proposed", people, when.now, about=f"{remedy.id}:2")
    else:
        _tell(ticket, "decided", [ticket.rep_id, remedy.proposed_by_id], when.now, about=f"{remedy.id}")


def turn_down(viewer: Viewer, ticket: Ticket, verb: TicketVerb, words: str, when: When, *, seen: UUID | None) -> None:
    """Return the remedy with a question, or decline it with a reason. `seen`: the one he looked at.

    Raises RefusedError.
    """
    remedy, after_it = _waiting(viewer, ticket, verb, when, seen)
    _move(ticket, after_it, {})
    _set(remedy, {"decided_at": when.now})
    _done(viewer, ticket, verb, when, words=words)
    kind = "returned" if verb is TicketVerb.RETURN else "decided"
    _tell(ticket, kind, [ticket.rep_id, remedy.proposed_by_id], when.now, about=f"{remedy.id}")


def _waiting(
    viewer: Viewer, ticket: Ticket, verb: TicketVerb, when: When, seen: UUID | None, less: int | None = None
) -> tuple[Remedy, TicketState]:
    """The remedy that waits, which must be the one that the decider saw, and the state after the verb.

    The ticket is locked first: between the look at its remedy and the move nobody proposes another.
    """
    db.session.execute(sa.select(Ticket.id).where(Ticket.id == ticket.id).with_for_update())
    remedy = latest_remedy(ticket)
    after_it = _allowed(viewer, ticket, verb, remedy, when, less)
    if remedy is None:
        raise RefusedError(Refusal.STATE, ticket)
    if remedy.id != seen:
        raise RefusedError(Refusal.ANEW, ticket)
    return remedy, after_it


def advance(
    viewer: Viewer,
    ticket: Ticket,
    verb: TicketVerb,
    words: str,
    when: When,
    *,
    key: UUID | None = None,
    photo: Content | None = None,
) -> None:
    """Answer the customer, start, a step, carry out, ask again, withdraw, comment; `photo`: the proof of it.

    The same `key` again changes nothing. Raises RefusedError, GoneError, TooManyError, storage.StorageError.
    """
    if _there(ticket, key):
        return
    after_it = _allowed(viewer, ticket, verb, latest_remedy(ticket), when)
    if photo is not None:
        _check_room(ticket)
    values: dict[str, Any] = {}
    if verb is TicketVerb.ANSWER or (verb is TicketVerb.CARRY_OUT and ticket.answered_at is None):
        # Who has his remedy has his answer. It may have been given before we heard of it, but not before the ticket
        # was here: its clocks began then.
        values["answered_at"] = max(min(when.at, when.now), ticket.recorded_at)
    if verb not in (TicketVerb.COMMENT, TicketVerb.WITHDRAW):
        values["rep_id"] = _handler(viewer, ticket)
    _move(ticket, after_it, values, answered=verb is TicketVerb.ANSWER)
    photo_id = uuid7()
    shown = {} if photo is None else {"photo": str(photo_id)}
    _done(viewer, ticket, verb, when, words=words, values=shown, key=key)
    if photo is not None:
        _store(viewer, ticket, photo_id, photo, words[:CAPTION_LENGTH], when)


def hear(
    viewer: Viewer | None,
    ticket: Ticket,
    solved: str,
    satisfaction: int,
    when: When,
    words: str = "",
    *,
    key: UUID | None = None,
    how: Mapping[str, Any] | None = None,
) -> TicketState:
    """What the customer says of a remedy that was carried out; `viewer` None: he said it himself. The state after it.

    `solved`: yes, partly or no; `satisfaction`: 1 to 5; `how`: what the thread keeps besides. The same `key` again
    changes nothing. Raises RefusedError, GoneError.
    """
    if _there(ticket, key):
        return ticket.state
    verb = TicketVerb.SATISFIED if content(solved, satisfaction) else TicketVerb.DISSATISFIED
    after_it = _allowed(viewer, ticket, verb, None, when)
    if verb is TicketVerb.SATISFIED:
        _move(ticket, after_it, {"solved_at": when.now})
    else:
        # What was promised to him has not been kept: the clock for solving runs anew, and escalates anew.
        hours = policy.on(when.today).hours[ticket.severity][1]
        due = after(worktime.on(when.today), when.now, hours)
        values = {"round": ticket.round + 1, "solved_at": None, "solve_due_at": due, "solve_told": 0}
        _move(ticket, after_it, values)
    answers = {"solved": solved, "satisfaction": satisfaction, "round": ticket.round, **(how or {})}
    _done(viewer, ticket, verb, when, words=words, values=answers, key=key)
    if verb is TicketVerb.DISSATISFIED:
        _tell(ticket, "reopened", [ticket.rep_id, *_nearest(ticket)], when.now, about=f"{ticket.id}:{ticket.round}")
    return ticket.state


def close(viewer: Viewer, ticket: Ticket, cause: RootCause, words: str, standing: bool, when: When) -> None:
    """Close it with what it taught. Raises RefusedError."""
    after_it = _allowed(viewer, ticket, TicketVerb.CLOSE, None, when)
    _move(ticket, after_it, {})
    lesson = {
        "ticket_id": ticket.id,
        "kind": ticket.kind,
        "product_id": ticket.product_id,
        "cause": cause,
        "words": words,
        "standing": standing,
        "by_id": viewer.id,
        "at": when.now,
    }
    insert_row(Lesson, lesson)
    values = {"cause": cause.value, "standing": standing}
    _done(viewer, ticket, TicketVerb.CLOSE, when, words=words, values=values)


# Handing on ------------------------------------------------------------------------------------------------------


def pass_on(
    by: UUID,
    keys: Sequence[UUID],
    to: Mapping[str, Any],
    told_why: tuple[str, Mapping[str, Any]],
    now: datetime,
) -> list[UUID]:
    """Open tickets get another rep, or another distributor with its region, outlet and farm: `to`, by attribute; what
    happened so far stays theirs. `told_why`: the words and values of the entry in each thread. Those that moved: who
    has ended one meanwhile keeps it.
    """
    columns = [getattr(Ticket, name) for name in to]
    still = sa.select(Ticket.id, Ticket.state, *columns).where(Ticket.id.in_(keys), Ticket.state.in_(OPEN))
    moved = db.session.execute(still.order_by(Ticket.id).with_for_update()).all()
    passed = sa.update(Ticket).where(Ticket.id.in_([row.id for row in moved])).values(**to)
    db.session.execute(passed.execution_options(synchronize_session=False))
    words, values = told_why
    for key, state, *_before in moved:
        held = {"state": state.value, **values}
        row = {"ticket_id": key, "verb": TicketVerb.COMMENT, "words": words, "values": held, "by_id": by, "at": now}
        insert_row(TicketEntry, row)
    record_each(by, "remediation.pass_on", SUBJECT, now, [(row.id, changed(row, to)) for row in moved])
    return [row.id for row in moved]


# Photos ----------------------------------------------------------------------------------------------------------


def keep_photo(viewer: Viewer, ticket: Ticket, *, key: UUID, content: Content, caption: str, when: When) -> TicketPhoto:
    """Keep a photo of a ticket that the viewer has found: its content first, then its row. The same key again is the
    same photo. Raises GoneError, TooManyError, RefusedError, storage.StorageError.
    """
    there = db.session.get(TicketPhoto, key, populate_existing=True)
    if there is not None:
        if there.ticket_id != ticket.id:
            raise GoneError
        return there
    _allowed(viewer, ticket, TicketVerb.COMMENT, None, when)
    _check_room(ticket)
    _enter(ticket, TicketVerb.COMMENT, viewer.id, when.now, caption, {"photo": str(key)})
    return _store(viewer, ticket, key, content, caption, when)


def _check_room(ticket: Ticket) -> None:
    held = sa.select(sa.func.count()).where(TicketPhoto.ticket_id == ticket.id)
    if (db.session.scalar(held) or 0) >= MOST_PHOTOS:
        raise TooManyError


def _store(viewer: Viewer, ticket: Ticket, key: UUID, content: Content, caption: str, when: When) -> TicketPhoto:
    digest = sha256(content.data).hexdigest()
    row = TicketPhoto(
        id=key,
        ticket_id=ticket.id,
        by_id=viewer.id,
        caption=caption,
        at=when.now,
        sha256=digest,
        size=len(content.data),
    )
    storage.keep(key, digest, content.data)
    try:
        db.session.add(row)
        db.session.flush()
        record(viewer.id, "remediation.photo", SUBJECT, ticket.id, when.now, {f"photos/{key}": [None, "photo"]})
    except BaseException:
        db.session.rollback()
        storage.discard(key, digest)
        raise
    return row


# Late ------------------------------------------------------------------------------------------------------------


def escalate(now: datetime, today: date) -> int:
    """Tell the next supervisor of every clock that has run out; how many were escalated.

    The first level is told at once; each further one when as many working hours as the policy gives for a first answer
    have gone by again. Each is told once for a clock of a round.
    """
    held, calendar = policy.on(today), worktime.on(today)
    levels = cache(_levels)  # asked for each region once, however many are late there
    count = 0
    for clock in ("first", "solve"):
        for ticket in _late(clock, now):
            step = held.hours[ticket.severity][0]
            count += _escalate(ticket, clock, now, levels(region_now(ticket)), partial(after, calendar), step)
    return count


def _levels(region: str | None) -> list[list[UUID]]:
    """Who is told one after the other: supervisors from the smallest patch to the widest, then the administrators."""
    found = [*told.supervisors([region] if region else []), told.administrators()]
    return [users for users in found if users]


def _late(clock: str, now: datetime) -> list[Ticket]:
    open_ones = [state for state in TicketState if decide(state, TicketVerb.ESCALATE, Facts(Actor.SYSTEM)) is state]
    due = Ticket.first_due_at if clock == "first" else Ticket.solve_due_at
    late = sa.select(Ticket).where(Ticket.state.in_(open_ones), due <= now)
    if clock == "first":
        late = late.where(Ticket.answered_at.is_(None))
    locked = late.order_by(Ticket.id).with_for_update(skip_locked=True).execution_options(populate_existing=True)
    return list(db.session.scalars(locked))


def _escalate(
    ticket: Ticket,
    clock: str,
    now: datetime,
    levels: list[list[UUID]],
    later: Callable[[datetime, int], datetime],
    step: int,
) -> bool:
    """`step`: after how many working hours the next level is told; `later(start, hours)`: when they have gone by."""
    column = f"{clock}_told"
    reached: int = getattr(ticket, column)
    if reached >= len(levels):
        return False
    due = ticket.first_due_at if clock == "first" else ticket.solve_due_at
    if later(due, step * reached) > now:
        return False
    _set(ticket, {column: reached + 1})
    _enter(ticket, TicketVerb.ESCALATE, None, now, "", {"clock": clock, "level": reached + 1})
    record(None, "remediation.escalate", SUBJECT, ticket.id, now, {column: [reached, reached + 1]})
    about = f"{ticket.id}:{clock}:{ticket.round}:{reached + 1}"
    _tell(ticket, "late", levels[reached], now, about=about, urgent=True)
    return True


# What they share -------------------------------------------------------------------------------------------------


def _allowed(
    viewer: Viewer | None,
    ticket: Ticket,
    verb: TicketVerb,
    remedy: Remedy | None,
    when: When,
    amount: int | None = None,
) -> TicketState:
    facts = Facts(Actor.SYSTEM) if viewer is None else facts_of(viewer, ticket, remedy, when.today, amount)
    decided = decide(ticket.state, verb, facts)
    if isinstance(decided, Refusal):
        raise RefusedError(decided, ticket)
    return decided


def _handler(viewer: Viewer, ticket: Ticket) -> UUID:
    """Whose ticket it is from now on: a rep who acts takes it over, a supervisor helps out."""
    return viewer.id if viewer.role is Role.REP else ticket.rep_id


def _move(ticket: Ticket, to: TicketState, values: Mapping[str, Any], *, answered: bool = False) -> None:
    """Leave the state, if it still is that one; RefusedError(MOVED) otherwise, with the row as the other left it."""
    still = [Ticket.id == ticket.id, Ticket.state == ticket.state, Ticket.round == ticket.round]
    if answered:
        still.append(Ticket.answered_at.is_(None))
    moved = db.session.execute(
        sa.update(Ticket)
        .where(*still)
        .values(state=to, **values)
        .execution_options(synchronize_session=False)
        .returning(Ticket.id)
    ).first()
    db.session.refresh(ticket)
    if moved is None:
        raise RefusedError(Refusal.MOVED, ticket)


def _set(row: Any, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    db.session.flush()


def _done(
    viewer: Viewer | None,
    ticket: Ticket,
    verb: TicketVerb,
    when: When,
    *,
    words: str = "",
    values: Mapping[str, Any] | None = None,
    key: UUID | None = None,
) -> None:
    by = None if viewer is None else viewer.id
    written = {"written": when.at.isoformat()} if when.now - when.at > WAITED else {}
    _enter(ticket, verb, by, when.now, words, {**(values or {}), **written}, key)
    done = {name: [None, value] for name, value in (values or {}).items() if name not in _SAID}
    changes = {"state": [None, ticket.state.value], **done}
    record(by, f"remediation.{verb.value}", SUBJECT, ticket.id, when.now, changes)
    if kinds := told.SETTLED.get(verb):
        settle([f"{told.NAME}.{kind}" for kind in kinds], _path(ticket), when.now)


def _enter(
    ticket: Ticket,
    verb: TicketVerb | None,
    by: UUID | None,
    at: datetime,
    words: str = "",
    values: Mapping[str, Any] | None = None,
    key: UUID | None = None,
) -> None:
    held = {"state": ticket.state.value, **(values or {})}
    row = {"ticket_id": ticket.id, "verb": verb, "words": words, "values": held, "by_id": by, "at": at}
    insert_row(TicketEntry, row if key is None else {"id": key, **row})


def _there(ticket: Ticket, key: UUID | None) -> bool:
    """Has the move of this key been made?"""
    if key is None:
        return False
    found = db.session.scalar(sa.select(TicketEntry.ticket_id).where(TicketEntry.id == key))
    if found not in (None, ticket.id):
        raise GoneError
    return found is not None


def _nearest(ticket: Ticket, but: list[UUID] | None = None) -> list[UUID]:
    levels = told.supervisors(_regions(ticket), but or [])
    return levels[0] if levels else []


def _regions(ticket: Ticket) -> list[str]:
    region = region_now(ticket)
    return [region] if region else []


def _tell(
    ticket: Ticket, kind: str, people: list[UUID], now: datetime, *, about: str | None = None, urgent: bool = False
) -> None:
    name = db.session.scalar(sa.select(Distributor.name).where(Distributor.id == ticket.distributor_id))
    values = {"number": ticket.shown_number, "distributor": name or ""}
    tell(people, f"{told.NAME}.{kind}", about or str(ticket.id), values, _path(ticket), now, urgent=urgent)


def _path(ticket: Ticket) -> str:
    return f"/tickets/{ticket.id}"
