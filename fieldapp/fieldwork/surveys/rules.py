"""A form and its answers: what a form may hold, which questions are relevant, which answers are right."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

MOST_QUESTIONS = 30
TEXT_LENGTH = 1000
LOW = 2  # a score that proposes a ticket, and lower ones
SENT = "sent"  # what stands for a photo among the answers: that there is one
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_DIGITS = re.compile(r"[0-9]{1,2}", re.ASCII)

Answer = int | str | list[str]


class Purpose(StrEnum):
    """Why somebody is asked."""

    PERIODIC = "periodic"
    VISIT = "visit"
    REMEDY = "remedy"


class Audience(StrEnum):
    """Who answers."""

    DISTRIBUTOR = "distributor"
    RETAILER = "retailer"
    FARMER = "farmer"


class SurveyState(StrEnum):
    """Open until one of the others, which stay."""

    OPEN = "open"
    ANSWERED = "answered"
    EXPIRED = "expired"
    DECLINED = "declined"


class Channel(StrEnum):
    """Who filled it in: the rep on his phone, or the customer by a link."""

    REP = "rep"
    LINK = "link"


class QuestionKind(StrEnum):
    """What an answer is."""

    SCORE = "score"
    NPS = "nps"
    SINGLE = "single"
    MULTIPLE = "multiple"
    TEXT = "text"
    PHOTO = "photo"


RANGES = {QuestionKind.SCORE: (1, 5), QuestionKind.NPS: (0, 10)}
CHOSEN = (QuestionKind.SINGLE, QuestionKind.MULTIPLE)
UNASKED = (QuestionKind.TEXT, QuestionKind.PHOTO)  # no condition can hang on them


class Fault(StrEnum):
    """Why an answer is refused."""

    MISSING = "missing"
    RANGE = "range"
    CHOICE = "choice"
    LONG = "long"
    MANY = "many"


class FormError(ValueError):
    """A form is not whole; the message names the place."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Relevant when an earlier question was answered by one of `answers`, or by a score of at most `at_most`."""

    question: str
    answers: tuple[str, ...] = ()
    at_most: int | None = None

    def holds(self, answer: Answer | None) -> bool:
        """Does it hold for the earlier question's answer, None where it has none?"""
        if answer is None:
            return False
        if isinstance(answer, list):
            return any(one in self.answers for one in answer)
        if isinstance(answer, int) and self.at_most is not None and answer <= self.at_most:
            return True
        return str(answer) in self.answers


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the answers offered; `words` by language."""

    key: str
    words: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Question:
    """One question; `words` by language, zh always there."""

    key: str
    kind: QuestionKind
    words: Mapping[str, str]
    required: bool
    choices: tuple[Choice, ...] = ()
    when: Condition | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """A version of a form."""

    title: Mapping[str, str]
    audience: Audience
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """`answers` {question key: value} of the relevant questions that have a right one; `faults` of the others."""

    answers: dict[str, Answer]
    faults: dict[str, Fault]


def low(form: Form, answers: Mapping[str, Answer]) -> tuple[Question, ...]:
    """The questions whose score is so low that a ticket is proposed."""
    return tuple(
        question
        for question in form.questions
        if question.kind is QuestionKind.SCORE
        and isinstance(answer := answers.get(question.key), int)
        and answer <= LOW
    )


def say(words: Mapping[str, str], locale: str) -> str:
    """Words in a language, in Chinese where that one is missing."""
    return words.get(locale) or words["zh"]


def read_form(content: Mapping[str, Any]) -> Form:
    """A form out of the content of its version. Raises FormError."""
    try:
        audience = Audience(content["audience"])
        rows = list(content["questions"])
        title = _words(content["title"], "title")
    except (KeyError, TypeError, ValueError) as error:
        raise FormError(f"form: {error}") from error
    if not 1 <= len(rows) <= MOST_QUESTIONS:
        raise FormError(f"questions: 1 to {MOST_QUESTIONS}, not {len(rows)}")
    earlier: dict[str, Question] = {}
    for row in rows:
        question = _question(row, earlier)
        earlier[question.key] = question
    return Form(title, audience, tuple(earlier.values()))


def _question(row: Mapping[str, Any], earlier: Mapping[str, Question]) -> Question:
    key = str(row.get("key", ""))
    if not _KEY.fullmatch(key) or key in earlier:
        raise FormError(f"question {key!r}: the key is not right, or there twice")
    try:
        kind = QuestionKind(row.get("kind", ""))
    except ValueError as error:
        raise FormError(f"question {key}: {error}") from error
    choices = tuple(
        Choice(str(one.get("key", "")), _words(one.get("words", {}), f"question {key}"))
        for one in row.get("choices", ())
    )
    keys = [one.key for one in choices]
    if bool(choices) != (kind in CHOSEN) or len(set(keys)) != len(keys) or not all(map(_KEY.fullmatch, keys)):
        raise FormError(f"question {key}: choices do not fit")
    when = _condition(key, row["when"], earlier) if row.get("when") else None
    return Question(
        key, kind, _words(row.get("words", {}), f"question {key}"), bool(row.get("required")), choices, when
    )


def _condition(key: str, row: Mapping[str, Any], earlier: Mapping[str, Question]) -> Condition:
    """A condition looks back only, so that a page read from top to bottom is never filled in again."""
    asked = earlier.get(str(row.get("question", "")))
    answers, at_most = tuple(map(str, row.get("answers", ()))), row.get("at_most")
    if asked is None or asked.kind in UNASKED or not (answers or at_most is not None):
        raise FormError(f"question {key}: the condition names no earlier question or no answer")
    if asked.kind in CHOSEN:
        fits = at_most is None and set(answers) <= {one.key for one in asked.choices}
    else:
        first, last = RANGES[asked.kind]
        offered = {str(value) for value in range(first, last + 1)}
        fits = set(answers) <= offered and (at_most is None or first <= at_most <= last)
    if not fits:
        raise FormError(f"question {key}: the condition names an answer that {asked.key} does not have")
    return Condition(asked.key, answers, at_most)


def _words(words: Any, place: str) -> dict[str, str]:
    if not isinstance(words, Mapping) or not str(words.get("zh", "")).strip():
        raise FormError(f"{place}: no words in zh")
    return {str(language): str(text) for language, text in words.items()}


def check_answers(form: Form, given: Mapping[str, Sequence[str]]) -> Checked:
    """Check what was sent, `given` {question key: the texts of its fields}.

    Questions are taken in their order. One whose condition does not hold is not asked: whatever was sent for it is
    dropped, and what hangs on it falls with it.
    """
    checked = Checked({}, {})
    for question in form.questions:
        when = question.when
        if when is not None and not when.holds(checked.answers.get(when.question)):
            continue
        sent = [text.strip() for text in given.get(question.key, ()) if text.strip()]
        if not sent:
            if question.required:
                checked.faults[question.key] = Fault.MISSING
            continue
        answer = _answer(question, sent)
        if isinstance(answer, Fault):
            checked.faults[question.key] = answer
        else:
            checked.answers[question.key] = answer
    return checked


def _answer(question: Question, sent: list[str]) -> Answer | Fault:
    if question.kind is QuestionKind.MULTIPLE:
        chosen = [one.key for one in question.choices if one.key in sent]
        return chosen if set(chosen) == set(sent) else Fault.CHOICE
    if len(sent) > 1:
        return Fault.MANY
    if question.kind is QuestionKind.TEXT:
        return sent[0] if len(sent[0]) <= TEXT_LENGTH else Fault.LONG
    if question.kind is QuestionKind.PHOTO:
        return SENT
    if question.kind is QuestionKind.SINGLE:
        return sent[0] if any(one.key == sent[0] for one in question.choices) else Fault.CHOICE
    first, last = RANGES[question.kind]
    if not _DIGITS.fullmatch(sent[0]) or not first <= int(sent[0]) <= last:
        return Fault.RANGE
    return int(sent[0])
