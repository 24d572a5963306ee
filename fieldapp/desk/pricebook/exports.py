"""The price book as sheets. Floors stand in them only for those who may see them; the caller says so."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from fieldapp.core.clock import SHANGHAI
from fieldapp.core.sheets import Cell
from fieldapp.trade.pricing.change_rules import PRICES, Held
from fieldapp.trade.pricing.models import PriceChange
from fieldapp.trade.pricing.queries import BookRow, DraftLine

from . import words

Place = Callable[[str | None], str]


def book_header(floors: bool) -> list[str]:
    """The columns of the file `prices` by their keys, so that it can be read in again; names last."""
    floor = ["floor_price"] if floors else []
    keys = ["product", "region", "tier", "valid_from", "valid_to", "list_price", *floor, "retail_price"]
    return [*keys, _("Product name"), _("Region name")]


def book(rows: Iterable[BookRow], floors: bool, place: Place) -> Iterator[list[Cell]]:
    """One row for each row of the book; yuan per tonne."""
    for row in rows:
        prices = [row.list_price, *([row.floor_price] if floors else []), row.retail_price]
        key: list[Cell] = [row.product, row.region, row.tier, row.valid_from, row.valid_to]
        yield [*key, *map(yuan, prices), row.name, place(row.region)]


def draft_header() -> list[str]:
    """Column titles in the reader's language."""
    names = [words.column(name) for name in PRICES]
    return [
        *(_("Product code"), _("Product name"), _("Region code"), _("Region"), _("Tier")),
        *(words.column(name) for name in ("valid_from", "valid_to")),
        *(_("%(column)s before", column=name) for name in names),
        *names,
    ]


def draft(lines: Iterable[DraftLine], before: Mapping[str, Held | None], place: Place) -> Iterator[list[Cell]]:
    """One row for each line of a change; yuan per tonne. One that ends a price has no new prices."""
    for line, code, name in lines:
        old, where = before.get(str(line.id)), line.region_code
        was = [yuan(getattr(old, price)) if old else None for price in PRICES]
        new = [yuan(getattr(line, price)) for price in PRICES]
        yield [code, name, where, place(where), line.tier, line.valid_from, line.valid_to, *was, *new]


def history_header() -> list[str]:
    """Column titles in the reader's language."""
    names = [words.column(name) for name in ("valid_to", *PRICES)]
    before = [_("%(column)s before", column=name) for name in names]
    return [
        *(
            _("When"),
            _("Who"),
            _("Product code"),
            _("Product name"),
            _("Region code"),
            _("Region"),
            _("Tier"),
            _("From"),
        ),
        *before,
        *names,
        _("Speaks of past days"),
    ]


def history(rows: Iterable[tuple[PriceChange, str, str, str | None]], place: Place) -> Iterator[list[Cell]]:
    """One row for each change; yuan per tonne."""
    for change, code, name, by in rows:
        where = change.region_code
        at = change.at.astimezone(SHANGHAI).replace(tzinfo=None)
        head: list[Cell] = [
            at, by or _("A command"), code, name, where, place(where), change.tier, change.valid_from,
        ]  # fmt: skip
        yield [*head, *_values(change.before), *_values(change.after), change.backdated]


def _values(row: Mapping[str, Any] | None) -> list[Cell]:
    if row is None:
        return [None] * (1 + len(PRICES))
    end = date.fromisoformat(row["valid_to"]) if row["valid_to"] else None
    return [end, *(yuan(row[name]) for name in PRICES)]


def rebates_header() -> list[str]:
    """Column titles in the reader's language."""
    return [
        _("Code"), _("Kind"), _("Distributor"), _("Tier"), _("Line"), _("Product"), _("Yuan per tonne"), "%",
        _("From"), _("Last day"),
    ]  # fmt: skip


def rebates(rows: Iterable[Sequence[Any]]) -> Iterator[list[Cell]]:
    """One row for each rebate; `*`: any."""
    for row, distributor, _name, product in rows:
        yield [
            row.code, words.rebate_kind(row.kind), distributor or "*", row.tier or "*", row.line or "*",
            product or "*", yuan(row.per_tonne), row.percent, row.valid_from, row.valid_to,
        ]  # fmt: skip


def retail_header() -> list[str]:
    """Column titles in the reader's language."""
    return [
        _("Day"), _("Product"), _("Ours"), _("Yuan per tonne"), _("Distributor"), _("Outlet"), _("Region code"),
        _("Region"), _("Noted by"),
    ]  # fmt: skip


def retail(rows: Iterable[Any], place: Place) -> Iterator[list[Cell]]:
    """One row for each observation."""
    for row in rows:
        yield [
            row.day, row.what, row.product_id is not None, yuan(row.price), row.distributor, row.outlet,
            row.region, place(row.region), row.by,
        ]  # fmt: skip


def yuan(fen: int | None) -> Decimal | None:
    """Fen as a number of yuan."""
    return None if fen is None else Decimal(fen) / 100
