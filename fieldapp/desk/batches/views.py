"""Who bought of a batch: the list to call, and as a file."""

from io import BytesIO
from typing import Any
from urllib.parse import urlencode

from flask import Response, request, send_file, stream_with_context, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from fieldapp.core.access import SIGNED_IN
from fieldapp.core.concern import Concern
from fieldapp.core.page import page
from fieldapp.core.sheets import CSV_TYPE, XLSX_TYPE, csv_chunks, write_xlsx
from fieldapp.desk.deals.queries import place_names

from . import exports, queries
from .queries import PAGE, Asked

concern = Concern("batches", __name__, section="distributors", url_prefix="/batches")


@concern.route("", allow=SIGNED_IN)
def index() -> Response:
    """The search and what it finds; htmx gets the results alone."""
    asked = Asked.read(request.args)
    found = queries.find(current_user, asked)
    return page(
        "desk/batches/index.html",
        "results",
        asked=asked,
        found=found,
        place=place_names(),
        products=_chips(asked, found),
        how_many=_how_many(found),
        lines=lambda shown: "\n".join(" ".join(filter(None, (one.name, one.contact, one.phone))) for one in shown),
        before=_link(asked, page=asked.page - 1) if asked.page > 1 else None,
        after=_link(asked, page=asked.page + 1) if found and found.mine > asked.page * PAGE else None,
        sheet=lambda kind: url_for("batches.export", kind=kind, **asked.args()),
    )


@concern.route("/export.<any(csv, xlsx):kind>", allow=SIGNED_IN)
def export(kind: str) -> Response:
    """All buyers of the viewer's patch, in the order of the list."""
    asked = Asked.read(request.args)
    found = queries.find(current_user, asked, None)
    rows = exports.rows(found.buyers if found else [], place_names())
    name = f"batch.{kind}"
    if kind == "xlsx":
        book = BytesIO()
        write_xlsx(book, exports.header(), rows)
        book.seek(0)
        return send_file(book, XLSX_TYPE, as_attachment=True, download_name=name)
    pieces = stream_with_context(csv_chunks(exports.header(), rows))
    return Response(pieces, content_type=CSV_TYPE, headers={"Content-Disposition": f"attachment; filename={name}"})


def _link(asked: Asked, **changes: Any) -> str:
    return f"{url_for('batches.index')}?{urlencode(asked.args(**changes))}"


def _chips(asked: Asked, found: queries.Found | None) -> list[tuple[str, str, bool]]:
    """The products that carry this number, to choose among; none where there is only one."""
    if found is None or len(found.products) < 2:
        return []
    chosen = found.product.code if found.product else None
    every = [(_link(asked, product=None, page=None), _("All products"), chosen is None)]
    return every + [
        (_link(asked, product=one.code, page=None), f"{one.code} · {one.name}", one.code == chosen)
        for one in found.products
    ]


def _how_many(found: queries.Found | None) -> str:
    if found is None:
        return ""
    mine = ngettext("%(num)d distributor bought of this batch", "%(num)d distributors bought of this batch", found.mine)
    if not found.others:
        return mine
    others = ngettext("%(num)d more outside your patch", "%(num)d more outside your patch", found.others)
    return f"{mine} · {others}"
