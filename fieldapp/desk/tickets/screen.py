"""What the page of a ticket shows: how it stands, what can be done now, and everything that a decision needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import ModuleType
from typing import Any
from uuid import UUID

from flask import url_for

from fieldapp.core import money
from fieldapp.core.db import uuid7
from fieldapp.core.i18n import gettext as _
from fieldapp.fieldwork.feedback import queries as feedback
from fieldapp.fieldwork.remediation import actions, words
from fieldapp.fieldwork.remediation import queries as remediation
from fieldapp.fieldwork.remediation.models import Lesson, Remedy, Ticket, TicketEntry, TicketPhoto
from fieldapp.fieldwork.remediation.queries import Cost
from fieldapp.fieldwork.remediation.rules import WAITS, Facts, Refusal, TicketState, TicketVerb, decide, possible
from fieldapp.fieldwork.surveys import queries as surveys
from fieldapp.fieldwork.surveys.models import Survey
from fieldapp.fieldwork.surveys.rules import SurveyState
from fieldapp.fieldwork.visits import queries as visits
from fieldapp.people.accounts.models import Role
from fieldapp.people.accounts.viewer import Viewer

from . import presentation, queries
from .queries import About, Buyers, Store

BY_DAYS = 7


@dataclass(frozen=True, slots=True)
class Failed:
    """A form that came back: its name on the page and what is wrong."""

    name: str
    form: Any


@dataclass(frozen=True, slots=True)
class Weighed:
    """What an approver weighs besides: what the distributor was given in a year, and what cases alike cost.

    `level`: how high the remedy is approved. `refused`: why he may not decide, None: he may.
    """

    given: Cost
    alike: Cost
    level: int
    refused: Refusal | None


@dataclass(frozen=True, slots=True)
class Screen:
    """One ticket with all that its forms and lists need. `earlier`: remedies before the one that counts. `sources`:
    (label, address, text) of what it came from."""

    viewer: Viewer
    ticket: Ticket
    store: Store
    covers: bool
    about: About
    remedy: Remedy | None
    earlier: Sequence[Remedy]
    thread: Sequence[TicketEntry]
    photos: Sequence[TicketPhoto]
    people: Mapping[UUID, str]
    stores: Mapping[str, str]
    can: Sequence[TicketVerb]
    lessons: Sequence[Lesson]
    lesson: Lesson | None
    weighed: Weighed | None
    buyers: Buyers | None
    survey: Survey | None
    sources: Sequence[tuple[str, str, str]]
    now: datetime
    today: date
    failed: Failed | None = None
    said: str | None = None
    words: ModuleType = field(default=words, repr=False)
    shown: ModuleType = field(default=presentation, repr=False)

    def may(self, verb: str) -> bool:
        """Can the viewer do this now?"""
        return verb in self.can

    @property
    def decided(self) -> Sequence[TicketEntry]:
        """What was said to the remedy that counts by who decided about it: the question, the reason, why less."""
        if self.remedy is None:
            return []
        return [
            one for one in self.thread if one.verb in _DECISIONS and one.words and one.at >= self.remedy.proposed_at
        ]

    def proposed(self, name: str) -> Any:
        """What a returned proposal starts from: what was proposed."""
        if self.ticket.state is not TicketState.RETURNED or self.remedy is None:
            return {"by_day": self.by_day}.get(name, "")
        held = {
            "kind": self.remedy.kind.value,
            "amount": money.format_yuan(self.remedy.asked) if self.remedy.asked else "",
            "by_day": max(self.remedy.by_day, self.today),
            "words": self.remedy.words,
        }
        return held[name]

    @property
    def first(self) -> str:
        """The form that stands open: what has to be done next."""
        if self.ticket.state is TicketState.RETURNED and self.may(TicketVerb.PROPOSE):
            return "proposal"
        return next((name for name, verbs in _ORDER if any(map(self.may, verbs))), "")

    @property
    def asking(self) -> bool:
        """Does the survey that asks the customer again wait for his answer?"""
        return self.survey is not None and self.survey.state is SurveyState.OPEN

    @property
    def unanswered(self) -> bool:
        """Would he rather not answer, or has he let the time run out?"""
        return self.survey is not None and self.survey.state in (SurveyState.DECLINED, SurveyState.EXPIRED)

    @property
    def by_day(self) -> date:
        """What a proposal starts from."""
        return self.today + timedelta(days=BY_DAYS)

    def new_key(self) -> UUID:
        """The key of what a form would make."""
        return uuid7()

    def value(self, form: str, name: str, otherwise: Any = "") -> Any:
        """What stands in a field: what was typed, where its form came back."""
        if self.failed and self.failed.name == form:
            return self.failed.form[name].data or ""
        return otherwise

    def errors(self, form: str, name: str) -> Sequence[str] | None:
        """What is wrong with a field."""
        return self.failed.form[name].errors or None if self.failed and self.failed.name == form else None

    def is_open(self, form: str) -> bool:
        """Does the form stand open: it came back, or is the next thing to do?"""
        return self.failed.name == form if self.failed else self.first == form


_DECISIONS = (TicketVerb.APPROVE, TicketVerb.APPROVE_LESS, TicketVerb.RETURN, TicketVerb.DECLINE)
# The forms of the page in the order in which they matter, with the verbs that they do.
_ORDER: tuple[tuple[str, tuple[TicketVerb, ...]], ...] = (
    ("answer", (TicketVerb.ANSWER,)),
    ("proposal", (TicketVerb.PROPOSE,)),
    ("completion", (TicketVerb.CARRY_OUT,)),
    ("heard", (TicketVerb.SATISFIED,)),
    ("lesson", (TicketVerb.CLOSE,)),
)


def read(
    viewer: Viewer, ticket: Ticket, now: datetime, today: date, failed: Failed | None = None, said: str | None = None
) -> Screen:
    """The page of a ticket that the viewer has found. `said`: what is told above, where something was refused."""
    found = queries.remedies(ticket)
    remedy = next((one for one in found if one.round == ticket.round), None)
    facts = actions.facts_of(viewer, ticket, remedy, today)
    thread = remediation.thread(ticket)
    photos = remediation.photos(ticket)
    lessons = [one for one in remediation.lessons(ticket.kind, ticket.product_id) if one.ticket_id != ticket.id]
    closed = ticket.state is TicketState.CLOSED
    lesson = queries.lesson_of(ticket) if closed else None
    asked = ticket.state is TicketState.CARRIED_OUT and remedy is not None
    keys = {ticket.rep_id, ticket.made_by_id, *(entry.by_id for entry in thread), *(one.by_id for one in lessons)}
    for one in found:
        keys |= {one.proposed_by_id, one.first_by_id, one.second_by_id}
    return Screen(
        viewer=viewer,
        ticket=ticket,
        store=queries.store_of(ticket, today),
        covers=facts.covers,
        about=queries.about(ticket),
        remedy=remedy,
        earlier=[one for one in found if one is not remedy],
        thread=thread,
        photos=photos,
        people=queries.people([key for key in keys if key]),
        stores=queries.handed_by(viewer, thread),
        can=possible(ticket.state, facts),
        lessons=lessons,
        lesson=lesson,
        weighed=_weighed(viewer, ticket, facts, now),
        buyers=queries.buyers(viewer, ticket),
        survey=queries.last_survey(ticket, remedy.proposed_at) if asked and remedy else None,
        sources=_sources(viewer, ticket),
        now=now,
        today=today,
        failed=failed,
        said=said,
    )


def _sources(viewer: Viewer, ticket: Ticket) -> list[tuple[str, str, str]]:
    """What it came from, as far as that is there still and the viewer may see it."""
    found = []
    if ticket.visit_id and visits.find(viewer, ticket.visit_id):
        found.append((_("From a visit"), url_for("visits.show", visit_id=ticket.visit_id), _("Visit")))
    if ticket.survey_id and surveys.find(viewer, ticket.survey_id):
        found.append((_("From a survey"), url_for("surveys.show", survey_id=ticket.survey_id), _("Survey")))
    if ticket.remark_id and feedback.find(viewer, ticket.remark_id):
        found.append((_("From feedback"), url_for("feedback.show", remark_id=ticket.remark_id), _("Feedback")))
    return found


def _weighed(viewer: Viewer, ticket: Ticket, facts: Facts, now: datetime) -> Weighed | None:
    """For those who decide, while a remedy waits; nothing for a rep, who does not."""
    if ticket.state not in WAITS or viewer.role is Role.REP:
        return None
    decided = decide(ticket.state, TicketVerb.APPROVE, facts)
    return Weighed(
        remediation.given_to(ticket.distributor_id, now - queries.YEAR),
        remediation.alike(ticket),
        facts.level,
        decided if isinstance(decided, Refusal) else None,
    )
