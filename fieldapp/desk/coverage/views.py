"""The coverage map: nation, province, city, county; who sells where, and the white spots, as far as a patch goes."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Any, Self
from urllib.parse import urlencode

from flask import Response, abort, request, send_file, url_for
from flask_babel import gettext as _
from flask_login import current_user

from fieldapp.core import clock
from fieldapp.core.access import SIGNED_IN, wants_fragment
from fieldapp.core.concern import Concern
from fieldapp.core.page import page
from fieldapp.core.sheets import CSV_TYPE, XLSX_TYPE, Cell, csv_chunks, write_xlsx
from fieldapp.desk.checks import reference
from fieldapp.desk.deals.queries import place_names
from fieldapp.network.territory.boundary_models import BoundaryMap
from fieldapp.network.territory.cover import Covered, together
from fieldapp.network.territory.rules import ALL_LINES, chain

from . import exports, queries, rules
from .queries import View
from .rules import Paint
from .words import MOST_NAMED, said_cover, said_owners

concern = Concern("coverage", __name__, section="coverage", url_prefix="/coverage")
SORTS = ("code", "white", "distributors", "until")
MOST_SPOTS = 100
MOST_LEGEND = 10


@dataclass(frozen=True, slots=True)
class Asked:
    """Which map: `region` "" is the country; `line` a line's key or `*`."""

    region: str
    line: str
    on: date
    sort: str

    @classmethod
    def read(cls, lines: Sequence[str]) -> Self:
        """From the address; what cannot be is taken as the usual. 404 for a region that is no code."""
        region = request.args.get("region")
        region = queries.home(current_user) if region is None else region.strip()
        if region and not (region.isascii() and region.isdecimal() and len(region) in (2, 4, 6)):
            abort(404)
        line = request.args.get("line", "").casefold()
        try:
            on = date.fromisoformat(request.args.get("on", ""))
        except ValueError:
            on = clock.today()
        sort = request.args.get("sort", "")
        usual = lines[0] if lines else ALL_LINES
        return cls(region, line if line in (*lines, ALL_LINES) else usual, on, sort if sort in SORTS else "code")

    def link(self, endpoint: str = "coverage.index", *, kind: str | None = None, **changes: Any) -> str:
        """The same with changes, as an address. A region of "" is said, as leaving it out means one's own patch."""
        values = {"region": self.region, "line": self.line, "on": self.on.isoformat(), "sort": self.sort, **changes}
        if values["on"] == clock.today().isoformat():
            del values["on"]
        if values["sort"] == "code":
            del values["sort"]
        return f"{url_for(endpoint, kind=kind) if kind else url_for(endpoint)}?{urlencode(values)}"


@dataclass(frozen=True, slots=True)
class Tile:
    """A region on the map. `pieces`: (paint, path); without paths it is a box at `box`: left, top, width, height."""

    code: str
    name: str
    href: str | None
    says: str
    label: str
    sign: str
    x: int
    y: int
    pieces: Sequence[tuple[Paint, str]]
    box: tuple[int, int, int, int] | None = None


@concern.route("", allow=SIGNED_IN)
def index() -> Response:
    """The map of a region with its table; htmx gets both alone."""
    asked = Asked.read(_lines())
    view = queries.view(current_user, asked.region, asked.line, asked.on) or abort(404)
    numbers = rules.numbered(view.covered.values())
    numbers = {owner: n for n, owner in enumerate((one for one in numbers if one in view.owners), start=1)}
    drawn = queries.drawn(asked.region)
    tiles = _tiles(asked, view, numbers, drawn)
    counted = together(asked.region, list(view.parts.values()))
    legend = [(n, view.owners[owner], rules.Paint(str((n - 1) % rules.COLOURS), "")) for owner, n in numbers.items()]
    paints = {paint.name: paint for tile in tiles for paint, _path in tile.pieces}
    return page(
        "desk/coverage/index.html",
        "results",
        asked=asked,
        view=view,
        tiles=tiles,
        numbers=numbers,
        width=drawn.width if drawn else 720,
        height=drawn.height if drawn else max((tile.box[1] + tile.box[3] for tile in tiles if tile.box), default=160),
        borders=drawn.borders if drawn else "",
        drawn=drawn is not None,
        paints=paints.values(),
        counted=counted,
        legend=legend[:MOST_LEGEND],
        unlisted=len(legend) - MOST_LEGEND,
        hidden=any(owner not in view.owners for owner, _n in counted.owners),
        above=_above(asked),
        here=_name(asked.region),
        rows=_sorted(view, asked.sort),
        lines=_choices(),
        said_cover=said_cover,
        said_owners=lambda found: said_owners(found, view.owners, MOST_NAMED),
        deeper=lambda code: asked.link(region=code) if len(code) <= 6 and code != asked.region else None,
        afresh=wants_fragment(),
        sheet=lambda kind: asked.link("coverage.export", kind=kind),
    )


@concern.route("/export.<any(csv, xlsx):kind>", allow=SIGNED_IN)
def export(kind: str) -> Response:
    """The table as a file."""
    asked = Asked.read(_lines())
    view = queries.view(current_user, asked.region, asked.line, asked.on) or abort(404)
    return _file(kind, "coverage", exports.header(), exports.rows(view, _sorted(view, asked.sort), place_names()))


@concern.route("/white-spots", allow=SIGNED_IN)
def spots() -> Response:
    """Counties that are nobody's, or not all somebody's, where there is most to sell first."""
    asked = Asked.read(_lines())
    found = queries.spots(current_user, asked.region, asked.line, asked.on)
    if found is None:
        abort(404)
    return page(
        "desk/coverage/spots.html",
        asked=asked,
        found=found[:MOST_SPOTS],
        count=len(found),
        here=_name(asked.region),
        place=place_names(),
        lines=_choices(),
        sheet=lambda kind: asked.link("coverage.spots_export", kind=kind, sort="code"),
    )


@concern.route("/white-spots/export.<any(csv, xlsx):kind>", allow=SIGNED_IN)
def spots_export(kind: str) -> Response:
    """All of them as a file."""
    asked = Asked.read(_lines())
    found = queries.spots(current_user, asked.region, asked.line, asked.on)
    if found is None:
        abort(404)
    return _file(kind, "white-spots", exports.spots_header(), exports.spots(found, place_names()))


def _file(kind: str, name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response:
    if kind == "xlsx":
        book = BytesIO()
        write_xlsx(book, header, rows)
        book.seek(0)
        return send_file(book, XLSX_TYPE, as_attachment=True, download_name=f"{name}.xlsx")
    body = b"".join(csv_chunks(header, rows))
    return Response(body, content_type=CSV_TYPE, headers={"Content-Disposition": f"attachment; filename={name}.csv"})


def _tiles(asked: Asked, view: View, numbers: dict[str, int], drawn: BoundaryMap | None) -> list[Tile]:
    names = {place.code: place.name for place in view.places}
    if drawn is not None:
        under = _by_piece(view, {piece for tile in drawn.tiles for piece, _path in tile[5]})
        return [
            _tile(
                asked,
                view,
                numbers,
                code,
                names.get(code, code),
                (x, y, room, radius),
                [(rules.paint(under.get(piece), numbers), path) for piece, path in pieces],
            )
            for code, x, y, room, radius, pieces in drawn.tiles
        ]
    wide, high, at = rules.grid([(place.code, place.lat, place.lng) for place in view.places])
    return [
        _tile(
            asked,
            view,
            numbers,
            code,
            names[code],
            (left + wide // 2, top + high // 2 - 12, wide - 8, 60),
            [(rules.paint(view.covered.get(code), numbers), "")],
            (left, top, wide, high),
        )
        for code, (left, top) in at.items()
    ]


def _by_piece(view: View, pieces: set[str]) -> dict[str, Covered]:
    """What is known of each piece of a map: a county, or a region put together from its parts."""
    under: dict[str, list[Any]] = {}
    for one in view.parts.values():
        for code in chain(one.code):
            if code in pieces:
                under.setdefault(code, []).append(one)
    return {code: together(code, parts) for code, parts in under.items()}


def _tile(
    asked: Asked,
    view: View,
    numbers: dict[str, int],
    code: str,
    name: str,
    place: tuple[int, int, int, int],
    pieces: Sequence[tuple[Paint, str]],
    box: tuple[int, int, int, int] | None = None,
) -> Tile:
    x, y, room, radius = place
    found = view.covered.get(code)
    label = rules.label(name, room, radius)
    sign = rules.sign(found, numbers)
    if found is None:
        says = _("%(region)s: outside your patch", region=name)
    else:
        told = [said_cover(found.cover), said_owners(found, view.owners, MOST_NAMED)]
        if found.white + found.partly and found.parts > 1:
            told.append(_("%(white)s of %(all)s white", white=found.white + found.partly, all=found.parts))
        says = _("%(region)s: %(told)s", region=name, told=", ".join(text for text in told if text))
    leaf = found is None or code == asked.region or len(code) > 6
    return Tile(
        code,
        name,
        None if leaf else asked.link(region=code),
        says,
        label,
        sign if label and rules.fits(sign, room, radius) else "",
        x,
        y,
        pieces,
        box,
    )


def _sorted(view: View, sort: str) -> list[str]:
    found = view.covered
    known = [place.code for place in view.places if place.code in found]
    if sort == "white":
        return sorted(known, key=lambda code: (-found[code].white - found[code].partly, code))
    if sort == "distributors":
        return sorted(known, key=lambda code: (-view.distributors.get(code, 0), code))
    if sort == "until":
        return sorted(known, key=lambda code: (found[code].until or date.max, code))
    return known


def _above(asked: Asked) -> list[tuple[str, str]]:
    """The way up, as far as the patch allows."""
    if not asked.region:
        return []
    codes = ["", *reversed(chain(asked.region)[1:])]
    return [(asked.link(region=code), _name(code)) for code in codes]


def _name(code: str) -> str:
    return (place_names()(code) or code).rsplit(" ", 1)[-1] if code else _("The country")


def _lines() -> list[str]:
    """Keys of the product lines, the one with most products first."""
    known = Counter(product.line_key for product in reference.read()[0].products.values() if product.active)
    return [line for line, _count in sorted(known.items(), key=lambda item: (-item[1], item[0]))]


def _choices() -> list[tuple[str, str]]:
    written = {product.line_key: product.line for product in reference.read()[0].products.values()}
    return [*((line, written[line]) for line in _lines()), (ALL_LINES, _("Only areas of all lines"))]
