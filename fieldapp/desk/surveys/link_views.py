"""What a customer sees who opens his link: no account, no navigation, no trace of it in the log.

Whoever has the link may answer once. Unknown, used and expired links look alike. `Referrer-Policy` stays what it is
everywhere, same-origin: nobody else learns the address, and the check of forged forms needs it (WTF_CSRF_SSL_STRICT).
"""

from typing import Any

from flask import Response, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user

from fieldapp.core import clock, storage
from fieldapp.core.access import ANYONE
from fieldapp.core.concern import Concern
from fieldapp.core.db import db
from fieldapp.core.i18n import LOCALES, language
from fieldapp.core.page import page, see_other
from fieldapp.fieldwork.surveys import actions, book, policy, rules
from fieldapp.fieldwork.surveys.models import FormVersion, Survey
from fieldapp.people.accounts import tries

from . import words
from .forms import MOST_BYTES, Answers, read_answers
from .queries import customer_of
from .views import photo_failed

concern = Concern("survey_link", __name__, url_prefix="/s/<token>")
_DONE = "survey"  # in the session of this browser: which link was used, and how
_HEADERS = {"X-Robots-Tag": "noindex, nofollow", "Cache-Control": "no-store"}


@concern.route("", allow=ANYONE)
def show(token: str) -> Response:
    """The questions; or thanks, in the browser that has answered them."""
    wait = _wait()
    if wait is not None:
        return wait
    try:
        return _questions(actions.by_link(token, clock.now()), token)
    except actions.GoneError:
        return _gone(token)


@concern.route("", allow=ANYONE, methods=("POST",), max_bytes=MOST_BYTES)
def answer(token: str) -> Response:
    """He has answered."""
    wait = _wait(token)
    if wait is not None:
        return wait
    now = clock.now()
    try:
        given = read_answers(_form_of(actions.by_link(token, now)))
        if given.errors:
            tries.count(_mark(token), now)
            return _questions(actions.by_link(token, now), token, 422, given)
        actions.answer_by_link(token, given.answers, now, given.photos, _by())
    except actions.GoneError:
        return _gone(token)
    except storage.StorageError as error:
        db.session.rollback()
        return _questions(actions.by_link(token, now), token, 422, photo_failed(given, error))
    return _done(token, "answered")


@concern.route("/refusal", allow=ANYONE, methods=("POST",))
def decline(token: str) -> Response:
    """He would rather not."""
    wait = _wait(token)
    if wait is not None:
        return wait
    try:
        actions.decline_by_link(token, clock.now(), _by())
    except actions.GoneError:
        return _gone(token)
    return _done(token, "declined")


def _questions(survey: Survey, token: str, status: int = 200, given: Answers | None = None) -> Response:
    form, customer, held = _form_of(survey), customer_of(survey), policy.on(clock.today())
    return _page(
        "desk/surveys/customer.html",
        status,
        form=form,
        title=rules.say(form.title, language()),
        customer=customer,
        held=held,
        given=given or Answers(),
        token=token,
        words=words,
        say=rules.say,
    )


def _done(token: str, how: str) -> Response:
    session[_DONE] = f"{how} {_mark(token)}"
    return see_other(url_for(".show", token=token))


def _gone(token: str) -> Response:
    how, _space, mark = str(session.get(_DONE, "")).partition(" ")
    if mark == _mark(token):  # a reload, or a second tap
        db.session.rollback()
        return _page("desk/surveys/thanks.html", 200, title=_("Thank you"), how=how)
    if not actions.was_link(token):
        tries.count(_address(), clock.now())
    return _page("desk/surveys/gone.html", 410, title=_("This link no longer works"))


def _wait(token: str = "") -> Response | None:
    now = clock.now()
    wait = max(tries.wait(who, now) for who in (_address(), *([_mark(token)] if token else [])))
    if not wait:
        return None
    headers = {"Retry-After": str(max(1, int(wait.total_seconds())))}
    return _page("desk/surveys/gone.html", 429, headers, title=_("Too many attempts"), too_many=True)


def _page(template: str, status: int, headers: dict[str, str] | None = None, **context: Any) -> Response:
    return page(
        template, status=status, headers={**_HEADERS, **(headers or {})}, locale=language(), locales=LOCALES, **context
    )


def _form_of(survey: Survey) -> rules.Form:
    return book.form_of(db.session.get_one(FormVersion, survey.version_id))


def _by() -> Any:
    """Who is signed in on this phone: a rep who hands it over is named in the audit."""
    return current_user.id if current_user.is_authenticated else None


def _mark(token: str) -> str:
    return actions.hash_of(token)[:32]


def _address() -> str:
    return request.remote_addr or "-"
