"""Surveys as a viewer may see them: those of his patch."""

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.viewer import Viewer

from .models import FormVersion, Survey, SurveyAnswer, SurveyPhoto
from .rules import Answer, Purpose, QuestionKind, SurveyState, read_form

_KNOWN_CHUNK = 500


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


def photos_of(survey: Survey) -> dict[str, SurveyPhoto]:
    """{question key: its photo} of a survey that the viewer has found."""
    rows = db.session.scalars(sa.select(SurveyPhoto).where(SurveyPhoto.survey_id == survey.id))
    return {row.question: row for row in rows}


def find_photo(viewer: Viewer, photo_id: UUID) -> SurveyPhoto | None:
    """A photo of a survey of a distributor that lies in his patch now, or None."""
    return db.session.scalar(
        sa.select(SurveyPhoto)
        .join(Survey, Survey.id == SurveyPhoto.survey_id)
        .join(Distributor, Distributor.id == Survey.distributor_id)
        .where(SurveyPhoto.id == photo_id, viewer.scope(Distributor.region_code))
    )


def known_photos(keys: Collection[UUID]) -> set[UUID]:
    """Those of the keys that a photo stands behind (core/storage.py)."""
    found: set[UUID] = set()
    remaining = list(keys)
    while remaining:
        chunk, remaining = remaining[:_KNOWN_CHUNK], remaining[_KNOWN_CHUNK:]
        found.update(db.session.scalars(sa.select(SurveyPhoto.id).where(SurveyPhoto.id.in_(chunk))))
    return found


def open_of(distributor_id: UUID, form: str, outlet_id: UUID | None, farm_id: UUID | None) -> Survey | None:
    """A survey that was asked of the same customer by the same form and is still open; the one that is due first."""
    asked = (
        sa.select(Survey)
        .join(FormVersion, FormVersion.id == Survey.version_id)
        .where(
            Survey.distributor_id == distributor_id,
            Survey.state == SurveyState.OPEN,
            Survey.purpose != Purpose.REMEDY,
            FormVersion.form == form,
            Survey.outlet_id.is_not_distinct_from(outlet_id),
            Survey.farm_id.is_not_distinct_from(farm_id),
        )
    )
    return db.session.scalar(asked.order_by(Survey.due, Survey.id).limit(1))
