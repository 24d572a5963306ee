"""What each parser takes and what it refuses."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from fieldapp.core.sheets import Refused, cells

TAKEN: list[tuple[cells.Parser, str, Any]] = [
    (cells.money(), "3150", 315000),
    (cells.money(), "3,150.5", 315050),
    (cells.money(), "¥0.01", 1),
    (cells.money(negative=True), "-12.30", -1230),
    (cells.kilograms(), "12.345", 12345),
    (cells.kilograms(negative=True), "-5000", -5_000_000),
    (cells.decimal(4, 0, 100), "2.5", Decimal("2.5")),
    (cells.decimal(4, 0, 100), "100", Decimal(100)),
    (cells.integer(1), "7", 7),
    (cells.day, "2026-11-23", date(2026, 11, 23)),
    (cells.day, "2028-02-29", date(2028, 2, 29)),
    (cells.yes_no, "Yes", True),
    (cells.yes_no, "否", False),
    (cells.yes_no, "TRUE", True),
    (cells.digits(2, 4), "41", "41"),
    (cells.choice({"a": "A", "甲": "A"}), "甲", "A"),
    (cells.phone, "+86 371-6388 0000", "+86 371-6388 0000"),
    (cells.text(5), "一\n二", "一 二"),
    (cells.code(), "P-10/甲", "P-10/甲"),
    (cells.code(wildcard=True), "*", "*"),
    (cells.digits_text(30), "6222021234567890123", "6222021234567890123"),
]
REFUSED: list[tuple[cells.Parser, str]] = [
    (cells.money(), "3150.001"),
    (cells.money(), "1e5"),
    (cells.money(), "-1"),
    (cells.money(), "三千"),
    (cells.money(), "１２"),
    (cells.money(), "nan"),
    (cells.money(), "99999999999999"),
    (cells.kilograms(), "0.0001"),
    (cells.kilograms(zero=False), "0"),
    (cells.decimal(2), "1.234"),
    (cells.decimal(2, 0, 100), "100.01"),
    (cells.decimal(2, 0), "-0.5"),
    (cells.decimal(2), "Infinity"),
    (cells.integer(), "1.0"),
    (cells.integer(1), "0"),
    (cells.integer(), "9" * 16),
    (cells.day, "2026-2-3"),
    (cells.day, "20261123"),
    (cells.day, "2026/11/23"),
    (cells.day, "2026-02-30"),
    (cells.day, "2026-11-23 10:05:00"),
    (cells.day, "0026-11-23"),
    (cells.day, "２０２６-11-23"),
    (cells.yes_no, "maybe"),
    (cells.digits(2, 4), "410"),
    (cells.digits(2), "４１"),
    (cells.choice({"a": "A"}), "b"),
    (cells.phone, "1.38E+10"),
    (cells.phone, "call me"),
    (cells.text(2), "abc"),
    (cells.text(), "a\x07b"),
    (cells.text(), "a\u202eb"),
    (cells.code(), "D 1"),
    (cells.code(), "*"),
    (cells.code(3), "D001"),
    (cells.digits_text(30), "6.22202123456789E+18"),
]


@pytest.mark.parametrize(("parse", "text", "value"), TAKEN)
def test_taken(parse: cells.Parser, text: str, value: Any) -> None:
    found = cells.remembered(parse)
    assert found(text) == value
    assert found(text) == value
    assert type(found(text)) is type(value)


@pytest.mark.parametrize(("parse", "text"), REFUSED)
def test_refused_with_a_reason(parse: cells.Parser, text: str) -> None:
    for read in (parse, cells.remembered(parse)):
        with pytest.raises(Refused) as refused:
            read(text)
        assert str(refused.value.reason)
        assert "%(" not in str(refused.value.reason)


def test_memory_forgets_and_goes_on() -> None:
    parse = cells.remembered(cells.integer(), size=3)
    assert [parse(str(n)) for n in [*range(10), *range(10)]] == [*range(10), *range(10)]
