"""The list of cases as a sheet: the same filter, scope and order as on the screen. Who reported a case is not in it."""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal

from flask_babel import gettext as _

from fieldapp.core.sheets import Cell
from fieldapp.standing.crossarea import words

from .lists import Row


def header() -> list[str]:
    """Column titles in the reader's language."""
    return [
        _("Number"),
        _("Sold or found on"),
        _("Begun by"),
        _("State"),
        _("Verdict"),
        _("Confirmed on"),
        _("Region code"),
        _("Found in"),
        _("Area"),
        _("Shop"),
        _("Seller's code"),
        _("Seller"),
        _("Whose area"),
        _("Product"),
        _("Batch"),
        _("Tonnes"),
        _("Price seen, yuan a tonne"),
    ]


def rows(found: Iterable[Row], place: Callable[[str | None], str]) -> Iterator[list[Cell]]:
    """One row for each case; money in yuan, weights in tonnes, as numbers."""
    for row in found:
        yield [
            words.number(row.number),
            row.sold_on.isoformat(),
            words.origin_name(row.origin),
            words.state_name(row.state),
            words.verdict_name(row.verdict) if row.verdict else None,
            row.confirmed_on.isoformat() if row.confirmed_on else None,
            row.region_code,
            place(row.region_code),
            words.into_name(row.into),
            row.outlet,
            row.seller_code,
            _name(row.seller_id is not None, row.seller),
            _name(row.harmed_id is not None, row.harmed),
            row.product or row.product_words,
            row.batch,
            Decimal(row.weight) / 1_000_000 if row.weight else None,
            Decimal(row.price) / 100 if row.price is not None else None,
        ]


def _name(there: bool, name: str | None) -> str | None:
    return name or (_("a distributor elsewhere") if there else None)
