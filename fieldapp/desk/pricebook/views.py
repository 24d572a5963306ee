"""The price book: its rows, what holds on a day and why, its history, the rebates; each as a file too."""

from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Response, abort, request, send_file, stream_with_context, url_for
from flask_babel import gettext as _
from flask_babel import pgettext
from flask_login import current_user

from fieldapp.core import clock
from fieldapp.core.access import DECIDERS, SIGNED_IN
from fieldapp.core.concern import Concern
from fieldapp.core.db import uuid7
from fieldapp.core.page import page
from fieldapp.core.sheets import CSV_TYPE, XLSX_TYPE, Cell, csv_chunks, write_xlsx
from fieldapp.desk.checks import reference
from fieldapp.desk.deals.queries import place_names
from fieldapp.desk.visits import products
from fieldapp.network.territory.patches import search as regions_called
from fieldapp.trade.pricing import policy, queries
from fieldapp.trade.pricing.change_rules import DraftState, holding
from fieldapp.trade.pricing.policy import Rights
from fieldapp.trade.pricing.rules import Standing, explain
from fieldapp.trade.products import lines

from . import exports, words
from .forms import Wanted, clean, day_of, page_of, read_book

concern = Concern("pricebook", __name__, section="pricebook", url_prefix="/prices")
PAGE = 50
ROW_HISTORY = 20
MOST_EXPORTED = 200_000
_MOST_CALLED = 200  # regions whose name begins alike


def rights() -> Rights:
    """What the viewer may do with the book today."""
    return policy.rights(current_user, clock.today())


def code_of(text: str) -> str | None:
    """The region that is meant by a code, or by the beginning of a name; the largest of several."""
    plain = text.strip()
    if plain in reference.read()[1].names:
        return plain
    found = regions_called(plain, 1)
    return found[0][0] if found else None


def regions_meant(text: str) -> list[tuple[str, str]]:
    """(code, name with its path) of those that a typed code or name may mean, more than one where it is not clear.

    A code is itself; of names the largest regions whose name begins so: "河南" is the province, "鼓楼" four districts.
    """
    plain = text.strip()
    if plain in reference.read()[1].names:
        return [(plain, place_names()(plain))]
    found = regions_called(plain, _MOST_CALLED)
    return [one for one in found if len(one[0]) == len(found[0][0])]


def tabs(here: str, may: Rights) -> list[tuple[str, str, bool]]:
    """The places of the book."""
    found = [("index", _("Prices")), ("retail", pgettext("prices", "Retail")), ("rebates", _("Rebates"))]
    if may.changes:
        found[1:1] = [("drafts", _("Changes"))]
    if may.floors and current_user.role != "rep":
        found.append(("history", _("History")))
    return [(url_for(f"pricebook.{name}"), text, name == here) for name, text in found]


@concern.route("", allow=SIGNED_IN)
def index() -> Response:
    """Rows of the book; htmx gets them alone."""
    wanted, may = _wanted(), rights()
    rows = queries.book(current_user, wanted.asked, PAGE, (wanted.page - 1) * PAGE)
    count = queries.count(current_user, wanted.asked)
    return page(
        "desk/pricebook/index.html",
        "results",
        wanted=wanted,
        rows=rows,
        count=count,
        may=may,
        tabs=tabs("index", may),
        words=words,
        place=place_names(),
        today=clock.today(),
        lines=lines.options(),
        tiers=[(one, one) for one in queries.tiers()],
        products=products.names(),
        meant=_region_shown(wanted),
        new_key=uuid7(),
        chips=[(_link(wanted, when=key), text, key == wanted.asked.when) for key, text in words.when().items()],
        before=_link(wanted, page=wanted.page - 1) if wanted.page > 1 else None,
        after=_link(wanted, page=wanted.page + 1) if count > wanted.page * PAGE else None,
        sheet=lambda kind: url_for("pricebook.export", kind=kind, **wanted.args()),
    )


def _wanted() -> Wanted:
    return read_book(request.args, clock.today(), code_of)


def _link(wanted: Wanted, **changes: Any) -> str:
    return f"{url_for('pricebook.index')}?{urlencode(wanted.args(**changes))}"


def _region_shown(wanted: Wanted) -> str:
    """The region that the filter took the typed text for."""
    code = wanted.asked.region
    return f"{place_names()(code)} ({code})" if code and code != "-" else ""


@concern.route("/export.<any(csv, xlsx):kind>", allow=SIGNED_IN)
def export(kind: str) -> Response:
    """The rows that the list shows, on all its pages; floors only for those who see them."""
    floors = rights().floors
    rows = queries.book(current_user, _wanted().asked, MOST_EXPORTED)
    return sheet(kind, "prices", exports.book_header(floors), exports.book(rows, floors, place_names()))


def sheet(kind: str, name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response:
    """Rows as a file."""
    if kind == "xlsx":
        book = BytesIO()
        write_xlsx(book, header, rows)
        book.seek(0)
        return send_file(book, XLSX_TYPE, as_attachment=True, download_name=f"{name}.xlsx")
    pieces = stream_with_context(csv_chunks(header, rows))
    disposition = {"Content-Disposition": f"attachment; filename={name}.csv"}
    return Response(pieces, content_type=CSV_TYPE, headers=disposition)


@concern.route("/rows/<uuid:price_id>", allow=SIGNED_IN)
def row(price_id: UUID) -> Response:
    """One row: the others of its product, region and tier, what was changed, and the ways to change it."""
    found, may = queries.find_price(current_user, price_id) or abort(404), rights()
    key = found.product_id, found.region, found.tier.casefold()
    others = sorted(queries.held([key])[key], key=lambda one: one.valid_from, reverse=True)
    shows_history = may.floors and current_user.role != "rep"
    return page(
        "desk/pricebook/row.html",
        row=found,
        others=others,
        changes=queries.history_of(key, ROW_HISTORY) if shows_history else [],
        may=may,
        words=words,
        place=place_names(),
        today=clock.today(),
        holds=holding(others, clock.today()),
        changeable=may.drafts
        and current_user.covers(found.region)
        and (found.valid_to is None or found.valid_to > clock.today()),
        drafts=[one for one, *_rest in queries.drafts(current_user, may) if one.state is DraftState.OPEN],
        new_key=uuid7(),
    )


@concern.route("/day", allow=SIGNED_IN)
def day() -> Response:
    """Which row counts for a product, a place, a tier and a day, and why not the others."""
    may, given = rights(), {name: clean(request.args.get(name, ""))[:64] for name in ("product", "region", "tier")}
    on = day_of(request.args.get("day")) or clock.today()
    product = products.meant(given["product"]) if given["product"] else None
    place = code_of(given["region"]) if given["region"] else None
    covered = place is not None and current_user.covers(place)
    found = None
    if product is not None and place is not None and covered:
        rows = reference.read()[0].prices.get(product.code.casefold(), ())
        tier = given["tier"].casefold() or None
        found = [one for one in explain(rows, place, tier, on) if one[1] is not Standing.ELSEWHERE][:PAGE]
    return page(
        "desk/pricebook/day.html",
        "results",
        given=given,
        on=on,
        product=product,
        chosen=place,
        covered=covered,
        found=found,
        may=may,
        words=words,
        far=(Standing.OVER, Standing.OTHER_TIER),
        place=place_names(),
        tiers=[(one, one) for one in queries.tiers()],
        products=products.names(),
    )


@concern.route("/history", allow=DECIDERS)
def history() -> Response:
    """What was changed in the book, by whom; what spoke of past days is marked."""
    may = _sees_history()
    product, backdated, number = _history_asked()
    rows = queries.history(current_user, product=product, backdated=backdated, most=PAGE + 1, skip=(number - 1) * PAGE)
    args = {"product": product, "backdated": "1" if backdated else ""}

    def link(**changes: Any) -> str:
        given = {name: value for name, value in {**args, **changes}.items() if value}
        return f"{url_for('pricebook.history')}?{urlencode(given)}"

    return page(
        "desk/pricebook/history.html",
        rows=rows[:PAGE],
        product=product,
        chips=[(link(backdated="" if backdated else "1"), _("Speaks of past days"), backdated)],
        tabs=tabs("history", may),
        words=words,
        place=place_names(),
        before=link(page=number - 1) if number > 1 else None,
        after=link(page=number + 1) if len(rows) > PAGE else None,
        sheet=lambda kind: url_for(
            "pricebook.export_history", kind=kind, product=product or None, backdated="1" if backdated else None
        ),
    )


def _sees_history() -> Rights:
    may = rights()
    return may if may.floors else abort(404)


def _history_asked() -> tuple[str, bool, int]:
    product = clean(request.args.get("product", ""))[:64]
    return product, request.args.get("backdated") == "1", page_of(request.args.get("page"))


@concern.route("/history/export.<any(csv, xlsx):kind>", allow=DECIDERS)
def export_history(kind: str) -> Response:
    """The same as a file."""
    _sees_history()
    product, backdated, _number = _history_asked()
    rows = queries.history(current_user, product=product, backdated=backdated, most=MOST_EXPORTED)
    return sheet(kind, "price-history", exports.history_header(), exports.history(rows, place_names()))


@concern.route("/rebates", allow=SIGNED_IN)
def rebates() -> Response:
    """What is given back on prices, now and later. They come with the ERP's file."""
    may = rights()
    return page(
        "desk/pricebook/rebates.html",
        said_line=lines.said,
        rows=queries.rebates(current_user, clock.today()),
        tabs=tabs("rebates", may),
        words=words,
        today=clock.today(),
        sheet=lambda kind: url_for("pricebook.export_rebates", kind=kind),
    )


@concern.route("/rebates/export.<any(csv, xlsx):kind>", allow=SIGNED_IN)
def export_rebates(kind: str) -> Response:
    """The same as a file."""
    rows = queries.rebates(current_user, clock.today())
    return sheet(kind, "rebates", exports.rebates_header(), exports.rebates(rows))
