"""A file sent through the page: kept, read by a process of its own, and what came of it.

The reading runs outside the web workers, at a lower priority, so that a large file delays nobody. It beats while it
reads; a run that has not beaten for a minute was interrupted, and as its one transaction was not committed, nothing
of it was written.
"""

import csv
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any
from uuid import UUID

import sqlalchemy as sa
from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _

from fieldapp.core import clock, processes
from fieldapp.core.db import begin_reading, db, uuid7
from fieldapp.core.logs import log
from fieldapp.core.sheets import N_, CellError, Message, Sheet, SheetError, limits, locate
from fieldapp.core.sheets.kinds import Kind
from fieldapp.core.sheets.writing import csv_text
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.trade.pricing.models import PriceDraft

from .engine import READING_SHARE, Order, Outcome, follow_up, read
from .models import ImportRun, RunState
from .registry import kinds, through_page

UNKNOWN = ""  # the kind of a file that has yet to be recognised by its columns
SHOWN_PROBLEMS = 1000  # kept with the run; the file of problems holds all
STEPS = 1000  # of the progress while a file is read
BEAT_EVERY_S = 1.0
KEPT_FOR = timedelta(days=30)
SILENT_AFTER = {
    RunState.WAITING: timedelta(minutes=1),
    RunState.READING: timedelta(minutes=1),
    RunState.WRITING: timedelta(minutes=10),  # one transaction, during which no beat can be stored
}


def folder() -> Path:
    """Where files wait, and what was found wrong with them is kept."""
    path: Path = current_app.config["INSTANCE"] / "imports"
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def upload_of(run_id: UUID) -> Path:
    """The file itself, until it is read."""
    return folder() / f"{run_id}.upload"


def rejected_of(run_id: UUID) -> Path:
    """The rows that were not taken."""
    return folder() / f"{run_id}.rejected.csv"


def problems_of(run_id: UUID) -> Path:
    """Every bad cell: line, column, value, reason."""
    return folder() / f"{run_id}.problems.csv"


def tidy(now: datetime) -> None:
    """Delete files that nobody has come for: rejected rows, lists of faults, uploads whose reading was interrupted.

    The runs themselves stay, as history. Whenever a file was sent or read, so that nothing else has to run.
    """
    for path in folder().iterdir():
        with suppress(FileNotFoundError):  # another process tidies too
            if now.timestamp() - path.stat().st_mtime > KEPT_FOR.total_seconds():
                path.unlink()


def interrupted(run: ImportRun, now: datetime) -> bool:
    """Whether the process that reads the file is gone."""
    silent = SILENT_AFTER.get(run.state)
    return silent is not None and now - run.beat_at > silent


def keep(
    stream: IO[bytes],
    filename: str,
    kind: str,
    *,
    dry_run: bool,
    partial: bool,
    actor_id: UUID,
    at: datetime,
    draft_id: UUID | None = None,
) -> ImportRun:
    """Store a file and its run, and commit. Raises SheetError when it is larger than a sheet may be.

    `draft_id`: the open change of the price book that prices go into; None: one of their own.
    """
    run_id = uuid7()
    path = upload_of(run_id)
    tidy(at)
    try:
        _copy(stream, path)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    run = ImportRun(
        id=run_id,
        kind=kind,
        filename=filename[:255],
        dry_run=dry_run,
        partial=partial,
        made_by_id=actor_id,
        made_at=at,
        beat_at=at,
        draft_id=draft_id,
    )
    db.session.add(run)
    db.session.commit()  # the process that reads it looks for the row
    return run


def _copy(stream: IO[bytes], path: Path) -> None:
    left = limits.FILE_BYTES
    with path.open("xb") as file:
        while chunk := stream.read(1 << 20):
            left -= len(chunk)
            if left < 0:
                raise SheetError(
                    Message(N_("The file is larger than %(megabytes)s MB."), {"megabytes": limits.FILE_BYTES >> 20}),
                    Message(N_("Split it into several files.")),
                )
            file.write(chunk)


def start(run_id: UUID) -> None:
    """Begin to read in a process of its own, which outlives this worker."""
    processes.start("import-run", str(run_id))


def again(run: ImportRun, at: datetime) -> bool:
    """Let an interrupted run wait for a new process; False when it isn't interrupted, or its file is gone."""
    if not interrupted(run, at) or not upload_of(run.id).exists():
        return False
    same = ImportRun.state == run.state, ImportRun.beat_at == run.beat_at  # only one of two who ask at once
    claim = sa.update(ImportRun).where(ImportRun.id == run.id, *same)
    done = db.session.execute(claim.values(state=RunState.WAITING, beat_at=at, rows_done=0))
    db.session.commit()  # the process that reads it looks for the row
    return bool(done.rowcount)  # type: ignore[attr-defined]


def perform(run_id: UUID) -> None:
    """Read the file of a waiting run. Does nothing when another process has taken it."""
    claimed = _store(run_id, RunState.WAITING, state=RunState.READING, beat_at=clock.now())
    if not claimed:
        return
    begin_reading()
    run = db.session.get_one(ImportRun, run_id)
    viewer = viewer_of(db.session.get_one(User, run.made_by_id))
    locale = viewer.locale
    db.session.expunge_all()  # plain values from here on: reading them again would take part in a transaction
    try:
        with force_locale(locale):
            _read(run, viewer)
    except SheetError as error:
        with force_locale(locale):
            _finish(run_id, RunState.FAILED, message=str(error)[:500])
    except Exception:
        log.exception("import_crashed", run=str(run_id))
        db.session.rollback()
        _finish(run_id, RunState.CRASHED)
        raise
    finally:
        upload_of(run_id).unlink(missing_ok=True)  # also when it was refused: who sent it has it
        tidy(clock.now())


def _read(run: ImportRun, viewer: Viewer) -> None:
    source = upload_of(run.id)
    kind = kinds().get(run.kind) or recognise(source)
    if kind.key != run.kind:
        _store(run.id, RunState.READING, kind=kind.key)
    kind, draft_id = through_page(kind, viewer, run, clock.today())
    order = Order(
        kind,
        source,
        run.filename,
        actor_id=run.made_by_id,
        at=clock.now(),
        dry_run=run.dry_run,
        partial=run.partial,
        rejected_to=rejected_of(run.id),
    )
    beat = _Beat(run.id)
    with _problems(run.id) as problems:

        def done(outcome: Outcome) -> None:
            result = _result(outcome, problems.shown)
            if draft_id is not None and db.session.get(PriceDraft, draft_id) is not None:
                result["draft_id"] = draft_id
            db.session.execute(sa.update(ImportRun).where(ImportRun.id == run.id).values(**result))

        outcome = read(order, problems.add, beat.progress, before_commit=done)
    if not outcome.written:
        _finish(run.id, **_result(outcome, problems.shown, partial=run.partial))
    follow_up(kind, outcome, clock.now(), clock.today())


def _result(outcome: Outcome, shown: list[list[Any]], *, partial: bool = False) -> dict[str, Any]:
    taken = outcome.written or outcome.taken
    refused = (
        _("Nothing was written: no row of the file can be taken.")
        if partial and not outcome.good
        else _("Nothing was written: the file has rows that can't be taken.")
    )
    return {
        "state": RunState.DONE if taken else RunState.FAILED,
        "counts": {
            **outcome.counts(),
            "written": outcome.written,
            "unknown": list(outcome.unknown),
            "remarks": outcome.remark_count,
        },
        "problems": shown,
        "problem_count": outcome.errors,
        "warnings": [[one.line, one.column, one.value[:200], str(one.reason)] for one in outcome.remarks],
        "rows_total": outcome.rows,
        "rows_done": outcome.rows,
        "finished_at": clock.now(),
        "message": "" if taken else refused,
    }


def recognise(source: Path) -> Kind:
    """The kind of which the file has most columns, and lacks fewest. SheetError when none or several fit."""
    if is_json(source):
        return kinds()["boundaries"]
    with Sheet(source) as sheet:
        header = sheet.header
    fits: list[tuple[int, int, Kind]] = []
    for kind in (kind for kind in kinds().values() if kind.columns):
        try:
            has = len(locate(header, kind.columns).places)
            fits.append((has, has - len(kind.columns), kind))
        except SheetError:
            continue
    fits.sort(key=lambda fit: fit[:2], reverse=True)
    if not fits or (len(fits) > 1 and fits[0][:2] == fits[1][:2]):
        raise SheetError(
            Message(N_("The columns don't tell what the file holds.")),
            Message(N_("Choose the kind of file and send it again.")),
        )
    return fits[0][2]


def is_json(source: Path) -> bool:
    """Does a file begin as GeoJSON does, with or without a byte order mark?"""
    with source.open("rb") as file:
        return file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")


class _Beat:
    """Says that the reading lives and how far it is; at most once a second, each in a moment of its own."""

    def __init__(self, run_id: UUID) -> None:
        self._run_id = run_id
        self._last = time.monotonic()
        self._writing = False

    def progress(self, share: float) -> None:
        if self._writing:
            return  # the transaction under way holds the lock that a beat would need
        self._writing = share >= READING_SHARE
        if self._writing or time.monotonic() - self._last >= BEAT_EVERY_S:
            self._last = time.monotonic()
            state = RunState.WRITING if self._writing else RunState.READING
            _store(
                self._run_id,
                RunState.READING,
                state=state,
                beat_at=clock.now(),
                rows_total=STEPS,
                rows_done=int(share * STEPS),
            )


@dataclass
class _Problems:
    """Every bad cell goes to a file; the first ones are shown on the page."""

    write: Any
    shown: list[list[Any]] = field(default_factory=list)

    def add(self, error: CellError) -> None:
        row: list[Any] = [error.line, error.column, error.value[:200], str(error.reason)]
        self.write([csv_text(cell) for cell in row])
        if len(self.shown) < SHOWN_PROBLEMS:
            self.shown.append(row)


@contextmanager
def _problems(run_id: UUID) -> Iterator[_Problems]:
    path = problems_of(run_id)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        write = csv.writer(file).writerow
        write([_("line"), _("column"), _("value"), _("reason")])
        problems = _Problems(write)
        try:
            yield problems
        finally:
            if not problems.shown:  # nothing wrong, or the file could not be read at all
                path.unlink()


def _finish(run_id: UUID, state: RunState, **values: Any) -> None:
    with db.engine.begin() as connection:
        connection.execute(
            sa.update(ImportRun)
            .where(ImportRun.id == run_id)
            .values(**{"finished_at": clock.now(), **values, "state": state})
        )


def _store(run_id: UUID, expected: RunState, **values: Any) -> bool:
    """Change a run that is in the expected state, in a transaction of its own; False when it isn't."""
    with db.engine.begin() as connection:
        done = connection.execute(
            sa.update(ImportRun).where(ImportRun.id == run_id, ImportRun.state == expected).values(**values)
        )
        return bool(done.rowcount)
