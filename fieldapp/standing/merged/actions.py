"""Deciding of a pair, putting groups together, and keeping what the detection found.

A decision is an UPDATE that holds only while the pair stands where it stood when the page was made; who comes second is
told. Groups follow from the confirmed pairs, under the lock of the one row of `merged_run`, so that two who confirm at
the same moment put together one group, not two halves of it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from time import monotonic
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.clock import SHANGHAI
from fieldapp.core.db import begin_reading, begin_writing, db, insert_into, insert_row, uuid7
from fieldapp.network.distributors.models import Contact, Distributor
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.audit.actions import record, record_each
from fieldapp.trade.ledger.models import Invoice, Payment

from . import policy, told
from .detection import Key, Suspicion, detect
from .models import MergedEntry, MergedGroup, MergedMember, MergedPair, MergedRun
from .rules import MOVES, Evidence, Kind, Outcome, Scored, Scoring, State, Verb, components, heirs, outcome

PAIR, GROUP = "merged_pair", "merged_group"
_CHUNK = 500  # pairs that one transaction writes
_CLAIM = timedelta(hours=1)  # who has not ended his look by then has died over it
_ANYWAY = timedelta(days=7)  # looked at again although the data seem to be the same


class MovedError(ValueError):
    """The pair stands no longer where the page showed it: somebody was first."""


class NotYoursError(PermissionError):
    """A supervisor who covers both decides, else an administrator."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A pair with its two accounts, found through the viewer."""

    row: MergedPair
    one: Distributor
    other: Distributor

    @property
    def regions(self) -> tuple[str | None, str | None]:
        """Where the two lie."""
        return self.one.region_code, self.other.region_code


# Deciding -------------------------------------------------------------------------------------------------------------


def decide(viewer: Viewer, pair: Pair, verb: Verb, reason: str, seen: State, now: datetime) -> State:
    """Confirm, dismiss, watch, or take that back, with a reason. `seen`: the state that the page showed.

    Raises NotYoursError, and MovedError when the pair stands elsewhere by now or the verb is none of its state.
    """
    if not told.may_decide(viewer, pair.regions):
        raise NotYoursError
    target = MOVES.get((seen, verb))
    if target is None:
        raise MovedError
    names = _names(pair.row.evidence)
    known = sorted({*pair.row.known, *names}) if verb is Verb.DISMISS else pair.row.known
    _move(pair.row.id, seen, target, now, {"known": known})
    _enter(pair.row.id, verb, reason, pair.row.score, names, viewer.id, now)
    changes: dict[str, Any] = {
        "state": [seen.value, target.value],
        "accounts": [None, [pair.one.code, pair.other.code]],
    }
    if State.CONFIRMED in (seen, target):
        changes |= _regroup([pair.one.id, pair.other.id], now)
    record(viewer.id, f"merged.{verb.value}", PAIR, pair.row.id, now, changes)
    return target


def leave(viewer: Viewer, member: Distributor, pairs: Sequence[Pair], reason: str, now: datetime) -> None:
    """Take an account out of its group: every confirmed pair of it is taken back, with the same reason.

    `pairs`: all of them. Raises NotYoursError, and MovedError when one of them stands elsewhere by now.
    """
    for pair in pairs:
        if not told.may_decide(viewer, pair.regions):
            raise NotYoursError
    for pair in pairs:
        _move(pair.row.id, State.CONFIRMED, State.OPEN, now, {})
        _enter(pair.row.id, Verb.UNDO, reason, pair.row.score, _names(pair.row.evidence), viewer.id, now)
    grouped = _regroup([one.id for pair in pairs for one in (pair.one, pair.other)], now)
    for number, pair in enumerate(pairs):
        changes = {
            "state": [State.CONFIRMED.value, State.OPEN.value],
            "accounts": [None, [pair.one.code, pair.other.code]],
            "left": [None, member.code],
            **(grouped if number == 0 else {}),
        }
        record(viewer.id, "merged.undo", PAIR, pair.row.id, now, changes)


def rename(viewer: Viewer, group: MergedGroup, name: str, now: datetime) -> None:
    """Give a group another name; the same again changes nothing."""
    if name != group.name:
        record(viewer.id, "merged.rename", GROUP, group.id, now, {"name": [group.name, name]})
        group.name = name


def _move(pair_id: UUID, seen: State, target: State, now: datetime, values: Mapping[str, Any]) -> None:
    moved = db.session.execute(
        sa.update(MergedPair)
        .where(MergedPair.id == pair_id, MergedPair.state == seen)
        .values(state=target, changed_at=now, **values)
        .returning(MergedPair.id)
        .execution_options(synchronize_session=False)
    ).first()
    if moved is None:
        raise MovedError


def _names(evidence: Iterable[Mapping[str, Any]]) -> list[str]:
    return [Evidence(Kind(one["kind"]), one["key"]).name for one in evidence]


def _enter(
    pair_id: UUID, verb: Verb, reason: str, score: int, evidence: Sequence[str], by: UUID | None, now: datetime
) -> None:
    values = {
        "pair_id": pair_id,
        "verb": verb,
        "reason": reason,
        "score": score,
        "evidence": list(evidence),
        "by_id": by,
        "at": now,
    }
    insert_row(MergedEntry, values)


# Groups ---------------------------------------------------------------------------------------------------------------


def _regroup(touched: Collection[UUID], now: datetime) -> dict[str, Any]:
    """Put together anew the groups that these accounts are in or come into. What changed, for the audit."""
    db.session.execute(sa.update(MergedRun).where(MergedRun.id == 1).values(groups=MergedRun.groups + 1))
    before: dict[UUID, UUID] = {}
    nodes, edges = _reached(touched)
    while True:
        held = sa.select(MergedMember.distributor_id, MergedMember.group_id)
        groups = set(db.session.scalars(sa.select(MergedMember.group_id).where(MergedMember.distributor_id.in_(nodes))))
        before = dict(db.session.execute(held.where(MergedMember.group_id.in_(groups))).tuples().all())
        if set(before) <= nodes:
            break
        # Who was in the group, and hangs together with it no longer, is looked at too.
        nodes, edges = _reached({*nodes, *before})
    parts = sorted(components(edges), key=min)
    continued = heirs(parts, before)
    db.session.execute(sa.delete(MergedMember).where(MergedMember.distributor_id.in_(nodes)))
    kept: set[UUID] = set()
    for part, group in zip(parts, continued, strict=True):
        key = group or _make_group(min(part), now)
        kept.add(key)
        rows = [{"distributor_id": member, "group_id": key, "since": now} for member in sorted(part)]
        db.session.execute(sa.insert(MergedMember), rows)
    ended = set(before.values()) - kept
    for keys, moment in ((ended, now), (kept, None)):
        db.session.execute(
            sa.update(MergedGroup)
            .where(MergedGroup.id.in_(keys))
            .values(ended_at=moment)
            .execution_options(synchronize_session=False)
        )
    db.session.expire_all()
    return {"groups": [sorted(map(str, set(before.values()))), sorted(map(str, kept))]}


def _reached(start: Iterable[UUID]) -> tuple[set[UUID], set[tuple[UUID, UUID]]]:
    """All accounts that confirmed pairs connect with these, and the pairs; a statement for each step outwards."""
    nodes, edges, border = set(start), set[tuple[UUID, UUID]](), set(start)
    while border:
        found = db.session.execute(
            sa.select(MergedPair.one_id, MergedPair.other_id).where(
                MergedPair.state == State.CONFIRMED,
                sa.or_(MergedPair.one_id.in_(border), MergedPair.other_id.in_(border)),
            )
        ).tuples()
        fresh = {(one, other) for one, other in found}
        border = {node for edge in fresh for node in edge} - nodes
        nodes |= border
        edges |= fresh
    return nodes, edges


def _make_group(first: UUID, now: datetime) -> UUID:
    key = uuid7()
    name = db.session.scalar(sa.select(Distributor.name).where(Distributor.id == first)) or ""
    db.session.execute(sa.insert(MergedGroup).values(id=key, name=name[:120], made_at=now))
    return key


# Keeping what was found -----------------------------------------------------------------------------------------------


def look(now: datetime, today: date) -> int:
    """The chore: look at the data when it is time, and they have changed. How many pairs are suspicious; 0: not now."""
    version, scoring = policy.on(today)
    begin_reading()
    run = db.session.get(MergedRun, 1)
    mark = _mark(version)
    due = run is not None and _is_due(run, mark, scoring, now)
    begin_writing()
    if not due:
        return 0
    free = sa.or_(MergedRun.claimed_at.is_(None), MergedRun.claimed_at < now - _CLAIM)
    claim = sa.update(MergedRun).where(MergedRun.id == 1, free).values(claimed_at=now).returning(MergedRun.id)
    claimed = db.session.execute(claim.execution_options(synchronize_session=False)).first()
    db.session.commit()
    return refresh(now, today, scoring, mark) if claimed else 0


def refresh(now: datetime, today: date, scoring: Scoring, mark: str = "") -> int:
    """Look at all the data now, and keep what was found; several transactions. How many pairs are suspicious."""
    began = monotonic()
    begin_reading()
    stored = {(row.one_id, row.other_id): row for row in db.session.execute(_STORED)}
    found, accounts = detect(today, scoring, stored.keys())
    begin_writing()
    strong: list[tuple[UUID, UUID]] = []
    for keys in _chunks(sorted({*found, *stored})):
        strong += _keep(keys, stored, found, scoring, now)
        db.session.commit()
    regions = _regions({key for pair in strong for key in pair})
    told.tell_strong([(regions.get(one), regions.get(other)) for one, other in strong], now, today)
    shown = sum(one.scored.score >= scoring.show for one in found.values())
    db.session.execute(
        sa.update(MergedRun)
        .where(MergedRun.id == 1)
        .values(
            ran_at=now,
            claimed_at=None,
            mark=mark,
            seconds=round(monotonic() - began),
            accounts=accounts,
            pairs=shown,
        )
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
    return shown


def _is_due(run: MergedRun, mark: str, scoring: Scoring, now: datetime) -> bool:
    if run.ran_at is None:
        return True
    if now - run.ran_at < timedelta(hours=scoring.hours) or now.astimezone(SHANGHAI).hour < scoring.hour:
        return False
    return run.mark != mark or now - run.ran_at >= _ANYWAY


def _mark(version: int) -> str:
    """What the data are known by: their newest rows, and when a file changed last."""
    columns: tuple[Any, ...] = (
        sa.select(sa.func.max(Distributor.updated_at)).scalar_subquery(),
        *(
            sa.select(model.id).order_by(model.id.desc()).limit(1).scalar_subquery()
            for model in (Invoice, Payment, Contact)
        ),
    )
    return "|".join(map(str, (version, *db.session.execute(sa.select(*columns)).one())))


_STORED = sa.select(
    MergedPair.id,
    MergedPair.one_id,
    MergedPair.other_id,
    MergedPair.state,
    MergedPair.score,
    MergedPair.evidence,
    MergedPair.context,
    MergedPair.known,
)


def _chunks(keys: Sequence[Key]) -> Iterator[Sequence[Key]]:
    for start in range(0, len(keys), _CHUNK):
        yield keys[start : start + _CHUNK]


def _keep(
    keys: Sequence[Key],
    stored: Mapping[Key, Any],
    found: Mapping[Key, Suspicion],
    scoring: Scoring,
    now: datetime,
) -> list[Key]:
    """Store what was found of some pairs. Those that are new or back, and strong."""
    strong: list[Key] = []
    entries: list[dict[str, Any]] = []
    audits: list[tuple[object, Mapping[str, Any]]] = []
    for key in keys:
        row, suspicion = stored.get(key), found.get(key)
        scored = suspicion.scored if suspicion else None
        result = outcome(row.state if row else None, row.known if row else (), scored, scoring)
        if result is None:
            continue
        pair_id = _write(key, row, suspicion, result, now)
        if pair_id is None or result.verb is None:
            continue
        names = [one.name for one, _points in scored.evidence] if scored else []
        points = scored.score if scored else 0
        entries.append(
            {"pair_id": pair_id, "verb": result.verb, "reason": "", "score": points, "evidence": names, "at": now}
        )
        audits.append(
            (pair_id, {"state": [row.state.value if row else None, result.state.value], "score": [None, points]})
        )
        if result.verb in (Verb.FOUND, Verb.RETURNED) and points >= scoring.strong:
            strong.append(key)
    if entries:
        db.session.execute(sa.insert(MergedEntry), entries)
        record_each(None, "merged.look", PAIR, now, audits)
    return strong


def _write(key: Key, row: Any, suspicion: Suspicion | None, result: Outcome, now: datetime) -> UUID | None:
    """Insert or update one pair; its key, None where nothing was written: somebody was first, or all is as it was."""
    scored = suspicion.scored if suspicion else Scored(0, ())
    values: dict[str, Any] = {
        "score": scored.score,
        "kinds": "".join(f",{one.kind.value}" for one, _points in scored.evidence) + ",",
        "evidence": [
            {
                "kind": one.kind.value,
                "key": one.key,
                "holders": one.holders,
                "points": points,
                "facts": dict(one.facts),
            }
            for one, points in scored.evidence
        ],
        "context": {
            name: True for name in ("open", "succession") if suspicion is not None and getattr(suspicion.context, name)
        },
    }
    if row is None:
        made: UUID | None = db.session.scalar(
            insert_into(MergedPair)
            .values(
                id=uuid7(),
                one_id=key[0],
                other_id=key[1],
                state=result.state,
                known=[],
                found_at=now,
                changed_at=now,
                **values,
            )
            .on_conflict_do_nothing()
            .returning(MergedPair.id)
        )
        return made
    if result.verb is None and all(getattr(row, name) == values[name] for name in ("score", "evidence", "context")):
        return None
    moved: UUID | None = db.session.scalar(
        sa.update(MergedPair)
        .where(MergedPair.id == row.id, MergedPair.state == row.state)
        .values(state=result.state, **values, **({"changed_at": now} if result.verb else {}))
        .returning(MergedPair.id)
        .execution_options(synchronize_session=False)
    )
    return moved


def _regions(keys: Collection[UUID]) -> dict[UUID, str | None]:
    rows = db.session.execute(sa.select(Distributor.id, Distributor.region_code).where(Distributor.id.in_(keys)))
    return dict(rows.tuples().all())
