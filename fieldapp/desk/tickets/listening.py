"""What a customer answers to the survey after a remedy moves its ticket on."""

from collections.abc import Mapping
from datetime import datetime

from fieldapp.core import clock
from fieldapp.core.clock import When
from fieldapp.core.db import db
from fieldapp.fieldwork.remediation import actions
from fieldapp.fieldwork.remediation.models import Ticket
from fieldapp.fieldwork.surveys.models import Survey
from fieldapp.fieldwork.surveys.rules import Answer


def heard(survey: Survey, answers: Mapping[str, Answer], now: datetime) -> None:
    """For surveys/listeners.py.

    A ticket that has moved on meanwhile stays, and the customer is not told of it; nor does what he says of an earlier
    remedy decide about a later one.
    """
    ticket = None if survey.subject_id is None else db.session.get(Ticket, survey.subject_id, populate_existing=True)
    solved, satisfaction = answers.get("solved"), answers.get("satisfaction")
    if ticket is None or not isinstance(solved, str) or not isinstance(satisfaction, int):
        return
    remedy = actions.latest_remedy(ticket)
    if remedy is None or survey.made_at < remedy.proposed_at:
        return
    how = {"survey": str(survey.id), "channel": survey.channel.value if survey.channel else None}
    try:
        actions.hear(None, ticket, solved, satisfaction, When(now, now, clock.today()), how=how)
    except actions.RefusedError:
        return
