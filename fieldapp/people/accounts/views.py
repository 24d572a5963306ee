"""Sign-in and sign-out, one's own page, and the administrators' screens of users."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Response, abort, flash, request, session, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from fieldapp.core import panels
from fieldapp.core.access import ADMINS, ANYONE, SIGNED_IN
from fieldapp.core.clock import now, today
from fieldapp.core.concern import Concern
from fieldapp.core.forms import clean
from fieldapp.core.page import page, see_other

from . import actions, queries, rules
from .actions import ChangeRefusedError, SignInError, UserValues
from .forms import (
    ROLES,
    ChangePasswordForm,
    LanguageForm,
    NewPasswordForm,
    NewUserForm,
    SignInForm,
    ThemeForm,
    UserFilterForm,
    UserForm,
)
from .login import secret_hash, session_ended
from .models import Role, Theme, User
from .passwords import WeakPasswordError
from .regions import book

concern = Concern("accounts", __name__, section="admin")


# Signing in and out ----------------------------------------------------------------------------------------------


@concern.route("/sign-in", allow=ANYONE)
def sign_in() -> Response:
    """The sign-in page. Says so when a session has ended; goes on at once when there is one."""
    going_to = rules.local_path(request.args.get("next"))
    if current_user.is_authenticated:
        return see_other(going_to or "/")
    form = SignInForm(formdata=None, data={"next": going_to})
    ended = "_user_id" in session
    return page("people/accounts/sign_in.html", form=form, ended=ended, locked=ended and session_ended())


@concern.route("/sign-in", allow=ANYONE, methods=["POST"])
def try_sign_in() -> Response:
    """Check the password; a good one gets a new session."""
    form = SignInForm()
    if not form.validate():
        return _sign_in_again(form, 422)
    try:
        _user, secret = actions.sign_in(form.username.data, form.password.data, _address(), _agent(), now())
    except SignInError as error:
        if error.reason == "wait":
            return _sign_in_again(form, 429, problem=_wait_text(error.wait), headers=_retry(error.wait))
        return _sign_in_again(form, 422, problem=_sign_in_text(error.reason))
    _start_session(secret)
    return see_other(rules.local_path(form.next.data) or "/")


def _sign_in_again(form: SignInForm, status: int, **context: Any) -> Response:
    form.next.data = rules.local_path(form.next.data)
    return page("people/accounts/sign_in.html", status=status, form=form, ended=False, locked=False, **context)


def _sign_in_text(reason: str) -> str:
    if reason == "inactive":
        return _("This account is closed. Ask your administrator to open it again.")
    return _("Username or password is not right. Check both; an administrator can send a new password link.")


def _wait_text(wait: timedelta) -> str:
    minutes = max(1, -(-int(wait.total_seconds()) // 60))
    return ngettext(
        "Too many attempts. Wait %(num)s minute, then try again.",
        "Too many attempts. Wait %(num)s minutes, then try again.",
        minutes,
    )


def _retry(wait: timedelta) -> dict[str, str]:
    return {"Retry-After": str(max(1, int(wait.total_seconds())))}


def _start_session(secret: str) -> None:
    """A new cookie with nothing in it from before: a session that somebody else planted stays worthless."""
    session.clear()
    session["_user_id"] = secret
    session["_fresh"] = True
    session.permanent = True


def _address() -> str:
    return (request.remote_addr or "-")[:64]


def _agent() -> str:
    return request.user_agent.string


@concern.route("/sign-out", allow=SIGNED_IN, methods=["POST"])
def sign_out() -> Response:
    """End this session."""
    actions.sign_out(current_user, now())
    session.clear()
    flash(_("You are signed out."), "ok")
    return see_other(url_for("accounts.sign_in"))


# Setting a password by a one-time link ---------------------------------------------------------------------------


@concern.route("/password/<token>", allow=ANYONE)
def password(token: str) -> Response:
    """The page of a one-time link; 410 when it was used, has expired or never was."""
    if queries.active_link(secret_hash(token), now()) is None:
        return page("people/accounts/password_gone.html", status=410)
    return page("people/accounts/password.html", form=NewPasswordForm(formdata=None))


@concern.route("/password/<token>", allow=ANYONE, methods=["POST"])
def set_password(token: str) -> Response:
    """Set the password; the link ends and so does every session."""
    form = NewPasswordForm()
    try:
        if not form.validate():
            return page("people/accounts/password.html", status=422, form=form)
        user = actions.use_password_link(token, form.password.data, now())
    except WeakPasswordError as error:
        form.refuse(error)
        return page("people/accounts/password.html", status=422, form=form)
    if user is None:
        return page("people/accounts/password_gone.html", status=410)
    session.clear()
    flash(_("Your password is set. Sign in as %(username)s.", username=user.username), "ok")
    return see_other(url_for("accounts.sign_in"))


# One's own page --------------------------------------------------------------------------------------------------


@concern.route("/me", allow=SIGNED_IN, section="me")
def me() -> Response:
    """Who I am, how the app looks, my password."""
    return _me(ChangePasswordForm(formdata=None))


def _me(form: ChangePasswordForm, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return page(
        "people/accounts/me.html",
        status=status,
        headers=headers,
        form=form,
        patch=book().names(current_user.patch),
        roles=dict(ROLES),
        panels=panels.shown("me", current_user, current_user.id, today()),
    )


@concern.route("/me/password", allow=SIGNED_IN, methods=["POST"], section="me")
def change_password() -> Response:
    """Change one's own password; every other session ends, this one is renewed."""
    form = ChangePasswordForm()
    if not form.validate():
        return _me(form, 422)
    try:
        secret = actions.change_password(
            current_user, form.current.data, form.password.data, _address(), _agent(), now()
        )
    except WeakPasswordError as error:
        form.refuse(error)
        return _me(form, 422)
    except SignInError as error:
        form.current.errors = [_wait_text(error.wait) if error.wait else _("This is not your present password.")]
        return _me(form, 429, _retry(error.wait)) if error.wait else _me(form, 422)
    _start_session(secret)
    flash(_("Your password is changed. All other devices are signed out."), "ok")
    return see_other(url_for("accounts.me"))


@concern.route("/language", allow=ANYONE, methods=["POST"])
def language() -> Response:
    """Choose the language: remembered for the user, or for this browser before sign-in."""
    form = LanguageForm()
    if not form.validate():
        abort(400)
    if current_user.is_authenticated:
        actions.choose_locale(current_user, form.locale.data, now())
    else:
        session["locale"] = form.locale.data
    return see_other(rules.local_path(form.next.data) or url_for("accounts.me"))


@concern.route("/theme", allow=SIGNED_IN, methods=["POST"])
def theme() -> Response:
    """Choose how the screen looks."""
    form = ThemeForm()
    if not form.validate():
        abort(400)
    actions.choose_theme(current_user, Theme(form.theme.data), now())
    return see_other(url_for("accounts.me"))


# Administration --------------------------------------------------------------------------------------------------


@concern.route("/users", allow=ADMINS)
def users() -> Response:
    """Everybody who may sign in, searched and filtered."""
    form = UserFilterForm(formdata=request.args)
    wanted = form.wanted()
    found = queries.users(wanted)
    names = book().names(code for user in found.rows for code in user.patch)
    patches = {
        user.id: rules.in_short([names[code] for code in user.patch if code in names], _(", ")) for user in found.rows
    }
    return page("people/accounts/users.html", "results", wanted=wanted, found=found, patches=patches, roles=dict(ROLES))


@concern.route("/users/new", allow=ADMINS)
def new_user() -> Response:
    """The form of a new user."""
    return _user_form(NewUserForm(formdata=None, data={"role": Role.REP}))


@concern.route("/users", allow=ADMINS, methods=["POST"])
def create_user() -> Response:
    """A new user, and the link with which he sets his password."""
    form = NewUserForm()
    if not form.validate():
        return _user_form(form, status=422)
    try:
        user = actions.create_user(form.username.data, _values(form), current_user.id, now())
    except ChangeRefusedError:
        form.username.errors = [_("This username is taken. Choose another one.")]
        return _user_form(form, status=422)
    return _link_page(user)


@concern.route("/users/<uuid:user_id>", allow=ADMINS)
def user(user_id: UUID) -> Response:
    """One user: what he may do and where, his sessions and tokens."""
    found = _found(user_id)
    values = {"name": found.name, "role": found.role, "regions": "; ".join(found.patch), "email": found.email}
    values["seen"] = actions.edition(found)
    return _user_form(UserForm(formdata=None, data=values), found)


@concern.route("/users/<uuid:user_id>", allow=ADMINS, methods=["POST"])
def edit_user(user_id: UUID) -> Response:
    """Change name, role and patch, unless somebody else did meanwhile."""
    found, form = _found(user_id), UserForm()
    if not form.validate():
        return _user_form(form, found, status=422)
    try:
        actions.edit_user(current_user, user_id, _values(form), form.seen.data, now())
    except ChangeRefusedError as error:
        form.seen.data = actions.edition(found)
        return _user_form(form, found, status=409, refused=error.reason)
    flash(_("Saved."), "ok")
    return see_other(url_for("accounts.user", user_id=user_id))


@concern.route("/users/<uuid:user_id>/deactivation", allow=ADMINS, methods=["POST"])
def deactivate(user_id: UUID) -> Response:
    """Shut a user out at once, everywhere."""
    _found(user_id)
    try:
        actions.deactivate(current_user.id, user_id, now())
    except ChangeRefusedError as error:
        flash(refused_text(error.reason), "error")
    else:
        flash(_("Deactivated, and signed out everywhere. Tokens no longer work."), "ok")
    return see_other(url_for("accounts.user", user_id=user_id))


@concern.route("/users/<uuid:user_id>/activation", allow=ADMINS, methods=["POST"])
def activate(user_id: UUID) -> Response:
    """Let a user in again."""
    _found(user_id)
    actions.activate(current_user.id, user_id, now())
    flash(_("Active again. Tokens stay revoked."), "ok")
    return see_other(url_for("accounts.user", user_id=user_id))


@concern.route("/users/<uuid:user_id>/password-link", allow=ADMINS, methods=["POST"])
def password_link(user_id: UUID) -> Response:
    """A new one-time link; shown here and never again."""
    found = _found(user_id)
    if not found.active:
        flash(_("Activate the user first: a link works for active users only."), "error")
        return see_other(url_for("accounts.user", user_id=user_id))
    return _link_page(found)


@concern.route("/users/<uuid:user_id>/tokens/<uuid:token_id>/revocation", allow=ADMINS, methods=["POST"])
def revoke_token(user_id: UUID, token_id: UUID) -> Response:
    """End one bearer token."""
    if not actions.revoke_token(current_user, user_id, token_id, now()):
        abort(404)
    flash(_("The token no longer works."), "ok")
    return see_other(url_for("accounts.user", user_id=user_id))


@concern.route("/users/patch", allow=ADMINS)
def patch() -> Response:
    """The picker's field with a region added or taken out."""
    codes = rules.region_codes(clean(request.args.get("regions", "")[:2000]))
    codes = [code for code in codes if code != request.args.get("remove")]
    codes = list(dict.fromkeys([*codes, *rules.region_codes(clean(request.args.get("add", "")[:9]))]))
    return page("people/accounts/patch.html", codes=codes, names=book().names(codes))


@concern.route("/users/regions", allow=ADMINS)
def regions() -> Response:
    """Regions that begin with what is typed, to be added to a patch."""
    found = book().search(clean(request.args.get("region", "")[:40]), 8)
    return page("people/accounts/regions.html", found=found)


def _found(user_id: UUID) -> User:
    return queries.user_by_id(user_id) or abort(404)


def _values(form: UserForm) -> UserValues:
    return UserValues(form.name.data, Role(form.role.data), form.patch, form.email.data or None)


def refused_text(reason: str) -> str:
    """Why a change of a user is refused, and what to do."""
    return {
        "stale": _("Somebody changed this user while you were here. Compare with what is stored now, then save again."),
        "last_admin": _("This is the last active administrator. Make another one first."),
        "self": _("You cannot take this from yourself. Ask another administrator."),
    }[reason]


def _user_form(form: UserForm, found: User | None = None, *, status: int = 200, refused: str | None = None) -> Response:
    codes = [*form.patch, *(found.patch if found else ())]
    return page(
        "people/accounts/user.html",
        status=status,
        form=form,
        found=found,
        names=book().names(codes),
        roles=dict(ROLES),
        refused=refused_text(refused) if refused else None,
        stale=refused == "stale",
        tokens=queries.tokens_of(found) if found else [],
        sessions=queries.open_sessions_of(found, now()) if found else [],
    )


def _link_page(user: User) -> Response:
    token = actions.make_password_link(user, current_user.id, now())
    link = url_for("accounts.password", token=token, _external=True)
    return page("people/accounts/link.html", user=user, link=link, hours=int(rules.LINK_LIFE.total_seconds()) // 3600)
