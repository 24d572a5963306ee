"""Sheets out: CSV that Chinese Excel opens, and XLSX, both written row by row.

A text that starts with `=`, `+`, `-`, `@`, tab or CR would be run as a formula by a spreadsheet. In CSV it
gets an apostrophe in front, which the reader takes off again; in XLSX it is written as a string. Numbers
stay numbers, negative ones too: what a cell is, its type says and not its look.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any, BinaryIO

Cell = str | int | Decimal | date | bool | None

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_GUARDED = re.compile(r"'+[=+\-@\t\r]")
EXCEL_DIGITS = 15  # a spreadsheet's numbers hold no more
EXCEL_TEXT = 32_767
_TO_QUOTE = re.compile(r'[,"\r\n]').search
_BATCH = 500


def guarded(text: str) -> str:
    """The text made harmless for CSV. Texts that already look guarded get a further apostrophe: none is lost."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """The text that `guarded` was given; any other text as it is."""
    return text[1:] if text[:1] == "'" and _GUARDED.match(text) else text


def csv_text(cell: Cell) -> str:
    """One cell as a CSV holds it: numbers plain, dates ISO, yes or no, nothing for None."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return guarded(cell)
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds")
    if isinstance(cell, date):
        return cell.isoformat()
    return format(cell, "f") if isinstance(cell, Decimal) else str(cell)


def csv_field(cell: Cell) -> str:
    """One cell as it stands in a line: guarded, and in quotes where it must be, as `csv.writer` does it.

    For long files, whose writer keeps the fields that repeat: `",".join(fields) + "\r\n"` is a line.
    """
    if isinstance(cell, datetime):  # the most frequent, and never in quotes
        return cell.isoformat(" ", "seconds")
    text = csv_text(cell)
    return '"' + text.replace('"', '""') + '"' if _TO_QUOTE(text) else text


def csv_chunks(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """A CSV in pieces, for a response that streams: UTF-8 with a byte order mark, lines end in CR LF."""
    buffer = StringIO(newline="")
    write = csv.writer(buffer, lineterminator="\r\n").writerow
    buffer.write("\ufeff")
    write([guarded(title) for title in header])
    for count, row in enumerate(rows, start=1):
        # Whole numbers and None the writer writes by itself; most cells of a long file are such.
        write([cell if type(cell) is int or cell is None else csv_text(cell) for cell in row])
        if not count % _BATCH:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def csv_pieces(header: Sequence[str], lines: Iterable[str]) -> Iterator[bytes]:
    """The same as `csv_chunks` of lines that are made already (`csv_field`), without their ends."""
    waiting = ["\ufeff" + ",".join(map(csv_field, header))]
    for line in lines:
        waiting.append(line)
        if len(waiting) >= _BATCH:
            waiting.append("")
            yield "\r\n".join(waiting).encode()
            waiting.clear()
    waiting.append("")
    yield "\r\n".join(waiting).encode()


def write_csv(target: BinaryIO, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Write a whole CSV to an open binary file."""
    for chunk in csv_chunks(header, rows):
        target.write(chunk)


def write_xlsx(target: Path | BinaryIO, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Write a workbook of one sheet in constant memory: bold frozen header, dates and numbers as such.

    A number of more digits than Excel keeps is written as text, so that nothing is rounded away.
    """
    import xlsxwriter  # slow to import, and most processes never write a workbook

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target if not isinstance(target, Path) else str(target), options) as book:
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, max(len(header) - 1, 0), 14)
        for column, title in enumerate(header):
            sheet.write_string(0, column, title, bold)
        for number, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                if cell is None or cell == "":
                    continue
                if isinstance(cell, bool):
                    sheet.write_string(number, column, "yes" if cell else "no")
                elif isinstance(cell, datetime):
                    sheet.write_datetime(number, column, cell.replace(tzinfo=None), moment)
                elif isinstance(cell, date):
                    sheet.write_datetime(number, column, cell, day)
                elif isinstance(cell, str):
                    sheet.write_string(number, column, cell[:EXCEL_TEXT])
                elif digits(cell) <= EXCEL_DIGITS:
                    sheet.write_number(number, column, cell)
                else:
                    sheet.write_string(number, column, csv_text(cell))


def digits(number: Any) -> int:
    """How many digits a number has, zeros at its end left out."""
    return len(Decimal(number).normalize().as_tuple().digits)
