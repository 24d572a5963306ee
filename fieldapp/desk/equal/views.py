"""Equal treatment (guard C4): how far net prices lie apart within a tier, where, and what explains a low one."""

from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Response, abort, request, send_file, stream_with_context, url_for
from flask_babel import gettext as _
from flask_login import current_user

from fieldapp.core import clock
from fieldapp.core.access import DECIDERS
from fieldapp.core.concern import Concern
from fieldapp.core.page import page
from fieldapp.core.sheets import CSV_TYPE, XLSX_TYPE, Cell, csv_chunks, write_xlsx
from fieldapp.desk.checks import reference
from fieldapp.desk.checks.reference import ProductRow
from fieldapp.desk.deals.queries import place_names
from fieldapp.desk.visits import products
from fieldapp.network.territory.rules import chain

from . import exports, policy, queries
from .queries import MOST_GROUPS, Asked
from .rules import strip

concern = Concern("equal", __name__, section="equal", url_prefix="/equal-treatment")
PERIODS = (30, 90, 180, 365)


@concern.route("", allow=DECIDERS)
def index() -> Response:
    """The widest spreads of an area; of one product, its net prices by tier."""
    today = clock.today()
    held = policy.on(today)
    asked = _asked(held)
    if asked.product:
        return _product(asked, held)
    groups = queries.overview(current_user, asked, held, today)
    return page(
        "desk/equal/index.html",
        groups=groups[:MOST_GROUPS],
        more=len(groups) - MOST_GROUPS,
        beyond=sum(one.spread.beyond(held.percent) for one in groups),
        product=_named(),
        address=lambda one: _link(asked, product=_named()(one.product_id)[0], region=one.area, tier=one.tier),
        **_shared(asked, held),
    )


def _asked(held: policy.EqualPolicy) -> Asked:
    asked = Asked.read(request.args, held.days)
    if "region" not in request.args:
        return Asked(queries.home(current_user), asked.days, asked.product, asked.tier)
    return asked


def _product(asked: Asked, held: policy.EqualPolicy) -> Response:
    found, today = products.meant(asked.product), clock.today()
    if found is None:
        return page("desk/equal/product.html", status=404, found=None, groups=[], **_shared(asked, held))
    groups = queries.of_product(current_user, asked, found.id, held, today)
    low = [row.distributor_id for one in groups if one.spread.beyond(held.percent) for row in one.spread.counted]
    return page(
        "desk/equal/product.html",
        found=found,
        groups=[
            (one, strip([row.net or 0 for row in one.spread.counted], held.percent), one.spread.beyond(held.percent))
            for one in groups
        ],
        why=queries.explanations(current_user, low, found.code, asked.period(today)[0]),
        **_shared(asked, held),
    )


@concern.route("/export.<any(csv, xlsx):kind>", allow=DECIDERS)
def export(kind: str) -> Response:
    """What the page shows, all of it, as a file."""
    today = clock.today()
    held = policy.on(today)
    asked = _asked(held)
    if not asked.product:
        groups = queries.overview(current_user, asked, held, today)
        return _file(kind, exports.header(), exports.overview(groups, _named(), place_names()))
    found = products.meant(asked.product) or abort(404)
    groups = queries.of_product(current_user, asked, found.id, held, today)
    return _file(kind, exports.detail_header(), exports.detail(groups, place_names()))


def _file(kind: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response:
    if kind == "xlsx":
        book = BytesIO()
        write_xlsx(book, header, rows)
        book.seek(0)
        return send_file(book, XLSX_TYPE, as_attachment=True, download_name="equal-treatment.xlsx")
    pieces = stream_with_context(csv_chunks(header, rows))
    disposition = {"Content-Disposition": "attachment; filename=equal-treatment.csv"}
    return Response(pieces, content_type=CSV_TYPE, headers=disposition)


def _named() -> Any:
    """A product's code and name by its key."""
    by_id = reference.read()[0].once(_by_id)

    def named(key: UUID) -> tuple[str, str]:
        found = by_id.get(key)
        return (found.code, found.name) if found else ("", "—")

    return named


def _by_id(held: reference.Reference) -> dict[UUID, ProductRow]:
    return {product.id: product for product in held.products.values()}


def _link(asked: Asked, **changes: Any) -> str:
    given = {"region": asked.region, **changes}
    # An area of "" is everything: it is said, as leaving it out means one's own.
    return f"{url_for('equal.index')}?{urlencode({**asked.args(**given), 'region': given['region']})}"


def _shared(asked: Asked, held: policy.EqualPolicy) -> dict[str, Any]:
    above = [(_link(asked, region=""), _("All of my patch"))]
    above += [(_link(asked, region=code), _short(code)) for code in reversed(chain(asked.region)[1:])]
    whole = urlencode({**asked.args(), "region": asked.region})
    return {
        "asked": asked,
        "held": held,
        "first": asked.period(clock.today())[0],
        "place": place_names(),
        "short": _short,
        "above": above if asked.region else [],
        "areas": [(_link(asked, region=code), _short(code), False) for code in queries.provinces(current_user)]
        if not asked.region and not asked.product
        else [],
        "periods": [(_link(asked, days=days), _("%(days)s days", days=days), days == asked.days) for days in PERIODS],
        "back": _link(asked, product=None, tier=None),
        "products": products.names(),
        "sheet": lambda kind: f"{url_for('equal.export', kind=kind)}?{whole}",
    }


def _short(region: str) -> str:
    return (place_names()(region) or region).rsplit(" ", 1)[-1] if region else _("Everywhere")
