"""Retail prices: noted in a few taps, also without a signal; charted beside what we suggest. Nothing follows."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Response, abort, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from fieldapp.core import clock, contents, outbox, storage
from fieldapp.core.access import SIGNED_IN
from fieldapp.core.contents import JPEG
from fieldapp.core.db import db, uuid7
from fieldapp.core.page import page, see_other
from fieldapp.desk.checks import reference
from fieldapp.desk.deals import queries as deals
from fieldapp.desk.deals.picking import pick_distributor
from fieldapp.desk.visits import products
from fieldapp.trade.pricing.rules import ANY, best_price
from fieldapp.trade.retail import actions
from fieldapp.trade.retail.actions import Seen
from fieldapp.trade.retail.rules import Unit, weeks

from . import exports, seen, words
from .chart import chart
from .forms import ObservationForm
from .views import code_of, concern, rights, sheet, tabs

PAGE = 50
MOST_EXPORTED = 100_000
PHOTO_BYTES = contents.MAX_BYTES + 512 * 1024


@concern.route("/retail", allow=SIGNED_IN)
def retail() -> Response:
    """What was seen, as a list, and of one product as a chart; htmx gets the results alone."""
    asked, today, may = seen.Asked.read(request.args), clock.today(), rights()
    product, region = products.meant(asked.product) if asked.product else None, _region(asked)
    key = product.id if product is not None else None
    rows = seen.observed(
        current_user, asked, today, product_id=key, region=region, most=PAGE + 1, skip=(asked.page - 1) * PAGE
    )
    drawn = _chart(asked, key, product.code if product else "", region, today) if asked.product else None

    def link(**changes: Any) -> str:
        return f"{url_for('pricebook.retail')}?{urlencode(asked.args(**changes))}"

    return page(
        "desk/pricebook/retail.html",
        "results",
        asked=asked,
        product=product,
        rows=rows[:PAGE],
        chart=drawn,
        tabs=tabs("retail", may),
        words=words,
        place=deals.place_names(),
        products=products.names(),
        periods=[(link(days=days), _("%(days)s days", days=days), days == asked.days) for days in (90, 180, 365)],
        before=link(page=asked.page - 1) if asked.page > 1 else None,
        after=link(page=asked.page + 1) if len(rows) > PAGE else None,
        sheet=lambda kind: f"{url_for('pricebook.export_retail', kind=kind)}?{urlencode(asked.args())}",
    )


def _region(asked: seen.Asked) -> str:
    return (code_of(asked.region) or "-") if asked.region else ""


def _chart(asked: seen.Asked, key: UUID | None, code: str, region: str, today: date) -> Any:
    rows = seen.observed(current_user, asked, today, product_id=key, region=region, most=seen.MOST_CHARTED)
    first = today - timedelta(days=asked.days - 1)
    points = [(row.day, row.price) for row in rows]
    medians = [(week + timedelta(days=3), price) for week, price, _count in weeks(points)]
    return chart(points, medians, _suggested(code, region, first, today) if code else [], first, today)


def _suggested(code: str, region: str, first: date, last: date) -> list[tuple[date, int]]:
    """(from, fen) of the suggested retail price for all tiers, in the region or, without one, the first patch."""
    place = region if region and region != "-" else (current_user.patch or ("",))[0]
    rows = [row for row in reference.read()[0].prices.get(code.casefold(), ()) if row.tier == ANY]
    if not place:
        place = min((row.region for row in rows), default="")
    days = sorted({first, *(row.valid_from for row in rows if first < row.valid_from <= last)})
    found: list[tuple[date, int]] = []
    for day in days:
        row = best_price(rows, place, None, day) if place else None
        if row is not None and row.retail_price is not None:
            found.append((day, row.retail_price))
    return found


@concern.route("/retail/export.<any(csv, xlsx):kind>", allow=SIGNED_IN)
def export_retail(kind: str) -> Response:
    """The same as a file."""
    asked = seen.Asked.read(request.args)
    product = products.meant(asked.product) if asked.product else None
    rows = seen.observed(
        current_user,
        asked,
        clock.today(),
        product_id=product.id if product else None,
        region=_region(asked),
        most=MOST_EXPORTED,
    )
    return sheet(kind, "retail-prices", exports.retail_header(), exports.retail(rows, deals.place_names()))


@concern.route("/retail/new", allow=SIGNED_IN)
def new_retail() -> Response:
    """The form for a distributor; without one, the way to it."""
    code = request.args.get("distributor", "").replace("\0", "")
    if not code:
        return pick_distributor(
            "pricebook.new_retail",
            _("Note a retail price"),
            _("Where was it seen? Choose the distributor."),
            (url_for(".retail"), _("Retail prices seen")),
        )
    outlet = request.args.get("outlet", "")
    given = {"distributor": code, "outlet": outlet, "unit": Unit.BAG.value, "day": clock.today().isoformat()}
    return _form(_observation(formdata=None, data=given))


def _observation(**given: Any) -> ObservationForm:
    def meant(text: str) -> tuple[UUID, int | None] | None:
        found = products.meant(text)
        return (found.id, found.pack_grams) if found else None

    return ObservationForm(meant, clock.today(), **given)


def _form(form: ObservationForm, status: int = 200) -> Response:
    store = seen.store_of(current_user, code=form.distributor.data or "") or abort(404)
    return page(
        "desk/pricebook/retail_new.html",
        status=status,
        form=form,
        store=store,
        outlets=[(str(one.id), one.name) for one in seen.outlets(store.id)],
        products=products.names(),
        today=clock.today(),
        new_key=outbox.key() or uuid7(),
    )


@concern.route("/retail", allow=SIGNED_IN, methods=("POST",), outbox=True, max_bytes=PHOTO_BYTES)
def note_retail() -> Response:
    """Keep it."""
    form, now = _observation(), clock.now()
    store = seen.store_of(current_user, code=form.distributor.data or "") or abort(404)
    if not form.validate():
        return _form(form, 422)
    outlet = next((one for one in seen.outlets(store.id) if one.id == form.outlet_key), None)
    photo = None
    if form.has_photo:
        db.session.rollback()  # decoding takes its time: no lock is held meanwhile
        try:
            photo = contents.examine_photo(form.file.data.stream.read(contents.MAX_BYTES + 1))
        except contents.ContentError as error:
            form.file.errors = [str(error.reason)]
            return _form(form, 422)
    given = Seen(
        form.fen,
        Unit(form.unit.data),
        form.seen_on,
        product_id=form.found[0] if form.found else None,
        rival="" if form.found else form.product.data or "",
        bag_grams=form.grams,
    )
    try:
        actions.note(
            current_user,
            key=outbox.key() or uuid7(),
            distributor=store,
            outlet=outlet,
            seen=given,
            now=now,
            photo=photo,
        )
    except actions.GoneError:
        abort(404)
    except storage.StorageError as error:
        form.file.errors = [storage.problem(error)]
        return _form(form, 422)
    flash(_("Noted. It is an observation: nothing follows from it for anybody."), "ok")
    return see_other(url_for(".retail", distributor=store.code))


@concern.route("/retail/<uuid:observation_id>/photo", allow=SIGNED_IN)
def retail_photo(observation_id: UUID) -> Response:
    """The photo that came with it."""
    row = seen.find(current_user, observation_id) or abort(404)
    if row.sha256 is None:
        abort(404)
    return storage.answer(row.id, row.sha256, JPEG)
