"""Drafting a change of the price book, having a second person decide, publishing it; each with its audit entry.

Several people may act on one draft at the same moment: every verb begins with an UPDATE that holds only while the state
is one it starts from, and which the others wait for. Whoever comes second is told.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db, insert_into, insert_row, uuid7
from fieldapp.people.accounts.models import Role
from fieldapp.people.accounts.queries import administrators, supervisors_of
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.audit.actions import record

from . import notices, queries
from .change_rules import (
    MOVES,
    PRICES,
    Held,
    LineKind,
    Plan,
    Problem,
    Raise,
    Refusal,
    Step,
    Verb,
    fingerprint,
    refusal,
    touches_past,
)
from .models import Price, PriceChange, PriceDraft, PriceDraftEditor, PriceDraftLine, PriceSource
from .policy import PricePolicy, Rights
from .queries import Key

SUBJECT = "price_draft"
MOST_LINES = 20_000
_TOLD = 50  # changed lines that an audit entry names; the book's history has all
_ONE_DAY = timedelta(days=1)
FIELDS = ("valid_from", "valid_to", *PRICES)


class RefusedError(Exception):
    """It may not be done; `refusal` says why, the draft is as it is now."""

    def __init__(self, against: Refusal) -> None:
        super().__init__(against.value)
        self.refusal = against


class ChangedError(Exception):
    """Others changed meanwhile what the viewer would change or decide. `clashes`: {line: names of its fields}."""

    def __init__(self, clashes: Mapping[UUID, Sequence[str]] | None = None) -> None:
        super().__init__("changed")
        self.clashes = dict(clashes or {})


class BlockedError(Exception):
    """Some lines cannot be published; or there is none (`problems` is empty)."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(", ".join(f"{one.line}.{one.column}: {one.fault}" for one in problems[:5]) or "empty")
        self.problems = problems


class TooManyError(Exception):
    """More lines than a draft takes."""


class TakenError(Exception):
    """The draft has a line of that product, region, tier and day already."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A line as it is given; fen per tonne. `product` and the others of the key in stored form."""

    kind: LineKind
    product_id: UUID
    region_code: str
    tier: str
    valid_from: date
    valid_to: date | None = None
    list_price: int | None = None
    floor_price: int | None = None
    retail_price: int | None = None

    @property
    def key(self) -> Key:
        """Under which the book holds its rows."""
        return self.product_id, self.region_code, self.tier.casefold()


# Drafting -----------------------------------------------------------------------------------------------------------


def begin(viewer: Viewer, key: UUID, title: str, starts: date, now: datetime) -> UUID:
    """Begin a draft; its key, which was made with the page, so that a double tap begins one."""
    values = {"title": title, "starts": starts, "made_by_id": viewer.id, "made_at": now, "changed_at": now}
    if insert_row(PriceDraft, {"id": key, **values}, unless_taken=True):
        insert_row(PriceDraftEditor, {"draft_id": key, "user_id": viewer.id})
        record(viewer.id, "prices.draft", SUBJECT, key, now, {"title": [None, title]})
    return key


def describe(
    viewer: Viewer, may: Rights, draft: PriceDraft, title: str, reason: str, starts: date, now: datetime
) -> None:
    """Its name, the reason for it, and from when its new lines hold. Lines that begin on the old day, and ends the day
    before it, move along: a change that waited too long is put off in one place. Raises RefusedError, TakenError."""
    given = {"title": title, "reason": reason, "starts": starts}
    changes = {name: [_plain(getattr(draft, name)), _plain(value)] for name, value in given.items()}
    changes = {name: pair for name, pair in changes.items() if pair[0] != pair[1]}
    if not changes:
        return
    _edit(viewer, may, draft, now)
    if starts != draft.starts:
        _put_off(draft, starts)
    db.session.execute(sa.update(PriceDraft).where(PriceDraft.id == draft.id).values(**given))
    db.session.refresh(draft)
    _audit(viewer, "edit", draft, now, changes)


def _put_off(draft: PriceDraft, starts: date) -> None:
    of_draft = sa.update(PriceDraftLine).where(PriceDraftLine.draft_id == draft.id)
    begin = PriceDraftLine.kind == LineKind.PRICE, PriceDraftLine.valid_from == draft.starts
    end = PriceDraftLine.kind == LineKind.END, PriceDraftLine.valid_to == draft.starts - _ONE_DAY
    try:
        db.session.execute(of_draft.where(*begin).values(valid_from=starts))
        db.session.execute(of_draft.where(*end).values(valid_to=starts - _ONE_DAY))
    except sa.exc.IntegrityError as error:
        db.session.rollback()
        raise TakenError from error


def add(viewer: Viewer, may: Rights, draft: PriceDraft, typed: Typed, now: datetime) -> UUID:
    """A new line. Raises RefusedError, TooManyError, TakenError."""
    _edit(viewer, may, draft, now)
    if queries.count_lines(draft.id) >= MOST_LINES:
        raise TooManyError
    key = uuid7()
    statement = insert_into(PriceDraftLine).values(id=key, draft_id=draft.id, **_columns(typed))
    done = db.session.execute(statement.on_conflict_do_nothing().returning(PriceDraftLine.id)).first()
    if done is None:
        raise TakenError
    _audit(viewer, "edit", draft, now, {"lines": [[None, _told(typed)]]})
    return key


def put(viewer: Viewer, may: Rights, draft: PriceDraft, given: Sequence[Typed], now: datetime) -> int:
    """Many lines at once, over those of the same product, region, tier and day; how many were new or are other now.

    Raises RefusedError, TooManyError.
    """
    _edit(viewer, may, draft, now)
    return _put(viewer, draft, given, now)


def _put(viewer: Viewer, draft: PriceDraft, given: Sequence[Typed], now: datetime) -> int:
    there = {
        (row.product_id, row.region_code, row.tier_key, row.valid_from): row
        for row in db.session.scalars(sa.select(PriceDraftLine).where(PriceDraftLine.draft_id == draft.id))
    }
    new: list[dict[str, Any]] = []
    other: list[dict[str, Any]] = []
    told: list[Any] = []
    for typed in given:
        columns, row = _columns(typed), there.get((*typed.key, typed.valid_from))
        if row is None:
            new.append({"id": uuid7(), "draft_id": draft.id, **columns})
        elif any(getattr(row, name) != columns[name] for name in ("kind", *FIELDS)):
            other.append({"id": row.id, **columns})
        else:
            continue
        if len(told) < _TOLD:
            told.append([_told_row(row) if row else None, _told(typed)])
    if len(there) + len(new) > MOST_LINES:
        raise TooManyError
    if new:
        db.session.execute(sa.insert(PriceDraftLine), new)
    if other:
        db.session.execute(sa.update(PriceDraftLine), other)
    if new or other:
        _audit(viewer, "edit", draft, now, {"count": [None, len(new) + len(other)], "lines": told})
    return len(new) + len(other)


@dataclass(frozen=True, slots=True)
class Edited:
    """A line of a grid: what its page showed, and what was typed over it; both by FIELDS."""

    line_id: UUID
    seen: Mapping[str, Any]
    typed: Mapping[str, Any]


def edit(viewer: Viewer, may: Rights, draft: PriceDraft, edited: Sequence[Edited], now: datetime) -> int:
    """Save a grid together with what others saved since its page was made; how many lines are other now.

    Raises RefusedError; ChangedError with the fields that others changed too, and not to the same (of a line that is
    gone: all that were typed); TakenError. Nothing is saved then.
    """
    _edit(viewer, may, draft, now)
    keys = [one.line_id for one in edited]
    found = sa.select(PriceDraftLine).where(PriceDraftLine.draft_id == draft.id, PriceDraftLine.id.in_(keys))
    rows = {row.id: row for row in db.session.scalars(found.execution_options(populate_existing=True))}
    clashes: dict[UUID, list[str]] = {}
    told: list[Any] = []
    changed = 0
    for one in edited:
        mine = {name: value for name, value in one.typed.items() if value != one.seen[name]}
        if not mine:
            continue
        row = rows.get(one.line_id)
        if row is None:
            clashes[one.line_id] = list(mine)
            continue
        theirs = [name for name in mine if getattr(row, name) not in (one.seen[name], mine[name])]
        if theirs:
            clashes[one.line_id] = theirs
            continue
        before = _told_row(row)
        for name, value in mine.items():
            setattr(row, name, value)
        after = _told_row(row)
        changed += before != after
        if before != after and len(told) < _TOLD:
            told.append([before, after])
    if clashes:
        db.session.expire_all()
        raise ChangedError(clashes)
    try:
        db.session.flush()
    except sa.exc.IntegrityError as error:
        db.session.rollback()
        raise TakenError from error
    if changed:
        _audit(viewer, "edit", draft, now, {"count": [None, changed], "lines": told})
    return changed


def remove(viewer: Viewer, may: Rights, draft: PriceDraft, line_id: UUID, now: datetime) -> None:
    """Take a line out; one that is out already stays out. Raises RefusedError."""
    _edit(viewer, may, draft, now)
    gone = sa.delete(PriceDraftLine).where(PriceDraftLine.id == line_id, PriceDraftLine.draft_id == draft.id)
    row = db.session.get(PriceDraftLine, line_id)
    told = _told_row(row) if row is not None and row.draft_id == draft.id else None
    if told is not None:
        db.session.execute(gone)
        _audit(viewer, "edit", draft, now, {"lines": [[told, None]]})


def raise_prices(viewer: Viewer, may: Rights, draft: PriceDraft, asked: queries.Asked, by: Raise, now: datetime) -> int:
    """Change one price of every row that the book holds on the draft's first day, as far as `asked` finds it.

    What the draft has of a row already is taken as the row's. How many lines are new or other. Raises RefusedError,
    TooManyError.
    """
    _edit(viewer, may, draft, now)
    starts = draft.starts
    rows = queries.book(viewer, asked, MOST_LINES + 1)
    if len(rows) > MOST_LINES:
        raise TooManyError
    rows = [row for row in rows if viewer.covers(row.region)]
    of_key = {(row.product_id, row.region, row.tier.casefold()): row for row in rows}
    drafted = {
        (row.product_id, row.region_code, row.tier_key): row
        for row in db.session.scalars(
            sa.select(PriceDraftLine).where(
                PriceDraftLine.draft_id == draft.id,
                PriceDraftLine.valid_from == starts,
                PriceDraftLine.kind == LineKind.PRICE,
            )
        )
    }
    given: list[Typed] = []
    rows_of = queries.held(of_key)
    for key, row in of_key.items():
        source: Any = drafted.get(key, row)
        prices = {name: getattr(source, name) for name in PRICES}
        if prices[by.field] is None:
            continue
        prices[by.field] = by.of(prices[by.field])
        last = _until(row.valid_to, rows_of[key], starts)
        given.append(Typed(LineKind.PRICE, row.product_id, row.region, row.tier, starts, last, **prices))
    return _put(viewer, draft, given, now)


def copy(viewer: Viewer, may: Rights, draft: PriceDraft, row: queries.BookRow, kind: LineKind, now: datetime) -> None:
    """Take a row of the book into the draft, to change it from the draft's first day on, or to end it the day before.

    A row that is planned for later is changed on its own first day. Raises RefusedError, TooManyError.
    """
    _edit(viewer, may, draft, now)
    planned = row.valid_from >= draft.starts
    prices = {name: getattr(row, name) for name in PRICES}
    if kind is LineKind.END:
        last = (row.valid_from if planned else draft.starts) - _ONE_DAY
        typed = Typed(kind, row.product_id, row.region, row.tier, row.valid_from, last)
    else:
        first = row.valid_from if planned else draft.starts
        key = row.product_id, row.region, row.tier.casefold()
        until = _until(row.valid_to, queries.held([key])[key], first)
        typed = Typed(kind, row.product_id, row.region, row.tier, first, until, **prices)
    _put(viewer, draft, [typed], now)


def _until(last: date | None, rows: Iterable[Held], first: date) -> date | None:
    """The last day of a price that begins on a day: its own, or the one before the next that is planned."""
    planned = [row.valid_from - _ONE_DAY for row in rows if row.valid_from > first]
    ends = [day for day in (last, *planned) if day is not None and day >= first]
    return min(ends, default=None)


def _edit(viewer: Viewer, may: Rights, draft: PriceDraft, now: datetime) -> None:
    """Hold the open draft for a change by the viewer, who has a hand in it from now on."""
    _move(viewer, may, draft, Verb.EDIT, {"changed_at": now})
    statement = insert_into(PriceDraftEditor).values(draft_id=draft.id, user_id=viewer.id)
    db.session.execute(statement.on_conflict_do_nothing())


def _move(
    viewer: Viewer,
    may: Rights,
    draft: PriceDraft,
    verb: Verb,
    values: Mapping[str, Any],
    *conditions: sa.ColumnElement[bool],
) -> None:
    """Into the state that a verb leads to, if it is still in one that it starts from. Raises RefusedError,
    ChangedError (a condition does not hold)."""
    editor = viewer.id in queries.editors(draft.id)
    against = refusal(draft.state, verb, drafter=may.drafts, approver=may.approves, editor=editor)
    if against is not None and against not in (Refusal.CLOSED, Refusal.SUBMITTED, Refusal.NOT_SUBMITTED):
        raise RefusedError(against)
    starts = [state for state, one in MOVES if one is verb]
    statement = (
        sa.update(PriceDraft)
        .where(PriceDraft.id == draft.id, PriceDraft.state.in_(starts), *conditions)
        .values(state=MOVES[starts[0], verb], revision=PriceDraft.revision + 1, **values)
        .returning(PriceDraft.id)
        .execution_options(synchronize_session=False)
    )
    moved = db.session.execute(statement).first() is not None
    db.session.refresh(draft)
    if moved:
        return
    against = refusal(draft.state, verb, drafter=may.drafts, approver=may.approves, editor=editor)
    if against is not None:
        raise RefusedError(against)
    raise ChangedError


# Deciding -----------------------------------------------------------------------------------------------------------


def submit(viewer: Viewer, may: Rights, draft: PriceDraft, held: PricePolicy, today: date, now: datetime) -> None:
    """Ask for the second person. Raises RefusedError, BlockedError."""
    _move(viewer, may, draft, Verb.SUBMIT, {"submitted_by_id": viewer.id, "submitted_at": now, "words": ""})
    found, _rows = queries.plans(draft.id, today, held.jump_percent)
    _stop_on_problems(found.values())
    notices.tell_submitted(draft, _second_persons(draft, held), now)
    _audit(viewer, "submit", draft, now, {"state": ["open", "submitted"]})


def withdraw(viewer: Viewer, may: Rights, draft: PriceDraft, now: datetime) -> None:
    """Take it back before it is decided. Raises RefusedError."""
    _move(viewer, may, draft, Verb.WITHDRAW, {"changed_at": now})
    notices.settle_submitted(draft, now)
    _audit(viewer, "withdraw", draft, now, {"state": ["submitted", "open"]})


def send_back(viewer: Viewer, may: Rights, draft: PriceDraft, words: str, now: datetime) -> None:
    """Return it with words. Raises RefusedError."""
    _move(viewer, may, draft, Verb.RETURN, {"changed_at": now, "words": words, "decided_by_id": None})
    notices.settle_submitted(draft, now)
    notices.tell_decided(draft, queries.editors(draft.id), approved=False, now=now)
    _audit(viewer, "return", draft, now, {"state": ["submitted", "open"], "words": [None, words]})


def discard(viewer: Viewer, may: Rights, draft: PriceDraft, now: datetime) -> None:
    """Put it away. Raises RefusedError."""
    _move(viewer, may, draft, Verb.DISCARD, {"changed_at": now})
    _audit(viewer, "discard", draft, now, {"state": ["open", "discarded"]})


def approve(
    viewer: Viewer, may: Rights, draft: PriceDraft, seen: str, held: PricePolicy, today: date, now: datetime
) -> int:
    """Publish it as the second person: the rows of the book, their history and the audit in one transaction.

    `seen`: the fingerprint of what he was shown. How many rows were written. Raises RefusedError, BlockedError, and
    ChangedError when the draft or the book is no longer what he saw.
    """
    _move(viewer, may, draft, Verb.APPROVE, {"changed_at": now, "decided_by_id": viewer.id, "decided_at": now})
    found, _rows = queries.plans(draft.id, today, held.jump_percent, lock=True)
    _stop_on_problems(found.values())
    if seal(found) != seen:
        raise ChangedError
    tiers = {row.line.tier_key: row.line.tier for row in queries.lines(draft.id)}
    steps = [(key, step) for key, plan in found.items() for step in plan.steps]
    try:
        _write(steps, tiers)
        db.session.flush()
    except sa.exc.IntegrityError as error:  # a file of the ERP wrote the same row at this moment
        db.session.rollback()
        raise ChangedError from error
    keep_history(steps, tiers, viewer.id, now, today, PriceSource.DRAFT, draft.id)
    notices.settle_submitted(draft, now)
    notices.tell_decided(draft, queries.editors(draft.id), approved=True, now=now)
    _audit(viewer, "publish", draft, now, {"state": ["submitted", "published"], "rows": [None, len(steps)]})
    return len(steps)


def seal(found: Mapping[Key, Plan]) -> str:
    """The fingerprint of a draft's plans."""
    return fingerprint(found[key] for key in sorted(found, key=str))


def _stop_on_problems(found: Iterable[Plan]) -> None:
    problems, steps = [], 0
    for plan in found:
        steps += len(plan.steps)
        problems += [one for one in plan.problems if one.stops]
    if problems or not steps:
        raise BlockedError(problems)


def _second_persons(draft: PriceDraft, held: PricePolicy) -> list[UUID]:
    hands, asked = queries.editors(draft.id), []
    if Role.ADMIN in held.approvers:
        asked += [one.id for one in administrators()]
    if Role.SUPERVISOR in held.approvers:
        places = queries.regions(draft.id)
        asked += [one.id for one in supervisors_of(places[0]) if all(one.covers(place) for place in places)]
    return [one for one in asked if one not in hands]


def _write(steps: Iterable[tuple[Key, Step]], tiers: Mapping[str, str]) -> None:
    new: list[dict[str, Any]] = []
    other: list[dict[str, Any]] = []
    gone: list[object] = []
    for (product, region, tier), step in steps:
        if step.after is None:
            gone.append(step.before.key if step.before else None)
            continue
        values = asdict(step.after)
        key = values.pop("key")
        if key is not None:
            other.append({"id": key, **values})
            continue
        of_key = {"product_id": product, "region_code": region, "tier": tiers.get(tier, tier), "tier_key": tier}
        new.append({"id": uuid7(), **of_key, **values})
    for key in gone:
        db.session.execute(sa.delete(Price).where(Price.id == key))
    if other:
        db.session.execute(sa.update(Price), other)
    if new:
        db.session.execute(sa.insert(Price), new)


def keep_history(
    steps: Iterable[tuple[Key, Step]],
    tiers: Mapping[str, str],
    by_id: UUID | None,
    now: datetime,
    today: date,
    source: PriceSource,
    draft_id: UUID | None = None,
) -> None:
    """What became of rows of the book, for good. `tiers`: {tier_key: as it is written}."""
    rows = [
        {
            "id": uuid7(),
            "at": now,
            "by_id": by_id,
            "source": source,
            "draft_id": draft_id,
            "product_id": product,
            "region_code": region,
            "tier": tiers.get(tier, tier),
            "valid_from": (step.after or step.before).valid_from,  # type: ignore[union-attr]
            "before": _values(step.before),
            "after": _values(step.after),
            "backdated": touches_past(step.before, step.after, today),
        }
        for (product, region, tier), step in steps
    ]
    for start in range(0, len(rows), 1000):
        db.session.execute(sa.insert(PriceChange), rows[start : start + 1000])


def _values(row: Held | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {"valid_to": _plain(row.valid_to), **{name: getattr(row, name) for name in PRICES}}


def _columns(typed: Typed) -> dict[str, Any]:
    return {**asdict(typed), "tier_key": typed.tier.casefold()}


def _told(typed: Typed) -> dict[str, Any]:
    return {name: _plain(value) for name, value in asdict(typed).items()}


def _told_row(row: PriceDraftLine) -> dict[str, Any]:
    names = ("kind", "product_id", "region_code", "tier", *FIELDS)
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _audit(viewer: Viewer, verb: str, draft: PriceDraft, now: datetime, changes: Mapping[str, Any]) -> None:
    record(viewer.id, f"prices.{verb}", SUBJECT, draft.id, now, changes)
