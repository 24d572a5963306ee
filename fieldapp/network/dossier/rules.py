"""Pure decisions about a file: what of two people's edits holds, how complete it is, what is stale, what is masked."""

import re
from calendar import monthrange
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple


class SiteKind(StrEnum):
    """What an address is for."""

    REGISTERED = "registered"
    STORE = "store"
    WAREHOUSE = "warehouse"


class OutletKind(StrEnum):
    """Whom the distributor sells on to."""

    RETAILER = "retailer"
    FARM = "farm"


class VehicleKind(StrEnum):
    """Kinds of vehicles."""

    TRUCK = "truck"
    VAN = "van"
    TRICYCLE = "tricycle"
    BOAT = "boat"
    OTHER = "other"


class AttachmentKind(StrEnum):
    """What a document shows."""

    LICENCE = "licence"
    CONTRACT = "contract"
    PHOTO = "photo"
    OTHER = "other"


# Sections of a file, in the order of the page.
COMPANY, CONTACTS, PLACE, NETWORK, BRANDS, MEANS, PAPERS = SECTIONS = (
    "company",
    "contacts",
    "place",
    "network",
    "brands",
    "means",
    "papers",
)


# Two at once -----------------------------------------------------------------------------------------------------


class Decision(StrEnum):
    """What becomes of one field: the stored value stays, the typed one is taken, or a person has to choose."""

    KEEP = "keep"
    TAKE = "take"
    CONFLICT = "conflict"


def merge(
    base: Mapping[str, Hashable], typed: Mapping[str, Hashable], stored: Mapping[str, Hashable]
) -> dict[str, Decision]:
    """Field by field: `base` is what the form was made from, `typed` what came back, `stored` what holds now.

    The values are only compared, so that marks of them do as well. A typed field without a base counts as changed by
    both sides: nobody knows what its writer saw.
    """
    return {field: _decide(field, value, base, stored) for field, value in typed.items()}


def _decide(field: str, typed: Hashable, base: Mapping[str, Hashable], stored: Mapping[str, Hashable]) -> Decision:
    holds = stored[field]
    if typed == holds:
        return Decision.KEEP
    if field not in base:
        return Decision.CONFLICT
    seen = base[field]
    if typed == seen:
        return Decision.KEEP
    return Decision.TAKE if holds == seen else Decision.CONFLICT


# Completeness ----------------------------------------------------------------------------------------------------


class Item(NamedTuple):
    """Something a file should hold: its code, the section it stands in, what it counts by default."""

    code: str
    section: str
    weight: int


ITEMS: tuple[Item, ...] = (
    Item("legal_person", COMPANY, 6),
    Item("credit_code", COMPANY, 10),
    Item("bank_account", COMPANY, 8),
    Item("capital", COMPANY, 5),
    Item("business_since", COMPANY, 6),
    Item("since", COMPANY, 3),
    Item("main_contact", CONTACTS, 12),
    Item("owner", CONTACTS, 5),
    Item("address", PLACE, 6),
    Item("location", PLACE, 6),
    Item("outlets", NETWORK, 12),
    Item("brands", BRANDS, 8),
    Item("vehicles", MEANS, 3),
    Item("warehouse", MEANS, 4),
    Item("licence", PAPERS, 6),
)
WEIGHTS: Mapping[str, int] = {item.code: item.weight for item in ITEMS}
STALE_MONTHS = 12
MOST_MONTHS = 120
MOST_WEIGHT = 100


@dataclass(frozen=True, slots=True)
class FilePolicy:
    """What each item counts (0: it is not asked for), and after how many months a section has to be looked at again."""

    weights: Mapping[str, int]
    stale_months: int = STALE_MONTHS


DEFAULT_POLICY = FilePolicy(WEIGHTS)


def missing(present: Collection[str]) -> list[str]:
    """The codes of all items that are not there, the heaviest by default first."""
    absent = [item for item in ITEMS if item.code not in present]
    return [item.code for item in sorted(absent, key=lambda item: -item.weight)]


def asked_for(absent: Collection[str], weights: Mapping[str, int]) -> list[str]:
    """Those of the missing items that count, the heaviest first."""
    return sorted((code for code in absent if weights.get(code, 0)), key=lambda code: -weights[code])


def percent(absent: Collection[str], weights: Mapping[str, int]) -> int:
    """How complete a file is without these items, in whole percent rounded down: 100 says that nothing is missing."""
    total = sum(weights.values())
    if not total:
        return 100
    return (total - sum(weights.get(code, 0) for code in absent)) * 100 // total


# Staleness -------------------------------------------------------------------------------------------------------


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier, or the last day of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def stale(checked_on: date, today: date, months: int) -> bool:
    """Was a section last changed or confirmed more than so many months ago?"""
    return checked_on < months_before(today, months)


# Values ----------------------------------------------------------------------------------------------------------

_CREDIT_CODE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}")
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100-2015: no I, O, S, V, Z
_CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_BIRTHDAY = re.compile(r"(?:([0-9]{4})[-./])?([0-9]{1,2})[-./]([0-9]{1,2})")
_LEAP_YEAR = 2000


def is_credit_code(text: str) -> bool:
    """A unified social credit code with the right check character (GB 32100-2015)?"""
    if not _CREDIT_CODE.fullmatch(text):
        return False
    total = sum(weight * _CREDIT_ALPHABET.index(sign) for weight, sign in zip(_CREDIT_WEIGHTS, text[:17], strict=True))
    return _CREDIT_ALPHABET[-total % 31] == text[17]


def parse_birthday(text: str) -> str:
    """`5-17`, `1980.5.17` → `05-17`, `1980-05-17`. ValueError when there is no such day."""
    found = _BIRTHDAY.fullmatch(text)
    if found is None:
        raise ValueError(text)
    year, month, day = found.groups()
    real = date(int(year or _LEAP_YEAR), int(month), int(day))
    return real.isoformat() if year else real.isoformat()[5:]


def shares_fit(others: Sequence[Decimal], share: Decimal) -> bool:
    """Do the shares of one day make at most a hundred percent?"""
    return sum(others, share) <= 100


# What the history may say of a value: enough to see that it changed, not what it is.
_DOTS = "····"


def mask_end(text: str) -> str:
    """All but the last four characters hidden: accounts and phones. Short ones are hidden whole."""
    return f"{_DOTS} {text[-4:]}" if len(text) > 7 else _DOTS


def mask_name(text: str) -> str:
    """All but the first character hidden: people."""
    return f"{text[:1]}··"


def mask_all(text: str) -> str:  # noqa: ARG001
    """Hidden."""
    return _DOTS
