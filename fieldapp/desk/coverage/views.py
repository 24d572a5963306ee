"""Who covers what: the map from the country down to the townships, its table, and the white spots."""

from collections.abc import Iterable
from io import BytesIO
from typing import Any, NamedTuple

from flask import Response, abort, current_app, request, send_file, stream_with_context, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from fieldapp.core import clock
from fieldapp.core.access import SIGNED_IN, wants_fragment
from fieldapp.core.concern import Concern
from fieldapp.core.page import page
from fieldapp.core.sheets import CSV_TYPE, XLSX_TYPE, Cell, csv_chunks, write_xlsx
from fieldapp.network.territory.patches import short
from fieldapp.network.territory.rules import ALL_LINES, chain
from fieldapp.trade.products import lines

from . import exports, queries, words
from .forms import Asked, By, Sort
from .queries import PAGE, Shown
from .rules import COLOURS, TAP, Drawing, fill, label

concern = Concern("coverage", __name__, section="coverage", url_prefix="/coverage")


class Mark(NamedTuple):
    """A region as it is drawn: fills (class, path), texts, and what is said of it."""

    href: str
    title: str
    x: int
    y: int
    name: str
    second: str
    small: bool
    fills: list[tuple[str, str]]


@concern.route("", allow=SIGNED_IN)
def index() -> Response:
    """A region with those right below it: map, legend and table; htmx gets them alone."""
    asked = Asked.read(request.args, clock.today())
    shown = queries.show(current_user._get_current_object(), asked) or abort(404)
    asked = asked.at(shown.region)
    drawing = queries.drawing(shown)
    marks = _marks(asked, shown, drawing)
    return page(
        "desk/coverage/index.html",
        "view",
        asked=asked,
        shown=shown,
        drawing=drawing,
        marks=marks,
        used=_used(marks),
        fragment=wants_fragment(),
        title=_title(shown),
        trail=_trail(asked, shown),
        chips=[] if shown.nation else _chips(asked),
        lines=[(ALL_LINES, _("All product lines")), *lines.options()],
        said_line=lines.said,
        legend=shown.legend[:COLOURS] if asked.by is not By.WHITE else (),
        standby=queries.standby(current_user, shown),
        columns=[(key, _link(asked, sort=key), asked.sort is key) for key in (Sort.NAME, Sort.OWNERS, Sort.WHITE)],
        below=lambda code: _below(asked, shown, code),
        areas=_areas,
        words=words,
        sheet=lambda kind: url_for("coverage.export", kind=kind, **asked.args()),
        spots=url_for("coverage.white_spots", **asked.args(by=None, sort=None)),
    )


@concern.route("/export.<any(csv, xlsx):kind>", allow=SIGNED_IN)
def export(kind: str) -> Response:
    """The table as it is on the screen."""
    asked = Asked.read(request.args, clock.today())
    shown = queries.show(current_user._get_current_object(), asked) or abort(404)
    rows = exports.rows(shown.rows, nation=shown.nation)
    return _file(f"coverage-{shown.region or 'china'}.{kind}", exports.header(), rows)


@concern.route("/white-spots", allow=SIGNED_IN)
def white_spots() -> Response:
    """Counties of the viewer's patch that nobody covers."""
    asked = Asked.read(request.args, clock.today())
    found = queries.white_spots(current_user, asked)
    first = (asked.page - 1) * PAGE if (asked.page - 1) * PAGE < len(found) else 0
    number = first // PAGE + 1
    return page(
        "desk/coverage/white_spots.html",
        asked=asked,
        found=found[first : first + PAGE],
        how_many=ngettext("%(num)d county", "%(num)d counties", len(found)),
        place=_named(asked.region or ""),
        areas=_areas,
        words=words,
        back=url_for("coverage.index", **asked.args()),
        before=url_for("coverage.white_spots", **asked.args(page=number - 1)) if first else None,
        after=url_for("coverage.white_spots", **asked.args(page=number + 1)) if first + PAGE < len(found) else None,
        sheet=lambda kind: url_for("coverage.export_white_spots", kind=kind, **asked.args()),
        below=lambda code: url_for("coverage.index", **asked.args(region=code)),
    )


@concern.route("/white-spots/export.<any(csv, xlsx):kind>", allow=SIGNED_IN)
def export_white_spots(kind: str) -> Response:
    """All of them, in the order of the list."""
    found = queries.white_spots(current_user, Asked.read(request.args, clock.today()))
    return _file(f"white-spots.{kind}", exports.spot_header(), exports.spot_rows(found))


def _file(name: str, header: list[str], rows: Iterable[list[Cell]]) -> Response:
    if name.endswith("xlsx"):
        book = BytesIO()
        write_xlsx(book, header, rows)
        book.seek(0)
        return send_file(book, XLSX_TYPE, as_attachment=True, download_name=name)
    pieces = stream_with_context(csv_chunks(header, rows))
    return Response(pieces, content_type=CSV_TYPE, headers={"Content-Disposition": f"attachment; filename={name}"})


def _link(asked: Asked, **changes: Any) -> str:
    return url_for("coverage.index", **asked.args(**changes))


def _below(asked: Asked, shown: Shown, code: str) -> str | None:
    """The page of a region; past one that has a single region below it, such as the districts of a municipality. None
    where there is nothing to go down to."""
    found = queries.children(shown.names, code)
    while len(found) == 1 and len(code) < queries.COUNTY:
        code = found[0]
        found = queries.children(shown.names, code)
    return _link(asked, region=code) if found and code != shown.region else None


def _title(shown: Shown) -> str:
    return shown.names[shown.region] if shown.region else _("The whole country")


def _named(region: str) -> str:
    return queries.path(region) if region else ""


def _trail(asked: Asked, shown: Shown) -> list[tuple[str, str]]:
    """(address, name) of what lies around the region, the country first."""
    if not shown.region:
        return []
    around = [code for code in reversed(chain(shown.region)) if code != shown.region]
    return [
        (_link(asked, region="all"), _("The whole country")),
        *((_link(asked, region=code), shown.names.get(code, code)) for code in around),
    ]


def _chips(asked: Asked) -> list[tuple[str, str, bool]]:
    said = {By.DISTRIBUTOR: _("By distributor"), By.REP: _("By rep"), By.WHITE: _("White spots")}
    return [
        (_link(asked, by=by if by is not By.DISTRIBUTOR else None), text, asked.by is by) for by, text in said.items()
    ]


def _marks(asked: Asked, shown: Shown, drawing: Drawing) -> list[Mark]:
    plain = shown.nation or asked.by is By.WHITE
    rows = {row.code: row for row in shown.rows}
    marks = []
    for tile in drawing.tiles:
        row = rows[tile.code]
        fills: dict[str, list[str]] = {}
        for piece, path in tile.pieces:
            kind = fill(shown.parts.get(piece, row.covered), shown.numbers, plain=plain)
            fills.setdefault(kind, []).append(path)
        second = _second(row, plain=plain)
        name, second = label(tile, short(row.name), second)
        marks.append(
            Mark(
                _below(asked, shown, tile.code) or "",
                words.title(row, nation=shown.nation),
                tile.x,
                tile.y,
                name,
                second,
                tile.reach < TAP,
                [(kind, "".join(_from_here(paths))) for kind, paths in fills.items()],
            )
        )
    return marks


def _from_here(paths: list[str]) -> list[str]:
    """Paths that begin anew one after the other: a relative beginning counts from where the one before began."""
    return [f"M0 0{path}" if number else path for number, path in enumerate(paths)]


def _second(row: queries.Row, *, plain: bool) -> str:
    """Under the name: whose it is, by number, or how many counties are white."""
    if row.covered.parts > 1:
        return f"○{row.covered.white}" if row.covered.white else ""
    if plain:
        return ""
    return "·".join(dict.fromkeys(str(number) for number, _owner in row.owners[:3]))


def _used(marks: list[Mark]) -> list[str]:
    """The fills that have to be defined: those on the map, in a fixed order."""
    return sorted({kind for mark in marks for kind, _path in mark.fills})


def _areas(code: str, *, new: bool = False) -> str | None:
    """The page of areas of a region, or of a new one there; None where the viewer has no use of it."""
    endpoint = "areas.new" if new else "areas.index"
    if endpoint not in current_app.view_functions or (new and current_user.role != "admin"):
        return None
    return url_for(endpoint, region=code)
