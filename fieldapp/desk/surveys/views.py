"""A survey of a customer: the rep fills it in on his phone or gives the customer a link, and sees what was answered."""

from typing import Any
from uuid import UUID

from flask import Response, abort, current_app, flash, url_for
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup

from fieldapp.core import clock, contents, outbox, storage
from fieldapp.core.access import DECIDERS, FIELD, SIGNED_IN
from fieldapp.core.concern import Concern
from fieldapp.core.db import db
from fieldapp.core.i18n import language
from fieldapp.core.page import page, see_other
from fieldapp.fieldwork.surveys import actions, book, policy, queries, rules
from fieldapp.fieldwork.surveys.models import FormVersion, Survey
from fieldapp.fieldwork.surveys.rules import SurveyState
from fieldapp.people.accounts.models import Role

from . import words
from .forms import MOST_BYTES, Answers, not_kept, read_answers
from .queries import customer_of, tickets_of

concern = Concern("surveys", __name__, section="surveys", url_prefix="/surveys")


@concern.route("/<uuid:survey_id>", allow=SIGNED_IN)
def show(survey_id: UUID) -> Response:
    """The survey: its questions while it is open, its answers afterwards."""
    return _show(_find(survey_id))


@concern.route("/<uuid:survey_id>", allow=FIELD, methods=("POST",), outbox=True, max_bytes=MOST_BYTES)
def answer(survey_id: UUID) -> Response:
    """The rep has filled it in."""
    given = read_answers(_form_of(_find(survey_id)))
    survey = _find(survey_id)  # anew: reading a photo lets go of what was read before
    if survey.state is not SurveyState.OPEN:
        kept = queries.answers_of(survey) | dict.fromkeys(queries.photos_of(survey), rules.SENT)
        if given.answers and given.answers == kept:  # a second tap
            return see_other(url_for(".show", survey_id=survey_id))
        return _show(survey, 409, closed=True)
    if given.errors:
        return _show(survey, 422, given)
    now = clock.now()
    try:
        actions.answer(current_user, survey, given.answers, outbox.made_at(now), now, given.photos)
    except actions.ClosedError:
        db.session.rollback()
        return _show(_find(survey_id), 409, closed=True)
    except storage.StorageError as error:
        db.session.rollback()
        return _show(_find(survey_id), 422, photo_failed(given, error))
    flash(_("Thank you. The answers are kept."), "ok")
    return see_other(url_for(".show", survey_id=survey_id))


@concern.route("/<uuid:survey_id>/refusal", allow=FIELD, methods=("POST",))
def decline(survey_id: UUID) -> Response:
    """The customer does not want to answer."""
    survey = _find(survey_id)
    try:
        actions.decline(current_user, survey, clock.now())
    except actions.ClosedError:
        db.session.rollback()
        return _show(_find(survey_id), 409, closed=True)
    flash(_("Noted: they would rather not answer."), "ok")
    return see_other(url_for(".show", survey_id=survey_id))


@concern.route("/<uuid:survey_id>/link", allow=FIELD, methods=("POST",))
def link(survey_id: UUID) -> Response:
    """A new link for the customer, shown this once."""
    survey = _find(survey_id)
    try:
        token = actions.open_link(current_user, survey, clock.now())
    except actions.ClosedError:
        db.session.rollback()
        return _show(_find(survey_id), 409, closed=True)
    address = url_for("survey_link.show", token=token, _external=True)
    title = rules.say(_form_of(survey).title, language())
    return page(
        "desk/surveys/link.html",
        survey=survey,
        customer=customer_of(survey),
        title=title,
        address=address,
        message=_("%(title)s: a few questions, about a minute. %(address)s", title=title, address=address),
        code=qr_code(address),
        days=policy.on(clock.today()).link_days,
    )


@concern.route("/<uuid:survey_id>/link", allow=FIELD)
def link_again(survey_id: UUID) -> Response:
    """A link is shown once: who opens its page again comes to the survey, where he can make another."""
    return see_other(url_for(".show", survey_id=_find(survey_id).id))


@concern.route("/<uuid:survey_id>/erasure", allow=DECIDERS, methods=("POST",))
def erase(survey_id: UUID) -> Response:
    """The customer takes his answers back, as the page of his link says he may."""
    try:
        actions.erase(current_user, _find(survey_id), clock.now())
    except actions.ClosedError:
        db.session.rollback()
        return _show(_find(survey_id), 409, closed=True)
    flash(_("The answers are deleted."), "ok")
    return see_other(url_for(".show", survey_id=survey_id))


@concern.route("/photos/<uuid:photo_id>", allow=SIGNED_IN, endpoint="photo")
def photo(photo_id: UUID) -> Response:
    """A photo that was answered, to whoever may see its survey."""
    row = queries.find_photo(current_user, photo_id) or abort(404)
    return storage.answer(row.id, row.sha256, contents.JPEG)


def qr_code(address: str) -> Markup:
    """An address as an SVG that a camera reads: dark on white in every theme."""
    import segno  # with the first link: most workers make none for hours

    code = segno.make(address, error="m", micro=False)
    return Markup(code.svg_inline(dark="#000", light="#fff", border=3, omitsize=True))  # noqa: S704  made here


def photo_failed(given: Answers, error: Exception) -> Answers:
    """The same, refused because its photo could not be stored."""
    return Answers(given.given, errors={key: not_kept(error) for key in given.photos})


def _find(survey_id: UUID) -> Survey:
    return queries.find(current_user, survey_id) or abort(404)


def _form_of(survey: Survey) -> rules.Form:
    return book.form_of(db.session.get_one(FormVersion, survey.version_id))


def _show(survey: Survey, status: int = 200, given: Answers | None = None, **more: Any) -> Response:
    form, answered = _form_of(survey), survey.state is SurveyState.ANSWERED
    answers = queries.answers_of(survey) if answered else {}
    pages = current_app.view_functions
    return page(
        "desk/surveys/show.html",
        status=status,
        survey=survey,
        form=form,
        customer=customer_of(survey),
        answers=answers,
        photos=queries.photos_of(survey) if answered else {},
        low=rules.low(form, answers),
        tickets=tickets_of(survey) if answered and "tickets.show" in pages else (),
        may_report="tickets.new" in pages and current_user.role is not Role.ADMIN,
        may_answer=survey.state is SurveyState.OPEN and current_user.role is not Role.ADMIN,
        may_erase=answered and current_user.role is not Role.REP,
        given=given or Answers(),
        locale=language(),
        say=rules.say,
        words=words,
        **more,
    )
