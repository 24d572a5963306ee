"""Opening a conflict: pick the distributor, say what they quarrel about; also from a phone that has no signal."""

from typing import Any
from uuid import uuid5

from flask import Response, abort, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from fieldapp.core import clock, contents, outbox, storage
from fieldapp.core.access import SIGNED_IN
from fieldapp.core.clock import When
from fieldapp.core.db import db, uuid7
from fieldapp.core.page import page, see_other
from fieldapp.desk.deals.picking import pick_distributor
from fieldapp.fieldwork.conflicts import actions, links, moves, queries, words
from fieldapp.fieldwork.conflicts.actions import Account
from fieldapp.fieldwork.conflicts.rules import ConflictKind

from . import lists, sources
from .forms import OpenForm
from .sources import Source
from .views import concern

MOST_GOING = 3
MOST_BYTES = 60 * 1024 * 1024  # the proxy before us lets 64 MB through; a phone makes its photos small first


@concern.route("/new", allow=SIGNED_IN)
def new() -> Response:
    """Say what they quarrel about; without a distributor, pick it first."""
    if not any(request.args.get(name) for name in ("distributor", "party", "visit")):
        return pick_distributor(
            "conflicts.new",
            _("Open a conflict"),
            _("Whom did you hear it from?"),
            (url_for("conflicts.index"), _("Conflicts")),
            link=request.args.get("link", "")[:100],
        )
    source = sources.read(current_user, request.args) or abort(404)
    return _new(source, OpenForm())


@concern.route("", allow=SIGNED_IN, methods=("POST",), outbox=True, max_bytes=MOST_BYTES)
def create() -> Response:
    """Open it. The same key again is the same conflict with the same photos."""
    viewer = current_user._get_current_object()
    source = sources.read(viewer, request.form) or abort(404)
    form = OpenForm()
    valid = form.validate()
    other = sources.find_distributor(viewer, form.with_.data) if form.with_.data else None
    if form.with_.data and (other is None or other.id == source.distributor.id):
        form.with_.errors, valid = [_("Choose one of those shown.")], False
    photos = _examined(form) if valid else None
    if photos is None:
        return _new(source, form, status=422)
    heard = clock.now()
    when = When(outbox.made_at(heard), heard, clock.today())
    key = outbox.key() or uuid7()
    parties = [source.distributor, *source.others, *([other] if other else [])]
    try:
        conflict = actions.open_conflict(viewer, key=key, parties=parties, account=_account(source, form), when=when)
        for number, photo in enumerate(photos):
            actions.keep_photo(viewer, conflict, key=uuid5(key, f"photo {number}"), content=photo, when=when)
    except moves.GoneError:
        abort(404)
    except storage.StorageError as error:
        form.photos.errors = [storage.problem(error)]
        return _new(source, form, status=422)
    flash(_("Opened as %(number)s. Who looks after the parties is told.", number=conflict.shown_number), "ok")
    return see_other(url_for("conflicts.show", conflict_id=conflict.id))


def _account(source: Source, form: OpenForm) -> Account:
    return Account(
        ConflictKind(form.kind.data),
        form.story.data or "",
        form.said.data or "",
        form.others.data or "",
        source.visit_id,
        source.links,
    )


def _examined(form: OpenForm) -> list[contents.Content] | None:
    """The photos that were sent; None, and the form says why, if one is none."""
    db.session.rollback()  # decoding takes its time: no lock is held meanwhile
    try:
        return [contents.examine_photo(file.stream.read(contents.MAX_BYTES + 1)) for file in form.photos.data or ()]
    except contents.ContentError as error:
        form.photos.errors = [str(error.reason)]
        return None


def _new(source: Source, form: OpenForm, *, status: int = 200) -> Response:
    """The form; above it what goes on there already, so that nobody opens a second one for the same quarrel."""
    viewer = current_user._get_current_object()
    about = links.find(viewer, source.links)
    return page(
        "desk/conflicts/new.html",
        status=status,
        source=source,
        f=fields_of(viewer, source.distributor, form),
        about=[linked.title for linked in about.values()],
        key=outbox.key() or uuid7(),
        going=lists.of_keys(viewer, [row.id for row in queries.going_of(viewer, source.distributor.id, MOST_GOING)]),
        words=words,
        today=clock.today(),
    )


def fields_of(viewer: Any, distributor: Any, form: OpenForm | None = None) -> dict[str, Any]:
    """What the template of the form's fields needs; without a form they are empty."""
    return {
        "form": form,
        "kinds": [(kind.value, words.kind_name(kind)) for kind in ConflictKind],
        "others": sources.neighbours(viewer, distributor),
    }
