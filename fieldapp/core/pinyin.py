"""How a Chinese name is read: syllables without tones, ü as v, the way a person types it.

The characters' readings come from pypinyin's tables, looked up by ourselves: its own segmentation costs 220 µs a name
and reads the surname 曾, the county 单县 and 长寿区 wrongly. `readings.csv` (core, data) overrides single characters,
words and surnames; a longer word wins over a shorter one, ours over pypinyin's.
"""

import csv
import re
import unicodedata
from functools import cache
from importlib.resources import files
from typing import NamedTuple

_LONGEST = 4
_TONES = {mark: None for mark in range(0x300, 0x370) if mark != 0x308}
HAN = r"\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
# A Han character without a reading, or a run of other letters and digits.
_PIECE = re.compile(f"[{HAN}]|[^\\W_{HAN}]+")


class _Tables(NamedTuple):
    characters: dict[str, str]
    words: dict[str, tuple[str, ...]]
    heads: frozenset[str]  # the first two characters of every word of the table
    surnames: dict[str, tuple[str, ...]]


def normal(text: str) -> str:
    """Full width to half width, compatibility forms to plain ones, case folded, ü as v."""
    if not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text)
    return text.casefold().replace("ü", "v")


def _plain(syllable: str) -> str:
    """`lǜ` → `lv`: no tone, ü as v."""
    bare = unicodedata.normalize("NFD", syllable).translate(_TONES)
    return unicodedata.normalize("NFC", bare).replace("ü", "v").replace("ê", "e")


@cache
def _tables() -> _Tables:
    """Loaded at the first name: only what writes names pays for it."""
    from pypinyin.constants import PHRASES_DICT, PINYIN_DICT

    characters = {chr(point): _plain(readings.split(",")[0]) for point, readings in PINYIN_DICT.items()}
    words: dict[str, tuple[str, ...]] = {}
    for word, readings in PHRASES_DICT.items():
        if 2 <= len(word) <= _LONGEST:
            spoken = tuple(_plain(reading[0]) for reading in readings)
            if len(spoken) == len(word) and any(
                characters.get(char) != said for char, said in zip(word, spoken, strict=True)
            ):
                words[word] = spoken
    surnames: dict[str, tuple[str, ...]] = {}
    with (files(__package__) / "readings.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            spoken = tuple(row["syllables"].split())
            if row["kind"] == "surname":
                surnames[row["text"]] = spoken
            elif len(row["text"]) == 1:
                characters[row["text"]] = spoken[0]
            else:
                words[row["text"]] = spoken
    return _Tables(characters, words, frozenset(word[:2] for word in words), surnames)


def syllables(name: str, *, person: bool = False) -> list[str]:
    """The name as it is spoken; runs of Latin letters or digits stay whole, everything else is left out.

    `syllables("单县2号店")` → `["shan", "xian", "2", "hao", "dian"]`. A character without a known reading stays as it
    is. `person` reads the beginning as a surname.
    """
    tables = _tables()
    characters, words, heads, surnames = tables
    text = normal(name)
    spoken: list[str] = []
    at = 0
    if person:
        text = text.strip()
        for length in (2, 1):
            if len(text) >= length and text[:length] in surnames:
                spoken.extend(surnames[text[:length]])
                at = length
                break
    while at < len(text):
        if text[at : at + 2] in heads:
            word = _word_at(text, at, words)
            if word:
                spoken.extend(words[word])
                at += len(word)
                continue
        said = characters.get(text[at])
        if said:
            spoken.append(said)
            at += 1
            continue
        piece = _PIECE.match(text, at)
        if piece:
            spoken.append(piece.group())
        at = piece.end() if piece else at + 1
    return spoken


def _word_at(text: str, start: int, words: dict[str, tuple[str, ...]]) -> str | None:
    """The longest word of the table that stands there."""
    for length in range(_LONGEST, 1, -1):
        word = text[start : start + length]
        if word in words:
            return word
    return None


def sort_key(name: str) -> str:
    """The name's syllables in one piece: what a list is sorted by."""
    return "".join(syllables(name))
