"""Surveys as a viewer may see them: those of his patch."""

from collections import defaultdict
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.viewer import Viewer

from .models import FormVersion, Survey, SurveyAnswer
from .rules import Answer, QuestionKind, read_form


def find(viewer: Viewer, survey_id: UUID) -> Survey | None:
    """A survey of a distributor that lies in his patch now, or None."""
    return db.session.scalar(
        sa.select(Survey)
        .join(Distributor, Distributor.id == Survey.distributor_id)
        .where(Survey.id == survey_id, viewer.scope(Distributor.region_code))
    )


def answers_of(survey: Survey) -> dict[str, Answer]:
    """{question key: value} of a survey that the viewer has found, in the order of its form."""
    rows: dict[str, list[SurveyAnswer]] = defaultdict(list)
    for row in db.session.scalars(sa.select(SurveyAnswer).where(SurveyAnswer.survey_id == survey.id)):
        rows[row.question].append(row)
    found: dict[str, Answer] = {}
    for question in read_form(db.session.get_one(FormVersion, survey.version_id).content).questions:
        given = rows.get(question.key)
        if not given:
            continue
        if question.kind is QuestionKind.MULTIPLE:
            kept = {row.choice for row in given}
            found[question.key] = [one.key for one in question.choices if one.key in kept]
        else:
            first = given[0]
            found[question.key] = first.number if first.number is not None else first.choice or first.text
    return found
