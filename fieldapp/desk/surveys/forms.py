"""What was sent for the questions of a survey: its texts and photos, checked against the form that was asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask import request

from fieldapp.core import contents, storage
from fieldapp.core.contents import Content, ContentError
from fieldapp.core.db import db
from fieldapp.core.forms import clean
from fieldapp.fieldwork.surveys.rules import (
    SENT,
    Answer,
    Audience,
    Form,
    QuestionKind,
    check_answers,
)

from . import words

MOST_BYTES = contents.MAX_BYTES + 512 * 1024
_PREFIX = "q-"


@dataclass
class Answers:
    """`given`: what stands in the fields; `answers` and `photos`: what is kept; `errors`: {question key: sentence}."""

    given: Mapping[str, Sequence[str]] = field(default_factory=dict)
    answers: Mapping[str, Answer] = field(default_factory=dict)
    photos: Mapping[str, Content] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)

    def holds(self, key: str, value: Any) -> bool:
        """Is this choice taken?"""
        return str(value) in self.given.get(key, ())

    def text(self, key: str) -> str:
        """The words that stand in a field."""
        return next(iter(self.given.get(key, ())), "")


def read_answers(form: Form) -> Answers:
    """What this request brings. Photos are decoded here, with no lock held: what was read before is read again."""
    given = {
        question.key: [clean(text) for text in request.form.getlist(_PREFIX + question.key)]
        for question in form.questions
        if question.kind is not QuestionKind.PHOTO
    }
    sent, photos, wrong = dict(given), {}, {}
    for question in form.questions:
        file = request.files.get(_PREFIX + question.key) if question.kind is QuestionKind.PHOTO else None
        if file is None or not file.filename:
            continue
        db.session.rollback()
        try:
            photos[question.key] = contents.examine_photo(file.stream.read(contents.MAX_BYTES + 1))
            sent[question.key] = [SENT]
        except ContentError as error:
            wrong[question.key] = str(error.reason)
            break  # one that is no photo is enough to refuse it all
    checked = check_answers(form, sent)
    faults = {
        question.key: words.fault_text(question, checked.faults[question.key])
        for question in form.questions
        if question.key in checked.faults
    }
    kept = {key: content for key, content in photos.items() if key in checked.answers}
    return Answers(given, checked.answers, kept, {**faults, **wrong})


@dataclass(frozen=True)
class Asked:
    """Whom a rep wants to ask: the distributor, somebody of its network, or anybody of an audience."""

    audience: Audience
    outlet: UUID | None = None


def read_asked(network: Mapping[UUID, Audience]) -> Asked | None:
    """The customer that was chosen, of `network` {key: audience}; None for one that is not there."""
    text = str(clean(request.form.get("who", "")))
    if text in {"", *Audience}:
        return Asked(Audience(text or Audience.DISTRIBUTOR))
    try:
        key = UUID(text)
    except ValueError:
        return None
    return Asked(network[key], key) if key in network else None


def not_kept(error: Exception) -> str:
    """Why a photo could not be stored."""
    return storage.problem(error)
