"""Trying a draft on the past: every trial, under the policy in force today and under the draft.

Few results are replayed within the request, many by a process of their own that says how far it is, as a file is read
(docs/adr/0005). Only the latest try-out of a draft is kept.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core import clock, processes
from fieldapp.core.db import begin_reading, db, uuid7
from fieldapp.core.logs import log
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.audit.actions import record

from . import queries
from .models import PolicyDraft, PolicyVersion, Tryout, TryoutState
from .sections import Settings, complete
from .trials import Progress, TrialResult, declared

# Replaying takes well under a millisecond for each: more than these would keep somebody waiting for over a second.
MOST_AT_ONCE = 2_000
STEPS = 1000  # of the progress
BEAT_EVERY_S = 1.0
SILENT_AFTER = timedelta(minutes=1)
RUNNING = frozenset({TryoutState.WAITING, TryoutState.RUNNING})


def at_once() -> bool:
    """Whether there is so little to replay that it is done within the request."""
    return sum(trial.size() for trial in declared()) <= MOST_AT_ONCE


def replay(before: Settings, after: Settings, today: date, progress: Progress) -> list[dict[str, Any]]:
    """Every trial's result as JSON, `name` with it. Settings are complete. Reads only."""
    trials = declared()
    results = []
    for number, trial in enumerate(trials):

        def told(share: float, number: int = number) -> None:
            progress((number + share) / len(trials))

        results.append({"name": trial.name, **trial.run(before, after, today, told).to_json()})
    return results


def results_of(tryout: Tryout) -> dict[str, TrialResult]:
    """{name of the trial: its result}, of trials that the app still has; not what an older release kept otherwise."""
    names = {trial.name for trial in declared()}
    found = {}
    for stored in tryout.results:
        name, values = stored["name"], {key: value for key, value in stored.items() if key != "name"}
        if name in names:
            with suppress(KeyError, TypeError):
                found[name] = TrialResult.from_json(values)
    return found


def interrupted(tryout: Tryout, now: datetime) -> bool:
    """Whether the process that tries is gone."""
    return tryout.state in RUNNING and now - tryout.beat_at > SILENT_AFTER


def running(tryout: Tryout, now: datetime) -> bool:
    """Whether its process is at work."""
    return tryout.state in RUNNING and now - tryout.beat_at <= SILENT_AFTER


def outdated(tryout: Tryout, draft: PolicyDraft, current: PolicyVersion) -> bool:
    """Whether it tells of other values than the draft has now, was compared with another version than holds now, or
    lacks a trial that the app has come to know since."""
    if tryout.compared_with != current.version:
        return True
    if tryout.state is TryoutState.DONE and len(results_of(tryout)) < len(declared()):
        return True
    if tryout.revision == draft.revision:
        return False
    tried = queries.revision(draft.id, tryout.revision)
    return tried is None or complete(tried.settings) != complete(draft.settings)


def keep(
    draft: PolicyDraft, viewer: Viewer, revision: int, compared_with: int, on: date, at: datetime, results: list[Any]
) -> Tryout:
    """Store what came of a try-out in place of the one before. `draft` is a row held by `queries.hold_draft`."""
    made = _put(draft, viewer, revision, compared_with, on, at)
    made.state, made.results, made.share, made.finished_at = TryoutState.DONE, results, STEPS, at
    changes = {result["name"]: [result["looked_at"], result["changed"]] for result in results}
    record(viewer.id, "policy.try", "policy_draft", draft.id, at, {"revision": [None, revision], **changes})
    return made


def begin(draft: PolicyDraft, viewer: Viewer, compared_with: int, on: date, at: datetime) -> None:
    """Try a draft in a process of its own, and commit. One that is under way for the same values goes on."""
    before = queries.find_tryout(draft.id)
    if before is not None and running(before, at) and before.revision == draft.revision:
        return
    made = _put(draft, viewer, draft.revision, compared_with, on, at)
    record(viewer.id, "policy.try", "policy_draft", draft.id, at, {"revision": [None, draft.revision]})
    db.session.commit()  # the process looks for the row
    processes.start("policy-tryout", str(made.id))


def _put(draft: PolicyDraft, viewer: Viewer, revision: int, compared_with: int, on: date, at: datetime) -> Tryout:
    db.session.execute(sa.delete(Tryout).where(Tryout.draft_id == draft.id))
    made = Tryout(
        id=uuid7(),
        draft_id=draft.id,
        revision=revision,
        compared_with=compared_with,
        on=on,
        made_by_id=viewer.id,
        made_at=at,
        beat_at=at,
    )
    db.session.add(made)
    return made


def perform(tryout_id: UUID) -> None:
    """Carry a waiting try-out out. Does nothing when another process has taken it, or a later one its place."""
    if not _store(tryout_id, TryoutState.WAITING, state=TryoutState.RUNNING, beat_at=clock.now()):
        return
    begin_reading()
    tryout = db.session.get_one(Tryout, tryout_id)
    tried = queries.revision(tryout.draft_id, tryout.revision)
    assert tried is not None  # noqa: S101 — no revision is ever taken away
    before, after, on = complete(queries.version(tryout.compared_with).settings), complete(tried.settings), tryout.on
    try:
        results = replay(before, after, on, _beat(tryout_id))
    except Exception:
        log.exception("tryout_crashed", tryout=str(tryout_id))
        db.session.rollback()
        _store(tryout_id, TryoutState.RUNNING, state=TryoutState.CRASHED, finished_at=clock.now())
        raise
    done = {"state": TryoutState.DONE, "results": results, "share": STEPS, "finished_at": clock.now()}
    _store(tryout_id, TryoutState.RUNNING, **done)


def _beat(tryout_id: UUID) -> Callable[[float], None]:
    """Says that the try-out lives and how far it is, at most once a second, each in a moment of its own."""
    last = time.monotonic()

    def beat(share: float) -> None:
        nonlocal last
        if time.monotonic() - last >= BEAT_EVERY_S:
            last = time.monotonic()
            _store(tryout_id, TryoutState.RUNNING, beat_at=clock.now(), share=int(share * STEPS))

    return beat


def _store(tryout_id: UUID, expected: TryoutState, **values: Any) -> bool:
    """Change a try-out that is in the expected state, in a transaction of its own; False when it isn't."""
    with db.engine.begin() as connection:
        changed = sa.update(Tryout).where(Tryout.id == tryout_id, Tryout.state == expected).values(**values)
        return bool(connection.execute(changed).rowcount)
