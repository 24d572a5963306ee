"""The administrators' page of the policy: what holds, every version, and a new one."""

from collections.abc import Mapping
from typing import Any

from flask import Response, flash, url_for
from flask_babel import gettext as _
from flask_login import current_user

from fieldapp.core.access import ADMINS
from fieldapp.core.clock import now, today
from fieldapp.core.concern import Concern
from fieldapp.core.page import page, see_other

from . import actions, queries
from .actions import PublishRefusedError
from .forms import PublishForm, check, complete, typed
from .sections import Setting, declared

concern = Concern("policy", __name__, section="admin")


@concern.route("/policy", allow=ADMINS)
def show() -> Response:
    """What holds today, and the form of the next version, filled with the newest one."""
    newest = queries.versions()[0]
    form = PublishForm(formdata=None, data={"valid_from": today().isoformat(), "seen": str(newest.version)})
    return _page(form, complete(newest.settings))


@concern.route("/policy", allow=ADMINS, methods=["POST"])
def publish() -> Response:
    """Publish a new version."""
    form, newest = PublishForm(), queries.versions()[0]
    settings, problems = check(typed(complete(newest.settings)))
    if not form.validate() or form.day is None or problems:
        return _page(form, settings, problems, status=422)
    try:
        made = actions.publish(current_user, settings, form.day, form.note.data, form.seen_version, today(), now())
    except PublishRefusedError as error:
        if error.reason == "past":
            form.valid_from.errors = [_("Give today or a later day: what was checked in the past stays as it was.")]
            return _page(form, settings, status=422)
        form.seen.data = str(newest.version)
        return _page(form, settings, status=409, stale=newest.version)
    flash(_("Version %(version)s is published.", version=made.version), "ok")
    return see_other(url_for("policy.show"))


def _page(
    form: PublishForm,
    settings: Mapping[str, Any],
    problems: Mapping[str, str] | None = None,
    *,
    status: int = 200,
    stale: int | None = None,
) -> Response:
    versions = queries.versions()
    before = [*versions[1:], None]
    return page(
        "people/policy/show.html",
        status=status,
        form=form,
        sections=declared(),
        settings=settings,
        problems=problems or {},
        stale=stale,
        current=queries.on(today()).version,
        today=today(),
        authors=queries.authors(versions),
        versions=[
            (version, actions.differences(complete(old.settings), complete(version.settings)) if old else {})
            for version, old in zip(versions, before, strict=True)
        ],
        labels={key: setting.label for key, setting in _settings().items()},
        options=_options,
        shown=_shown,
    )


def _settings() -> dict[str, Setting]:
    return {f"{section.name}.{setting.key}": setting for section in declared() for setting in section.settings}


def _options(setting: Setting) -> list[tuple[str, str]]:
    return [(value, name()) for value, name in setting.options]


def _shown(key: str, value: Any) -> str:
    """A value with its unit, or by the names of its options."""
    setting = _settings().get(key)
    if value is None or setting is None:
        return "—" if value is None else str(value)
    if setting.options:
        names = dict(_options(setting))
        chosen = value if isinstance(value, list) else [value]
        return ", ".join(names.get(one, str(one)) for one in chosen) or "—"
    return f"{value} {setting.unit()}" if setting.unit else str(value)
