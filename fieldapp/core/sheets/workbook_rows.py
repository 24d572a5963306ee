"""Run as a script of its own: the first worksheet of a workbook → CSV lines `row number, cell, cell, …`.

    python workbook_rows.py WORKBOOK OUTPUT MEMORY_BYTES CPU_SECONDS OUTPUT_BYTES MAX_ROWS

The parser keeps the whole sheet in memory and its allocator aborts the process when there is none left: a
sheet with one cell in the far corner, or one long shared text named by every cell, would take the caller
with it. So this script first binds itself to a limit, and the caller (workbook.py) sees how it ended. It
imports nothing of the app, to start quickly. Exit codes: 0 done, 3 can't be opened, 4 no worksheet, 5 too
many rows.
"""

import csv
import datetime
import sys
from decimal import Decimal
from pathlib import Path

UNREADABLE, NO_WORKSHEET, TOO_MANY_ROWS = 3, 4, 5


def text_of(cell: object) -> str:
    """A cell as the text a CSV of the same sheet would hold.

    Numbers carry 15 significant digits, as Excel itself computes and shows: 0.1 + 0.2 is `0.3`, 5000.0 is
    `5000`. A date is ISO; one with a time of day keeps it, for the column's parser to judge.
    """
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, (int, float)):
        if cell == int(cell) and abs(cell) < 10**15:
            return str(int(cell))
        digits = format(cell, ".15g")
        # A number of 16 digits or more has lost some: leave the E, as Excel shows it, so that it is refused.
        return digits.upper() if abs(cell) >= 1 else format(Decimal(digits), "f")
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat() if cell.time() == datetime.time() else cell.isoformat(" ")
    if isinstance(cell, (datetime.date, datetime.time)):
        return cell.isoformat()
    return str(cell)


def bind(memory: int, seconds: int, output: int) -> None:
    """Limit this process; a platform without these limits goes on without them."""
    try:
        import resource
    except ImportError:
        return
    for name, value in (
        ("RLIMIT_DATA", memory),
        ("RLIMIT_CPU", seconds),
        ("RLIMIT_FSIZE", output),
        ("RLIMIT_CORE", 0),
    ):
        try:
            resource.setrlimit(getattr(resource, name), (value, value))
        except (AttributeError, ValueError, OSError):
            continue


def convert(source: str, target: str, max_rows: int) -> int:
    """Write the rows that hold anything; returns the exit code."""
    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    try:
        workbook = CalamineWorkbook.from_path(source)
        names = [
            sheet.name
            for sheet in workbook.sheets_metadata
            if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
        ]
        if not names:
            return NO_WORKSHEET
        sheet = workbook.get_sheet_by_name(names[0])
    except CalamineError:
        return UNREADABLE
    workbook.close()
    if sheet.total_height > max_rows:
        return TOO_MANY_ROWS
    left = [""] * (sheet.start[1] if sheet.start else 0)  # empty columns before the first are not in the rows
    with Path(target).open("w", encoding="utf-8", newline="") as file:
        write = csv.writer(file).writerow
        for number, row in enumerate(sheet.iter_rows(), start=1):
            cells = [text_of(cell) for cell in row]
            if any(cells):
                write([number, *left, *cells])
    return 0


if __name__ == "__main__":
    _, source, target, memory, seconds, output, max_rows = sys.argv
    bind(int(memory), int(seconds), int(output))
    sys.exit(convert(source, target, int(max_rows)))
