"""A survey of a customer: the rep fills it in, or sees what was answered."""

from uuid import UUID

from flask import Response, abort
from flask_login import current_user

from fieldapp.core.access import SIGNED_IN
from fieldapp.core.concern import Concern
from fieldapp.core.page import page
from fieldapp.fieldwork.surveys import queries

from . import words

concern = Concern("surveys", __name__, section="distributors", url_prefix="/surveys")


@concern.route("/<uuid:survey_id>", allow=SIGNED_IN)
def show(survey_id: UUID) -> Response:
    """The survey."""
    survey = queries.find(current_user, survey_id) or abort(404)
    return page("desk/surveys/show.html", survey=survey, answers=queries.answers_of(survey), words=words)
