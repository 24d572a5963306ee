"""Is this the same distributor as that one? Keys by which candidates are found, and what speaks for it.

A key is compared for equality only, so that an index finds the candidates among any number of distributors; the score
then looks at the few that were found.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

from fieldapp.core.pinyin import normal, syllables

ENOUGH = 40  # points from which a pair is shown
_HEAD = 2  # characters of a name's core that the key holds
_CITY, _COUNTY = 4, 6  # digits of a region code
_PLAIN = re.compile(r"[\W_]+")
_COUNTRY = "86"
_PHONE_DIGITS = 11
_CLOSE = 0.74  # similarity from which two cores are close: one of four characters differs
_CLOSE_ADDRESS = 0.86


class Reason(StrEnum):
    """What speaks for two distributors being one."""

    CREDIT_CODE = "credit_code"
    BANK_ACCOUNT = "bank_account"
    PHONE = "phone"
    NAME = "name"
    SIMILAR_NAME = "similar_name"
    ADDRESS = "address"
    SIMILAR_ADDRESS = "similar_address"


POINTS: dict[Reason, int] = {
    Reason.CREDIT_CODE: 90,
    Reason.BANK_ACCOUNT: 80,
    Reason.PHONE: 60,
    Reason.NAME: 50,
    Reason.SIMILAR_NAME: 40,
    Reason.ADDRESS: 45,
    Reason.SIMILAR_ADDRESS: 20,
}


class Keys(NamedTuple):
    """What a distributor is looked up by; None where there is nothing to look up."""

    name: str | None
    address: str | None
    credit: str | None
    bank: str | None


@dataclass(frozen=True, slots=True)
class Profile:
    """A distributor as the comparison sees it. `places`: names of the regions it lies in, `region` their code."""

    name: str
    region: str | None = None
    places: tuple[str, ...] = ()
    address: str | None = None
    credit_code: str | None = None
    bank_account: str | None = None
    phones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """How alike two distributors are, in points, and why."""

    points: int
    reasons: tuple[Reason, ...] = field(default=())


def phone_key(phone: str | None) -> str | None:
    """The digits of a phone number without the country's; None when there are too few to tell anybody apart."""
    digits = "".join(sign for sign in normal(phone or "") if sign.isdecimal()).removeprefix("00")
    if len(digits) > _PHONE_DIGITS and digits.startswith(_COUNTRY):
        digits = digits.removeprefix(_COUNTRY)
    return digits[:40] if len(digits) >= 7 else None


def code_key(text: str | None) -> str | None:
    """Letters and digits of a credit code or a bank account; None when there are fewer than eight."""
    plain = _PLAIN.sub("", normal(text or ""))
    return plain[:64] if len(plain) >= 8 else None


@lru_cache(maxsize=20_000)
def keys(profile: Profile) -> Keys:
    """The keys of a distributor. Names are sought within its city, addresses within its county."""
    region = profile.region or ""
    head = "".join(syllables(core(profile.name, profile.places)[:_HEAD]))
    address = _address(profile.address, profile.places)
    credit = code_key(profile.credit_code)
    return Keys(
        name=f"{region[:_CITY]}:{head}"[:80] if head else None,
        address=f"{region[:_COUNTY]}:{address}"[:320] if len(address) > 3 else None,
        credit=credit[:32] if credit else None,
        bank=code_key(profile.bank_account),
    )


@lru_cache(maxsize=20_000)
def core(name: str, places: tuple[str, ...] = ()) -> str:
    """What tells a name from others: without the places it begins with and the words that every trader's name has.

    A name of nothing but such words is its own core.
    """
    whole = _PLAIN.sub("", normal(name))
    rest = _without_places(whole, places)
    for word in _trade_words():
        shorter = rest.replace(word, "")
        rest = shorter or rest
    return rest or whole


def compare(one: Profile, other: Profile) -> Match:
    """The points of all that speaks for the two being one, and what that is."""
    reasons = [reason for reason in _reasons(one, other) if reason is not None]
    return Match(sum(POINTS[reason] for reason in reasons), tuple(reasons))


def _reasons(one: Profile, other: Profile) -> Iterable[Reason | None]:
    mine, theirs = keys(one), keys(other)
    yield _same(mine.credit, theirs.credit, Reason.CREDIT_CODE)
    yield _same(mine.bank, theirs.bank, Reason.BANK_ACCOUNT)
    if {phone_key(phone) for phone in one.phones} & {phone_key(phone) for phone in other.phones} - {None}:
        yield Reason.PHONE
    yield _names(one, other)
    if mine.address and mine.address == theirs.address:
        yield Reason.ADDRESS
    elif _near(one, other, _COUNTY) and mine.address and theirs.address:
        close = SequenceMatcher(None, mine.address, theirs.address).ratio() >= _CLOSE_ADDRESS
        # A street has many houses: the numbers must agree.
        if close and _digits(mine.address) == _digits(theirs.address):
            yield Reason.SIMILAR_ADDRESS


def _same(mine: str | None, theirs: str | None, reason: Reason) -> Reason | None:
    return reason if mine is not None and mine == theirs else None


def _names(one: Profile, other: Profile) -> Reason | None:
    """Names of another city say nothing: half the country's traders are called alike."""
    if not _near(one, other, _CITY):
        return None
    mine, theirs = core(one.name, one.places), core(other.name, other.places)
    if mine == theirs:
        return Reason.NAME
    if len(mine) < _HEAD or len(theirs) < _HEAD:
        return None
    spoken = SequenceMatcher(None, syllables(mine), syllables(theirs)).ratio()
    return Reason.SIMILAR_NAME if spoken >= _CLOSE else None


def _near(one: Profile, other: Profile, length: int) -> bool:
    return (one.region or "")[:length] == (other.region or "")[:length]


def _digits(text: str) -> list[str]:
    return re.findall(r"[0-9]+", text)


def _address(address: str | None, places: Iterable[str]) -> str:
    return _without_places(_PLAIN.sub("", normal(address or "")), places)


def _without_places(text: str, places: Iterable[str]) -> str:
    """The text without the names of its province, city… at its beginning, in full or without their last character."""
    for place in places:
        full = normal(place)
        for head in (full, full[:-1]):
            if len(head) > 1 and text.startswith(head) and len(text) > len(head):
                text = text[len(head) :]
                break
    return text


@cache
def _trade_words() -> tuple[str, ...]:
    with (files(__package__) / "trade_words.txt").open(encoding="utf-8") as file:
        return tuple(line.strip() for line in file if line.strip())
