"""The playbook in each language: the eight customer types, the signs one knows them by, the four skills of talking.

Read from data/playbook.toml and checked when the app starts, so that a line without a language is a failed start and
not a gap on a page. What stands in the file and what of it is the training's own: data/README.md.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from .rules import CustomerType, SkillKey

LANGUAGES = ("zh", "en")
TOP_WORKS = 2  # lines on the compact card
TOP_AVOID = 1


class PlaybookError(ValueError):
    """The data file is not whole; the message names the place."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a block. `ours`: it is not in the training. `sign`: its key in the picker, "" for advice."""

    text: str
    ours: bool
    top: bool = False
    sign: str = ""


@dataclass(frozen=True, slots=True)
class TypePage:
    """A type: what one notices, how he or she acts, what works and what to avoid; `talk`: one line for each skill."""

    key: CustomerType
    title: str
    summary: str
    traits: tuple[Line, ...]
    behaviours: tuple[Line, ...]
    works: tuple[Line, ...]
    avoid: tuple[Line, ...]
    talk: Mapping[SkillKey, Line]

    @property
    def do(self) -> tuple[str, ...]:
        """What works, for a card of a few lines."""
        return tuple(line.text for line in self.works if line.top)

    @property
    def dont(self) -> tuple[str, ...]:
        """What to avoid, for a card of a few lines."""
        return tuple(line.text for line in self.avoid if line.top)

    @property
    def signs(self) -> tuple[str, ...]:
        """Keys of its traits and behaviours, each once."""
        return tuple(dict.fromkeys(line.sign for line in (*self.traits, *self.behaviours)))


@dataclass(frozen=True, slots=True)
class Skill:
    """One of the four steps of a talk."""

    key: SkillKey
    title: str
    summary: str
    points: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Theme:
    """A group of the picker: (key, text) of its signs."""

    title: str
    signs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Playbook:
    """All of it in one language. `renamed`: (title shown, the training's own) of the types that carry a gentler one."""

    types: Mapping[CustomerType, TypePage]
    skills: tuple[Skill, ...]
    themes: tuple[Theme, ...]
    signs: Mapping[str, str]
    renamed: tuple[tuple[str, str], ...]

    @property
    def profiles(self) -> dict[CustomerType, tuple[str, ...]]:
        """Each type's signs, for the ranking."""
        return {key: page.signs for key, page in self.types.items()}


@cache
def playbook(language: str) -> Playbook:
    """The playbook in `zh` or `en`; read once. Raises PlaybookError when the file is not whole."""
    source = files(__package__) / "data" / "playbook.toml"
    return build(tomllib.loads(source.read_text(encoding="utf-8")), language)


def check() -> None:
    """Read it in every language now. Raises PlaybookError."""
    for language in LANGUAGES:
        playbook(language)


def build(data: Mapping[str, Any], language: str) -> Playbook:
    """A playbook of the file's content. Raises PlaybookError where a text, a type, a skill or a theme is missing."""
    for name, wanted in (("types", CustomerType), ("skills", SkillKey)):
        if list(data[name]) != list(wanted):
            raise PlaybookError(f"{name}: expected {', '.join(wanted)} in this order")
    types = {CustomerType(key): _type(CustomerType(key), entry, language) for key, entry in data["types"].items()}
    skills = tuple(
        Skill(
            SkillKey(key),
            _text(entry, language, key),
            _text(entry["summary"], language, key),
            _lines(entry, "points", language, key),
        )
        for key, entry in data["skills"].items()
    )
    signs: dict[str, str] = {}
    for page in types.values():
        for line in (*page.traits, *page.behaviours):
            signs.setdefault(line.sign, line.text)
    return Playbook(types, skills, _themes(data, language, signs), signs, _renamed(data, types))


def _type(key: CustomerType, entry: Mapping[str, Any], language: str) -> TypePage:
    traits, behaviours, works, avoid = (
        _lines(entry, block, language, key) for block in ("traits", "behaviours", "works", "avoid")
    )
    page = TypePage(
        key,
        _text(entry, language, key),
        _text(entry["summary"], language, f"{key}.summary"),
        traits,
        behaviours,
        works,
        avoid,
        _talk(entry, language, key),
    )
    if (len(page.do), len(page.dont)) != (TOP_WORKS, TOP_AVOID):
        raise PlaybookError(f"{key}: mark {TOP_WORKS} lines of works and {TOP_AVOID} of avoid as top")
    return page


def _talk(entry: Mapping[str, Any], language: str, of: str) -> Mapping[SkillKey, Line]:
    given = entry.get("talk", ())
    if [one.get("step") for one in given] != list(SkillKey):
        raise PlaybookError(f"{of}.talk: one line for each of {', '.join(SkillKey)}, in this order")
    return dict(zip(SkillKey, _lines(entry, "talk", language, of), strict=True))


def _lines(entry: Mapping[str, Any], block: str, language: str, of: str) -> tuple[Line, ...]:
    lines = []
    for number, given in enumerate(entry[block], 1):
        where = f"{of}.{block} {number}"
        if block in ("traits", "behaviours") and not given.get("key"):
            raise PlaybookError(f"{where}: a sign has a key")
        text = _text(given, language, where)
        lines.append(Line(text, "deck" not in given, given.get("top", False), given.get("key", "")))
    if not lines:
        raise PlaybookError(f"{of}.{block}: nothing there")
    return tuple(lines)


def _text(given: Mapping[str, Any], language: str, where: str) -> str:
    """The words in a language: in Chinese the training's own, where nothing gentler is given."""
    found = given.get(language) or (given.get("deck") if language == "zh" else None)
    if not isinstance(found, str) or not found.strip():
        raise PlaybookError(f"{where}: no {language}")
    return found


def _themes(data: Mapping[str, Any], language: str, signs: Mapping[str, str]) -> tuple[Theme, ...]:
    """The groups of the picker. In each the types take turns, so that no type stands in a row to be ticked off."""
    turns: dict[str, list[tuple[int, str]]] = {theme: [] for theme in data["themes"]}
    placed: dict[str, str] = {}
    for entry in data["types"].values():
        counts: dict[str, int] = {}
        for given in (*entry["traits"], *entry["behaviours"]):
            key, theme = given["key"], given.get("theme", "")
            if placed.setdefault(key, theme) != theme or theme not in turns:
                raise PlaybookError(f"{key}: one theme of {', '.join(turns)}, the same everywhere")
            if key not in {known for _turn, known in turns[theme]}:
                counts[theme] = counts.get(theme, 0) + 1
                turns[theme].append((counts[theme], key))
    return tuple(
        Theme(
            _text(title, language, theme),
            tuple((key, signs[key]) for _turn, key in sorted(turns[theme], key=lambda sign: sign[0])),
        )
        for theme, title in data["themes"].items()
    )


def _renamed(data: Mapping[str, Any], types: Mapping[CustomerType, TypePage]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (types[CustomerType(key)].title, entry["deck"]) for key, entry in data["types"].items() if "zh" in entry
    )
