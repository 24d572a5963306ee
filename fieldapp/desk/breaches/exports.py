"""Breaches and their patterns as sheets: filter and scope of the screen; floors only for who may see them."""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal

from flask_babel import gettext as _

from fieldapp.core.sheets import Cell

from . import words
from .queries import Pattern, Row


def header(floors: bool) -> list[str]:
    """Column titles in the reader's language."""
    usual = [
        _("Number"),
        _("First order"),
        _("Last order"),
        _("Found"),
        _("State"),
        _("Rep"),
        _("Code"),
        _("Distributor"),
        _("Region"),
        _("Goods go to"),
        _("Product code"),
        _("Product"),
        _("Kilograms"),
        _("Amount, yuan"),
        _("Charged, yuan per tonne"),
        _("Measure"),
        _("Until"),
    ]
    return [*usual, _("Net, yuan per tonne"), _("Floor, yuan per tonne"), _("Missing, yuan")] if floors else usual


def rows(found: Iterable[Row], place: Callable[[str | None], str], floors: bool) -> Iterator[list[Cell]]:
    """One row for each breach; money in yuan, as numbers."""
    for row in found:
        usual: list[Cell] = [
            row.shown_number,
            row.first_on.isoformat(),
            row.last_on.isoformat(),
            words.result_name(row.result),
            words.shown_state(row.state, row.explained_at is not None)[0],
            row.rep,
            row.code,
            row.distributor,
            place(row.region_code),
            place(row.ship_to or None),
            row.product_code,
            row.product,
            Decimal(row.grams) / 1000,
            _yuan(row.amount),
            _yuan(row.price),
            row.measure,
            row.due_on.isoformat() if row.due_on else None,
        ]
        yield [*usual, _yuan(row.net), _yuan(row.floor), _yuan(row.lost)] if floors else usual


def pattern_header(floors: bool) -> list[str]:
    """Column titles of the patterns."""
    usual = [_("Code"), _("Name"), _("Breaches"), _("Open"), _("Tonnes"), _("Amount, yuan")]
    return [*usual, _("Missing, yuan")] if floors else usual


def pattern_rows(found: Iterable[Pattern], nobody: str, floors: bool) -> Iterator[list[Cell]]:
    """One row for each; a month has neither code nor name, but itself."""
    for row in found:
        name = row.name or (nobody if not row.key else row.key)
        usual: list[Cell] = [row.code, name, row.times, row.open, Decimal(row.grams) / 1_000_000, _yuan(row.amount)]
        yield [*usual, _yuan(row.lost)] if floors else usual


def _yuan(fen: int | None) -> Decimal | None:
    return None if fen is None else Decimal(fen) / 100
