"""Finding the columns in a header, and listing every bad cell."""

from datetime import date

import pytest

from fieldapp.core.sheets import CellError, Column, Message, SheetError, cells, locate, row_reader
from fieldapp.core.sheets.columns import BAD

COLUMNS = (
    Column("code", cells.code(), ("经销商编码", "代码"), identity=True),
    Column("name", cells.text(20), ("名称",), required=True),
    Column("since", cells.day, ("合作日期",)),
    Column("list_price", cells.money(), ("牌价",)),
)


@pytest.mark.parametrize(
    "header",
    [
        ("code", "name", "since", "list_price"),
        ("经销商编码", "名称", "合作日期", "牌价"),
        ("Code ", "名 称", "SINCE", "List Price"),
        ("代码*", "name", "since", "牌价（元/吨）"),
    ],
)
def test_keys_and_labels_in_any_mix(header: tuple[str, ...]) -> None:
    layout = locate(header, COLUMNS)
    assert layout.keys == ("code", "name", "since", "list_price")
    assert layout.unknown == ()
    assert layout.title("list_price") == header[3]


def test_unknown_columns_are_named_and_absent_ones_are_absent() -> None:
    layout = locate(("备注", "code", "", "Remark"), COLUMNS)
    assert layout.keys == ("code",)
    assert layout.unknown == ("备注", "", "Remark")


@pytest.mark.parametrize(
    ("header", "said"),
    [(("code", "name", "代码"), "twice"), (("name", "since"), "code is missing"), (("a", "b"), "code, name")],
)
def test_headers_that_will_not_do(header: tuple[str, ...], said: str) -> None:
    with pytest.raises(SheetError, match=said):
        locate(header, COLUMNS)


def test_every_bad_cell_is_listed_by_line_column_value_and_reason() -> None:
    errors: list[CellError] = []
    read = row_reader(locate(("code", "名称", "since", "牌价"), COLUMNS), errors.append)
    assert read(2, ["D1", "丰禾", "2026-11-23", "3150"]) == ["D1", "丰禾", date(2026, 11, 23), 315000]
    assert read(3, [" D2\u3000", "金穗", " ", ""]) == ["D2", "金穗", None, None]
    assert read(4, ["", "\u200b", "yesterday", "3.141"]) == [BAD, BAD, BAD, BAD]
    assert read(5, ["D4", "x" * 2001, "#N/A", "1"]) == ["D4", BAD, BAD, 100]
    assert read(6, ["D5", "x"]) == ["D5", "x", None, None]
    assert read(7, ["D6", "x", "", "1", "", "beyond"]) == ["D6", "x", None, 100]
    assert [str(error) for error in errors] == [
        "line 4, column code: (empty) — must not be empty",
        "line 4, column 名称: (empty) — must not be empty",
        "line 4, column since: yesterday — not a date: write it as 2026-11-23",
        "line 4, column 牌价: 3.141 — not an amount: yuan with at most two decimals, such as 3150.00",
        f"line 5, column 名称: {'x' * 59}… — longer than 2000 characters",
        "line 5, column since: #N/A — the formula in this cell gives an error",
        "line 7, column 6: beyond — the header has no column here",
    ]


def test_a_hostile_cell_cannot_write_a_line_of_its_own() -> None:
    error = CellError(3, "name", "a\nline 4, column x: \x1b[31mred\u202e", Message("must be yes or no"))
    assert len(str(error).splitlines()) == 1
    assert "\x1b" not in str(error)
    assert "\u202e" not in str(error)
