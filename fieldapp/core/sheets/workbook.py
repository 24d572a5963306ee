"""XLSX in: look at the ZIP before anything is unpacked, then let a bounded process turn the sheet into
lines.
"""

import re
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path
from xml.etree import ElementTree

from . import limits
from .errors import N_, Message, SheetError
from .workbook_rows import NO_WORKSHEET, TOO_MANY_ROWS, UNREADABLE

_SAVE_AS_CSV = Message(N_("Save the sheet as CSV UTF-8 and read that instead."))
_SAVE_AGAIN = Message(N_("Open it in Excel or WPS, save it as .xlsx and try again."))
_PART_BYTES = 1024 * 1024
_CHUNK = 1 << 20
_OVERLAP = 400
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_MAX_ERROR_CELLS = 10_000
# References past column GR (the 200th), and cells that hold an error such as #N/A: the parser would hand
# those over as empty, and an empty cell clears what is stored.
_WIDE_MARK = re.compile(rb"""\br\s*=\s*["'](?:[A-Z]{3,}|[H-Z][A-Z]|G[S-Z])\d""")
_ERROR_MARK = re.compile(rb"""\bt\s*=\s*["']e["']""")
_TOO_WIDE = re.compile(rb"""<(?:\w+:)?c\s[^>]*?""" + _WIDE_MARK.pattern)
_ERROR_CELL = re.compile(
    rb"""<(?:\w+:)?c(\s[^>]*?""" + _ERROR_MARK.pattern + rb"""[^>]*)>(.{0,300}?)</(?:\w+:)?c>""", re.S
)
_REFERENCE = re.compile(rb"""\br\s*=\s*["']([A-Z]{1,2})(\d+)["']""")
_VALUE = re.compile(rb"""<(?:\w+:)?v>([^<]{1,20})<""")

ErrorCells = dict[int, dict[int, str]]  # row number → column index → the error's text, `#N/A`


def convert(source: Path, target: Path) -> ErrorCells:
    """The first visible worksheet of `source` as CSV lines in `target`, each led by its row number.

    Returns the cells that hold an error, which are empty in `target`. Raises SheetError for what isn't a
    workbook, is damaged or locked, or would outgrow the limits once opened.
    """
    error_cells = inspect(source)
    script = Path(__file__).with_name("workbook_rows.py")
    command = [sys.executable, "-P", str(script), str(source), str(target)]
    command += [
        str(limit)
        for limit in (
            limits.WORKBOOK_MEMORY,
            limits.WORKBOOK_SECONDS,
            limits.WORKBOOK_BYTES,
            limits.ROWS + 1,
        )
    ]
    try:
        done = subprocess.run(  # noqa: S603 — our own script and paths, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=limits.WORKBOOK_SECONDS * 2,
            check=False,
        )
        code = done.returncode
    except subprocess.TimeoutExpired:
        code = -1
    if code == 0:
        return error_cells
    if code == UNREADABLE:
        raise SheetError(Message(N_("The workbook is damaged or protected by a password.")), _SAVE_AGAIN)
    if code == NO_WORKSHEET:
        raise _no_worksheet()
    if code == TOO_MANY_ROWS:
        raise too_many_rows()
    raise SheetError(Message(N_("The workbook takes too much memory once it is opened.")), _SAVE_AS_CSV)


def too_many_rows() -> SheetError:
    return SheetError(
        Message(N_("The sheet has more than %(rows)s rows."), {"rows": f"{limits.ROWS:,}"}),
        Message(N_("Split it into several files.")),
    )


def inspect(source: Path) -> ErrorCells:
    """Judge the ZIP by its directory, then by what really comes out of the first sheet; SheetError if it won't do."""
    try:
        with zipfile.ZipFile(source) as archive:
            _inspect_directory(archive)
            part = _first_sheet(archive)
            return _inspect_sheet(archive, part)
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, ElementTree.ParseError):
        raise SheetError(Message(N_("The workbook is damaged.")), _SAVE_AGAIN) from None


def _inspect_directory(archive: zipfile.ZipFile) -> None:
    entries = archive.infolist()
    if len(entries) > limits.WORKBOOK_ENTRIES or sum(e.file_size for e in entries) > limits.WORKBOOK_BYTES:
        raise _unpacks_too_large()
    names = {entry.filename for entry in entries}
    if "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
        raise SheetError(Message(N_("This ZIP file is not an Excel workbook (.xlsx).")), _SAVE_AGAIN)
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise SheetError(Message(N_("The workbook is protected by a password.")), _SAVE_AGAIN)


def _first_sheet(archive: zipfile.ZipFile) -> str:
    """The part that holds the first visible worksheet."""
    book = ElementTree.fromstring(_small_part(archive, "xl/workbook.xml"))  # noqa: S314 — capped; expat ≥ 2.4
    relations = ElementTree.fromstring(_small_part(archive, "xl/_rels/workbook.xml.rels"))  # noqa: S314
    targets = {relation.get("Id"): relation for relation in relations}
    for sheet in book.iter():
        if not sheet.tag.endswith("}sheet") or sheet.get("state", "visible") != "visible":
            continue
        relation = targets.get(sheet.get(_RELATION))
        if relation is None or not (relation.get("Type") or "").endswith("/worksheet"):
            continue
        target = (relation.get("Target") or "").lstrip("/")
        return target if target.startswith("xl/") else f"xl/{target}"
    raise _no_worksheet()


def _small_part(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as part:
        content = part.read(_PART_BYTES + 1)
    if len(content) > _PART_BYTES or b"<!DOCTYPE" in content:
        raise zipfile.BadZipFile(name)
    return content


def _inspect_sheet(archive: zipfile.ZipFile, name: str) -> ErrorCells:
    """Unpack the sheet chunk by chunk: its true size, columns past the limit, cells that hold an error."""
    unpacked, tail = 0, b""
    errors: ErrorCells = {}
    with archive.open(name) as part:
        while chunk := part.read(_CHUNK):
            unpacked += len(chunk)
            if unpacked > limits.WORKBOOK_BYTES:
                raise _unpacks_too_large()
            window = tail + chunk
            # The marks are quick and rare; only where one stands is the whole tag looked at.
            if _WIDE_MARK.search(window) and _TOO_WIDE.search(window):
                raise too_many_columns()
            if _ERROR_MARK.search(window):
                _note_errors(window, errors)
            tail = window[-_OVERLAP:]
    return errors


def _note_errors(window: bytes, errors: ErrorCells) -> None:
    for cell in _ERROR_CELL.finditer(window):
        place, value = _REFERENCE.search(cell.group(1)), _VALUE.search(cell.group(2))
        if place is None or len(errors) > _MAX_ERROR_CELLS:
            raise SheetError(
                Message(N_("The sheet holds formula errors such as #N/A.")),
                Message(N_("Correct the formulas, or clear the cells if nothing should be stored.")),
            )
        column = 0
        for letter in place.group(1):
            column = column * 26 + letter - ord("A") + 1
        text = value.group(1).decode("ascii", "replace") if value else "#N/A"
        errors.setdefault(int(place.group(2)), {})[column - 1] = text


def _no_worksheet() -> SheetError:
    return SheetError(Message(N_("The workbook has no visible worksheet.")), _SAVE_AGAIN)


def too_many_columns() -> SheetError:
    return SheetError(
        Message(N_("The sheet has more than %(columns)s columns."), {"columns": limits.COLUMNS}),
        Message(N_("Keep only the columns the app reads.")),
    )


def _unpacks_too_large() -> SheetError:
    return SheetError(
        Message(
            N_("The workbook unpacks to more than %(megabytes)s MB."),
            {"megabytes": limits.WORKBOOK_BYTES >> 20},
        ),
        _SAVE_AS_CSV,
    )
