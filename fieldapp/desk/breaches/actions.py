"""What people say and do about a breach. Two at once: the state decides, and the loser is told."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db, uuid7
from fieldapp.people.accounts.models import Role
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.audit.actions import record

from . import told
from .models import Breach, BreachEntry
from .rules import MOVES, Refusal, State, Verb, may

WORDS = 1000  # characters


class RefusedError(PermissionError):
    """Not this one, not now; `refusal` says why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


def explain(viewer: Viewer, breach: Breach, words: str, now: datetime, key: UUID | None = None) -> None:
    """Say how it came to this, as whoever sees it may. The state stays as it is. `now`: when it was said; `key`: of the
    entry, made with the form: what comes again under it is there already."""
    known = db.session.get(BreachEntry, key) if key else None
    if known is not None and (known.breach_id, known.by_id) == (breach.id, viewer.id):
        return
    _enter(viewer, breach, Verb.EXPLAIN, words, {}, now, None if known else key)
    changed = sa.update(Breach).where(Breach.id == breach.id).values(explained_at=now)
    db.session.execute(changed.execution_options(synchronize_session="fetch"))
    record(viewer.id, "breaches.explain", "breach", breach.id, now, {"words": [None, words]})


def decide(
    viewer: Viewer,
    breach: Breach,
    verb: Verb,
    words: str,
    now: datetime,
    *,
    due_on: date | None = None,
    seen: str | None = None,
) -> None:
    """Accept, have it made good (`words` say how, `due_on` until when), finish, dismiss or open again. `seen`:
    `judged_at` of what he looked at, as ISO text.

    By supervisors and administrators, never about their own customer or a deal that they checked themselves. Raises
    RefusedError; so it is, too, when somebody else was quicker.
    """
    refusal = Refusal.OWN if viewer.role is Role.REP else None
    refusal = refusal or may(verb, breach.state, viewer.id, (breach.rep_id, breach.checked_by_id))
    if refusal is not None:
        raise RefusedError(refusal)
    if seen is not None and seen != breach.judged_at.isoformat():
        raise RefusedError(Refusal.MOVED)
    before, (_from, after) = breach.state, MOVES[verb]
    values: dict[str, Any] = {"state": after, "decided_by_id": viewer.id, "decided_at": now}
    if verb is Verb.RECOVER:
        values |= {"measure": words, "due_on": due_on}
    elif verb is Verb.REOPEN:
        values |= {"decided_by_id": None, "decided_at": None, "measure": "", "due_on": None}
    moved = sa.update(Breach).where(
        Breach.id == breach.id, Breach.state == before, Breach.judged_at == breach.judged_at
    )
    moved = moved.values(values)
    done = db.session.execute(moved.execution_options(synchronize_session="fetch"))
    if not done.rowcount:  # type: ignore[attr-defined]
        db.session.refresh(breach)
        raise RefusedError(Refusal.STATE)
    changes: dict[str, Any] = {"state": [before.value, after.value]}
    if due_on is not None:
        changes["due_on"] = [None, due_on.isoformat()]
    _enter(viewer, breach, verb, words, changes, now)
    record(viewer.id, f"breaches.{verb.value}", "breach", breach.id, now, changes)
    if after is not State.OPEN:
        told.settle_overdue(breach, now)
    if after is State.RECOVER:
        told.recover(breach, viewer.id, now)


def _enter(
    viewer: Viewer,
    breach: Breach,
    verb: Verb,
    words: str,
    values: Mapping[str, Any],
    now: datetime,
    key: UUID | None = None,
) -> None:
    entry = {"breach_id": breach.id, "verb": verb, "words": words, "values": dict(values), "by_id": viewer.id}
    db.session.add(BreachEntry(id=key or uuid7(), at=now, **entry))
    db.session.flush()
