"""Search tokens: one function makes them for the index, one for a query, both for SQLite's FTS5 and PostgreSQL's GIN.

Every lookup is of whole tokens, never of prefixes: an index that merges the postings of all words beginning with `h`
takes long at a million names, so the beginnings themselves are tokens (of 1, 2, 3 and 5 letters). A typed piece
whose length lies between is looked up by the next shorter beginning and then verified against the stored document.

- Chinese: single characters and pairs of neighbours, so any characters anywhere in a name are found.
- Pinyin and initials: beginnings of what follows each start of a syllable.
- Codes and phone numbers: beginnings, and the further fives (codes begin alike: `KH2019…`); of a phone number also its
  last four digits.
- Places: a region and all that contain it, marked `_r`, so that the viewer's patch is a term inside the index query.

A document is plain text, a line for each thing found by; its tokens are a function of it alone. That is what lets a
row be taken out of a contentless index without keeping its tokens.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from .pinyin import HAN, normal, syllables

LENGTHS = (1, 2, 3, 5)
LONGEST = LENGTHS[-1]
PLACE_LENGTHS = (2, 4, 6, 9)
MAX_TEXT = 200  # characters of a query that are looked at
MAX_TERMS = 12
LAST_DIGITS = 4
START = "_n"  # the beginning of a name
PLACE = "_r"

_RUNS = re.compile(f"(?P<han>[{HAN}]+)|[^\\W_{HAN}]+")
_BETWEEN_NUMBERS = re.compile(r"[/,;、，；|\\]")
_PHONE_ENOUGH = 7  # digits of a number that stands alone; shorter pieces belong to the number before
_LETTERS_AND_DIGITS = re.compile(r"[^\W_]+")


def compact(text: str) -> str:
    """Letters and digits only, normalised: `D-001` → `d001`, `(河南) 丰禾` → `河南丰禾`."""
    return "".join(_LETTERS_AND_DIGITS.findall(normal(text)))


def phone_numbers(text: str) -> list[str]:
    """The numbers in a phone cell, digits only, without the country code 86: `+86 138-0000-0000 / 0371 65551234`."""
    numbers: list[str] = []
    for cell in _BETWEEN_NUMBERS.split(normal(text)):
        pieces = ["".join(char for char in piece if char.isdigit()) for piece in cell.split()]
        alone = all(len(piece) >= _PHONE_ENOUGH for piece in pieces)
        # A blank may stand inside a number (138 0000 0000) or between two.
        numbers.extend(pieces if alone else ["".join(pieces)])
    return [_without_country(number) for number in numbers if number]


def _without_country(number: str) -> str:
    for head in ("0086", "86"):
        if number.startswith(head) and len(number) > 11:
            return number[len(head) :]
    return number


def document(
    name: str,
    code: str,
    *,
    people: Iterable[str] = (),
    phones: Iterable[str] = (),
    place: str | None = None,
    spoken: list[str] | None = None,
) -> str:
    """What a row is found by, as lines of `kind` + text (n name, p person, c code, t telephone, r region).

    `spoken`: the name's syllables when they are known already.
    """
    spoken = syllables(name) if spoken is None else spoken
    lines = [_spoken_line("n", name, spoken)]
    lines.extend(_spoken_line("p", person, syllables(person, person=True)) for person in people if compact(person))
    lines.append(f"c{compact(code)}")
    lines.extend(f"t{number}" for phone in phones for number in phone_numbers(phone))
    if place:
        lines.append(f"r{place}")
    return "\n".join(lines)


def _spoken_line(kind: str, name: str, spoken: list[str]) -> str:
    return f"{kind}{compact(name)}\t{' '.join(spoken)}\t{''.join(syllable[0] for syllable in spoken)}"


def tokens(document: str) -> list[str]:
    """The index tokens of a document, each once, in no order. They hold only letters, digits and `_`."""
    found: set[str] = set()
    for line in document.split("\n"):
        kind, text = line[:1], line[1:]
        if kind in ("n", "p"):
            name, spoken, initials = text.split("\t")
            _add_han(found, name)
            _add_spoken(found, spoken, initials)
            if kind == "n":
                for whole in (name, spoken.replace(" ", ""), initials):
                    found.update([START + whole[:length] for length in LENGTHS])
        elif kind == "r":
            found.update([PLACE + text[:length] for length in PLACE_LENGTHS if length <= len(text)])
        else:
            found.update([text[:length] for length in LENGTHS])
            found.update(_fives(text))
            if kind == "t":
                last = text[-LAST_DIGITS:]
                found.update([last[:length] for length in LENGTHS])
    found.discard("")
    return list(found)


def _add_han(found: set[str], name: str) -> None:
    for run in _RUNS.finditer(name):
        if run.group("han"):
            han = run.group()
            found.update(han)
            found.update(map("".join, pairwise(han)))


def _add_spoken(found: set[str], spoken: str, initials: str) -> None:
    joined = spoken.replace(" ", "")
    at = 0
    # Written out for the four lengths: this runs a dozen times for each of a million names.
    for number, syllable in enumerate(spoken.split(" ")):
        found.update(
            (
                joined[at : at + 1],
                joined[at : at + 2],
                joined[at : at + 3],
                joined[at : at + 5],
                initials[number : number + 2],
                initials[number : number + 3],
                initials[number : number + 5],
            )
        )
        at += len(syllable)
        if len(syllable) >= 2 * LONGEST:
            found.update(_fives(syllable))


def _fives(piece: str) -> list[str]:
    """The second, third… whole piece of five characters."""
    return [piece[at : at + LONGEST] for at in range(LONGEST, len(piece) - LONGEST + 1, LONGEST)]


@dataclass(frozen=True, slots=True)
class Query:
    """What was typed, as the index is asked.

    `terms`    — tokens that must all be there; empty when nothing in the text can be searched for.
    `verify`   — pieces that must stand in the document (blanks left out): where a token says less than was typed.
    `starting` — terms of the names that begin with the text, to be verified likewise.
    `compact`  — the text's letters and digits in one piece.
    `code`     — the text as a code key.
    """

    terms: tuple[str, ...]
    verify: tuple[str, ...]
    starting: tuple[str, ...]
    compact: str
    code: str


def query(text: str) -> Query:
    """Read what a person typed; anything goes in, nothing raises."""
    text = "".join(char for char in text[:MAX_TEXT] if char.isprintable() or char.isspace()).strip()
    plain = normal(text)
    terms: list[str] = []
    verify: list[str] = []
    # Between Latin letters and digits punctuation is dropped (D-001, 138-0000); a blank begins another piece.
    pieces = [run for word in plain.split() for run in _RUNS.finditer("".join(_LETTERS_AND_DIGITS.findall(word)))]
    for run in pieces:
        piece = run.group()
        if run.group("han"):
            terms.extend([piece[at : at + 2] for at in range(len(piece) - 1)] or [piece])
            if len(piece) > 2:
                verify.append(piece)
        else:
            token = _beginning(piece)
            terms.append(token)
            if token != piece:
                verify.append(piece)
            if piece[LONGEST:].isdigit():
                terms.extend(_fives(piece))
    whole = compact(text)
    starting: list[str] = []
    if whole:
        # Of a single piece the beginning says all that its terms say, and the index reads one list less.
        starting = [START + _beginning(whole), *(terms if len(pieces) > 1 else ())]
    return Query(
        terms=tuple(dict.fromkeys(terms))[:MAX_TERMS],
        verify=tuple(dict.fromkeys(verify))[:MAX_TERMS],
        starting=tuple(dict.fromkeys(starting))[: MAX_TERMS + 1],
        compact=whole,
        code=text.casefold(),
    )


def _beginning(piece: str) -> str:
    return piece[: max(length for length in LENGTHS if length <= len(piece))]


def patch_terms(patch: Iterable[str]) -> tuple[str, ...] | None:
    """The index terms of a patch (any of them); None when it has a code the index does not know.

    They only narrow: the row's own scope is still asked.
    """
    codes = tuple(patch)
    if not codes or any(len(code) not in PLACE_LENGTHS for code in codes):
        return None
    return tuple(PLACE + code for code in codes)
