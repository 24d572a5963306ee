"""Sales areas: who sells where and until when; administrators assign, change and end them."""

from datetime import date
from io import BytesIO
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Response, abort, flash, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import ngettext, pgettext
from flask_login import current_user

from fieldapp.core import clock, panels
from fieldapp.core.access import ADMINS, SIGNED_IN
from fieldapp.core.concern import Concern
from fieldapp.core.db import db
from fieldapp.core.page import page, see_other
from fieldapp.core.sheets import CSV_TYPE, XLSX_TYPE, csv_chunks, write_xlsx
from fieldapp.desk.deals.queries import place_names
from fieldapp.network.areas import actions, queries
from fieldapp.network.areas.actions import BegunError, MovedError, TakenError, TwiceError
from fieldapp.network.areas.queries import Asked, Held, Row
from fieldapp.network.areas.rules import Span
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.distributors.queries import search as search_distributors
from fieldapp.network.territory import patches
from fieldapp.network.territory.models import Region
from fieldapp.network.territory.rules import ALL_LINES
from fieldapp.trade.products import lines

from . import exports
from .forms import AssignForm, DaysForm

concern = Concern("areas", __name__, section="coverage", url_prefix="/areas")
MOST_FOUND = 20


@concern.route("", allow=SIGNED_IN)
def index() -> Response:
    """The areas of a patch; htmx gets the results alone."""
    asked = Asked.read(request.args)
    found = queries.listed(current_user, asked, clock.today())

    def link(**changes: Any) -> str:
        return url_for(".index", **asked.args(**changes))

    states = [("", _("Today")), ("coming", _("To come")), ("ended", _("Ended")), ("all", _("All"))]
    return page(
        "desk/areas/index.html",
        "results",
        asked=asked,
        found=found,
        place=place_names(),
        today=clock.today(),
        lines=[(ALL_LINES, _("All lines")), *lines.options()],
        link=link,
        chips=[
            (link(state=state or None, page=None), text, asked.args().get("state", "") == state)
            for state, text in states
        ]
        + [
            (link(shared=None if asked.shared == value else value, page=None), text, asked.shared == value)
            for value, text in (("yes", _("Shared")), ("no", _("For itself")))
        ],
        before=link(page=asked.page - 1) if asked.page > 1 else None,
        after=link(page=asked.page + 1) if found.count > asked.page * queries.PAGE else None,
        sheet=lambda kind: url_for(".export", kind=kind, **asked.args()),
        said_line=lines.said,
    )


@concern.route("/export.<any(csv, xlsx):kind>", allow=SIGNED_IN)
def export(kind: str) -> Response:
    """The list as a file."""
    found = queries.listed(current_user, Asked.read(request.args), clock.today(), None)
    rows = exports.rows(found.rows, place_names())
    if kind == "xlsx":
        book = BytesIO()
        write_xlsx(book, exports.header(), rows)
        book.seek(0)
        return send_file(book, XLSX_TYPE, as_attachment=True, download_name="areas.xlsx")
    body = b"".join(csv_chunks(exports.header(), rows))
    return Response(body, content_type=CSV_TYPE, headers={"Content-Disposition": "attachment; filename=areas.csv"})


@concern.route("/new", allow=ADMINS)
def new() -> Response:
    """Pick the distributor, pick the region, say the lines and the days: each step has an address of its own."""
    distributor, region = _distributor(request.args.get("distributor")), _region(request.args.get("region"))
    if distributor is None or region is None:
        return _pick(distributor, region)
    form = AssignForm(lines.written(), data={"valid_from": clock.today().isoformat(), "lines": [ALL_LINES]})
    return _new(distributor, region, form)


@concern.route("", allow=ADMINS, methods=("POST",))
def create() -> Response:
    """Assign it. What it takes out of others' areas has to be confirmed."""
    distributor, region = _distributor(request.form.get("distributor")), _region(request.form.get("region"))
    if distributor is None or region is None:
        abort(404)
    form = AssignForm(lines.written())
    if not form.validate():
        return _new(distributor, region, form, 422)
    spans = [
        Span(distributor.id, region.code, line.casefold(), *form.days, bool(form.shared.data)) for line in form.chosen
    ]
    outer, inner = _around(spans)
    if (outer or inner) and not form.confirmed.data:
        return _new(distributor, region, form, 422, outer=outer, inner=inner)
    try:
        actions.assign(
            current_user,
            distributor.id,
            region.code,
            form.chosen,
            form.days,
            shared=bool(form.shared.data),
            now=clock.now(),
        )
    except TakenError as error:
        return _new(distributor, region, form, 409, taken=error.held)
    except TwiceError:
        form.valid_from.errors = [_("It has this region and line from this day already. Change that area instead.")]
        return _new(distributor, region, form, 422)
    except MovedError:
        return _new(distributor, region, form, 409, moved=True)
    flash(_("Assigned. Deal checks know it from now on."), "ok")
    return see_other(url_for(".index", region=region.code, state="all"))


@concern.route("/<uuid:area_id>", allow=SIGNED_IN)
def show(area_id: UUID) -> Response:
    """One area: its days, what lies around it, who changed it."""
    area = queries.find(current_user, area_id) or abort(404)
    return _show(area, DaysForm(data=_days_of(area)))


@concern.route("/<uuid:area_id>", allow=ADMINS, methods=("POST",))
def change(area_id: UUID) -> Response:
    """Other days, shared or not."""
    area = queries.find(current_user, area_id) or abort(404)
    form = DaysForm()
    if not form.validate():
        return _show(area, form, 422)
    try:
        actions.change(
            current_user, area, form.days, shared=bool(form.shared.data), seen=form.seen.data or "", now=clock.now()
        )
    except MovedError:
        db.session.expire_all()
        return _show(queries.find(current_user, area_id) or abort(404), form, 409, moved=True)
    except TakenError as error:
        return _show(area, form, 409, taken=error.held)
    except TwiceError:
        form.valid_from.errors = [_("It has this region and line from this day already. Change that area instead.")]
        return _show(area, form, 422)
    flash(_("Saved. Deal checks know it from now on."), "ok")
    return see_other(url_for(".show", area_id=area_id))


@concern.route("/<uuid:area_id>/removal", allow=ADMINS, methods=("POST",))
def remove(area_id: UUID) -> Response:
    """Take back an area that has not begun."""
    area = queries.find(current_user, area_id) or abort(404)
    try:
        actions.take_back(current_user, area, clock.today(), clock.now())
    except BegunError:
        flash(_("It has begun: give it a last day instead."), "error")
        return see_other(url_for(".show", area_id=area_id))
    except MovedError:
        abort(404)
    flash(_("Taken back."), "ok")
    return see_other(url_for(".index", state="coming"))


def said_days(first: date, last: date | None) -> str:
    """`2026-01-01 – 2026-12-31`, or open."""
    return (
        _("%(first)s – %(last)s", first=first.isoformat(), last=last.isoformat())
        if last
        else _("since %(first)s", first=first.isoformat())
    )


def _pick(distributor: Distributor | None, region: Region | None) -> Response:
    text = request.args.get("q", "").replace("\x00", "").strip()[: queries.MOST_TEXT]
    given: dict[str, Any] = {
        "distributor": distributor.code if distributor else None,
        "region": region.code if region else None,
    }
    if distributor is None:
        found = [
            (url_for(".new", **{**given, "distributor": one.code}), one.name, one.code)
            for one in search_distributors(current_user, text, MOST_FOUND)
        ]
    else:
        found = [
            (url_for(".new", **{**given, "region": code}), name, code)
            for code, name in patches.search(text, MOST_FOUND)
        ]
        if not text and distributor.region_code:
            names = patches.names([distributor.region_code])
            found = [(url_for(".new", **{**given, "region": code}), name, code) for code, name in names.items()]
    return page(
        "desk/areas/pick.html",
        "found",
        distributor=distributor,
        area=region,
        given={name: value for name, value in given.items() if value},
        text=text,
        found=found,
        place=place_names(),
    )


def _new(
    distributor: Distributor,
    region: Region,
    form: AssignForm,
    status: int = 200,
    **more: Any,
) -> Response:
    return page(
        "desk/areas/new.html",
        status=status,
        distributor=distributor,
        area=region,
        form=form,
        place=place_names(),
        lines=[(ALL_LINES, _("All lines")), *lines.options()],
        said=_said_held,
        sold_by=queries.sold_by(current_user, region.code, distributor.id, clock.today()),
        **more,
    )


def _show(area: Row, form: DaysForm, status: int = 200, **more: Any) -> Response:
    outer, inner = queries.around(current_user, queries.span_of(area))
    return page(
        "desk/areas/show.html",
        status=status,
        area=area,
        panels=panels.shown("link:area", current_user, area.id, clock.today()),
        form=form,
        version=actions.version(area),
        place=place_names(),
        said_line=lines.said,
        said_days=said_days,
        said=_said_held,
        outer=outer,
        inner=inner,
        begun=area.valid_from <= clock.today(),
        over=area.valid_to is not None and area.valid_to < clock.today(),
        history=[
            (entry.at, name, _said_entry(entry.action, entry.changes)) for entry, name in queries.history(area.id)
        ],
        **more,
    )


def _days_of(area: Row) -> dict[str, Any]:
    return {
        "valid_from": area.valid_from.isoformat(),
        "valid_to": area.valid_to.isoformat() if area.valid_to else "",
        "shared": area.shared,
    }


def _said_held(held: list[Held]) -> list[str]:
    """Areas of others, a sentence each; those whom the viewer may not see are counted."""
    place = place_names()
    shown = [
        _(
            "%(code)s %(name)s · %(place)s · %(line)s · %(days)s",
            code=one.code,
            name=one.name,
            place=place(one.region_code),
            line=lines.said(one.line),
            days=said_days(one.valid_from, one.valid_to),
        )
        for one in held
        if one.code
    ]
    others = len(held) - len(shown)
    if others:
        shown.append(ngettext("%(num)d more outside your patch", "%(num)d more outside your patch", others))
    return shown


def _said_entry(action: str, changes: dict[str, Any]) -> str:
    if action == "areas.assign":
        return _("Assigned")
    if action == "areas.change":
        names = {"from": _("first day"), "to": _("last day"), "shared": _("shared")}
        told = [
            f"{names[name]}: {_value(pair[0])} → {_value(pair[1])}" for name, pair in changes.items() if name in names
        ]
        return "; ".join(told)
    return _("Changed")


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return str(value) if value else pgettext("area", "no end")


def _around(spans: list[Span]) -> tuple[list[Held], list[Held]]:
    found = [queries.around(current_user, span) for span in spans]
    return (
        list(dict.fromkeys(held for outer, _inner in found for held in outer)),
        list(dict.fromkeys(held for _outer, inner in found for held in inner)),
    )


def _distributor(code: str | None) -> Distributor | None:
    if not code:
        return None
    return db.session.scalar(
        sa.select(Distributor).where(
            Distributor.code_key == code.replace("\x00", "").strip().casefold()[:64],
            current_user.scope(Distributor.region_code),
        )
    )


def _region(code: str | None) -> Region | None:
    return db.session.get(Region, code[:9]) if code and code.isascii() and code.isdecimal() else None
