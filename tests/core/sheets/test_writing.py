"""Sheets out, and in again: formulas come out as text, numbers stay numbers, nothing changes on the way."""

import csv
import io
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldapp.core.sheets import Cell, Sheet, csv_field, csv_pieces, write_csv, write_xlsx
from fieldapp.core.sheets.reading import BLANK
from fieldapp.core.sheets.writing import guarded, unguarded

PAYLOADS = [
    "=1+1", "=cmd|' /C calc'!A0", '=HYPERLINK("http://x","y")', "=2+5+cmd|' /C calc'!A0", "@SUM(1+1)*cmd|' /C calc'!A0",
    "+1+1", "-1+1", "-2+3+cmd|' /C calc'!A0", "+cmd|' /C calc'!A0", "@A1", "\t=1+1", "\r=1+1", "\t", "\r", "=", "+",
    "-", "@", '=IMPORTXML("http://x")', '=WEBSERVICE("http://x")', "-丰禾", "+8613800000000", "-5", "+5", '="a"',
    "='a'", "'=1", "''=1", "'-5", "'", "''", "'a", "=\n1", '@"', "-,", "=;", "= 1", "-0", "=A1\r\n=B1", "\t\t",
]  # fmt: skip


def csv_of(rows: list[list[Cell]]) -> bytes:
    target = io.BytesIO()
    write_csv(target, ["a", "b"], rows)
    return target.getvalue()


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_formula_comes_out_as_text_and_back_as_it_was(payload: str, tmp_path: Path) -> None:
    content = csv_of([[payload, "x"]])
    cell = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))[1][0]
    assert cell[:1] not in {"=", "+", "-", "@", "\t", "\r"}
    with Sheet(io.BytesIO(content)) as sheet:
        assert list(sheet.rows()) == [(2, [payload, "x"])]

    path = tmp_path / "out.xlsx"
    write_xlsx(path, ["a", "b"], [[payload, "x"]])
    written = openpyxl.load_workbook(path).active["A2"]
    assert written.data_type == "s"
    if "\r" not in payload:  # XML turns a carriage return into a line feed
        assert written.value == payload


def test_numbers_dates_and_yes_stay_what_they_are(tmp_path: Path) -> None:
    row: list[Cell] = [
        -5, Decimal("-12.30"), date(2026, 11, 23), True, None, "", "12", 0, Decimal("1234567890123456.78")
    ]  # fmt: skip
    content = csv_of([row]).decode("utf-8")
    assert content.startswith("\ufeffa,b\r\n")
    assert content.endswith("\r\n-5,-12.30,2026-11-23,yes,,,12,0,1234567890123456.78\r\n")
    path = tmp_path / "numbers.xlsx"
    write_xlsx(path, list("abcdefghi"), [row])
    cells = next(iter(openpyxl.load_workbook(path).active.iter_rows(min_row=2)))
    assert [cell.value for cell in cells][:2] == [-5, -12.3]
    assert cells[2].is_date
    assert cells[2].value.date() == date(2026, 11, 23)
    assert [cell.value for cell in cells][3:] == ["yes", None, None, "12", 0, "1234567890123456.78"]
    with Sheet(path) as sheet:
        assert list(sheet.rows()) == [
            (2, ["-5", "-12.3", "2026-11-23", "yes", "", "", "12", "0", "1234567890123456.78"])
        ]


@given(st.text(max_size=30))
def test_the_guard_loses_nothing(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert guarded(text)[:1] not in {"=", "+", "-", "@", "\t", "\r"}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12), min_size=2, max_size=2),
        max_size=20,
    )
)
def test_any_texts_come_back_as_they_were(rows: list[list[str]]) -> None:
    with Sheet(io.BytesIO(csv_of([*rows, ["last", "row"]]))) as sheet:
        back = [cells for _, cells in sheet.rows()]
    assert back == [*(row for row in rows if any(cell.strip(BLANK) for cell in row)), ["last", "row"]]


@given(st.one_of(st.text(max_size=12), st.integers(), st.dates(), st.datetimes(), st.booleans(), st.none()))
def test_a_field_that_is_made_is_the_one_that_is_written(cell: Cell) -> None:
    """Long files are made of such fields."""
    made = b"".join(csv_pieces(["a", "b"], [f"{csv_field(cell)},{csv_field('x')}"]))
    assert made == csv_of([[cell, "x"]])


def test_many_rows_are_written_in_pieces() -> None:
    content = csv_of([[number, "x"] for number in range(1234)])
    with Sheet(io.BytesIO(content)) as sheet:
        assert [int(cells[0]) for _, cells in sheet.rows()] == list(range(1234))
