"""The pages of a distributor's file, section by section, and a new distributor."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Response, abort, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from fieldapp.core import contents, storage
from fieldapp.core.access import SIGNED_IN, wants_fragment
from fieldapp.core.clock import now, today
from fieldapp.core.concern import Concern
from fieldapp.core.db import begin_reading, begin_writing, uuid7
from fieldapp.core.forms import clean
from fieldapp.core.page import page, see_other
from fieldapp.network.territory import patches

from . import actions, lookalikes, queries, reading, words
from .actions import ConflictError, GoneError, Moment, RefusedError
from .alike import Profile
from .forms import FileForm, NewDistributorForm, PaperForm, RemovePaperForm, choices_of
from .parts import PARTS, Part, Values
from .presentation import input_text, share_lines, shown_text
from .rules import PAPERS, SECTIONS, OutletKind, is_credit_code

concern = Concern("dossier", __name__, section="distributors", url_prefix="/distributors")

FILE = "/<uuid:distributor_id>/file"


@concern.route(FILE, allow=SIGNED_IN)
def show(distributor_id: UUID) -> Response:
    """The whole file."""
    return page("network/dossier/show.html", file=_file(distributor_id), form=PaperForm(formdata=None), **_words())


@concern.route(f"{FILE}/sections/<section>", allow=SIGNED_IN)
def section(distributor_id: UUID, section: str) -> Response:
    """One section as it stands: what a form that is given up goes back to."""
    _known(section)
    if not wants_fragment():
        _head(distributor_id)
        return see_other(_at(distributor_id, section))
    return _card(distributor_id, section)


@concern.route(f"{FILE}/sections/<section>/confirmation", allow=SIGNED_IN, methods=["POST"])
def confirm(distributor_id: UUID, section: str) -> Response:
    """The section was looked at and is still right."""
    _known(section)
    try:
        actions.confirm(current_user, distributor_id, section, _moment())
    except GoneError:
        abort(404)
    return _saved(distributor_id, section)


# Entries ---------------------------------------------------------------------------------------------------------


@concern.route(f"{FILE}/<part>", allow=SIGNED_IN)
def edit_single(distributor_id: UUID, part: str) -> Response:
    """The form of the company, or of its address and place."""
    return _filled_form(distributor_id, _part(part, listed=False), None)


@concern.route(f"{FILE}/<part>", allow=SIGNED_IN, methods=["POST"])
def save(distributor_id: UUID, part: str) -> Response:
    """Store what there is one of; add an entry to what there are several of."""
    kind = PARTS.get(part) or abort(404)
    return _add(distributor_id, kind) if kind.listed else _save(distributor_id, kind, None)


@concern.route(f"{FILE}/<part>/new", allow=SIGNED_IN)
def new_entry(distributor_id: UUID, part: str) -> Response:
    """The form of a new entry."""
    kind = _part(part)
    defaults = {"active": True, "key": str(uuid7())}
    return _form(distributor_id, kind, kind.form(formdata=None, data=defaults))


@concern.route(f"{FILE}/<part>/<uuid:item_id>", allow=SIGNED_IN)
def edit_entry(distributor_id: UUID, part: str, item_id: UUID) -> Response:
    """The form of one entry."""
    return _filled_form(distributor_id, _part(part), item_id)


@concern.route(f"{FILE}/<part>/<uuid:item_id>", allow=SIGNED_IN, methods=["POST"])
def save_entry(distributor_id: UUID, part: str, item_id: UUID) -> Response:
    """Store it."""
    return _save(distributor_id, _part(part), item_id)


@concern.route(f"{FILE}/<part>/<uuid:item_id>/removal", allow=SIGNED_IN, methods=["POST"])
def remove_entry(distributor_id: UUID, part: str, item_id: UUID) -> Response:
    """Take it out of the file."""
    kind = _part(part)
    try:
        actions.remove(current_user, distributor_id, kind, item_id, _moment())
    except GoneError:
        abort(404)
    except RefusedError as error:
        return _filled_form(distributor_id, kind, item_id, refused=error)
    return _saved(distributor_id, kind.section)


@concern.route(f"{FILE}/outlets", allow=SIGNED_IN)
def outlets(distributor_id: UUID) -> Response:
    """Outlets and farms, twenty at a time."""
    head = _head(distributor_id)
    kind, text = request.args.get("kind", ""), clean(request.args.get("q", ""))[:80]
    wanted = OutletKind(kind) if kind in set(OutletKind) else None
    edges = {name: request.args.get(name, type=UUID) for name in ("after", "before")}
    found = queries.outlet_page(distributor_id, wanted, text, **edges)
    return page(
        "network/dossier/outlets.html",
        "results",
        head=head,
        found=found,
        wanted=wanted,
        text=text,
        figures=queries.outlet_figures(distributor_id),
        place=reading.place_of([head.region_code, *(row.region_code for row in found.rows)]),
        **_words(),
    )


@concern.route(f"{FILE}/history", allow=SIGNED_IN)
def history(distributor_id: UUID) -> Response:
    """Who changed what; sensitive values masked."""
    head = _head(distributor_id)
    field = request.args.get("field", "")[:120]
    events, more = queries.history(distributor_id, field, request.args.get("before", type=UUID))
    return page(
        "network/dossier/history.html",
        head=head,
        events=events,
        more=more,
        field=field,
        place=reading.place_of([head.region_code]),
        **_words(),
    )


# Documents -------------------------------------------------------------------------------------------------------


@concern.route(f"{FILE}/papers", allow=SIGNED_IN, methods=["POST"], max_bytes=contents.MAX_BYTES + 512 * 1024)
def attach(distributor_id: UUID) -> Response:
    """Keep a document or photo."""
    form = PaperForm()
    begin_reading()  # examining a photo takes its time: no lock is held meanwhile
    _head(distributor_id)
    if not form.validate():
        return _papers(distributor_id, form, 422)
    sent = form.file.data
    try:
        content = contents.examine(sent.stream.read(contents.MAX_BYTES + 1))
    except contents.ContentError as error:
        form.file.errors = [str(error.reason)]
        return _papers(distributor_id, form, 422)
    begin_writing()
    try:
        actions.attach(current_user, distributor_id, form.kind.typed, _plain_name(sent.filename), content, _moment())
    except GoneError:
        abort(404)
    except storage.StorageError as error:
        form.file.errors = [storage.problem(error)]
        return _papers(distributor_id, form, 422)
    return _saved(distributor_id, PAPERS)


@concern.route(f"{FILE}/papers/<uuid:attachment_id>", allow=SIGNED_IN)
def download(distributor_id: UUID, attachment_id: UUID) -> Response:
    """The content: an image to look at, anything else to save. Never anything that a browser runs."""
    row = queries.paper(current_user, distributor_id, attachment_id) or abort(404)
    image = row.media_type == contents.JPEG
    name = _download_name(row, image)
    return storage.answer(row.id, row.sha256, row.media_type, as_attachment=not image, download_name=name)


@concern.route(f"{FILE}/papers/<uuid:attachment_id>/removal", allow=SIGNED_IN)
def ask_removal(distributor_id: UUID, attachment_id: UUID) -> Response:
    """Why shall it go?"""
    return _removal(distributor_id, attachment_id, RemovePaperForm(formdata=None))


@concern.route(f"{FILE}/papers/<uuid:attachment_id>/removal", allow=SIGNED_IN, methods=["POST"])
def detach(distributor_id: UUID, attachment_id: UUID) -> Response:
    """Remove its content; that it was there stays in the history."""
    form = RemovePaperForm()
    if not form.validate():
        return _removal(distributor_id, attachment_id, form, 422)
    try:
        actions.detach(current_user, distributor_id, attachment_id, form.reason.data, _moment())
    except GoneError:
        abort(404)
    return _saved(distributor_id, PAPERS)


# A new distributor -----------------------------------------------------------------------------------------------


@concern.route("/new", allow=SIGNED_IN)
def new() -> Response:
    """The form of a prospect."""
    return _new(NewDistributorForm(formdata=None))


@concern.route("/new/regions", allow=SIGNED_IN)
def regions() -> Response:
    """Regions that a text finds: of the viewer's patch, or for an outlet of the whole country."""
    text = clean(request.args.get("region") or request.args.get("region_code") or "")[:40]
    found = patches.search(text, 8) if "region_code" in request.args else patches.within(current_user.covers, text)
    field = "region_code" if "region_code" in request.args else "region"
    return page("network/dossier/regions.html", "found", found=found, field=field, text=text)


@concern.route("", allow=SIGNED_IN, methods=["POST"])
def create() -> Response:
    """Store a prospect, unless it looks like somebody who is there: then ask first."""
    form = NewDistributorForm()
    valid = form.validate()
    found = _region(form.region, form.region.data, of_patch=True) if form.region.data else None
    if not valid or found is None:
        return _new(form, 422)
    typed = {
        "name": form.name.data,
        "region": found,
        "contact": form.contact.data,
        "phone": form.phone.typed,
        "code": form.code.data or None,
        "address": form.address.data or None,
        "credit_code": form.credit_code.data or None,
    }
    alike = lookalikes.look_alikes(
        current_user,
        Profile(typed["name"], found, (), typed["address"], typed["credit_code"], None, (typed["phone"],)),
    )
    if alike and not (form.anyway.data and form.reason.data):
        if form.anyway.data:
            form.reason.errors = [_("Say why it is another one.")]
        return _new(form, 422 if form.anyway.data else 409, alike=alike)
    try:
        made = actions.create(current_user, typed, alike, form.reason.data or None, _moment())
    except RefusedError as error:
        _refuse(form, error)
        return _new(form, 422, alike=alike)
    flash(_("%(name)s is there now, with the code %(code)s.", name=made.name, code=made.code), "ok")
    return see_other(url_for(".show", distributor_id=made.id))


def _new(form: NewDistributorForm, status: int = 200, alike: lookalikes.Found | None = None) -> Response:
    if alike:
        form.anyway.data = "1"
    places = reading.place_of([one.region_code for one in alike.within] if alike else [])
    return page("network/dossier/new.html", status=status, form=form, alike=alike, place=places, **_words())


# What the views share --------------------------------------------------------------------------------------------


def _moment() -> Moment:
    return Moment(now(), today())


def _part(key: str, *, listed: bool = True) -> Part:
    part = PARTS.get(key)
    return part if part is not None and part.listed is listed else abort(404)


def _known(section: str) -> None:
    if section not in SECTIONS:
        abort(404)


def _head(distributor_id: UUID) -> Any:
    return queries.head(current_user, distributor_id) or abort(404)


def _file(distributor_id: UUID, section: str | None = None) -> reading.File:
    return reading.read(current_user, distributor_id, today(), section) or abort(404)


def _at(distributor_id: UUID, section: str) -> str:
    return url_for(".show", distributor_id=distributor_id, _anchor=f"s-{section}")


def _saved(distributor_id: UUID, section: str) -> Response:
    """After a change: the section as it is now in place of the form, or the page."""
    if wants_fragment():
        return _card(distributor_id, section, saved=True)
    flash(_("Saved."), "ok")
    return see_other(_at(distributor_id, section))


def _card(distributor_id: UUID, section: str, *, saved: bool = False) -> Response:
    file = _file(distributor_id)
    return page(
        "network/dossier/section.html",
        "part",
        file=file,
        section=section,
        saved=saved,
        form=PaperForm(formdata=None),
        **_words(),
    )


def _papers(distributor_id: UUID, form: PaperForm, status: int) -> Response:
    """The section of documents with what is wrong with the one that was sent."""
    template = "network/dossier/section.html"
    file = _file(distributor_id)
    return page(template, "part", status=status, file=file, section=PAPERS, saved=False, form=form, **_words())


def _removal(distributor_id: UUID, attachment_id: UUID, form: RemovePaperForm, status: int = 200) -> Response:
    head = _head(distributor_id)
    row = queries.paper(current_user, distributor_id, attachment_id) or abort(404)
    place = reading.place_of([head.region_code])
    return page(
        "network/dossier/removal.html", "part", status=status, head=head, row=row, form=form, place=place, **_words()
    )


def _filled_form(
    distributor_id: UUID, part: Part, item_id: UUID | None, refused: RefusedError | None = None
) -> Response:
    """The form with what is stored; fields that the viewer may not see are empty."""
    try:
        entry = actions.open_entry(current_user, distributor_id, part, item_id, lock=False)
    except GoneError:
        abort(404)
    stored = entry.values()
    data = {name: input_text(part, name, value) for name, value in stored.items() if not _hidden(part, name)}
    form = part.form(formdata=None, data={**data, "seen": _seen(actions.seen_marks(entry))})
    if refused is not None:
        _refuse(form, refused)
    return _form(distributor_id, part, form, item_id, status=200 if refused is None else 422)


def _save(distributor_id: UUID, part: Part, item_id: UUID | None) -> Response:
    form = part.form()
    _head(distributor_id)
    typed = _typed(form, part)
    if typed is None:
        return _form(distributor_id, part, form, item_id, status=422)
    base = form.base
    for name, chosen in choices_of(part.fields).items():
        if chosen == "stored":
            typed.pop(name, None)
        elif chosen != "mine":
            base.pop(name, None)  # not chosen: asked again
    try:
        actions.edit(current_user, distributor_id, part, item_id, typed, base, _moment())
    except GoneError:
        abort(404)
    except RefusedError as error:
        _refuse(form, error)
        return _form(distributor_id, part, form, item_id, status=422)
    except ConflictError as error:
        form.seen.data = _seen(error.seen)
        for name in error.kept:
            if not _hidden(part, name):
                form[name].data = input_text(part, name, error.stored[name])
        return _form(distributor_id, part, form, item_id, conflict=error, typed=typed, status=409)
    return _saved(distributor_id, part.section)


def _add(distributor_id: UUID, part: Part) -> Response:
    form = part.form()
    _head(distributor_id)
    typed = _typed(form, part)
    if typed is None:
        return _form(distributor_id, part, form, status=422)
    try:
        actions.add(current_user, distributor_id, part, form.new_key, typed, _moment())
    except GoneError:
        abort(404)
    except RefusedError as error:
        _refuse(form, error)
        return _form(distributor_id, part, form, status=422)
    return _saved(distributor_id, part.section)


def _typed(form: FileForm, part: Part) -> Values | None:
    """{field: value}, or None when something cannot be read. A hidden field that is left empty keeps its value."""
    if not form.check():
        return None
    typed = form.values()
    if typed.get("region_code"):
        code = _region(form["region_code"], typed["region_code"], of_patch=False)
        if code is None:
            return None
        typed["region_code"] = code
    return {name: value for name, value in typed.items() if not (value is None and _hidden(part, name))}


def _region(field: Any, text: str, *, of_patch: bool) -> str | None:
    """The region that a typed code or name means; None, and the field says why, when that is not exactly one."""
    covered = current_user.covers if of_patch else lambda _code: True
    found = patches.within(covered, text)
    exact = [code for code, name in found if text in (code, name.split(" · ")[-1])]
    if len(exact) == 1 or len(found) == 1:
        return exact[0] if len(exact) == 1 else found[0][0]
    if found:
        names = _(", ").join(f"{name} ({code})" for code, name in found)
        field.errors = [_("Several regions are called so: give the code of one. %(names)s", names=names)]
    elif of_patch:
        field.errors = [_("No region of your patch is called so. Give its name, pinyin or code.")]
    else:
        field.errors = [_("No region is called so. Give its name, pinyin or code.")]
    return None


def _hidden(part: Part, name: str) -> bool:
    return part.hides(name, current_user.role)


def _seen(marked: Mapping[str, str]) -> str:
    return ",".join(f"{name}:{mark}" for name, mark in marked.items())


def _refuse(form: Any, error: RefusedError) -> None:
    texts = {
        "overtaken": _("Somebody decided on a rating that rests on this person's answers. Look at it, then try again."),
        "main_stays": _("Make another contact the main one first: one of them has to be."),
        "brand_there": _("This brand is listed already: edit that entry."),
        "over_hundred": _(
            "The other brands have %(others)s %% on %(day)s: together that is over 100 %%.",
            others=error.facts.get("others"),
            day=error.facts.get("day"),
        ),
        "taken": _("Another distributor has this code. Leave the field empty and one is made."),
    }
    form[error.field].errors = [texts[error.reason]]


def _form(
    distributor_id: UUID,
    part: Part,
    form: FileForm,
    item_id: UUID | None = None,
    *,
    conflict: ConflictError | None = None,
    typed: Values | None = None,
    status: int = 200,
) -> Response:
    head = _head(distributor_id)
    return page(
        "network/dossier/edit.html",
        "part",
        status=status,
        head=head,
        part=part,
        form=form,
        item_id=item_id,
        new=part.listed and item_id is None,
        clashes=_clashes(head, part, item_id, conflict, typed or {}) if conflict else [],
        masked={name: part.masked(name, getattr(head, name) or "") for name in part.hidden_from if _hidden(part, name)},
        suspect=part.key == "company"
        and bool(form["credit_code"].data)
        and not is_credit_code(form["credit_code"].data),
        place=reading.place_of([head.region_code, _code(form)]),
        **_words(),
    )


def _code(form: FileForm) -> str | None:
    data = form["region_code"].data if "region_code" in form else None
    return data if data and data.isascii() and data.isdigit() else None


def _clashes(
    head: Any, part: Part, item_id: UUID | None, conflict: ConflictError, typed: Values
) -> list[dict[str, Any]]:
    """Each field that two have changed: what the viewer typed, what is stored, who stored it and when."""
    path = f"{part.key}/{item_id}" if item_id else part.key
    latest = queries.last_changes(head.id, [f"{path}/{name}" for name in conflict.fields])
    rows = []
    for name in conflict.fields:
        stored = shown_text(part.key, name, conflict.stored[name])
        who, at = latest.get(f"{path}/{name}", (None, None))
        rows.append(
            {
                "name": name,
                "title": words.field_name(part.key, name),
                "mine": shown_text(part.key, name, typed.get(name)),
                "stored": part.masked(name, stored) if _hidden(part, name) else stored,
                "who": who,
                "at": at,
            }
        )
    return rows


def _plain_name(filename: str) -> str:
    """The name without folders and control characters: text to read, never a path."""
    name = Path(clean(filename).replace("\\", "/")).name
    return "".join(sign for sign in name if sign.isprintable())[:255] or "file"


def _download_name(row: Any, image: bool) -> str:
    stem = Path(row.filename).stem[:120] or "file"
    return f"{stem}.jpg" if image else f"{stem}.pdf"


def _words() -> dict[str, Any]:
    """What every template of the file is given."""
    return {
        "words": words,
        "shown": shown_text,
        "shown_bank": _shown_bank,
        "share_lines": share_lines,
        "is_credit_code": is_credit_code,
    }


def _shown_bank(account: str | None) -> str:
    company = PARTS["company"]
    text = account or ""
    return company.masked("bank_account", text) if _hidden(company, "bank_account") else text
