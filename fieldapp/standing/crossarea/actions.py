"""Opening a cross-area case, moving it, its photos; each with an entry in the thread and one in the audit.

Several people may act on one case at the same moment: every move ends in an UPDATE that holds only while the version
is still the one it was decided upon. What only adds is decided again upon the newer one; a decision is not: whoever
decides must have seen what he decides about. The audit says what was done and never what was said: statements name
people.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
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
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.audit.actions import record
from fieldapp.people.notices.actions import settle, tell
from fieldapp.trade.ledger.rules import batch_key

from . import policy, queries, told, tracing
from .models import CrossCase, CrossCounter, CrossEntry, CrossMeasure, CrossPhoto
from .rules import (
    Actor,
    CaseState,
    CaseVerb,
    Facts,
    Into,
    MeasureKind,
    Origin,
    Refusal,
    Verdict,
    decide,
    other,
)

SUBJECT = "cross_case"
MOST_PHOTOS = 12
NOTE_LENGTH = WORDS_LENGTH = 1000
NAME_LENGTH = 120
CAPTION_LENGTH = 200
WAITED = timedelta(minutes=5)  # written without a signal, if we hear of it later than this
_TRIES = 5

_SELLER, _HARMED = "seller_heard_at", "harmed_heard_at"
_HEARD = {
    CaseVerb.HEAR_SELLER: _SELLER,
    CaseVerb.EXCUSE_SELLER: _SELLER,
    CaseVerb.HEAR_HARMED: _HARMED,
    CaseVerb.EXCUSE_HARMED: _HARMED,
}


class GoneError(LookupError):
    """The key belongs to a row of somebody else, or of another case."""


class RefusedError(ValueError):
    """The move is not in the table for this viewer now; `reason` says why, `case` how it stands."""

    def __init__(self, reason: Refusal, case: CrossCase) -> None:
        super().__init__(reason.value)
        self.reason, self.case = reason, case


class TooManyError(ValueError):
    """A case holds no more photos."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found. The keys are of rows that the caller has found through the viewer; `line`: the product's, in
    lower case, '' where the product is not known. `weight` in grams, `price` fen a tonne, as seen in the shop."""

    region: str
    product_id: UUID | None = None
    product_words: str = ""
    line: str = ""
    batch: str = ""
    outlet: str = ""
    seller_id: UUID | None = None
    seller_words: str = ""
    harmed_id: UUID | None = None
    weight: int | None = None
    price: int | None = None
    note: str = ""
    visit_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """A measure: `amount` in fen, 0 without money."""

    kind: MeasureKind
    amount: int
    by_day: date
    words: str


# Opening ---------------------------------------------------------------------------------------------------------


def report(viewer: Viewer, *, key: UUID, found: Found, when: When) -> CrossCase:
    """Report goods that were found where they do not belong. The same key again is the same case.

    A batch that was sold to one distributor only which may not sell there names the seller by itself. The supervisors
    of the place and of the seller are told. Raises GoneError.
    """
    there = db.session.get(CrossCase, key, populate_existing=True)
    if there is not None:
        if there.made_by_id != viewer.id:
            raise GoneError
        return there
    place = tracing.place_of(found.region, found.line, when.today)
    seller = found.seller_id or tracing.sold_to(found.batch, found.product_id, place)
    owner = next(iter(place.owners)) if len(place.owners) == 1 else None
    harmed = found.harmed_id if found.harmed_id in place.owners or not place.owners else None
    harmed = harmed or owner
    values = {
        "id": key,
        "number": next_numbers(1),
        "origin": Origin.REPORT,
        "state": CaseState.REPORTED,
        "into": place.into,
        "region_code": found.region,
        "seller_id": seller,
        "harmed_id": harmed if harmed != seller else None,
        "seller_words": found.seller_words,
        "product_id": found.product_id,
        "product_words": found.product_words,
        "line_key": found.line,
        "batch": found.batch.strip(),
        "batch_key": batch_key(found.batch),
        "outlet": found.outlet,
        "weight": found.weight,
        "price": found.price,
        "note": found.note,
        "sold_on": when.today,
        "visit_id": _visit(viewer, found.visit_id),
        "made_by_id": viewer.id,
        "made_at": min(when.at, when.now),
        "recorded_at": when.now,
    }
    made = insert_row(CrossCase, values, unless_taken=True)
    case = db.session.get(CrossCase, key, populate_existing=True)
    if case is None or case.made_by_id != viewer.id:
        raise GoneError
    if made:
        traced = {"traced": True} if seller and not found.seller_id else {}
        enter(case.id, None, viewer.id, when.now, values={"state": case.state.value, **traced})
        changes = {"state": [None, case.state.value], "into": [None, case.into.value]}
        record(viewer.id, "crossarea.report", SUBJECT, key, when.now, changes)
        _tell(case, "reported", told.nearest([case.region_code, *queries.regions(case)], but=[viewer.id]), when.now)
    return case


def next_numbers(count: int) -> int:
    """Take so many numbers; the first of them."""
    statement = insert_into(CrossCounter).values(id=1, last=count)
    statement = statement.on_conflict_do_update(index_elements=["id"], set_={"last": CrossCounter.last + count})
    return int(db.session.execute(statement.returning(CrossCounter.last)).scalar_one()) - count + 1


def _visit(viewer: Viewer, visit_id: UUID | None) -> UUID | None:
    """The visit, if it is one of the viewer's: one that never arrived must not keep its report away."""
    if visit_id is None:
        return None
    return db.session.scalar(sa.select(Visit.id).where(Visit.id == visit_id, Visit.rep_id == viewer.id))


# Moving ----------------------------------------------------------------------------------------------------------


def facts_of(viewer: Viewer, case: CrossCase, today: date, *, settling: bool = False) -> Facts:
    """What the table asks of a viewer and a case; `settling`: one of its measures is about to be done."""
    seller, harmed = queries.regions(case)
    measures = queries.measures(case) if case.verdict is not None else []
    unsettled = sum(one.settled_at is None for one in measures)
    in_time = case.appeal_until is not None and today <= case.appeal_until and case.appealed_at is None
    return Facts(
        Actor(viewer.role.value),
        covers_found=viewer.covers(case.region_code) or (case.harmed_id is not None and viewer.covers(harmed)),
        covers_seller=viewer.covers(seller),
        reporter=case.made_by_id == viewer.id,
        first=case.decided_by_id == viewer.id,
        appellant=case.appealed_by_id == viewer.id,
        seller=case.seller_id is not None,
        fixed=case.origin is Origin.SUSPICION,
        seller_heard=case.seller_heard_at is not None,
        harmed_heard=case.harmed_heard_at is not None,
        harmed_side=case.into is not Into.WHITE or case.harmed_id is not None,
        in_time=in_time,
        measures=len(measures),
        unsettled=unsettled - settling,
    )


def advance(
    viewer: Viewer,
    case: CrossCase,
    verb: CaseVerb,
    words: str,
    when: When,
    *,
    key: UUID | None = None,
    photo: Content | None = None,
) -> None:
    """Investigate, note what a side says or why it cannot be heard, comment; `photo`: what shows it.

    The same `key` again changes nothing. Raises RefusedError, GoneError, TooManyError, storage.StorageError.
    """
    if _there(case, key):
        return
    if photo is not None:
        _check_room(case)
    values = {_HEARD[verb]: when.now} if verb in _HEARD else {}
    _go(viewer, case, verb, when, values)
    photo_id = uuid7()
    shown = {} if photo is None else {"photo": str(photo_id)}
    _done(viewer, case, verb, when, words=words, values=shown, key=key)
    if photo is not None:
        _store(viewer, case, photo_id, photo, words[:CAPTION_LENGTH], when)
    if case.state is CaseState.HEARD and verb in _HEARD:
        people = told.deciders([case.region_code, *queries.regions(case)], but=[case.made_by_id])
        _tell(case, "heard", people, when.now)


def name(viewer: Viewer, case: CrossCase, seller_id: UUID, words: str, when: When, *, seen: int) -> None:
    """Name the distributor that is to have sold; what a seller named before has said no longer counts. The rep and the
    supervisors of the seller are told that it is to be heard. `seen`: the version looked at. Raises RefusedError."""
    values: dict[str, Any] = {"seller_id": seller_id, _SELLER: None}
    if case.harmed_id == seller_id:
        values["harmed_id"] = None
    _go(viewer, case, CaseVerb.NAME, when, values, seen)
    _done(viewer, case, CaseVerb.NAME, when, words=words, values={"seller": str(seller_id)})
    region, _harmed = queries.regions(case)
    rep = db.session.scalar(sa.select(Distributor.rep_id).where(Distributor.id == seller_id))
    people = [key for key in (rep, *told.nearest([region])) if key and key != viewer.id]
    _tell(case, "named", people, when.now, about=f"{case.id}:{seller_id}")


def rule(viewer: Viewer, case: CrossCase, verb: CaseVerb, words: str, when: When, *, seen: int) -> None:
    """Confirm a case as benign or malicious, or dismiss it. `seen`: the version he looked at. Raises RefusedError."""
    values: dict[str, Any] = {"decided_by_id": viewer.id, "decided_at": when.now}
    if verb is not CaseVerb.DISMISS:
        days = timedelta(days=policy.on(when.today).appeal_days)
        verdict = Verdict.MALICIOUS if verb is CaseVerb.MALICIOUS else Verdict.BENIGN
        # Later sales of the same kind are a new case.
        values |= {"verdict": verdict, "confirmed_on": when.today, "appeal_until": when.today + days}
        values |= {"suspicion_key": None}
    _go(viewer, case, verb, when, values, seen)
    _done(viewer, case, verb, when, words=words)
    _tell(case, "decided", _concerned(viewer, case), when.now, about=f"{case.id}:decided:{case.version}")
    if verb is not CaseVerb.DISMISS:
        _rate(case, when)


def agree(viewer: Viewer, case: CrossCase, measure: Agreement, when: When, *, seen: int) -> CrossMeasure:
    """Write down a measure that was agreed with the seller. Raises RefusedError."""
    _go(viewer, case, CaseVerb.AGREE, when, {}, seen)
    row = CrossMeasure(
        id=uuid7(),
        case_id=case.id,
        kind=measure.kind,
        amount=measure.amount,
        by_day=measure.by_day,
        words=measure.words,
        agreed_by_id=viewer.id,
        agreed_at=when.now,
    )
    db.session.add(row)
    db.session.flush()
    values = {"kind": measure.kind.value, "amount": measure.amount, "by": measure.by_day.isoformat()}
    _done(viewer, case, CaseVerb.AGREE, when, words=measure.words, values=values)
    return row


def settle_measure(viewer: Viewer, case: CrossCase, measure_id: UUID, words: str, when: When) -> None:
    """One measure is done; with the last one the case is settled. Done already: nothing happens. Raises RefusedError,
    GoneError for a measure of another case."""
    # Locked: of two who say it at once the second finds it done, and counts no other measure as done in its place.
    measure = db.session.get(CrossMeasure, measure_id, populate_existing=True, with_for_update=True)
    if measure is None or measure.case_id != case.id:
        raise GoneError
    if measure.settled_at is not None:
        return
    _go(viewer, case, CaseVerb.SETTLE, when, {}, settling=True)
    measure.settled_by_id, measure.settled_at = viewer.id, when.now
    db.session.flush()
    values = {"measure": str(measure.id), "kind": measure.kind.value}
    _done(viewer, case, CaseVerb.SETTLE, when, words=words, values=values)


def appeal(viewer: Viewer, case: CrossCase, words: str, when: When) -> None:
    """Take the seller's appeal; who may decide about it is told. Raises RefusedError."""
    _go(viewer, case, CaseVerb.APPEAL, when, {"appealed_by_id": viewer.id, "appealed_at": when.now})
    _done(viewer, case, CaseVerb.APPEAL, when, words=words)
    left_out = [viewer.id, case.decided_by_id, case.made_by_id]
    _tell(case, "appealed", told.deciders([case.region_code, *queries.regions(case)], but=left_out), when.now)


def rule_on_appeal(viewer: Viewer, case: CrossCase, verb: CaseVerb, words: str, when: When, *, seen: int) -> None:
    """Let the decision stand, change it between benign and malicious, or overturn it. An overturned case no longer
    counts anywhere. Raises RefusedError."""
    values: dict[str, Any] = {"appeal_decided_by_id": viewer.id}
    if verb is CaseVerb.CHANGE and case.verdict is not None:
        values["verdict"] = other(case.verdict)
    _go(viewer, case, verb, when, values, seen)
    verdict = {"verdict": case.verdict.value} if case.verdict else {}
    _done(viewer, case, verb, when, words=words, values=verdict)
    people = [*_concerned(viewer, case), case.decided_by_id, case.appealed_by_id]
    about = f"{case.id}:decided:{case.version}"
    _tell(case, "decided", [key for key in people if key and key != viewer.id], when.now, about=about)
    if verb is not CaseVerb.UPHOLD:
        _rate(case, when)


def _concerned(viewer: Viewer, case: CrossCase) -> list[UUID]:
    """The reporter, and the rep who looks after the seller."""
    rep = db.session.scalar(sa.select(Distributor.rep_id).where(Distributor.id == case.seller_id))
    return [key for key in (case.made_by_id, rep) if key and key != viewer.id]


def _rate(case: CrossCase, when: When) -> None:
    """Whoever proposes the seller's grade hears that its indicator 7 has changed."""
    seller = db.session.get(Distributor, case.seller_id)
    if seller is None:
        return
    people = [seller.rep_id] if seller.rep_id else told.nearest([seller.region_code])
    path = f"/distributors/{seller.id}/grade/new"
    tell(people, f"{told.NAME}.rate", f"{case.id}:{case.version}", {"number": case.number}, path, when.now)


# Photos ----------------------------------------------------------------------------------------------------------


def keep_photo(viewer: Viewer, case: CrossCase, *, key: UUID, content: Content, caption: str, when: When) -> CrossPhoto:
    """Keep a photo of a case that the viewer has found: its content first, then its row. The same key again is the same
    photo. Raises GoneError, TooManyError, RefusedError, storage.StorageError."""
    there = db.session.get(CrossPhoto, key, populate_existing=True)
    if there is not None:
        if there.case_id != case.id:
            raise GoneError
        return there
    _check_room(case)
    _go(viewer, case, CaseVerb.COMMENT, when, {})
    enter(case.id, CaseVerb.COMMENT, viewer.id, when.now, caption, {"photo": str(key)})
    return _store(viewer, case, key, content, caption, when)


def _check_room(case: CrossCase) -> None:
    held = sa.select(sa.func.count()).where(CrossPhoto.case_id == case.id)
    if (db.session.scalar(held) or 0) >= MOST_PHOTOS:
        raise TooManyError


def _store(viewer: Viewer, case: CrossCase, key: UUID, content: Content, caption: str, when: When) -> CrossPhoto:
    digest = sha256(content.data).hexdigest()
    row = CrossPhoto(
        id=key, case_id=case.id, by_id=viewer.id, caption=caption, at=when.now, sha256=digest, size=len(content.data)
    )
    storage.keep(key, digest, content.data)
    try:
        db.session.add(row)
        db.session.flush()
        record(viewer.id, "crossarea.photo", SUBJECT, case.id, when.now, {f"photos/{key}": [None, "photo"]})
    except BaseException:
        db.session.rollback()
        storage.discard(key, digest)
        raise
    return row


# What they share -------------------------------------------------------------------------------------------------


def _go(
    viewer: Viewer,
    case: CrossCase,
    verb: CaseVerb,
    when: When,
    values: Mapping[str, Any],
    seen: int | None = None,
    *,
    settling: bool = False,
) -> None:
    """Leave the state, if nothing was added meanwhile. With `seen` only from that version, RefusedError otherwise
    (ANEW, MOVED); without it, what was added is taken into account and it is decided again."""
    began = case.version
    for _try in range(_TRIES):
        to = decide(case.state, verb, facts_of(viewer, case, when.today, settling=settling), case.verdict)
        if isinstance(to, Refusal):
            raise RefusedError(Refusal.MOVED if case.version != began and to is Refusal.STATE else to, case)
        if seen is not None and seen != case.version:
            raise RefusedError(Refusal.ANEW, case)
        moved = db.session.execute(
            sa.update(CrossCase)
            .where(CrossCase.id == case.id, CrossCase.version == case.version)
            .values(state=to, version=case.version + 1, **values)
            .execution_options(synchronize_session=False)
            .returning(CrossCase.id)
        ).first()
        was = case.state
        db.session.refresh(case)
        if moved is not None:
            return
        if seen is not None:
            raise RefusedError(Refusal.MOVED if case.state is not was else Refusal.ANEW, case)
    raise RefusedError(Refusal.MOVED, case)


def _done(
    viewer: Viewer,
    case: CrossCase,
    verb: CaseVerb,
    when: When,
    *,
    words: str = "",
    values: Mapping[str, Any] | None = None,
    key: UUID | None = None,
) -> None:
    written = {"written": when.at.isoformat()} if when.now - when.at > WAITED else {}
    held = {"state": case.state.value, **(values or {}), **written}
    enter(case.id, verb, viewer.id, when.now, words, held, key)
    changes = {"state": [None, case.state.value], **{name: [None, value] for name, value in (values or {}).items()}}
    record(viewer.id, f"crossarea.{verb.value}", SUBJECT, case.id, when.now, changes)
    if kinds := told.SETTLED.get(verb):
        settle([f"{told.NAME}.{kind}" for kind in kinds], _path(case), when.now)


def enter(
    case_id: UUID,
    verb: CaseVerb | None,
    by: UUID | None,
    at: datetime,
    words: str = "",
    values: Mapping[str, Any] | None = None,
    key: UUID | None = None,
) -> None:
    """Add one entry to the thread of a case."""
    row = {"case_id": case_id, "verb": verb, "words": words, "values": dict(values or {}), "by_id": by, "at": at}
    insert_row(CrossEntry, row if key is None else {"id": key, **row})


def _there(case: CrossCase, key: UUID | None) -> bool:
    """Has the move of this key been made?"""
    if key is None:
        return False
    found = db.session.scalar(sa.select(CrossEntry.case_id).where(CrossEntry.id == key))
    if found not in (None, case.id):
        raise GoneError
    return found is not None


def _tell(case: CrossCase, kind: str, people: Collection[UUID], now: datetime, *, about: str | None = None) -> None:
    tell(people, f"{told.NAME}.{kind}", about or str(case.id), {"number": case.number}, _path(case), now)


def _path(case: CrossCase) -> str:
    return f"/cross-area/{case.id}"
