"""What surveys are called, how a result reads, and why an answer is refused; in the reader's language."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import pgettext

from fieldapp.core.clock import SHANGHAI
from fieldapp.fieldwork.surveys.rules import (
    RANGES,
    TEXT_LENGTH,
    Audience,
    Channel,
    Fault,
    Purpose,
    Question,
    QuestionKind,
    SurveyState,
)


def purpose_name(purpose: Purpose) -> str:
    """Why somebody is asked."""
    return {
        Purpose.PERIODIC: pgettext("survey", "By plan"),
        Purpose.VISIT: pgettext("survey", "Asked by the rep"),
        Purpose.REMEDY: pgettext("survey", "After a remedy"),
    }[purpose]


def audience_name(audience: Audience) -> str:
    """Who answers."""
    return {
        Audience.DISTRIBUTOR: pgettext("survey", "Distributor"),
        Audience.RETAILER: pgettext("survey", "Retailer"),
        Audience.FARMER: pgettext("survey", "Farmer"),
    }[audience]


def state_name(state: SurveyState) -> str:
    """How far it has come."""
    return {
        SurveyState.OPEN: pgettext("survey", "Open"),
        SurveyState.ANSWERED: pgettext("survey", "Answered"),
        SurveyState.EXPIRED: pgettext("survey", "Not answered in time"),
        SurveyState.DECLINED: pgettext("survey", "Declined"),
    }[state]


def state_tone(state: SurveyState) -> str:
    """The tone of its badge."""
    return {
        SurveyState.OPEN: "accent",
        SurveyState.ANSWERED: "ok",
        SurveyState.EXPIRED: "neutral",
        SurveyState.DECLINED: "neutral",
    }[state]


def channel_name(channel: Channel) -> str:
    """Who filled it in."""
    return {
        Channel.REP: pgettext("survey", "filled in by the rep"),
        Channel.LINK: pgettext("survey", "filled in by the customer"),
    }[channel]


def kind_name(kind: QuestionKind) -> str:
    """What an answer to a question is."""
    return {
        QuestionKind.SCORE: pgettext("survey", "Score 1–5"),
        QuestionKind.NPS: pgettext("survey", "Score 0–10"),
        QuestionKind.SINGLE: pgettext("survey", "One of several"),
        QuestionKind.MULTIPLE: pgettext("survey", "Several of several"),
        QuestionKind.TEXT: pgettext("survey", "Words"),
        QuestionKind.PHOTO: pgettext("survey", "Photo"),
    }[kind]


def result_text(result: Any) -> str | None:
    """`3 Sep 2026: 4.2 of 5 on average, would recommend us 9 of 10`; None where nothing was answered yet."""
    if result is None:
        return None
    parts = []
    if result.mean is not None:
        parts.append(_("%(score)s of %(most)s on average", score=f"{result.mean:.1f}", most=5))
    if result.recommend is not None:
        parts.append(_("would recommend us %(score)s of %(most)s", score=result.recommend, most=10))
    day = result.at.astimezone(SHANGHAI).date()
    return _("%(day)s: %(said)s", day=day.isoformat(), said=_(", ").join(parts) or "—")


def fault_text(question: Question, fault: Fault) -> str:
    """Why an answer is refused, and what to do."""
    if fault is Fault.RANGE:
        first, last = RANGES[question.kind]
        return _("Choose a number from %(first)s to %(last)s.", first=first, last=last)
    if fault is Fault.MISSING:
        if question.kind is QuestionKind.PHOTO:
            return _("Take a photo.")
        return _("Answer this question.") if question.kind is not QuestionKind.TEXT else _("Write a few words.")
    return {
        Fault.CHOICE: _("Choose one of the answers offered."),
        Fault.LONG: _("Use at most %(max)d characters.", max=TEXT_LENGTH),
        Fault.MANY: _("Choose one answer only."),
    }[fault]
