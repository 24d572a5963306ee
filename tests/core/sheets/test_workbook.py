"""XLSX in: cells of every type, Excel's row numbers, and workbooks made to fill the machine."""

import io
import resource
import zipfile
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from fieldapp.core.sheets import Sheet, SheetError, limits

HEAD = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
)
TAIL = b"</sheetData></worksheet>"
STRINGS = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>%s</t></si></sst>'


def forged(path: Path, sheet: Iterable[bytes], string: bytes = b"x") -> Path:
    """A workbook whose parts are all real but for its sheet (in pieces) and its one shared string."""
    source = io.BytesIO()
    with xlsxwriter.Workbook(source) as book:
        book.add_worksheet().write(0, 0, "x")
    with zipfile.ZipFile(source) as good, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as bad:
        for name in good.namelist():
            with bad.open(name, "w") as part:
                if name == "xl/worksheets/sheet1.xml":
                    part.writelines(sheet)
                else:
                    part.write(STRINGS % string if name == "xl/sharedStrings.xml" else good.read(name))
    return path


def rows_of(path: Path) -> list[tuple[int, list[str]]]:
    with Sheet(path) as sheet:
        return list(sheet.rows())


def test_cells_come_as_the_text_a_csv_would_hold(tmp_path: Path) -> None:
    path = tmp_path / "cells.xlsx"
    cells = [
        (5000, "5000"),
        (5000.0, "5000"),
        (3150.1, "3150.1"),
        (0.1 + 0.2, "0.3"),
        (-12.5, "-12.5"),
        (0, "0"),
        (1e-7, "0.0000001"),
        (6222021234567890123, "6.22202123456789E+18"),
        (date(2026, 11, 23), "2026-11-23"),
        (datetime(2026, 11, 23), "2026-11-23"),  # noqa: DTZ001 — a spreadsheet knows no zone
        (datetime(2026, 11, 23, 10, 5), "2026-11-23 10:05:00"),  # noqa: DTZ001
        (True, "TRUE"),
        ("00123", "00123"),
        ("'=1+1", "'=1+1"),
        ("多行\n文本", "多行\n文本"),
        ('金穗,"农牧"', '金穗,"农牧"'),
    ]
    book = openpyxl.Workbook()
    book.active.append(["value"])
    for value, _ in cells:
        book.active.append([value])
    book.save(path)
    assert [row[0] for _, row in rows_of(path)] == [text for _, text in cells]


def test_lines_are_excels_own_row_numbers(tmp_path: Path) -> None:
    path = tmp_path / "rows.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["B3"], sheet["C3"] = "code", "name"
    sheet["B4"], sheet["C4"] = "D1", "a"
    sheet["B8"], sheet["C8"] = "D2", "b"
    book.save(path)
    with Sheet(path) as opened:
        assert (opened.header_line, opened.header) == (3, ("", "code", "name"))
        assert list(opened.rows()) == [(4, ["", "D1", "a"]), (8, ["", "D2", "b"])]


def test_the_first_visible_sheet_is_read(tmp_path: Path) -> None:
    path = tmp_path / "hidden.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["hidden"])
    book.active.sheet_state = "hidden"
    book.create_sheet("二").append(["code"])
    book["二"].append(["D1"])
    book.save(path)
    assert rows_of(path) == [(2, ["D1"])]


def test_a_formula_error_is_not_taken_for_an_empty_cell(tmp_path: Path) -> None:
    path = tmp_path / "errors.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["code", "limit", "grade"])
        sheet.write(1, 0, "D1")
        sheet.write_formula(1, 2, "=NA()", None, "#N/A")
        sheet.write_row(2, 0, ["D2", 5, "A"])
    assert rows_of(path) == [(2, ["D1", "", "#N/A"]), (3, ["D2", "5", "A"])]


ONE = b'<row r="1"><c r="A1"><v>1</v></c></row>'
CORNER = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
SPARSE = b'<row r="900000"><c r="GR900000"><v>1</v></c></row>'
TEN_STRINGS = b"<row>" + b'<c t="s"><v>0</v></c>' * 10 + b"</row>"
BOMBS = {
    "spaces": ([HEAD, *[b" " * (1 << 20)] * 300, TAIL], b"x", "unpacks"),
    "far corner": ([HEAD, ONE, CORNER, TAIL], b"x", "200 columns"),
    "sparse": ([HEAD, ONE, SPARSE, TAIL], b"x", "too much memory"),
    "one text a million times": ([HEAD, *[TEN_STRINGS] * 100_000, TAIL], b"A" * 32_000, "too much memory"),
    "cut": ([HEAD, b'<row r="1"><c r="A1"><v>1</v>'], b"x", "damaged"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_and_leave_this_process_small(tmp_path: Path, name: str) -> None:
    sheet, string, said = BOMBS[name]
    path = forged(tmp_path / "bomb.xlsx", sheet, string)
    assert path.stat().st_size < 4 << 20
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(SheetError, match=said):
        rows_of(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 * 1024


def test_a_directory_that_lies_about_the_size_is_found_out(tmp_path: Path) -> None:
    path = forged(tmp_path / "liar.xlsx", [HEAD, *[b" " * (1 << 20)] * 300, TAIL])
    with zipfile.ZipFile(path) as archive:
        true = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    content = path.read_bytes()
    assert content.count(true.to_bytes(4, "little")) >= 1
    path.write_bytes(content.replace(true.to_bytes(4, "little"), (4096).to_bytes(4, "little")))
    with pytest.raises(SheetError, match="damaged"):
        rows_of(path)


def test_what_is_no_workbook_or_has_too_many_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "other.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    with pytest.raises(SheetError, match="not an Excel workbook"):
        Sheet(path)
    monkeypatch.setattr(limits, "WORKBOOK_ENTRIES", 3)
    with pytest.raises(SheetError, match="unpacks"):
        Sheet(forged(tmp_path / "many.xlsx", [HEAD, TAIL]))


def test_an_empty_workbook(tmp_path: Path) -> None:
    with pytest.raises(SheetError, match="empty"):
        Sheet(forged(tmp_path / "empty.xlsx", [HEAD, TAIL]))
