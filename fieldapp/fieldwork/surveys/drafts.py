"""A form while it is edited: steps on its content, what is wrong with it and where, how two versions differ.

Pure. A content is what FormVersion.content holds, as rules.read_form reads it.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from .rules import CHOSEN, MOST_QUESTIONS, RANGES, UNASKED, QuestionKind

MOST_WORDS = 200
MOST_CHOICES = 20
KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
LANGUAGES = ("zh", "en")
Content = dict[str, Any]


class Flaw(StrEnum):
    """What is wrong at a place of a form."""

    EMPTY = "empty"
    LONG = "long"
    KEY = "key"
    TAKEN = "taken"
    AUDIENCE = "audience"
    NO_QUESTIONS = "no-questions"
    MANY_QUESTIONS = "many-questions"
    KIND = "kind"
    KIND_STAYS = "kind-stays"
    FEW_CHOICES = "few-choices"
    MANY_CHOICES = "many-choices"
    LATER = "later"
    NO_ANSWER = "no-answer"


def question(content: Content, key: str) -> dict[str, Any] | None:
    """The question of a key."""
    return next((one for one in content["questions"] if one["key"] == key), None)


def free_key(taken: Collection[str], head: str) -> str:
    """A key that no version has had: a series of answers is never continued by another question."""
    number = 1
    while f"{head}{number}" in taken:
        number += 1
    return f"{head}{number}"


def blank(key: str, kind: QuestionKind = QuestionKind.SCORE) -> dict[str, Any]:
    """A new question."""
    return {"key": key, "kind": kind.value, "words": {"zh": "", "en": ""}, "required": True, "choices": []}


# Steps -----------------------------------------------------------------------------------------------------------


def step(content: Content, verb: str, arguments: Sequence[str], taken: Collection[str]) -> str:
    """Do one step on a content in place: add, remove, up, down, choice, unchoice. The key that it was about."""
    rows: list[dict[str, Any]] = content["questions"]
    held = {*taken, *(row["key"] for row in rows)}
    if verb == "add" and len(rows) < MOST_QUESTIONS:
        key = arguments[0] if arguments and arguments[0] not in held and KEY.fullmatch(arguments[0]) else ""
        row = blank(key or free_key(held, "q"))
        rows.append(row)
        return str(row["key"])
    row_ = question(content, arguments[0]) if arguments else None
    if row_ is None:
        return ""
    place = rows.index(row_)
    if verb == "remove":
        rows.remove(row_)
        return ""
    if verb in {"up", "down"}:
        other = place + (1 if verb == "down" else -1)
        if 0 <= other < len(rows):
            rows[place], rows[other] = rows[other], rows[place]
    elif verb == "choice" and len(row_["choices"]) < MOST_CHOICES:
        row_["choices"].append(
            {"key": free_key({one["key"] for one in row_["choices"]}, "c"), "words": {"zh": "", "en": ""}}
        )
    elif verb == "unchoice" and len(arguments) > 1:
        row_["choices"] = [one for one in row_["choices"] if one["key"] != arguments[1]]
    return str(row_["key"])


# What is wrong ---------------------------------------------------------------------------------------------------


def flaws(content: Content, before: Mapping[str, Any] | None) -> dict[str, Flaw]:
    """{name of the field: what is wrong}; `before`: the version that this one follows. Empty: it can be published."""
    found: dict[str, Flaw] = {}
    _words(found, "title", content["title"])
    rows = content["questions"]
    if not rows:
        found["questions"] = Flaw.NO_QUESTIONS
    elif len(rows) > MOST_QUESTIONS:
        found["questions"] = Flaw.MANY_QUESTIONS
    kinds = {one["key"]: one["kind"] for one in before["questions"]} if before else {}
    earlier: dict[str, Mapping[str, Any]] = {}
    for row in rows:
        head = f"q.{row['key']}"
        _words(found, head, row["words"])
        if row["kind"] not in set(QuestionKind):
            found[f"{head}.kind"] = Flaw.KIND
        elif kinds.get(row["key"], row["kind"]) != row["kind"]:
            found[f"{head}.kind"] = Flaw.KIND_STAYS
        if row["kind"] in CHOSEN:
            if not 2 <= len(row["choices"]) <= MOST_CHOICES:
                found[f"{head}.choices"] = Flaw.FEW_CHOICES if len(row["choices"]) < 2 else Flaw.MANY_CHOICES
            for choice in row["choices"]:
                _words(found, f"{head}.c.{choice['key']}", choice["words"])
        when = row.get("when")
        if when:
            if when["question"] not in earlier or earlier[when["question"]]["kind"] in UNASKED:
                found[f"{head}.when"] = Flaw.LATER
            elif not set(answers_of(when, earlier[when["question"]])) & set(offered(earlier[when["question"]])):
                found[f"{head}.when"] = Flaw.NO_ANSWER
        earlier[row["key"]] = row
    return found


def _words(found: dict[str, Flaw], head: str, words: Mapping[str, str]) -> None:
    if not words.get("zh"):
        found[f"{head}.zh"] = Flaw.EMPTY
    for language in LANGUAGES:
        if len(words.get(language, "")) > MOST_WORDS:
            found[f"{head}.{language}"] = Flaw.LONG


# Conditions ------------------------------------------------------------------------------------------------------


def offered(row: Mapping[str, Any]) -> list[str]:
    """The answers that a condition can name of a question."""
    if row["kind"] in CHOSEN:
        return [one["key"] for one in row["choices"]]
    first, last = RANGES.get(QuestionKind(row["kind"]), (1, 0))
    return [str(value) for value in range(first, last + 1)]


def answers_of(when: Mapping[str, Any], asked: Mapping[str, Any]) -> list[str]:
    """The answers on which a condition holds, each by itself: those up to `at_most` too."""
    named = [str(one) for one in when.get("answers", ())]
    if when.get("at_most") is not None:
        named += [one for one in offered(asked) if one not in named and int(one) <= when["at_most"]]
    return named


def clean(content: Content) -> Content:
    """What is published: no field that says nothing, conditions in their shortest form."""
    rows: list[dict[str, Any]] = []
    earlier: dict[str, Mapping[str, Any]] = {}
    for row in content["questions"]:
        kept: dict[str, Any] = {"key": row["key"], "kind": row["kind"], "words": _kept(row["words"])}
        if row["required"]:
            kept["required"] = True
        if row["kind"] in CHOSEN:
            kept["choices"] = [{"key": one["key"], "words": _kept(one["words"])} for one in row["choices"]]
        when = row.get("when")
        if when and when["question"] in earlier:
            asked = earlier[when["question"]]
            possible = offered(asked)
            named = [one for one in possible if one in answers_of(when, asked)]
            kept["when"] = {"question": when["question"]}
            if asked["kind"] not in CHOSEN and named == possible[: len(named)]:
                kept["when"]["at_most"] = int(named[-1])
            else:
                kept["when"]["answers"] = named
        rows.append(kept)
        earlier[row["key"]] = row
    return {"audience": content["audience"], "title": _kept(content["title"]), "questions": rows}


def _kept(words: Mapping[str, str]) -> dict[str, str]:
    return {language: words[language] for language in LANGUAGES if words.get(language)}


def opened(content: Mapping[str, Any]) -> Content:
    """The content of a version as the editor has it: every field there."""
    return {
        "audience": content["audience"],
        "title": {language: content["title"].get(language, "") for language in LANGUAGES},
        "questions": [
            {
                "key": row["key"],
                "kind": row["kind"],
                "words": {language: row["words"].get(language, "") for language in LANGUAGES},
                "required": bool(row.get("required")),
                "choices": [
                    {
                        "key": one["key"],
                        "words": {language: one["words"].get(language, "") for language in LANGUAGES},
                    }
                    for one in row.get("choices", ())
                ],
                **({"when": dict(row["when"])} if row.get("when") else {}),
            }
            for row in content["questions"]
        ],
    }


# Between two versions --------------------------------------------------------------------------------------------


class Change(NamedTuple):
    """`what`: added, removed, changed, moved, or title; of the question `words`."""

    what: str
    words: Mapping[str, str]


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """What somebody did between two versions."""
    was, now = clean(opened(before)), clean(opened(after))
    old = {row["key"]: row for row in was["questions"]}
    new = {row["key"]: row for row in now["questions"]}
    found = [] if was["title"] == now["title"] else [Change("title", now["title"])]
    found += [Change("added", row["words"]) for key, row in new.items() if key not in old]
    found += [Change("removed", row["words"]) for key, row in old.items() if key not in new]
    found += [Change("changed", row["words"]) for key, row in new.items() if key in old and row != old[key]]
    if [key for key in old if key in new] != [key for key in new if key in old]:
        found.append(Change("moved", {}))
    return found
