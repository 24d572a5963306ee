"""What the pages of surveys read elsewhere: whom one asks, and the tickets behind an answer."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.fieldwork.remediation.models import Ticket
from fieldapp.fieldwork.surveys.models import FormVersion, Survey, SurveyAnswer
from fieldapp.fieldwork.surveys.rules import Audience, QuestionKind, SurveyState, read_form
from fieldapp.fieldwork.visits.models import Visit
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.dossier.models import Outlet
from fieldapp.network.dossier.rules import OutletKind
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.viewer import Viewer

MOST_OUTLETS = 200
_SLACK = timedelta(minutes=1)
AUDIENCES = {OutletKind.RETAILER: Audience.RETAILER, OutletKind.FARM: Audience.FARMER}


def distributor(viewer: Viewer, distributor_id: UUID) -> Any | None:
    """(id, code, name, region_code) of a distributor in the viewer's patch, or None."""
    columns = (Distributor.id, Distributor.code, Distributor.name, Distributor.region_code)
    asked = sa.select(*columns).where(Distributor.id == distributor_id, viewer.scope(Distributor.region_code))
    return db.session.execute(asked).one_or_none()


def customer_of(survey: Survey) -> Any:
    """(id, code, name, outlet, rep) of a survey that the viewer has found: `outlet` the retailer's or farm's name."""
    return db.session.execute(
        sa.select(
            Distributor.id,
            Distributor.code,
            Distributor.name,
            Outlet.name.label("outlet"),
            User.name.label("rep"),
        )
        .select_from(Survey)
        .join(Distributor, Distributor.id == Survey.distributor_id)
        .join(User, User.id == Survey.rep_id)
        .outerjoin(Outlet, Outlet.id == sa.func.coalesce(Survey.outlet_id, Survey.farm_id))
        .where(Survey.id == survey.id)
    ).one()


def outlets_of(distributor_id: UUID) -> Sequence[Any]:
    """(id, name, kind) of the active retailers and farms of a distributor that the viewer has found."""
    asked = sa.select(Outlet.id, Outlet.name, Outlet.kind).where(Outlet.distributor_id == distributor_id, Outlet.active)
    return db.session.execute(asked.order_by(Outlet.name, Outlet.id).limit(MOST_OUTLETS)).all()


def history_of(distributor_id: UUID, limit: int) -> Sequence[Any]:
    """(id, state, channel, made_at, due, answered_at, content, outlet) of the latest surveys of a distributor that the
    viewer has found."""
    return db.session.execute(
        sa.select(
            Survey.id,
            Survey.state,
            Survey.channel,
            Survey.made_at,
            Survey.due,
            Survey.answered_at,
            FormVersion.content,
            Outlet.name.label("outlet"),
        )
        .join(FormVersion, FormVersion.id == Survey.version_id)
        .outerjoin(Outlet, Outlet.id == sa.func.coalesce(Survey.outlet_id, Survey.farm_id))
        .where(Survey.distributor_id == distributor_id)
        .order_by(Survey.made_at.desc(), Survey.id.desc())
        .limit(limit)
    ).all()


def tickets_of(survey: Survey) -> Sequence[Any]:
    """(id, number) of the tickets that a survey led to."""
    asked = sa.select(Ticket.id, Ticket.number)
    asked = asked.where(Ticket.distributor_id == survey.distributor_id, Ticket.survey_id == survey.id)
    return db.session.execute(asked.order_by(Ticket.number)).all()


def visit_at(viewer: Viewer, distributor_id: UUID, at: datetime) -> UUID | None:
    """The viewer's visit to a distributor during which that moment lies, give or take what sending takes."""
    return db.session.scalar(
        sa.select(Visit.id)
        .where(Visit.rep_id == viewer.id, Visit.distributor_id == distributor_id, Visit.arrived_at <= at + _SLACK)
        .where(sa.or_(Visit.left_at.is_(None), Visit.left_at >= at - _SLACK))
        .order_by(Visit.arrived_at.desc())
        .limit(1)
    )


class Result(NamedTuple):
    """What a distributor answered last: when, the mean of its scores, and the 0–10 of its recommendation."""

    at: datetime
    mean: float | None
    recommend: int | None


def last_result(distributor_id: UUID) -> Result | None:
    """The last answer of a distributor itself that the viewer has found; not of its retailers or farms."""
    last = db.session.execute(
        sa.select(Survey.id, Survey.answered_at, FormVersion.content)
        .join(FormVersion, FormVersion.id == Survey.version_id)
        .where(
            Survey.distributor_id == distributor_id,
            Survey.state == SurveyState.ANSWERED,
            FormVersion.form == Audience.DISTRIBUTOR.value,
        )
        .order_by(Survey.answered_at.desc())
        .limit(1)
    ).one_or_none()
    if last is None or last.answered_at is None:
        return None
    numbers: dict[QuestionKind, list[int]] = {QuestionKind.SCORE: [], QuestionKind.NPS: []}
    kinds = {question.key: question.kind for question in read_form(last.content).questions}
    answered = sa.select(SurveyAnswer.question, SurveyAnswer.number)
    for key, number in db.session.execute(
        answered.where(SurveyAnswer.survey_id == last.id, SurveyAnswer.number.is_not(None))
    ).tuples():
        numbers[kinds[key]].append(number or 0)
    scores, nps = numbers[QuestionKind.SCORE], numbers[QuestionKind.NPS]
    return Result(last.answered_at, sum(scores) / len(scores) if scores else None, nps[0] if nps else None)
