"""Reading a file of a kind: understand every row without a lock, then write what changes in one short transaction.

1. Row by row: each cell through its parser. In batches: codes of other tables looked up, what is stored fetched and
   compared, the kind's own checks. Every fault becomes a CellError; what is to be written waits in a spool on disk.
2. If all rows are good (or the good ones were asked for), one transaction writes the spool, what is derived from it,
   and the audit entry. Rows that are stored like that already are not touched: reading a file twice changes nothing.

The memory taken does not grow with the file but for its keys, which have to be known to find duplicates.
"""

import hashlib
import pickle
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import begin_reading, begin_writing, db, insert_into, uuid7
from fieldapp.core.logs import log
from fieldapp.core.sheets import N_, CellError, Message, Sheet, SheetError, locate, row_reader, write_csv
from fieldapp.core.sheets.columns import BAD, Layout
from fieldapp.core.sheets.kinds import NEEDED, Attribute, Kind, Part, Planned, Reference, RowCheck, Written
from fieldapp.people.audit.actions import record

BATCH = 1000
MOST_REMARKS = 200  # kept; the others are counted
_REMEMBERED_CODES = 200_000
READING_SHARE = 0.8  # of the progress

Report = Callable[[CellError], None]
Progress = Callable[[float], None]
Values = dict[str, Any]
# Of a row to write: its attributes, whether it counts as touched, and whether it waits for the others.
_Shape = tuple[tuple[str, ...], bool, bool]


@dataclass(slots=True)
class Outcome:
    """What a reading found and did. `written`: the good rows are in the database. `remarks`: on rows that are good."""

    kind: str
    encoding: str
    unknown: tuple[str, ...]
    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    errors: int = 0
    written: bool = False
    remarks: list[CellError] = field(default_factory=list)
    remark_count: int = 0

    @property
    def good(self) -> int:
        """How many rows can be taken."""
        return self.rows - self.rejected

    @property
    def taken(self) -> bool:
        """Whether every row is good."""
        return self.rejected == 0

    def counts(self) -> dict[str, int]:
        """The figures, for the audit entry and the page."""
        return {name: getattr(self, name) for name in ("rows", "created", "updated", "unchanged", "rejected", "errors")}


@dataclass(frozen=True, slots=True)
class Order:
    """What to read and how. `rejected_to`: where a partial reading leaves the rows it did not take."""

    kind: Kind
    source: Path
    filename: str
    actor_id: UUID | None
    at: datetime
    dry_run: bool = False
    partial: bool = False
    rejected_to: Path | None = None


def read(
    order: Order,
    report: Report,
    progress: Progress = lambda _share: None,
    before_commit: Callable[[Outcome], None] = lambda _outcome: None,
) -> Outcome:
    """Read a file. `report` is given every bad cell, by line; `progress` a share from 0 to 1.

    `before_commit` runs inside the transaction that writes. Raises SheetError when the file can't be read at all, or
    when the database has changed under it; nothing is written then.
    """
    if order.kind.reader is not None:
        read_by_itself: Outcome = order.kind.reader(order, report, progress, before_commit)
        return read_by_itself
    with ExitStack() as stack:
        sheet = stack.enter_context(Sheet(order.source))
        layout = locate(sheet.header, order.kind.columns)
        outcome = Outcome(order.kind.key, sheet.encoding, tuple(title for title in layout.unknown if title))
        rejected = stack.enter_context(_Rejected(sheet.header))
        plan = stack.enter_context(_Plan(order, layout, outcome, report, rejected))
        begin_reading()
        for batch in _batches(sheet.rows(), plan.together):
            plan.take(batch)
            progress(sheet.progress * READING_SHARE * 0.99)
        if order.dry_run or not (outcome.taken or order.partial):
            return outcome
        if outcome.taken or outcome.good:
            progress(READING_SHARE)
            _write(order, plan, outcome, progress, before_commit)
        if order.rejected_to:
            if outcome.rejected:
                rejected.save(order.rejected_to)
            else:
                order.rejected_to.unlink(missing_ok=True)  # an earlier reading's: those rows are in now
        progress(1.0)
        return outcome


def follow_up(kind: Kind, outcome: Outcome, now: datetime, today: date) -> None:
    """What else follows from rows that were taken. It changes nothing of the outcome: its faults go to the log."""
    if kind.afterwards is None or not outcome.written:
        return
    try:
        kind.afterwards(now, today)
    except Exception:
        db.session.rollback()
        log.exception("import_follow_up_failed", kind=kind.key)


def _batches(
    rows: Iterator[tuple[int, list[str]]], together: Callable[[list[str]], str] | None
) -> Iterator[list[tuple[int, list[str]]]]:
    """About BATCH rows at once; neighbours that speak of one record (the lines of an invoice) are not torn apart."""
    batch: list[tuple[int, list[str]]] = []
    for row in rows:
        if len(batch) >= BATCH and (together is None or together(row[1]) != together(batch[-1][1])):
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def _write(
    order: Order, plan: "_Plan", outcome: Outcome, progress: Progress, before_commit: Callable[[Outcome], None]
) -> None:
    """One transaction: rows, what follows from them, the audit entry."""
    digest = _digest(order.source)
    begin_writing()
    try:
        plan.write(lambda share: progress(READING_SHARE + share * (1 - READING_SHARE)))
        outcome.written = True
        if outcome.created or outcome.updated:
            changes = {"file": order.filename, "sha256": digest, **outcome.counts()}
            record(order.actor_id, "imports.read", "import", order.kind.key, order.at, changes)
        before_commit(outcome)
        db.session.commit()
    except sa.exc.IntegrityError as error:
        outcome.written = False
        db.session.rollback()
        log.warning("import_conflict", kind=order.kind.key, error=str(error.orig))
        raise SheetError(
            Message(N_("The data has changed while the file was being read; nothing was written.")),
            Message(N_("Read the file again.")),
        ) from error
    except BaseException:
        outcome.written = False
        db.session.rollback()
        raise


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Rejected:
    """The rows that are not taken, as the file wrote them, with line and reason; on disk until they are saved."""

    def __init__(self, header: Sequence[str]) -> None:
        self._header = header
        self._rows = _Spool()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._rows.close()

    def add(self, rows: Sequence[tuple[int, list[str], str]]) -> None:
        self._rows.add(None, list(rows))

    def save(self, path: Path) -> None:
        width = len(self._header)
        rows = (
            [*(cells + [""] * width)[:width], line, reason]
            for _, batch in self._rows.batches()
            for line, cells, reason in batch
        )
        try:
            with path.open("wb") as file:
                write_csv(file, [*self._header, "line_in_file", "reason"], rows)
        except OSError as error:
            raise SheetError(
                Message(
                    N_("The good rows were taken, but the others could not be written to %(file)s: %(reason)s."),
                    {"file": str(path), "reason": error.strerror or str(error)},
                )
            ) from None


class _Spool:
    """Batches of plain values, each under a label, kept on disk and read back in order."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 — open as long as the reading
        self.length = 0

    def add(self, label: Any, batch: list[Any]) -> None:
        """Append a batch."""
        pickle.dump((label, batch), self._file, pickle.HIGHEST_PROTOCOL)
        self.length += len(batch)

    def batches(self) -> Iterator[tuple[Any, list[Any]]]:
        """(label, batch), in the order in which they were added."""
        end = self._file.tell()
        self._file.seek(0)
        while self._file.tell() < end:
            yield pickle.load(self._file)  # noqa: S301 — our own file, without a name

    def close(self) -> None:
        """Give the disk back."""
        self._file.close()


@dataclass(slots=True)
class _Row:
    """A row on its way. `values` stand in the order of the layout's places; `faults` by place."""

    line: int
    cells: list[str]
    values: list[Any]
    faults: list[tuple[int, CellError]] = field(default_factory=list)


@dataclass(slots=True)
class _Step:
    """A part of the kind as this file fills it.

    `columns` — attribute → column, of all that a sheet can fill, and the keys. `given` — (place of the value,
    attribute) of what this file has; `absent` — the others. Of a part that several rows share: `said` — line and values
    of the first that spoke of a record, `ids` — the keys of new ones, `done` — the records seen to.
    """

    number: int
    part: Part
    columns: dict[str, sa.Column[Any]]
    given: list[tuple[int, Attribute]]
    absent: list[Attribute]
    spool: _Spool = field(default_factory=_Spool)
    keys: set[UUID] = field(default_factory=set)
    said: dict[Any, list[Any]] = field(default_factory=dict)
    ids: dict[Any, UUID] = field(default_factory=dict)
    done: set[Any] = field(default_factory=set)
    statements: dict["_Shape", "_Upsert"] = field(default_factory=dict)


class _Plan:
    """What a file will change."""

    def __init__(self, order: Order, layout: Layout, outcome: Outcome, report: Report, rejected: _Rejected) -> None:
        self._order = order
        self._kind = order.kind
        self._layout = layout
        self._outcome = outcome
        self._report = report
        self._rejected = rejected
        self._attributes: list[Attribute] = [column for column, _, _ in layout.places]  # type: ignore[misc]
        self._places = {attribute.key: place for place, attribute in enumerate(self._attributes)}
        self._titles = {title: place for place, (_, _, title) in enumerate(layout.places)}
        self._identity = [(place, a) for place, a in enumerate(self._attributes) if a.identity]
        self._codes: dict[int, dict[str, Any]] = {}
        self._lines: dict[Any, int] = {}
        self._subjects: set[UUID] = set()
        self._traces: list[Any] = []
        self._steps = [self._step(number, part) for number, part in enumerate(self._kind.parts)]
        self._bad_cells: list[CellError] = []
        self._read_row = row_reader(layout, self._bad_cells.append)

        self.together = self._key_of_several()

    def _key_of_several(self) -> Callable[[list[str]], str] | None:
        """How to read, from the raw cells, the key that several rows may share; None where each row is a record."""
        if self._kind.whole:
            return lambda _cells: ""
        if not any(part.shared for part in self._kind.parts):
            return None
        index = next(index for column, index, _ in self._layout.places if getattr(column, "identity", False))
        return lambda cells: cells[index].strip().casefold() if index < len(cells) else ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        for step in self._steps:
            step.spool.close()

    def _step(self, number: int, part: Part) -> _Step:
        ours = [attribute for attribute in self._kind.columns if attribute.part == number]
        names = dict.fromkeys([part.identity] if part.identity else []) | dict.fromkeys(part.key)
        for attribute in ours:
            names[attribute.into] = None
        return _Step(
            number,
            part,
            {name: column_of(part.model, name) for name in names},
            [(self._places[attribute.key], attribute) for attribute in ours if attribute.key in self._places],
            [attribute for attribute in ours if attribute.key not in self._places],
        )

    # Understanding a batch -------------------------------------------------------------------------------------------

    def take(self, batch: Sequence[tuple[int, list[str]]]) -> None:
        """Understand a batch of rows: report their faults, spool what they change."""
        rows: list[_Row] = []
        for line, cells in batch:
            row = _Row(line, cells, self._read_row(line, cells))
            if self._bad_cells:
                row.faults = [(self._titles.get(error.column, len(self._titles)), error) for error in self._bad_cells]
                self._bad_cells.clear()
            rows.append(row)
        self._look_up_codes(rows)
        self._refuse_duplicates(rows)
        for step in self._steps:
            if step.part.shared:
                self._refuse_disagreement(step, rows)
        if self._kind.check is not None:
            self._check_what_is_good(self._kind.check, [row for row in rows if row.faults])
        planned = self._plan_rows([row for row in rows if not row.faults])
        self._outcome.rows += len(rows)
        self._reject([row for row in rows if row.faults])
        self._keep(planned)

    def _fault(self, row: _Row, key: str, reason: Message) -> None:
        place = self._places.get(key)
        if place is None:  # the file hasn't got the column
            row.faults.append((len(self._places), CellError(row.line, key, "", reason)))
            return
        _, index, title = self._layout.places[place]
        value = row.cells[index] if index < len(row.cells) else ""
        row.faults.append((place, CellError(row.line, title, value, reason)))

    def _reject(self, rows: list[_Row]) -> None:
        """Report the faults of these rows, by line and column; keep the rows if they are to be given back."""
        for row in rows:
            row.faults.sort(key=lambda fault: fault[0])
            for _, error in row.faults:
                self._report(error)
            self._outcome.errors += len(row.faults)
        self._outcome.rejected += len(rows)
        if rows and self._order.partial and not self._order.dry_run:
            self._rejected.add(
                [(r.line, r.cells, "; ".join(f"{error.column}: {error.reason}" for _, error in r.faults)) for r in rows]
            )

    def _look_up_codes(self, rows: list[_Row]) -> None:
        """Replace the codes of other tables by what is stored for them."""
        for place, attribute in enumerate(self._attributes):
            if attribute.any_is_none:
                for row in rows:
                    if row.values[place] == "*":
                        row.values[place] = None
            if attribute.reference is None:
                continue
            fold = str.casefold if attribute.reference.fold else str
            naming = [row for row in rows if row.values[place] is not None and row.values[place] is not BAD]
            wanted: set[str] = set()
            for row in naming:
                value = row.values[place]
                wanted.update(map(fold, value) if attribute.many else (fold(value),))
            known = self._known_codes(place, attribute.reference, wanted)
            for row in naming:
                value = row.values[place]
                if attribute.many:
                    missing = [code for code in value if fold(code) not in known]
                    row.values[place] = BAD if missing else [known[fold(code)] for code in value]
                    if missing:
                        reason = Message(N_("no such code: %(codes)s"), {"codes": ", ".join(missing)})
                        self._fault(row, attribute.key, reason)
                else:
                    row.values[place] = known.get(fold(value), BAD)
                    if row.values[place] is BAD:
                        self._fault(row, attribute.key, attribute.reference.missing)

    def _known_codes(self, place: int, reference: Reference, wanted: set[str]) -> dict[str, Any]:
        known = self._codes.setdefault(place, {})
        if len(known) > _REMEMBERED_CODES:
            known.clear()
        unknown = iter(wanted - known.keys())
        while chunk := list(islice(unknown, BATCH)):
            found = db.session.execute(sa.select(reference.key, reference.value).where(reference.key.in_(chunk)))
            known.update(found.tuples().all())
        return known

    def _refuse_duplicates(self, rows: list[_Row]) -> None:
        """Of two rows with one key the second is refused, and names the line of the first."""
        for row in rows:
            parts = [
                value.casefold() if attribute.folded and value is not BAD else value
                for value, attribute in ((row.values[place], attribute) for place, attribute in self._identity)
            ]
            if BAD in parts:
                continue
            first = self._lines.setdefault(parts[0] if len(parts) == 1 else tuple(parts), row.line)
            if first != row.line:
                reason = Message(N_("the same key stands in line %(line)s already"), {"line": first})
                self._fault(row, self._identity[-1][1].key, reason)

    def _refuse_disagreement(self, step: _Step, rows: list[_Row]) -> None:
        """Rows that speak of one record (the lines of an invoice) have to say the same of it as the first."""
        key_place = next(place for place, attribute in step.given if attribute.identity)
        others = [(place, attribute) for place, attribute in step.given if not attribute.identity]
        for row in rows:
            key = row.values[key_place]
            if key is BAD:
                continue
            given = [row.values[place] for place, _ in others]
            said = step.said.setdefault(key.casefold(), [row.line, *given])
            if said[0] == row.line:
                continue
            for number, (_, attribute) in enumerate(others, start=1):
                if said[number] is BAD:
                    said[number] = given[number - 1]
                elif given[number - 1] is not BAD and given[number - 1] != said[number]:
                    reason = Message(N_("differs from line %(line)s, which has the same key"), {"line": said[0]})
                    self._fault(row, attribute.key, reason)

    def _check_what_is_good(self, check: RowCheck, rows: list[_Row]) -> None:
        """A row with a bad cell is checked too as far as its other cells go: all faults are listed at once."""
        for row in rows:
            given = {
                attribute.into: value
                for attribute, value in zip(self._attributes, row.values, strict=True)
                if value is not BAD
            }
            with suppress(KeyError):  # the check asks for a cell that is bad, or that the file hasn't got
                for key, reason in check(given):
                    self._fault(row, key, reason)

    def _plan_rows(self, good: list[_Row]) -> list[Planned]:
        """What is stored and what will be, part by part; then the checks that need both. Good rows only."""
        planned = [(row, Planned(row.line, row.cells, [], [])) for row in good]
        for step in self._steps:
            self._plan_step(step, planned)
        if self._kind.check is not None:
            for row, plan in planned:
                if not row.faults:
                    for key, reason in self._kind.check(plan.after[0]):
                        self._fault(row, key, reason)
        if self._kind.check_batch is not None:
            by_line = {row.line: row for row in good}
            for plan, key, reason in self._kind.check_batch([plan for row, plan in planned if not row.faults]):
                self._fault(by_line[plan.line], key, reason)
        taken = [plan for row, plan in planned if not row.faults]
        if self._kind.remark is not None:
            for plan, key, reason in self._kind.remark(taken):
                self._remark(plan, key, reason)
        return taken

    def _remark(self, plan: Planned, key: str, reason: Message) -> None:
        self._outcome.remark_count += 1
        if len(self._outcome.remarks) < MOST_REMARKS:
            place = self._places.get(key)
            index, title = self._layout.places[place][1:] if place is not None else (len(plan.cells), key)
            value = plan.cells[index] if index < len(plan.cells) else ""
            self._outcome.remarks.append(CellError(plan.line, title, value, reason))

    def _plan_step(self, step: _Step, planned: list[tuple[_Row, Planned]]) -> None:
        part = step.part
        given: list[tuple[Any, Values]] = []
        wanted: set[Any] = set()
        above = step.number - 1
        for row, plan in planned:
            values: Values = dict(part.fixed)
            if part.parent:
                values[part.parent] = plan.after[above][self._kind.parts[above].identity or ""]
            for place, attribute in step.given:
                value = row.values[place]
                if value is None and attribute.default is not NEEDED:
                    value = default_of(attribute)
                values[attribute.into] = value
                if attribute.folded:
                    values[attribute.folded] = value.casefold()
            key = tuple([values[name] for name in part.key])
            given.append((key, values))
            # Nothing is stored below a record that is new.
            if not (part.parent and plan.before[above] is None) and key not in step.ids:
                wanted.add(key)
        stored = self._stored(step, wanted)
        for (row, plan), (key, values) in zip(planned, given, strict=True):
            before = stored.get(key)
            plan.before.append(before)
            plan.after.append(self._after(step, row, key, before, values))

    def _after(self, step: _Step, row: _Row, key: Any, before: Values | None, values: Values) -> Values:
        """The record as it will be: what the file gives over what is stored, or over the defaults."""
        if before is not None:
            after = {**before, **values}
            for _, attribute in step.given:
                # Codes stay as they were written first.
                if (attribute.folded or attribute.coded) and _same_code(before[attribute.into], values[attribute.into]):
                    after[attribute.into] = before[attribute.into]
            return after
        after = {attribute.into: default_of(attribute) for attribute in step.absent} | values
        for attribute in step.absent:
            if attribute.default is NEEDED:
                self._fault(row, attribute.key, Message(N_("a new row needs this column, and the file hasn't got it")))
        if step.part.identity:
            after[step.part.identity] = step.ids.setdefault(key, uuid7()) if step.part.shared else uuid7()
        return after

    def _stored(self, step: _Step, keys: set[tuple[Any, ...]]) -> dict[tuple[Any, ...], Values]:
        """What the database holds under these keys."""
        part = step.part
        names = list(step.columns)
        varying = [index for index, name in enumerate(part.key) if name not in part.fixed]
        columns = [step.columns[part.key[index]] for index in varying]
        select = sa.select(*step.columns.values()).where(
            *(step.columns[name] == value for name, value in part.fixed.items())
        )
        wanted = iter(keys)
        found: dict[tuple[Any, ...], Values] = {}
        while chunk := list(islice(wanted, BATCH)):
            among = (
                columns[0].in_([key[varying[0]] for key in chunk])
                if len(columns) == 1
                else sa.tuple_(*columns).in_([tuple(key[index] for index in varying) for key in chunk])
            )
            for stored in db.session.execute(select.where(among)):
                values = dict(zip(names, stored, strict=True))
                found[tuple(values[name] for name in part.key)] = values
        return found

    # Keeping what changes -------------------------------------------------------------------------------------------

    def _keep(self, planned: list[Planned]) -> None:
        spooled: list[dict[_Shape, list[Any]]] = [{} for _ in self._steps]
        for plan in planned:
            changed = [self._keep_part(step, plan, spooled[step.number]) for step in self._steps]
            if plan.before[self._kind.row_part] is None:
                self._outcome.created += 1
            elif any(changed):
                self._outcome.updated += 1
            else:
                self._outcome.unchanged += 1
            if any(changed):
                self._touch(plan)
        for step, groups in zip(self._steps, spooled, strict=True):
            for shape, rows in groups.items():
                step.spool.add(shape, rows)

    def _keep_part(self, step: _Step, plan: Planned, spooled: dict[_Shape, list[Any]]) -> bool:
        """Whether this part of the row changes the database; if so it is spooled."""
        part, before, after = step.part, plan.before[step.number], plan.after[step.number]
        if part.shared:
            key = tuple(after[name] for name in part.key)
            if key in step.done:
                return False
            step.done.add(key)
        if before is None:
            if part.optional and all(after[attribute.into] is None for _, attribute in step.given):
                return False
        elif all(before[attribute.into] == after[attribute.into] for _, attribute in step.given):
            return False
        values = after
        if part.derive is not None and (before is None or before[part.derived_from] != after[part.derived_from]):
            values = {**after, **part.derive(after)}
        touched = not part.touched_by or before is None or any(before[a] != after[a] for a in part.touched_by)
        late = part.first is not None and not part.first(before, after)
        shape = (tuple(values), touched, late)
        upsert = step.statements.get(shape)
        if upsert is None:
            upsert = step.statements[shape] = _Upsert(step, shape[0], self._order.at, touched=touched)
        spooled.setdefault(shape, []).append(upsert.bound(values))
        return True

    def _touch(self, plan: Planned) -> None:
        for step in self._steps:
            if step.part.identity:
                step.keys.add(plan.after[step.number][step.part.identity])
        if self._kind.subject is not None:
            part, name = self._kind.subject
            self._subjects.add(plan.after[part][name])
            before = plan.before[part]
            if before is not None:
                self._subjects.add(before[name])
        if self._kind.trace is not None:
            trace = self._kind.trace(plan)
            if trace is not None:
                self._traces.append(trace)

    # Writing --------------------------------------------------------------------------------------------------------

    def write(self, progress: Progress) -> None:
        """Insert and update what was spooled, part by part, then keep what is derived from it."""
        total = sum(step.spool.length for step in self._steps) or 1
        done = 0
        connection = db.session.connection()
        noted = self._kind.note() if self._kind.note is not None else None
        for step in self._steps if self._kind.writes else ():
            for late in (False, True) if step.part.first is not None else (False,):
                for shape, rows in step.spool.batches():
                    if shape[2] is late:
                        step.statements[shape].execute(connection, rows)
                        done += len(rows)
                        progress(done / total)
        if self._kind.finish is not None:
            keys = tuple(step.keys for step in self._steps)
            order = self._order
            self._kind.finish(Written(keys, self._subjects, noted, order.actor_id, order.at, self._traces))


class _Upsert:
    """INSERT … ON CONFLICT of the key, where only the columns of the file are written over.

    Values are converted for the driver when a row is planned, and the statement is compiled once: the transaction then
    does nothing but write.
    """

    def __init__(self, step: _Step, names: tuple[str, ...], at: datetime, *, touched: bool) -> None:
        part = step.part
        table: sa.Table = part.model.__table__  # type: ignore[assignment]
        touch = {column_of(part.model, name): value for name, value in (part.touch(at) if part.touch else {}).items()}
        born = {column_of(part.model, name): value for name, value in (part.born(at) if part.born else {}).items()}
        given = [column_of(part.model, name) for name in names]
        fixed = {
            column: getattr(column.default, "arg", None)
            for column in table.columns
            if column.default is not None and column.default.is_scalar and column not in given
        }
        fixed |= born | touch
        over = {column_of(part.model, a.into) for _, a in step.given if a.folded not in part.key}
        over |= set(touch) if touched else set()
        over |= {column_of(part.model, name) for name in names if name not in step.columns}  # what is derived
        over -= {column_of(part.model, name) for name in (*part.key, *part.fixed)}
        statement = insert_into(table)  # type: ignore[arg-type]
        conflict: dict[str, Any] = {
            "index_elements": [column_of(part.model, name) for name in part.key if name not in part.fixed],
            "index_where": sa.text(part.only) if part.only else None,
        }
        statement = (
            statement.on_conflict_do_update(
                set_={column.key: statement.excluded[column.key] for column in over}, **conflict
            )
            if over
            else statement.on_conflict_do_nothing(**conflict)
        )
        dialect = db.engine.dialect
        columns = [*given, *fixed]
        compiled = statement.compile(dialect=dialect, column_keys=[column.key for column in columns])
        self._sql = str(compiled)
        converters = {column.key: column.type.dialect_impl(dialect).bind_processor(dialect) for column in columns}
        self._names = names
        self._convert = [converters[column.key] for column in given]
        self._keys = [column.key for column in columns]
        self._order: list[int] | None = None
        if compiled.positional:
            self._order = [self._keys.index(key) for key in compiled.positiontup]
        self._fixed = [
            convert(value) if (convert := converters[column.key]) else value for column, value in fixed.items()
        ]

    def bound(self, values: Values) -> list[Any]:
        """A row as the driver takes it, without what is the same in every row."""
        return [
            convert(values[name]) if convert is not None else values[name]
            for name, convert in zip(self._names, self._convert, strict=True)
        ]

    def execute(self, connection: sa.Connection, rows: list[list[Any]]) -> None:
        """Write rows that `bound` made."""
        whole: list[Any]
        if self._order is not None:
            whole = [tuple([row[index] for index in self._order]) for row in (row + self._fixed for row in rows)]
        else:
            whole = [dict(zip(self._keys, row + self._fixed, strict=True)) for row in rows]
        connection.exec_driver_sql(self._sql, whole)


def column_of(model: Any, name: str) -> Any:
    """The column behind a model's attribute."""
    return sa.inspect(model).column_attrs[name].columns[0]


def default_of(attribute: Attribute) -> Any:
    """What stands for an empty cell or an absent column."""
    return list(attribute.default) if attribute.many else attribute.default


def _same_code(one: Any, other: Any) -> bool:
    return isinstance(one, str) and isinstance(other, str) and one.casefold() == other.casefold()
