"""Asking a customer now: the survey is opened and filled in, or both at once from a visit without a signal."""

from uuid import UUID

from flask import Response, abort, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from fieldapp.core import clock, outbox, storage
from fieldapp.core.access import FIELD, SIGNED_IN
from fieldapp.core.concern import Concern
from fieldapp.core.db import db, uuid7
from fieldapp.core.i18n import language
from fieldapp.core.page import page, see_other
from fieldapp.desk.deals.queries import place_names
from fieldapp.fieldwork.surveys import actions, book, queries, rules
from fieldapp.fieldwork.surveys.models import Survey
from fieldapp.fieldwork.surveys.rules import Audience, Purpose, SurveyState
from fieldapp.people.accounts.models import Role

from . import words
from .forms import MOST_BYTES, Answers, read_answers, read_asked
from .queries import AUDIENCES, distributor, history_of, outlets_of, visit_at
from .views import photo_failed

concern = Concern("asking", __name__, section="distributors", url_prefix="/distributors/<uuid:distributor_id>/surveys")
PAGE = 50


@concern.route("", allow=SIGNED_IN)
def index(distributor_id: UUID) -> Response:
    """The surveys of a distributor and its network, and whom one can ask."""
    return _index(distributor_id)


@concern.route("", allow=FIELD, methods=("POST",))
def ask(distributor_id: UUID) -> Response:
    """Open a survey and go to it; to the one that is open already, where there is one."""
    store = distributor(current_user, distributor_id) or abort(404)
    asked = read_asked({row.id: AUDIENCES[row.kind] for row in outlets_of(distributor_id)})
    if asked is None:
        return _index(distributor_id, 422, _("This customer is not in the file any more. Choose another."))
    outlet = asked.outlet if asked.audience is Audience.RETAILER else None
    farm = asked.outlet if asked.audience is Audience.FARMER else None
    known = asked.outlet is not None or asked.audience is Audience.DISTRIBUTOR
    open_one = queries.open_of(distributor_id, asked.audience.value, outlet, farm) if known else None
    if open_one is not None:
        return see_other(url_for("surveys.show", survey_id=open_one.id))
    now = clock.now()
    try:
        survey = actions.ask(
            current_user,
            key=outbox.key() or uuid7(),
            purpose=Purpose.VISIT,
            distributor=store,
            audience=asked.audience,
            visit_id=visit_at(current_user, distributor_id, now),
            outlet_id=outlet,
            farm_id=farm,
            now=now,
            today=clock.today(),
        )
    except actions.GoneError:
        abort(404)
    return see_other(url_for("surveys.show", survey_id=survey.id))


@concern.route("/answered", allow=FIELD, methods=("POST",), outbox=True, max_bytes=MOST_BYTES)
def answered(distributor_id: UUID) -> Response:
    """A survey of the distributor itself that was asked and answered on a visit, perhaps without a signal: checked
    against the version that the phone showed. One that is open by the same version is answered by it."""
    if distributor(current_user, distributor_id) is None:
        abort(404)
    name, number = Audience.DISTRIBUTOR.value, request.form.get("version", 0, type=int)
    _number, form = book.shown(name, number if 0 < number < 1_000_000 else 0)
    given = read_answers(form)
    store = distributor(current_user, distributor_id) or abort(404)
    now = clock.now()
    at, key = outbox.made_at(now), outbox.key() or uuid7()
    there = db.session.get(Survey, key)
    if there is not None and there.state is not SurveyState.OPEN:
        return see_other(url_for("surveys.show", survey_id=key))
    if given.errors:
        return _index(distributor_id, 422, given=given, number=number)
    version = book.numbered(name, _number) or book.current(name, now)
    open_one = queries.open_of(distributor_id, name, None, None)
    try:
        survey = open_one
        if survey is None or survey.version_id != version.id:
            survey = actions.ask(
                current_user,
                key=key,
                purpose=Purpose.VISIT,
                distributor=store,
                visit_id=visit_at(current_user, distributor_id, at),
                version=version,
                now=at,
                today=clock.today(),
            )
        actions.answer(current_user, survey, given.answers, at, now, given.photos)
    except actions.GoneError:
        abort(404)
    except actions.ClosedError as error:
        return see_other(url_for("surveys.show", survey_id=error.survey.id))
    except storage.StorageError as error:
        db.session.rollback()
        return _index(distributor_id, 422, given=photo_failed(given, error), number=number)
    flash(_("Thank you. The answers are kept."), "ok")
    return see_other(url_for("surveys.show", survey_id=survey.id))


def _index(
    distributor_id: UUID, status: int = 200, problem: str = "", given: Answers | None = None, number: int = 0
) -> Response:
    store = distributor(current_user, distributor_id) or abort(404)
    number, form = book.shown(Audience.DISTRIBUTOR.value, number)
    rows = [(row, rules.read_form(row.content)) for row in history_of(distributor_id, PAGE)]
    return page(
        "desk/surveys/asked.html",
        status=status,
        row=store,
        place=place_names(),
        rows=rows,
        outlets=[(row, AUDIENCES[row.kind]) for row in outlets_of(distributor_id)],
        may_ask=current_user.role is not Role.ADMIN,
        problem=problem,
        form=form,
        number=number,
        given=given,
        key=uuid7(),
        locale=language(),
        say=rules.say,
        words=words,
        Audience=Audience,
    )
