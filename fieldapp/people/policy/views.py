"""The administrators' pages of the policy: what holds, every version, and drafts of the next one."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response, abort, flash, url_for
from flask_babel import gettext as _
from flask_login import current_user

from fieldapp.core.access import ADMINS
from fieldapp.core.clock import now, today
from fieldapp.core.concern import Concern
from fieldapp.core.db import begin_reading, begin_writing, uuid7
from fieldapp.core.page import page, see_other

from . import actions, queries, tryouts
from .actions import Content, DraftRefusedError, PublishRefusedError
from .forms import AboutForm, NewDraftForm, PublishForm, RebaseForm, SeenForm, as_uuid, reset, typed
from .models import DraftState, PolicyDraft, PolicyVersion, Tryout
from .rules import differences, merge
from .sections import Section, Settings, check, complete, declared, named, section
from .trials import declared as trials

concern = Concern("policy", __name__, section="admin")


@concern.route("/policy", allow=ADMINS)
def show() -> Response:
    """What holds today, the drafts, and every version with what it changed."""
    current, versions, drafts = queries.on(today()), queries.versions(), queries.open_drafts(current_user)
    by_number = {version.version: complete(version.settings) for version in versions}
    before = [*versions[1:], None]
    return page(
        "people/policy/show.html",
        key=uuid7(),
        sections=declared(),
        settings=named(),
        current=current,
        holds=by_number[current.version],
        today=today(),
        drafts=[(draft, len(differences(by_number[draft.based_on], complete(draft.settings)))) for draft in drafts],
        tried=queries.tryouts(draft.id for draft in drafts),
        sources=queries.sources(),
        names=queries.names_of([*(one.published_by_id for one in versions), *(one.updated_by_id for one in drafts)]),
        versions=[
            (version, differences(by_number[old.version], by_number[version.version]) if old else {})
            for version, old in zip(versions, before, strict=True)
        ],
    )


@concern.route("/policy/drafts", allow=ADMINS, methods=["POST"])
def draft() -> Response:
    """Begin a draft: from the newest version, or with a closed draft's values and what was typed there."""
    form = NewDraftForm()
    copied = as_uuid(form.copied.data)
    source = queries.find_draft(current_user, copied) if copied else None
    if source is None:
        newest = queries.newest()
        key = actions.draft(current_user, form.draft_id, Content(complete(newest.settings)), newest.version, now())
        return see_other(url_for("policy.show_draft", draft_id=key))
    settings = complete(source.settings)
    for one in declared():
        settings = typed(settings, one)
        _checked, problems = _check(settings, one)
        if problems:
            return _editor(source, one, settings, problems, status=422)
    content = Content(complete(settings), source.note, source.valid_from)
    key = actions.draft(current_user, form.draft_id, content, source.based_on, now())
    flash(_("This is a new draft with your values."), "ok")
    return see_other(url_for("policy.show_draft", draft_id=key))


@concern.route("/policy/drafts/<uuid:draft_id>", allow=ADMINS)
def show_draft(draft_id: UUID) -> Response:
    """A draft: what it changes, what that would have done, and the form that publishes it."""
    return _draft_page(_find(draft_id))


@concern.route("/policy/drafts/<uuid:draft_id>", allow=ADMINS, methods=["POST"])
def keep(draft_id: UUID) -> Response:
    """Keep the day and the reason for later."""
    found, form = _hold(draft_id), AboutForm()
    if not form.validate():
        return _draft_page(found, form, status=422)
    base = queries.revision(draft_id, form.revision)
    seen = Content.of(base or found)
    try:
        actions.edit(found, current_user, seen, Content(seen.settings, form.note.data, form.day), now())
    except DraftRefusedError as error:
        return _draft_page(found, form, status=409, refused=error.reason)
    flash(_("The draft is saved."), "ok")
    return see_other(url_for("policy.show_draft", draft_id=draft_id))


@concern.route("/policy/drafts/<uuid:draft_id>/sections/<name>", allow=ADMINS)
def edit(draft_id: UUID, name: str) -> Response:
    """The values of one section."""
    found = _find(draft_id)
    settings, problems = _check(complete(found.settings), _section(name))
    return _editor(found, _section(name), settings, problems)


@concern.route("/policy/drafts/<uuid:draft_id>/sections/<name>", allow=ADMINS, methods=["POST"])
def save(draft_id: UUID, name: str) -> Response:
    """Save a section, together with what another administrator has saved since the page was made."""
    found, form, part = _hold(draft_id), SeenForm(), _section(name)
    base = queries.revision(draft_id, form.revision)
    seen = Content.of(base or found)
    given = reset(typed(seen.settings, part), part, queries.version(found.based_on).settings)
    settings, problems = _check(given, part)
    if problems:
        return _editor(found, part, given, problems, status=422, seen=form.revision)
    if base is None:  # nobody knows what he had before him: whatever differs may be another's
        unknown = differences(complete(found.settings), settings)
        return _editor(found, part, settings, status=409, refused="changed", clashes=unknown)
    # What goes together one by one may not go together: the sum is checked as well.
    merged, _clashes = merge(seen.settings, settings, complete(found.settings))
    merged, problems = _check(merged, part)
    if problems:
        return _editor(found, part, merged, problems, status=422)
    try:
        others = actions.edit(found, current_user, seen, Content(settings, seen.note, seen.valid_from), now())
    except DraftRefusedError as error:
        return _editor(found, part, merged, status=409, refused=error.reason, clashes=error.names)
    flash(_("The draft is saved."), "ok")
    if others:
        flash(_("Another administrator changed something else meanwhile; both changes are in the draft."), "info")
    return see_other(url_for("policy.edit", draft_id=draft_id, name=name))


@concern.route("/policy/drafts/<uuid:draft_id>/base", allow=ADMINS, methods=["POST"])
def rebase(draft_id: UUID) -> Response:
    """Take over what the newest version changed since the draft was begun."""
    found, form = _hold(draft_id), RebaseForm()
    old, new = queries.version(found.based_on), queries.newest()
    if form.onto.data != str(new.version):  # one more was published: what it changed has not been seen
        return _draft_page(found, status=409, refused="stale")
    try:
        actions.rebase(found, current_user, old, new, form.yielding(), now())
    except DraftRefusedError as error:
        return _draft_page(found, status=409, refused=error.reason)
    flash(_("The draft now starts from version %(version)s.", version=new.version), "ok")
    return see_other(url_for("policy.show_draft", draft_id=draft_id))


@concern.route("/policy/drafts/<uuid:draft_id>/discarding", allow=ADMINS, methods=["POST"])
def discard(draft_id: UUID) -> Response:
    """Put a draft away."""
    found = _hold(draft_id)
    try:
        actions.discard(found, current_user, now())
    except DraftRefusedError as error:
        return _draft_page(found, status=409, refused=error.reason)
    flash(_("The draft is discarded."), "ok")
    return see_other(url_for("policy.show"))


@concern.route("/policy/drafts/<uuid:draft_id>/publication", allow=ADMINS, methods=["POST"])
def publish(draft_id: UUID) -> Response:
    """Publish a draft as a new version."""
    found, form = _hold(draft_id), PublishForm()
    problems = check(found.settings)[1]
    if found.state is DraftState.OPEN and (not form.validate() or form.day is None or problems):
        return _draft_page(found, form, status=422)
    try:
        made = actions.publish_draft(
            found, current_user, form.revision, form.note.data, form.day or today(), today(), now()
        )
    except DraftRefusedError as error:
        return _draft_page(found, form, status=409, refused=error.reason)
    except PublishRefusedError as error:
        if error.reason == "past":
            form.valid_from.errors = [_("Give today or a later day: what was checked in the past stays as it was.")]
            return _draft_page(found, form, status=422)
        return _draft_page(found, form, status=409, refused=error.reason)
    flash(_("Version %(version)s is published.", version=made.version), "ok")
    return see_other(url_for("policy.show"))


@concern.route("/policy/drafts/<uuid:draft_id>/tryout", allow=ADMINS)
def tryout(draft_id: UUID) -> Response:
    """What the draft would have changed; its progress while that is found out. Only this, when htmx asks."""
    found, current = _find(draft_id), queries.on(today())
    tried = queries.find_tryout(draft_id)
    if tried is None:
        return see_other(url_for("policy.show_draft", draft_id=draft_id))
    return page(
        "people/policy/tryout.html",
        "tryout",
        draft=found,
        tried=tried,
        running=tryouts.running(tried, now()),
        interrupted=tryouts.interrupted(tried, now()),
        outdated=tryouts.outdated(tried, found, current),
        results=[
            (trial, results[trial.name], trial.show(current_user, results[trial.name].examples))
            for results in [tryouts.results_of(tried)]
            for trial in trials()
            if trial.name in results
        ],
        names=queries.names_of([tried.made_by_id]),
    )


@concern.route("/policy/drafts/<uuid:draft_id>/tryout", allow=ADMINS, methods=["POST"])
def try_out(draft_id: UUID) -> Response:
    """Try the draft on the past: now, when there is little to replay, else in the background."""
    begin_reading()  # replaying holds nobody up; only its result is written
    found, current, on = _find(draft_id), queries.on(today()), today()
    settings, problems = check(found.settings)
    if found.state is not DraftState.OPEN:
        return _draft_page(found, status=409, refused="closed")
    if problems:
        return _draft_page(found, status=422)
    revision, compared_with = found.revision, current.version
    results: list[dict[str, Any]] | None = None
    if tryouts.at_once():
        results = tryouts.replay(complete(current.settings), settings, on, lambda _share: None)
    begin_writing()
    held = _hold(draft_id)
    if results is None:
        tryouts.begin(held, current_user, compared_with, on, now())
    else:
        tryouts.keep(held, current_user, revision, compared_with, on, now(), results)
    return see_other(url_for("policy.tryout", draft_id=draft_id))


def _find(draft_id: UUID) -> PolicyDraft:
    return queries.find_draft(current_user, draft_id) or abort(404)


def _hold(draft_id: UUID) -> PolicyDraft:
    return queries.hold_draft(current_user, draft_id) or abort(404)


def _section(name: str) -> Section:
    return section(name) or abort(404)


def _check(settings: Settings, part: Section) -> tuple[Settings, dict[str, str]]:
    """The settings with this section completed, and the problems of this section alone."""
    checked, problems = check(settings)
    own = {name: text for name, text in problems.items() if name.startswith(f"{part.name}.")}
    return {**settings, part.name: checked[part.name]}, own


def _draft_page(
    found: PolicyDraft, form: AboutForm | None = None, *, status: int = 200, refused: str | None = None
) -> Response:
    """The overview. `refused`: why nothing was done, as the errors of actions.py name it."""
    base, newest, current = queries.version(found.based_on), queries.newest(), queries.on(today())
    settings, problems = check(found.settings)
    tried = queries.find_tryout(found.id)
    if form is None:
        day = found.valid_from or today()
        form = AboutForm(formdata=None, data={"valid_from": day.isoformat(), "note": found.note})
    return page(
        "people/policy/draft.html",
        status=status,
        draft=found,
        form=form,
        base=base,
        newest=newest,
        current=current,
        today=today(),
        is_open=found.state is DraftState.OPEN,
        refused=refused,
        sections=declared(),
        settings=named(),
        problems=problems,
        changed=differences(complete(base.settings), settings),
        meanwhile=_meanwhile(base, settings, newest),
        names=queries.names_of([found.made_by_id, found.updated_by_id, newest.published_by_id]),
        key=uuid7(),
        **_tried(tried, found, current, now()),
    )


def _tried(tried: Tryout | None, found: PolicyDraft, current: PolicyVersion, at: datetime) -> dict[str, Any]:
    """What the overview tells of the latest try-out."""
    if tried is None:
        return {"tried": None}
    return {
        "tried": tried,
        "running": tryouts.running(tried, at),
        "outdated": tryouts.outdated(tried, found, current),
        "results": tryouts.results_of(tried),
        "trials": trials(),
    }


def _meanwhile(base: PolicyVersion, mine: Settings, newest: PolicyVersion) -> list[tuple[str, list[Any], bool]]:
    """What was published since the draft's version: (name, [then, in the draft, now], whether both changed it)."""
    if newest.version == base.version:
        return []
    old, new = complete(base.settings), complete(newest.settings)
    clashes = merge(old, mine, new)[1]
    in_draft = differences(old, mine)
    return [
        (name, [was, in_draft[name][1] if name in in_draft else was, now], name in clashes)
        for name, (was, now) in differences(old, new).items()
    ]


def _editor(
    found: PolicyDraft,
    part: Section,
    settings: Mapping[str, Any],
    problems: Mapping[str, str] | None = None,
    *,
    status: int = 200,
    seen: int | None = None,
    refused: str | None = None,
    clashes: Collection[str] = (),
) -> Response:
    """One section. `settings` are shown; `seen` is the revision that they were typed over, by default the latest."""
    base, now_saved = queries.version(found.based_on), complete(found.settings)
    return page(
        "people/policy/edit.html",
        status=status,
        draft=found,
        section=part,
        sections=declared(),
        values=settings.get(part.name, {}),
        base=base,
        before=complete(base.settings)[part.name],
        saved=now_saved[part.name],
        in_force=base.version == queries.on(today()).version,
        changed=differences(complete(base.settings), now_saved),
        problems=problems or {},
        seen=found.revision if seen is None else seen,
        is_open=found.state is DraftState.OPEN,
        refused=refused,
        clashes=clashes,
        names=queries.names_of([found.updated_by_id]),
        key=uuid7(),
    )
