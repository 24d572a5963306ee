"""Visits as sheets: one CSV of all rows, or a workbook with a sheet for each rep and a summary before them.

Times are those of Shanghai. Coordinates are not written out: a place is sensitive, its distance to the store is what
is asked.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import pgettext

from fieldapp.core.sheets import Book, BookColumn, Cell, Styles, csv_field, csv_pieces, sheet_name, xlsx_cell
from fieldapp.fieldwork.visits import policy
from fieldapp.fieldwork.visits.rules import Flag, flags, minutes_between
from fieldapp.people.accounts.viewer import Viewer

from . import queries
from .queries import Asked, Rep

_EIGHT = timedelta(hours=8)  # Shanghai has had no summer time since 1991
_MOST_DAYS_SHOWN = 3_700  # of the chart: ten years
_MOST_KEPT = 30_000  # of what repeats in a file

Progress = Callable[[int], None]


def columns() -> list[BookColumn]:
    """The columns in the reader's language."""
    return [
        BookColumn(_("Day"), 11),
        BookColumn(_("Rep"), 12),
        BookColumn(_("Username"), 12),
        BookColumn(_("Code"), 10),
        BookColumn(_("Distributor"), 30),
        BookColumn(_("Region"), 26),
        BookColumn(_("Arrived"), 16),
        BookColumn(_("Left"), 16),
        BookColumn(_("Minutes"), 9),
        BookColumn(_("Metres from the store"), 14),
        BookColumn(_("Accurate to metres"), 14),
        BookColumn(_("Remarks"), 26),
        BookColumn(_("Next visit"), 11),
        BookColumn(_("Summary"), 50),
    ]


def flag_words() -> dict[Flag, str]:
    """What is odd about a visit, in a few words."""
    return {
        Flag.NO_PLACE: _("no place"),
        Flag.FAR: _("far from the store"),
        Flag.FORGOTTEN: _("check-out forgotten"),
        Flag.UNDER_WAY: _("under way"),
    }


@dataclass
class Total:
    """The sums of one rep, gathered while his rows are written."""

    rep: Rep
    visits: int = 0
    minutes: int = 0
    distributors: int = 0
    flags: Counter[Flag] = field(default_factory=Counter)


@dataclass
class Totals:
    """The sums of a whole file. `days`: visits by day."""

    reps: list[Total] = field(default_factory=list)
    days: Counter[date] = field(default_factory=Counter)


class Writer:
    """Makes the rows of a file, each as one text: its cells as `render` makes them, `between` them a sign.

    Most of what a row holds has stood in one before (days, distributors, numbers) and is made once.
    """

    def __init__(
        self, viewer: Viewer, asked: Asked, render: Callable[[Cell], str], between: str, told: Progress | None = None
    ) -> None:
        self._viewer, self._asked, self._told = viewer, asked, told
        self._render, self._between = render, between
        self._words = flag_words()
        self._far = policy.on(asked.last).warn_metres
        self._regions = queries.region_names()
        self._places: dict[Any, tuple[str, str]] = {}
        self._cells: dict[Any, str] = {}
        self._remarks: dict[tuple[Flag, ...], str] = {}
        self._count = 0
        self.totals = Totals()

    def all(self) -> Iterator[str]:
        """Every row, rep after rep."""
        for rep in queries.reps(self._viewer, self._asked):
            yield from self.of(rep)

    def of(self, rep: Rep) -> Iterator[str]:
        """The rows of one rep."""
        total, seen, days = Total(rep), set[str](), Counter[Any]()
        self.totals.reps.append(total)
        render, join, cells = self._render, self._between.join, self._cells
        whose = join((render(rep.name), render(rep.username)))
        for part in queries.rows(self._viewer, self._asked, rep):
            self._know(part)
            for day, key, arrived, left, ending, placed, distance, accuracy, next_on, summary in part:
                began, ended = _moment(arrived), _moment(left)
                minutes = minutes_between(began, ended)
                code, place = self._places[key]
                odd = flags(placed=bool(placed), metres=distance, ending=ending, far=self._far)
                if odd:
                    total.flags.update(odd)
                total.visits += 1
                total.minutes += minutes or 0
                seen.add(code)
                days[day] += 1
                yield join(
                    (
                        cells[day] if day in cells else self._cell(day, _day),
                        whose,
                        place,
                        render(began),
                        render(ended),
                        cells[minutes] if minutes in cells else self._cell(minutes),
                        cells[distance] if distance in cells else self._cell(distance),
                        cells[accuracy] if accuracy in cells else self._cell(accuracy),
                        self._remarks[odd] if odd in self._remarks else self._remark(odd),
                        cells[next_on] if next_on in cells else self._cell(next_on, _day),
                        render(summary),
                    )
                )
            self._count += len(part)
            if self._told is not None:
                self._told(self._count)
        total.distributors = len(seen)
        self.totals.days.update({_day(day): count for day, count in days.items()})

    def _know(self, part: Sequence[Any]) -> None:
        """Look up the distributors of these rows that are not known yet."""
        wanted = {row[1] for row in part} - self._places.keys()
        if len(self._places) + len(wanted) > _MOST_KEPT:
            self._places.clear()
            wanted = {row[1] for row in part}
        keys = {key if isinstance(key, UUID) else UUID(key): key for key in wanted}
        for id_, found in queries.places(keys).items():
            region = self._region(found.region_code)
            cells = map(self._render, (found.code, found.name, region))
            self._places[keys[id_]] = found.code, self._between.join(cells)

    def _region(self, code: str | None) -> str:
        names = (self._regions.get((code or "")[:length]) for length in (2, 4, 6) if length <= len(code or ""))
        return " ".join(name for name in names if name)

    def _cell(self, value: Any, typed: Callable[[Any], Cell] = lambda value: value) -> str:
        if len(self._cells) >= _MOST_KEPT:
            self._cells.clear()
        made = self._cells[value] = self._render(None if value is None else typed(value))
        return made

    def _remark(self, odd: tuple[Flag, ...]) -> str:
        made = self._remarks[odd] = self._render(_(", ").join(self._words[flag] for flag in odd))
        return made


def _day(value: Any) -> date:
    return date.fromisoformat(value) if type(value) is str else value


def _moment(value: Any) -> Any:
    """The time on a clock in Shanghai, without a zone: a spreadsheet knows none. To the second."""
    if value is None:
        return None
    if type(value) is str:
        return datetime.fromisoformat(value[:19]) + _EIGHT
    return value.astimezone(UTC).replace(tzinfo=None, microsecond=0) + _EIGHT


def csv(viewer: Viewer, asked: Asked, told: Progress | None = None) -> Iterator[bytes]:
    """The CSV in pieces."""
    return csv_pieces([column.title for column in columns()], Writer(viewer, asked, csv_field, ",", told).all())


def xlsx(target: Path | BinaryIO, viewer: Viewer, asked: Asked, told: Progress | None = None) -> Totals:
    """Write the workbook; returns the sums that its summary shows."""
    writer = Writer(viewer, asked, xlsx_cell, "", told)
    titles, front = columns(), pgettext("sheet", "Summary")
    with Book(target) as book:
        for rep in queries.reps(viewer, asked):
            rows = writer.of(rep)
            more = True
            while more:  # a further sheet where one is full
                name = sheet_name(rep.name, [front, *book.names])
                with book.sheet(name, titles) as sheet:
                    more = _fill(sheet, rows)
        book.front(front, lambda made, sheet, styles: _summary(made, sheet, styles, asked, writer.totals))
    return writer.totals


def _fill(sheet: Any, rows: Iterator[str]) -> bool:
    """Write rows until there are none or the sheet is full; True when there may be more."""
    append = sheet.append_made
    for row in rows:
        append(row)
        if sheet.full:
            return True
    return False


def _summary(book: Any, sheet: Any, styles: Styles, asked: Asked, totals: Totals) -> None:
    """The first sheet: sums by rep, visits by day, and their chart."""
    sheet.write_string(0, 0, _("Visits"), styles.bold)
    sheet.write_datetime(0, 1, asked.first, styles.day)
    sheet.write_datetime(0, 2, asked.last, styles.day)
    head = [
        _("Rep"), _("Username"), _("Visits"), _("Distributors"), _("Hours"),
        _("no place"), _("far from the store"), _("check-out forgotten"),
    ]  # fmt: skip
    _line(sheet, 2, head, styles.bold)
    row = 3
    for total in totals.reps:
        sheet.write_string(row, 0, total.rep.name)
        sheet.write_string(row, 1, total.rep.username)
        _numbers(sheet, row, styles, total.visits, total.distributors, total.minutes, total.flags)
        row += 1
    flags: Counter[Flag] = Counter()
    for total in totals.reps:
        flags.update(total.flags)
    sheet.write_string(row, 0, _("Together"), styles.bold)
    # One distributor may be visited by several reps, so their numbers have no sum.
    _numbers(sheet, row, styles, sum(t.visits for t in totals.reps), None, sum(t.minutes for t in totals.reps), flags)
    days = _days_shown(asked, totals)
    _line(sheet, 2, [_("Day"), _("Visits")], styles.bold, column=9)
    for number, day in enumerate(days, start=3):
        sheet.write_datetime(number, 9, day, styles.day)
        sheet.write_number(number, 10, totals.days[day], styles.whole)
    for first, last, width in ((0, 1, 14), (2, 7, 12), (9, 9, 12), (10, 10, 8)):
        sheet.set_column(first, last, width)
    sheet.freeze_panes(3, 0)
    if days:
        _chart(book, sheet, len(days))


def _line(sheet: Any, row: int, texts: list[str], style: Any, column: int = 0) -> None:
    for number, text in enumerate(texts, start=column):
        sheet.write_string(row, number, text, style)


def _numbers(
    sheet: Any, row: int, styles: Styles, visits: int, distributors: int | None, minutes: int, flags: Counter[Flag]
) -> None:
    sheet.write_number(row, 2, visits, styles.whole)
    if distributors is not None:
        sheet.write_number(row, 3, distributors, styles.whole)
    sheet.write_number(row, 4, round(minutes / 60, 1), styles.tenths)
    for column, flag in enumerate((Flag.NO_PLACE, Flag.FAR, Flag.FORGOTTEN), start=5):
        sheet.write_number(row, column, flags[flag], styles.whole)


def _days_shown(asked: Asked, totals: Totals) -> list[date]:
    """Every day from the first to the last with visits, those without any too; of very many, only those with some."""
    if not totals.days:
        return []
    first, last = max(asked.first, min(totals.days)), min(asked.last, max(totals.days))
    length = (last - first).days + 1
    if length > _MOST_DAYS_SHOWN:
        return sorted(totals.days)
    return [first + timedelta(days=number) for number in range(length)]


def _chart(book: Any, sheet: Any, days: int) -> None:
    chart = book.add_chart({"type": "column"})
    name = sheet.get_name()
    chart.add_series(
        {
            "name": _("Visits per day"),
            "categories": [name, 3, 9, 2 + days, 9],
            "values": [name, 3, 10, 2 + days, 10],
            "fill": {"color": "#0B5263"},
            "gap": 40,
        }
    )
    chart.set_title({"name": _("Visits per day"), "name_font": {"size": 12}})
    chart.set_legend({"none": True})
    chart.set_x_axis({"date_axis": True, "num_format": "mm-dd", "num_font": {"rotation": -45}})
    chart.set_y_axis({"major_gridlines": {"visible": True, "line": {"color": "#DDE2DC"}}, "min": 0})
    chart.set_size({"width": 720, "height": 320})
    sheet.insert_chart(2, 12, chart)
