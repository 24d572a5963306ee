"""A long export, written by a process of its own (docs/adr/0005) into the instance folder, where it stays for a week.

What its maker may see is asked when it is written, and that he may still have it when it is written and when it is
fetched. A run that has not beaten for a minute was interrupted; nobody gets half a file.
"""

import hashlib
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import current_app
from flask_babel import force_locale

from fieldapp.core import clock, processes
from fieldapp.core.db import begin_reading, db, uuid7
from fieldapp.core.logs import log
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.audit.actions import record

from . import queries, sheets
from .models import ExportForm, ExportRun, ExportState
from .queries import Asked

AT_ONCE = 3_000  # rows that are written within a request
BEAT_EVERY_S = 1.0
KEPT_FOR = timedelta(days=7)
SILENT_AFTER = timedelta(minutes=1)
RUNNING = frozenset({ExportState.WAITING, ExportState.WRITING})
MOST_RUNNING = 2  # of one user at a time


class TooManyError(ValueError):
    """He has as many under way as one may have."""


def folder() -> Path:
    """Where the files lie."""
    path: Path = current_app.config["INSTANCE"] / "exports"
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def file_of(run: ExportRun) -> Path:
    """The file of a run that is done, for a week."""
    return folder() / f"{run.id}.{run.form}"


def tidy(now: datetime) -> None:
    """Delete files older than a week, and half ones that were left; the runs stay, as history."""
    for path in folder().iterdir():
        with suppress(FileNotFoundError):  # another process tidies too
            if now.timestamp() - path.stat().st_mtime > KEPT_FOR.total_seconds():
                path.unlink()


def kept_until(run: ExportRun) -> datetime | None:
    """Until when its file can be fetched."""
    return None if run.finished_at is None else run.finished_at + KEPT_FOR


def interrupted(run: ExportRun, now: datetime) -> bool:
    """Whether the process that writes it is gone."""
    return run.state in RUNNING and now - run.beat_at > SILENT_AFTER


def running(run: ExportRun, now: datetime) -> bool:
    """Whether its process is at work."""
    return run.state in RUNNING and now - run.beat_at <= SILENT_AFTER


def begin(viewer: Viewer, asked: Asked, form: ExportForm, at: datetime) -> ExportRun:
    """Have a file written in the background, and commit. Asked twice for the same, it is the same run.

    Raises TooManyError when two others of his are under way.
    """
    tidy(at)
    own = [run for run in queries.latest(viewer) if running(run, at)]
    same = (form, asked.first, asked.last, asked.rep_id)
    for run in own:
        if (run.form, run.first, run.last, run.rep_id) == same:
            return run
    if len(own) >= MOST_RUNNING:
        raise TooManyError
    run = ExportRun(
        id=uuid7(),
        form=form,
        first=asked.first,
        last=asked.last,
        rep_id=asked.rep_id,
        made_by_id=viewer.id,
        made_at=at,
        beat_at=at,
    )
    db.session.add(run)
    db.session.flush()
    days = {"first": [None, asked.first.isoformat()], "last": [None, asked.last.isoformat()]}
    record(viewer.id, "exports.begin", "export_run", run.id, at, {**days, "form": [None, form.value]})
    db.session.commit()  # the process that writes it looks for the row
    start(run.id)
    return run


def start(run_id: UUID) -> None:
    """Write it in a process of its own, which outlives this worker."""
    processes.start("export-run", str(run_id))


def again(run: ExportRun, at: datetime) -> bool:
    """Let an interrupted run begin anew; False when it isn't interrupted."""
    if not interrupted(run, at):
        return False
    same = ExportRun.state == run.state, ExportRun.beat_at == run.beat_at  # only one of two who ask at once
    claim = sa.update(ExportRun).where(ExportRun.id == run.id, *same)
    done: Any = db.session.execute(claim.values(state=ExportState.WAITING, beat_at=at, rows_done=0))
    db.session.commit()  # the process that writes it looks for the row
    return bool(done.rowcount)


def perform(run_id: UUID) -> None:
    """Write the file of a waiting run. Does nothing when another process has taken it."""
    if not _store(run_id, ExportState.WAITING, state=ExportState.WRITING, beat_at=clock.now()):
        return
    begin_reading()
    run = db.session.get_one(ExportRun, run_id)
    maker = db.session.get_one(User, run.made_by_id)
    viewer, active, locale = viewer_of(maker), maker.active, maker.locale
    db.session.expunge_all()  # plain values from here on
    asked = Asked(run.first, run.last, run.rep_id)
    if not active or not may_ask(viewer, asked):
        _store(run_id, ExportState.WRITING, state=ExportState.REFUSED, finished_at=clock.now())
        return
    target = file_of(run)
    draft = target.with_suffix(f".{run.form}.part")
    try:
        total = queries.count(viewer, asked)
        _store(run_id, ExportState.WRITING, rows_total=total, scope=scope_mark(viewer), beat_at=clock.now())
        with force_locale(locale):
            write(draft, run.form, viewer, asked, _beat(run_id))
        draft.rename(target)
        rows = {"rows_done": ExportRun.rows_total, "size": target.stat().st_size}
        _store(run_id, ExportState.WRITING, state=ExportState.DONE, finished_at=clock.now(), **rows)
    except Exception:
        log.exception("export_crashed", run=str(run_id))
        _store(run_id, ExportState.WRITING, state=ExportState.CRASHED, finished_at=clock.now())
        raise
    finally:
        draft.unlink(missing_ok=True)
        tidy(clock.now())


def may_ask(viewer: Viewer, asked: Asked) -> bool:
    """Whether the viewer may have these visits: everybody's within his reach, or somebody's of his team."""
    return asked.rep_id is None or queries.named(viewer, asked.rep_id) is not None


def scope_mark(viewer: Viewer) -> str:
    """A mark of what somebody may see: another role or patch has another one."""
    return hashlib.sha256("\x1f".join([viewer.role, *sorted(viewer.patch)]).encode()).hexdigest()


def may_fetch(viewer: Viewer, run: ExportRun) -> bool:
    """Whether the maker of a run may still have its file: what he may see is what it was, or the file is made anew."""
    return run.scope == scope_mark(viewer) and may_ask(viewer, Asked(run.first, run.last, run.rep_id))


def write(path: Path, form: ExportForm, viewer: Viewer, asked: Asked, told: Callable[[int], None]) -> None:
    """Write a whole file."""
    if form is ExportForm.XLSX:
        sheets.xlsx(path, viewer, asked, told)
        return
    with path.open("wb") as file:
        for piece in sheets.csv(viewer, asked, told):
            file.write(piece)


def _beat(run_id: UUID) -> Callable[[int], None]:
    """Says that the run lives and how far it is, at most once a second, each in a moment of its own."""
    last = time.monotonic()

    def beat(rows: int) -> None:
        nonlocal last
        if time.monotonic() - last >= BEAT_EVERY_S:
            last = time.monotonic()
            _store(run_id, ExportState.WRITING, beat_at=clock.now(), rows_done=rows)

    return beat


def _store(run_id: UUID, expected: ExportState, **values: Any) -> bool:
    """Change a run that is in the expected state, in a transaction of its own; False when it isn't."""
    with db.engine.begin() as connection:
        changed = sa.update(ExportRun).where(ExportRun.id == run_id, ExportRun.state == expected).values(**values)
        return bool(connection.execute(changed).rowcount)
