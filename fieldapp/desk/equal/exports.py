"""Equal treatment as sheets: the spreads, and the net prices behind one."""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from uuid import UUID

from flask_babel import gettext as _

from fieldapp.core.sheets import Cell
from fieldapp.trade.pricing.bought import Bought

from .queries import Group

Place = Callable[[str | None], str]


def header() -> list[str]:
    """Column titles of the overview."""
    return [
        _("Product code"), _("Product"), _("Region code"), _("Region"), _("Tier"), _("Distributors"),
        _("Lowest net per tonne"), _("Highest net per tonne"), _("Spread in %"),
    ]  # fmt: skip


def overview(groups: Iterable[Group], product: Callable[[UUID], tuple[str, str]], place: Place) -> Iterator[list[Cell]]:
    """One row for each product, area and tier."""
    for one in groups:
        code, name = product(one.product_id)
        found = one.spread
        yield [
            code, name, one.area, place(one.area), one.tier, len(found.counted), _yuan(found.lowest),
            _yuan(found.highest), found.percent,
        ]  # fmt: skip


def detail_header() -> list[str]:
    """Column titles of one product."""
    return [
        _("Code"), _("Name"), _("Region code"), _("Region"), _("Tier"), _("Tonnes"), _("Net per tonne"),
        _("Invoiced per tonne"), _("Counted"),
    ]  # fmt: skip


def detail(groups: Iterable[Group], place: Place) -> Iterator[list[Cell]]:
    """One row for each distributor."""
    for one in groups:
        for row in one.spread.counted:
            yield _row(row, place, counted=True)
        for row in one.spread.little:
            yield _row(row, place, counted=False)


def _row(row: Bought, place: Place, *, counted: bool) -> list[Cell]:
    return [
        row.code, row.name, row.region, place(row.region), row.tier, Decimal(row.grams) / 1_000_000, _yuan(row.net),
        _yuan(row.gross), counted,
    ]  # fmt: skip


def _yuan(fen: int | None) -> Decimal | None:
    return None if fen is None else Decimal(fen) / 100
