"""The shape of a deal as it is typed: one address for the page, the fragment and the stored check.

    /deals/new?distributor=D001&terms=credit&ship_to=410102&unit=tonne&product=P10&kg=5000&price=3150.00&product=…

`product`, `kg`, `price` come once per line, in step. A page adds `was` per line: what the last answer was made of. So
the server alone can tell that a product was changed after its price was filled in (the new list price goes in) from a
product and a price that were typed together (the price stays), with JavaScript and without.
"""

import math
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from werkzeug.datastructures import MultiDict

from fieldapp.core import money
from fieldapp.core.clock import parse_day
from fieldapp.core.findings import Verdict
from fieldapp.core.i18n import gettext as _
from fieldapp.desk.checks.models import DealCheck
from fieldapp.desk.checks.queries import MOST_GRAMS, MOST_PRICE, DealRequest, Known, LineRequest
from fieldapp.desk.checks.reference import ProductRow
from fieldapp.desk.checks.rules import Terms

from .rules import Unit, per_bag, per_tonne

MAX_LINES = 20
MAX_TEXT = 100
TYPICAL_KG = "1000"
CASH_GRADES = {"D", None}

Problems = dict[str, str]


@dataclass(frozen=True, slots=True)
class LineText:
    """A line as typed. `was`: product, price and unit when it was last answered; `refilled`: the price is ours."""

    product: str = ""
    kg: str = ""
    price: str = ""
    was: str = ""
    refilled: bool = False

    @property
    def blank(self) -> bool:
        """Nothing is typed yet."""
        return not (self.product or self.kg or self.price)


@dataclass(frozen=True, slots=True)
class DealText:
    """A deal as typed. `place` searches for another ship-to."""

    distributor: str
    on: str = ""
    ship_to: str = ""
    terms: str = ""
    unit: Unit = Unit.TONNE
    place: str = ""
    lines: tuple[LineText, ...] = field(default=())

    def query(self, today: date) -> dict[str, Any]:
        """The address of this deal, without what only helps while typing; a deal of today follows the day."""
        plain = {
            "distributor": self.distributor,
            "on": "" if self.on == today.isoformat() else self.on,
            "ship_to": self.ship_to,
            "terms": self.terms,
            "unit": self.unit.value if self.unit is Unit.BAG else "",
        }
        lines = {
            "product": [line.product for line in self.lines],
            "kg": [line.kg for line in self.lines],
            "price": [line.price for line in self.lines],
        }
        return {name: value for name, value in plain.items() if value} | (lines if self.lines else {})


def read(given: MultiDict[str, str]) -> DealText:
    """What was sent, cleaned. Full-width digits, as Chinese keyboards make them, become plain ones."""
    columns = (
        [_clean(text) for text in given.getlist("product")],
        [_plain(text) for text in given.getlist("kg")],
        [_plain(text) for text in given.getlist("price")],
        [_clean(text) for text in given.getlist("was")],
    )
    count = min(max(map(len, columns[:3])), MAX_LINES + 1)
    lines = tuple(
        LineText(product=_at(columns[0], i), kg=_at(columns[1], i), price=_at(columns[2], i), was=_at(columns[3], i))
        for i in range(count)
    )
    return DealText(
        distributor=_clean(given.get("distributor", "")),
        on=_plain(given.get("on", "")),
        ship_to=_clean(given.get("ship_to", "")),
        terms=_clean(given.get("terms", "")),
        unit=Unit.BAG if given.get("unit") == Unit.BAG else Unit.TONNE,
        place=_clean(given.get("place", "")),
        lines=lines,
    )


def with_lines_changed(text: DealText, given: MultiDict[str, str]) -> DealText | None:
    """The deal with one more line (`add`), or without the line of a 0-based number (`remove`); None: neither."""
    if "add" in given:
        return replace(text, lines=(*text.lines, LineText())[:MAX_LINES])
    if "remove" in given:
        kept = tuple(line for index, line in enumerate(text.lines) if str(index) != given["remove"])
        return replace(text, lines=kept or (LineText(),))
    return None


def text_of(check: DealCheck) -> DealText:
    """The inputs of a stored check, to be checked again as of today: through the same gate as a new one."""
    return DealText(
        distributor=check.inputs["distributor"],
        ship_to=check.ship_to,
        terms=check.terms.value,
        lines=tuple(
            LineText(line["product"], money.format_kilograms(line["grams"]), money.format_yuan(line["price"]))
            for line in check.inputs["lines"]
        ),
    )


@dataclass(frozen=True, slots=True)
class Search:
    """What a distributor is looked for by: a text, or a place (degrees)."""

    text: str = ""
    near: tuple[float, float] | None = None


def read_search(given: MultiDict[str, str]) -> Search:
    """`q`, or `lat` and `lng` of "nearby first"; a place that is none counts as not given."""
    try:
        lat, lng = float(given.get("lat", "")), float(given.get("lng", ""))
    except ValueError:
        lat = lng = math.nan
    near = (lat, lng) if abs(lat) <= 90 and abs(lng) <= 180 else None
    return Search(_clean(given.get("q", "")), near)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which recorded checks are wanted: a verdict, one's own, those before a key."""

    verdict: Verdict | None = None
    mine: bool = False
    before: UUID | None = None


def read_filter(given: MultiDict[str, str]) -> Filter:
    """`verdict`, `mine`, `before`; what is none of them counts as not given."""
    verdict = given.get("verdict", "")
    return Filter(Verdict(verdict) if verdict in set(Verdict) else None, "mine" in given, key(given.get("before")))


def key(text: str | None) -> UUID | None:
    """A key as text, or None when it is none."""
    try:
        return UUID(text or "")
    except ValueError:
        return None


def key_made(text: str | None, now: datetime) -> UUID | None:
    """The key of a check, made where it was asked; None when it is none, or of a day to come (a phone's clock may be a
    day off): keys are to grow with time, for the sake of the index."""
    made = key(text)
    return made if made and made.int >> 80 <= (now + timedelta(days=1)).timestamp() * 1000 else None


def read_seen(given: MultiDict[str, str], at: datetime) -> dict[str, str]:
    """What a phone showed without a signal: the `verdict` seen `at`, by facts of `facts_at`.

    It is only ever told: so what is no verdict counts as "go", and what is no instant as the one at which it was seen.
    """
    verdict = given.get("verdict", "")
    try:
        facts_at = min(datetime.fromtimestamp(int(given.get("as_of", "")) / 1000, UTC), at)
    except (ValueError, OverflowError, OSError):
        facts_at = at
    return {
        "verdict": verdict if verdict in set(Verdict) else Verdict.GO.value,
        "seen_at": at.isoformat(),
        "facts_at": facts_at.isoformat(),
    }


def unit_of(unit: Unit, product: ProductRow | None) -> Unit:
    """What a line's price is for: per bag only where the bag's weight is known."""
    return Unit.BAG if unit is Unit.BAG and product is not None and product.pack_grams else Unit.TONNE


def started(text: DealText, usual: tuple[str, int] | None) -> DealText:
    """A deal nobody has typed anything of: what the distributor buys most (code, grams), or one empty line."""
    first = LineText(product=usual[0], kg=money.format_kilograms(usual[1])) if usual else LineText()
    return replace(text, lines=(first,))


def filled(text: DealText, known: Known, today: date) -> DealText:
    """The same deal with what we can fill in: terms, place, day, and the list price of a product just chosen."""
    terms = text.terms or (Terms.CASH if known.credit.grade in CASH_GRADES else Terms.CREDIT).value
    on = day(text.on) or today
    return replace(
        text,
        on=text.on or today.isoformat(),
        terms=terms,
        ship_to=text.ship_to or known.ship_to,
        lines=tuple(_filled_line(line, text.unit, known, on) for line in text.lines),
    )


def _filled_line(line: LineText, unit: Unit, known: Known, on: date) -> LineText:
    product = known.reference.products.get(line.product.casefold())
    if product is None:
        return line
    now = unit_of(unit, product)
    product_was, price_was, unit_was = _was(line.was)
    answered, untouched = bool(line.was), line.price == price_was
    chosen = not answered or product_was.casefold() != line.product.casefold()
    line = replace(line, kg=line.kg or (TYPICAL_KG if chosen else ""))
    if chosen and (untouched if answered else not line.price):
        return replace(line, price=list_price_text(product, now, known, on), refilled=True)
    if not chosen and untouched and unit_was != now.value:
        return replace(line, price=_converted(line.price, product, now), refilled=True)
    return line


def list_price_text(product: ProductRow, unit: Unit, known: Known, on: date) -> str:
    """The list price of a product here, as it would be typed; '' when there is none."""
    row = known.price_row(product, on)
    return "" if row is None or row.list_price is None else price_text(row.list_price, product, unit)


def price_text(price: int, product: ProductRow, unit: Unit) -> str:
    """Fen per tonne as it would be typed in a unit."""
    if unit is Unit.BAG and product.pack_grams:
        price = per_bag(price, product.pack_grams)
    return money.format_yuan(price)


def _converted(text: str, product: ProductRow, to: Unit) -> str:
    try:
        price = money.parse_yuan(text)
    except ValueError:
        return text
    if not product.pack_grams or price < 0:
        return text
    return money.format_yuan((per_bag if to is Unit.BAG else per_tonne)(price, product.pack_grams))


def was(line: LineText, unit: Unit) -> str:
    """What an answer was made of, to be sent back with the next request."""
    return f"{line.price}|{unit.value}|{line.product}"


def _was(text: str) -> tuple[str, str, str]:
    price, _sep, rest = text.partition("|")
    unit, _sep, product = rest.partition("|")
    return product, price, unit


def as_request(text: DealText, products: Mapping[str, ProductRow], today: date) -> tuple[DealRequest | None, Problems]:
    """The deal to check, or everything that keeps it from being one: field → what to do.

    Lines at the end that are still blank do not count.
    """
    problems: Problems = {}
    on = day(text.on) if text.on else today
    if on is None:
        problems["on"] = _("%(value)s is not a date: use the form 2026-11-23.", value=text.on)
    if text.terms not in {term.value for term in Terms}:
        problems["terms"] = _("Give credit or cash.")
    lines = list(text.lines)
    while len(lines) > 1 and lines[-1].blank:
        lines.pop()
    if not lines:
        problems["lines.0.product"] = _("Choose the product.")
    if len(lines) > MAX_LINES:
        problems["lines"] = _("Give at most %(count)s lines.", count=MAX_LINES)
    asked = [_line(index, line, text.unit, products, problems) for index, line in enumerate(lines)]
    if problems or on is None:
        return None, problems
    return DealRequest(text.distributor, on, text.ship_to or None, Terms(text.terms), tuple(asked)), problems


def _line(
    index: int, line: LineText, unit: Unit, products: Mapping[str, ProductRow], problems: Problems
) -> LineRequest:
    product = products.get(line.product.casefold())
    if not line.product:
        problems[f"lines.{index}.product"] = _("Choose the product.")
    elif product is None:
        problems[f"lines.{index}.product"] = _("There is no product %(code)s.", code=line.product)
    grams = read_weight(line.kg)
    if grams is None:
        problems[f"lines.{index}.kg"] = (
            _("%(value)s is not a weight: use kilograms above 0, at most 3 decimals.", value=line.kg)
            if line.kg
            else _("Enter the weight.")
        )
    price = read_price(line.price)
    if price is None:
        problems[f"lines.{index}.price"] = (
            _("%(value)s is not a price: use yuan, 0 or more, at most 2 decimals.", value=line.price)
            if line.price
            else _("Enter the price.")
        )
    elif product is not None and product.pack_grams and unit_of(unit, product) is Unit.BAG:
        price = per_tonne(price, product.pack_grams)
    return LineRequest(line.product, grams or 0, price or 0)


def read_weight(text: str) -> int | None:
    """Kilograms as typed → grams above 0 and not beyond all measure, or None."""
    try:
        grams = money.parse_kilograms(text)
    except ValueError:
        return None
    return grams if 0 < grams <= MOST_GRAMS else None


def read_price(text: str) -> int | None:
    """Yuan as typed → fen, 0 or more and not beyond all measure, or None."""
    try:
        fen = money.parse_yuan(text)
    except ValueError:
        return None
    return fen if 0 <= fen <= MOST_PRICE else None


def day(text: str) -> date | None:
    """An ISO date as typed, or None."""
    try:
        return parse_day(text)
    except ValueError:
        return None


def _clean(text: str) -> str:
    return text.replace("\x00", "").strip()[:MAX_TEXT]


def _plain(text: str) -> str:
    return _clean(unicodedata.normalize("NFKC", text))


def _at(texts: list[str], index: int) -> str:
    return texts[index] if index < len(texts) else ""
