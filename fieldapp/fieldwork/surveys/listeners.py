"""Who wants to hear of an answer: a ticket asks again after its remedy, and goes on by what the customer says."""

from collections.abc import Callable, Mapping
from datetime import datetime

from flask import Flask, current_app

from .models import Survey
from .rules import Answer, Purpose

_LISTENERS = "fieldapp.survey_listeners"
Listener = Callable[[Survey, Mapping[str, Answer], datetime], None]


def declare(app: Flask, purpose: Purpose, function: Listener) -> None:
    """Have `function(survey, {question key: value}, now)` called for every answer of a purpose, in its transaction."""
    held: dict[Purpose, list[Listener]] = app.extensions.setdefault(_LISTENERS, {})
    held.setdefault(purpose, []).append(function)


def tell(survey: Survey, answers: Mapping[str, Answer], now: datetime) -> None:
    """Call those who listen."""
    held: dict[Purpose, list[Listener]] = current_app.extensions.get(_LISTENERS, {})
    for function in held.get(survey.purpose, []):
        function(survey, answers, now)
