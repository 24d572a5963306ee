"""A workbook of several sheets: names that Excel takes, cells that stay what they are, whatever stands in them."""

import io
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldapp.core.sheets import Book, BookColumn, Cell, Sheet, Styles, books, sheet_name
from tests.core.sheets.test_writing import PAYLOADS

COLUMNS = [BookColumn("A", 10), BookColumn("B", 30)]


def book_of(rows: list[list[Cell]], name: str = "Wang") -> io.BytesIO:
    target = io.BytesIO()
    with Book(target) as book:
        with book.sheet(name, COLUMNS) as sheet:
            for row in rows:
                sheet.append(row)
        book.front("Summary", write_front)
    target.seek(0)
    return target


def write_front(book: Any, sheet: Any, styles: Styles) -> None:
    sheet.write_string(0, 0, "Visits", styles.bold)
    sheet.write_number(1, 0, 12345, styles.whole)
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": [sheet.get_name(), 1, 0, 1, 0]})
    sheet.insert_chart(2, 2, chart)


def test_the_sheets_stand_in_their_order_with_a_bold_frozen_header() -> None:
    found = openpyxl.load_workbook(book_of([["x", 1]]))
    assert found.sheetnames == ["Summary", "Wang"]
    assert len(found["Summary"]._charts) == 1
    assert found["Summary"]["A2"].value == 12345
    sheet = found["Wang"]
    assert sheet.freeze_panes == "A2"
    assert [cell.font.bold for cell in sheet[1]] == [True, True]
    assert not sheet["A2"].font.bold
    assert sheet.column_dimensions["B"].width == 30


@pytest.mark.parametrize("payload", [payload for payload in PAYLOADS if "\r" not in payload])
def test_a_formula_comes_out_as_text(payload: str) -> None:
    cell = openpyxl.load_workbook(book_of([[payload, "x"]]))["Wang"]["A2"]
    assert (cell.data_type, cell.value) == ("s", payload)


def test_numbers_and_dates_stay_what_they_are() -> None:
    moment = datetime.fromisoformat("2026-11-23 09:12:30")
    row: list[list[Cell]] = [
        [-5, Decimal("-12.30")], [date(2026, 11, 23), moment], [True, None], ["12", Decimal("1234567890123456.78")],
        [10**15, -(10**14)],
    ]  # fmt: skip
    sheet = openpyxl.load_workbook(book_of(row))["Wang"]
    assert [sheet["A2"].value, sheet["B2"].value] == [-5, -12.3]
    assert sheet["A3"].is_date
    assert sheet["A3"].value.date() == date(2026, 11, 23)
    assert (sheet["A3"].number_format, sheet["B3"].number_format) == ("yyyy-mm-dd", "yyyy-mm-dd hh:mm")
    assert abs(sheet["B3"].value - moment).total_seconds() < 0.001
    assert [sheet["A4"].value, sheet["B4"].value] == ["yes", None]
    assert [sheet["A5"].value, sheet["B5"].value] == ["12", "1234567890123456.78"]
    assert [sheet["A6"].value, sheet["B6"].value] == [10**15, -(10**14)]


TEXTS = st.text(st.characters(codec="utf-8"), max_size=40)


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_any_text_can_be_read_again(text: str) -> None:
    """What XML cannot hold is written as Excel writes it; nothing breaks the file."""
    content = book_of([[text, "end"]])
    found = openpyxl.load_workbook(content)["Wang"]
    assert found["B2"].value == "end"
    plain = all(sign >= " " and sign not in "\x7f\ufffe\uffff" for sign in text)
    if plain and text and "_x" not in text:
        assert found["A2"].value == text
    with Sheet(io.BytesIO(content.getvalue())) as sheet:  # and by the reader of our own imports
        assert sheet.header


def test_a_text_is_cut_where_a_cell_ends() -> None:
    value = openpyxl.load_workbook(book_of([["&" * 40_000, 1]]))["Wang"]["A2"].value
    assert value == "&" * 32_767


def test_a_full_sheet_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books, "SHEET_ROWS", 3)
    with Book(io.BytesIO()) as book, book.sheet("Wang", COLUMNS) as sheet:
        sheet.append(["a", 1])
        assert not sheet.full
        sheet.append(["b", 2])
        assert sheet.full


@pytest.mark.parametrize(
    ("wanted", "taken", "name"),
    [
        ("王丽", [], "王丽"),
        ("王丽", ["王丽"], "王丽 (2)"),
        ("Wang", ["WANG", "wang (2)"], "Wang (3)"),
        ("a/b\\c:d*e?f[g]", [], "a b c d e f g"),
        ("'quoted'", [], "quoted"),
        ("", [], "-"),
        ("[]", [], "-"),
        ("History", [], "History (2)"),
        ("x" * 40, [], "x" * 31),
        ("x" * 40, ["x" * 31], "x" * 27 + " (2)"),
        ("😀" * 20, [], "😀" * 15),
        ("x" * 30 + "'yz", [], "x" * 30),
    ],
)
def test_names_of_sheets(wanted: str, taken: list[str], name: str) -> None:
    assert sheet_name(wanted, taken) == name


@given(st.lists(TEXTS, max_size=8))
def test_any_names_are_valid_and_differ(wanted: list[str]) -> None:
    names: list[str] = []
    for text in wanted:
        names.append(sheet_name(text, names))
    assert len({name.casefold() for name in names}) == len(names)
    for name in names:
        assert 0 < len(name.encode("utf-16-le")) // 2 <= 31
        assert not set(name) & set("[]:*?/\\")
        assert not name.startswith("'")
        assert not name.endswith("'")


def test_it_goes_to_a_file(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    path.write_bytes(book_of([["x", 1]]).getvalue())
    assert openpyxl.load_workbook(path)["Wang"]["A2"].value == "x"
