"""A workbook of many sheets, each as long as a sheet can be, in constant memory.

xlsxwriter makes the book: its front sheet with the chart, the styles, the names. The long sheets go into the same zip
row by row: written through xlsxwriter they would cost 55 to 68 s a million rows (design/performance.md), and twice
their unpacked size on the disk. The rules of `writing.py` hold here too: a text is a string and never a formula, a
number that Excel would round is a text.
"""

import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, NamedTuple, Self

from .writing import EXCEL_DIGITS, EXCEL_TEXT, Cell, csv_text, digits

SHEET_ROWS = 1_048_576
SHEET_BYTES = 1_500_000_000  # unpacked; a member of 2 GiB would need what not every reader knows
NAME_LENGTH = 31
_ROWS_AT_ONCE = 500
_COMPRESSION = 4  # as quick as 1 within a tenth, and a third smaller
_NO_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_TO_ESCAPE = re.compile(r"[&<>\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]|_x[0-9A-Fa-f]{4}_")
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_BASE = date(1899, 12, 30).toordinal()  # day 0 of a spreadsheet
_MIDNIGHT = datetime(1899, 12, 30)  # noqa: DTZ001 — a spreadsheet knows no zones
_SMALL = 10**EXCEL_DIGITS


class Column(NamedTuple):
    """The title of a column, and how wide it is (in characters)."""

    title: str
    width: int = 12


class Styles(NamedTuple):
    """xlsxwriter's formats: a header, a day, a moment, a whole number with separators, a number with one decimal."""

    bold: Any
    day: Any
    moment: Any
    whole: Any
    tenths: Any


Front = Callable[[Any, Any, Styles], None]
STYLE_NUMBERS: dict[str, int] = {name: number for number, name in enumerate(Styles._fields, start=1)}  # 0: no style
_MOMENT = f'<c s="{STYLE_NUMBERS["moment"]}"><v>'


def sheet_name(wanted: str, taken: Iterable[str]) -> str:
    """A valid name of a sheet that no other has: at most 31 UTF-16 units, none of `[]:*?/\\`, no apostrophe at an end.

    `taken`: the names given so far; Excel tells names apart without regard to case. Add the answer to them.
    """
    used = {name.casefold() for name in taken} | {"history"}  # Excel keeps that one for itself
    plain = _NO_NAME.sub(" ", wanted).strip().strip("'").strip() or "-"
    number, ending = 1, ""
    while True:
        name = _cut(plain, NAME_LENGTH - len(ending)).strip().rstrip("'") + ending
        if name.casefold() not in used:
            return name
        number += 1
        ending = f" ({number})"


def _cut(text: str, units: int) -> str:
    kept = text.encode("utf-16-le", "replace")[: units * 2]
    return kept.decode("utf-16-le", "ignore")


class Rows:
    """A sheet that is being written. `full`: it takes no further row."""

    def __init__(self, member: Any, columns: Sequence[Column]) -> None:
        self._member = member
        self._waiting: list[str] = []
        self._bytes = 0
        self.count = 0  # rows, the header included
        widths = "".join(
            f'<col min="{number}" max="{number}" width="{column.width}" customWidth="1"/>'
            for number, column in enumerate(columns, start=1)
        )
        self._waiting.append(
            f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="{_MAIN}"><sheetViews>'
            '<sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
            f"</sheetView></sheetViews><cols>{widths}</cols><sheetData>"
        )
        self.append_made("".join(_text(column.title, f' s="{STYLE_NUMBERS["bold"]}"') for column in columns))

    @property
    def full(self) -> bool:
        """Whether it is as long as a sheet can be."""
        return self.count >= SHEET_ROWS or self._bytes >= SHEET_BYTES

    def append(self, row: Sequence[Cell]) -> None:
        """Write a row."""
        self.append_made("".join(map(xlsx_cell, row)))

    def append_made(self, cells: str) -> None:
        """Write a row whose cells are made already (`xlsx_cell`), one after the other."""
        self.count += 1
        self._waiting.append(f'<row r="{self.count}">{cells}</row>')
        if len(self._waiting) >= _ROWS_AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        piece = "".join(self._waiting).encode()
        self._bytes += len(piece)
        self._member.write(piece)
        self._waiting.clear()

    def end(self) -> None:
        """Write what is left of it."""
        self._waiting.append("</sheetData></worksheet>")
        self._flush()


def xlsx_cell(cell: Cell) -> str:
    """One cell as it stands in a sheet: what it is, its type says and not its look.

    It names no place: it stands after the one before, an empty one too. For long files, whose writer keeps the cells
    that repeat.
    """
    if cell is None or cell == "":
        return "<c/>"
    if isinstance(cell, str):
        return _text(cell)
    if type(cell) is int and -_SMALL < cell < _SMALL:
        return f"<c><v>{cell}</v></c>"
    if isinstance(cell, bool):
        return _text(csv_text(cell))
    if isinstance(cell, datetime):
        passed = cell - _MIDNIGHT
        return f"{_MOMENT}{passed.days + passed.seconds / 86400:.9f}</v></c>"
    if isinstance(cell, date):
        return f'<c s="{STYLE_NUMBERS["day"]}"><v>{cell.toordinal() - _BASE}</v></c>'
    if digits(cell) > EXCEL_DIGITS:
        return _text(csv_text(cell))
    return f"<c><v>{csv_text(cell)}</v></c>"


def _text(text: str, style: str = "") -> str:
    kept = text if len(text) <= EXCEL_TEXT else text[:EXCEL_TEXT]
    if _TO_ESCAPE.search(kept):
        kept = _escaped(kept)
    return f'<c{style} t="inlineStr"><is><t xml:space="preserve">{kept}</t></is></c>'


def _escaped(text: str) -> str:
    """A text as it may stand in the XML of a sheet: what XML does not know is written as Excel writes it."""
    return _TO_ESCAPE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    sign = match.group()
    if sign in _ENTITIES:
        return _ENTITIES[sign]
    if len(sign) > 1:  # looks like an escape, and is text
        return f"_x005F{sign}"
    return "\ufffd" if "\ud800" <= sign <= "\udfff" or sign > "\ufffd" else f"_x{ord(sign):04X}_"


_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\t": "\t", "\n": "\n"}


class Book:
    """`with Book(target) as book: with book.sheet("Wang", columns) as rows: rows.append([…])`, at the end
    `book.front("Summary", write)`; `write(workbook, worksheet, styles)` fills the first sheet by xlsxwriter."""

    def __init__(self, target: Path | BinaryIO) -> None:
        self._zip = zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION)
        self.names: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._zip.close()

    @contextmanager
    def sheet(self, name: str, columns: Sequence[Column]) -> Iterator[Rows]:
        """A further sheet, with a bold frozen header. `name` as `sheet_name` gives it; one sheet at a time."""
        self.names.append(name)
        with self._zip.open(_member(len(self.names)), "w") as member:
            rows = Rows(member, columns)
            yield rows
            rows.end()

    def front(self, name: str, write: Front) -> None:
        """Write the first sheet and all that a workbook is besides; last, as it may tell of the others."""
        frame = _frame([name, *self.names], write)
        written = {_member(number) for number in range(1, len(self.names) + 1)}
        with zipfile.ZipFile(frame) as made:
            for info in made.infolist():
                if info.filename not in written:
                    self._zip.writestr(info.filename, made.read(info))


def _member(number: int) -> str:
    """Where the sheet after so many others lies; the front sheet is the first."""
    return f"xl/worksheets/sheet{number + 1}.xml"


def _frame(names: Sequence[str], write: Front) -> BytesIO:
    """A workbook with a filled first sheet, and empty ones of these names."""
    import xlsxwriter  # slow to import, and most processes never write a workbook

    target = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, options) as book:
        sheets = [book.add_worksheet(name) for name in names]
        styles = Styles(
            bold=book.add_format({"bold": True}),
            day=book.add_format({"num_format": "yyyy-mm-dd"}),
            moment=book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
            whole=book.add_format({"num_format": "#,##0"}),
            tenths=book.add_format({"num_format": "#,##0.0"}),
        )
        # A style gets its number when it is first asked for it: here, so that it is the same in every book.
        numbers = {name: style._get_xf_index() for name, style in zip(Styles._fields, styles, strict=True)}
        if numbers != STYLE_NUMBERS:
            raise RuntimeError(f"xlsxwriter numbers styles in another way: {numbers}")
        write(book, sheets[0], styles)
    target.seek(0)
    return target
