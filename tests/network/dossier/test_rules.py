"""Pure decisions about a file."""

from datetime import date
from decimal import Decimal

import pytest

from fieldapp.network.dossier import rules
from fieldapp.network.dossier.rules import Decision, merge

A, B, C = "a", "b", "c"


@pytest.mark.parametrize(
    ("base", "typed", "stored", "decision"),
    [
        (A, A, A, Decision.KEEP),  # nobody changed it
        (A, B, A, Decision.TAKE),  # I did
        (A, A, B, Decision.KEEP),  # somebody else did
        (A, B, B, Decision.KEEP),  # both to the same
        (A, B, C, Decision.CONFLICT),  # both to something else
        (A, "", B, Decision.CONFLICT),  # emptied against changed
        (A, "", A, Decision.TAKE),
        (None, B, A, Decision.CONFLICT),  # what I saw is not known
        (None, A, A, Decision.KEEP),
    ],
)
def test_merge(base: str | None, typed: str, stored: str, decision: Decision) -> None:
    assert merge({} if base is None else {"f": base}, {"f": typed}, {"f": stored}) == {"f": decision}


def test_fields_that_were_not_typed_are_not_decided() -> None:
    assert merge({"f": A, "g": A}, {"f": B}, {"f": A, "g": B}) == {"f": Decision.TAKE}


def test_completeness_is_a_hundred_only_when_nothing_is_missing() -> None:
    everything = [item.code for item in rules.ITEMS]
    assert rules.missing(everything) == []
    assert rules.percent([], rules.WEIGHTS) == 100
    assert rules.percent(everything, rules.WEIGHTS) == 0
    assert rules.percent(["a"], {"a": 1, "b": 999}) == 99
    assert rules.percent(["a"], {"a": 0, "b": 5}) == 100
    assert rules.percent(["a"], {"a": 0}) == 100
    assert rules.asked_for(["a", "b", "c"], {"a": 1, "b": 0, "c": 7}) == ["c", "a"]


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        (date(2026, 11, 23), 12, date(2025, 11, 23)),
        (date(2024, 2, 29), 12, date(2023, 2, 28)),
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
        (date(2026, 12, 31), 6, date(2026, 6, 30)),
    ],
)
def test_months_before(day: date, months: int, before: date) -> None:
    assert rules.months_before(day, months) == before


def test_stale_begins_the_day_after_the_months_are_over() -> None:
    today = date(2026, 11, 23)
    assert not rules.stale(date(2025, 11, 23), today, 12)
    assert rules.stale(date(2025, 11, 22), today, 12)


def test_the_check_character_of_a_credit_code() -> None:
    assert rules.is_credit_code("91350100M000100Y43")  # the example of GB 32100-2015
    for wrong in ("91350100M000100Y44", "91350100M000100Y4", "91350100M000100O43", "", "９1350100M000100Y43"):
        assert not rules.is_credit_code(wrong), wrong


@pytest.mark.parametrize(
    ("text", "stored"), [("5-17", "05-17"), ("1980.5.17", "1980-05-17"), ("02/29", "02-29"), ("12-31", "12-31")]
)
def test_a_birthday_needs_no_year(text: str, stored: str) -> None:
    assert rules.parse_birthday(text) == stored


@pytest.mark.parametrize("text", ["13-01", "2-30", "1981-02-29", "0000-01-01", "517", "五月", "1-1-1-1"])
def test_no_such_birthday(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        rules.parse_birthday(text)


def test_shares_of_one_day() -> None:
    assert rules.shares_fit([Decimal("60.5")], Decimal("39.5"))
    assert not rules.shares_fit([Decimal("60.5")], Decimal("39.6"))


def test_masks_hide_enough() -> None:
    assert rules.mask_end("6229990012345678") == "···· 5678"
    assert rules.mask_end("1234567") == "····"
    assert rules.mask_name("王建国") == "王··"
    assert "05" not in rules.mask_all("05-17")
