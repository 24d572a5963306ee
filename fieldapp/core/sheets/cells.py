"""Parsers: the trimmed text of one cell → a typed value, or Refused with the reason. None sees an empty cell."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from .. import money as units
from . import limits
from .errors import N_, Message, Refused

Parser = Callable[[str], Any]

_SPACE = re.compile(r"\s+")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d{1,15}", re.ASCII)
_DECIMAL = re.compile(r"[+-]?\d{1,12}(\.\d{1,9})?", re.ASCII)
_PHONE = re.compile(r"\+?\d[\d \-()/]{3,38}", re.ASCII)
_LOST_DIGITS = re.compile(r"[+-]?\d(\.\d+)?E\+\d+", re.ASCII | re.IGNORECASE)
_FORMULA_ERROR = re.compile(r"#(N/A|REF!|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|GETTING_DATA|SPILL!|CALC!)")

_YES = {"yes": True, "no": False, "true": True, "false": False, "是": True, "否": False}


def formula_error(value: str) -> bool:
    """Whether the cell is what a failed formula left behind, such as `#N/A`."""
    return value[:1] == "#" and _FORMULA_ERROR.fullmatch(value) is not None


def text(maximum: int = 200) -> Parser:
    """Text on one line of at most `maximum` characters; line breaks and runs of space become one space."""
    too_long = Message(N_("longer than %(maximum)s characters"), {"maximum": maximum})

    def parse(value: str) -> str:
        if not value.isprintable():
            value = _SPACE.sub(" ", value)
            if _UNPRINTABLE.search(value):
                raise Refused(Message(N_("holds a character that can't be printed")))
        if len(value) > maximum:
            raise Refused(too_long)
        return value

    return parse


def digits_text(maximum: int) -> Parser:
    """Text that is mostly digits (an account, a registration): a number that Excel has shortened is refused."""
    plain = text(maximum)

    def parse(value: str) -> Any:
        if _LOST_DIGITS.fullmatch(value):
            raise Refused(
                Message(N_("Excel has shortened this number; format the column as text and enter it in full"))
            )
        return plain(value)

    return parse


def code(maximum: int = 40, *, wildcard: bool = False) -> Parser:
    """A code as the ERP writes it: one word of printable characters. `*` only where it means "all"."""
    too_long = Message(N_("longer than %(maximum)s characters"), {"maximum": maximum})

    def parse(value: str) -> str:
        if value == "*":
            if wildcard:
                return value
            raise Refused(Message(N_("`*` is not allowed here: name one")))
        if not value.isprintable() or " " in value:  # the other spaces are not printable
            raise Refused(Message(N_("a code holds no space or line break")))
        if len(value) > maximum:
            raise Refused(too_long)
        return value

    return parse


def digits(*lengths: int) -> Parser:
    """A code of digits only, of one of these lengths."""
    reason = Message(N_("not a code of %(lengths)s digits"), {"lengths": ", ".join(str(length) for length in lengths)})

    def parse(value: str) -> str:
        if len(value) not in lengths or not (value.isascii() and value.isdigit()):
            raise Refused(reason)
        return value

    return parse


def money(*, negative: bool = False) -> Parser:
    """Yuan with at most two decimals → fen."""

    def parse(value: str) -> int:
        try:
            fen = units.parse_yuan(value)
        except ValueError:
            raise Refused(Message(N_("not an amount: yuan with at most two decimals, such as 3150.00"))) from None
        if abs(fen) > units.MAX_FEN:
            raise Refused(Message(N_("too large")))
        if fen < 0 and not negative:
            raise Refused(Message(N_("must not be negative")))
        return fen

    return parse


def kilograms(*, negative: bool = False, zero: bool = True) -> Parser:
    """Kilograms with at most three decimals → grams."""

    def parse(value: str) -> int:
        try:
            grams = units.parse_kilograms(value)
        except ValueError:
            raise Refused(
                Message(N_("not a weight: kilograms with at most three decimals, such as 5000 or 12.5"))
            ) from None
        if abs(grams) > units.MAX_GRAMS:
            raise Refused(Message(N_("too large")))
        if grams < 0 and not negative:
            raise Refused(Message(N_("must not be negative")))
        if grams == 0 and not zero:
            raise Refused(Message(N_("must be more than 0")))
        return grams

    return parse


def decimal(places: int, minimum: Decimal | int | None = None, maximum: Decimal | int | None = None) -> Parser:
    """A number with at most `places` decimals, between the bounds (both included) → Decimal."""
    form = Message(N_("not a number with at most %(places)s decimals"), {"places": places})
    low = Message(N_("must be at least %(minimum)s"), {"minimum": minimum})
    high = Message(N_("must be at most %(maximum)s"), {"maximum": maximum})

    def parse(value: str) -> Decimal:
        match = _DECIMAL.fullmatch(value)
        if match is None or len(match.group(1) or ".") - 1 > places:
            raise Refused(form)
        number = Decimal(value)
        if minimum is not None and number < minimum:
            raise Refused(low)
        if maximum is not None and number > maximum:
            raise Refused(high)
        return number

    return parse


def integer(minimum: int | None = None, maximum: int | None = None) -> Parser:
    """A whole number between the bounds (both included)."""
    low = Message(N_("must be at least %(minimum)s"), {"minimum": minimum})
    high = Message(N_("must be at most %(maximum)s"), {"maximum": maximum})

    def parse(value: str) -> int:
        if not _INTEGER.fullmatch(value):
            raise Refused(Message(N_("not a whole number")))
        number = int(value)
        if minimum is not None and number < minimum:
            raise Refused(low)
        if maximum is not None and number > maximum:
            raise Refused(high)
        return number

    return parse


def day(value: str) -> date:
    """An ISO date, `2026-11-23`, from 1900 on."""
    match = _DAY.fullmatch(value)
    if match is None:
        raise Refused(Message(N_("not a date: write it as 2026-11-23")))
    year, month, number = (int(part) for part in match.groups())
    try:
        found = date(year, month, number)
    except ValueError:
        raise Refused(Message(N_("no such day in the calendar"))) from None
    if year < 1900:
        raise Refused(Message(N_("the year must be 1900 or later")))
    return found


def yes_no(value: str) -> bool:
    """`yes` or `no`, in either language; `true` and `false` as spreadsheets write them."""
    found = _YES.get(value.casefold())
    if found is None:
        raise Refused(Message(N_("must be yes or no")))
    return found


def choice(options: Mapping[str, str]) -> Parser:
    """One of a list. `options` maps what a file may write, casefolded, to the value stored."""
    reason = Message(N_("must be one of: %(options)s"), {"options": ", ".join(dict.fromkeys(options.values()))})

    def parse(value: str) -> str:
        found = options.get(value.casefold())
        if found is None:
            raise Refused(reason)
        return found

    return parse


def phone(value: str) -> str:
    """A phone number as people write it: digits, spaces, hyphens, brackets, a leading `+`, `/` between two."""
    if _LOST_DIGITS.fullmatch(value):
        raise Refused(Message(N_("Excel has shortened this number; format the column as text and enter it in full")))
    if not _PHONE.fullmatch(value):
        raise Refused(Message(N_("not a phone number")))
    return value


def remembered(parse: Parser, size: int = 4096) -> Parser:
    """The parser with a memory of the values it accepted: dates and codes repeat thousands of times in a file."""
    known: dict[str, Any] = {}

    def look_up(value: str) -> Any:
        try:
            return known[value]
        except KeyError:
            found = parse(value)
            if len(known) >= size:
                known.clear()
            known[value] = found
            return found

    return look_up


TOO_LONG = Message(N_("longer than %(maximum)s characters"), {"maximum": limits.CELL_CHARACTERS})
