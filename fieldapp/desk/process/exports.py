"""What the process page shows, as a sheet: hours with a decimal, none where too few have waited."""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal

from flask_babel import gettext as _

from fieldapp.core.sheets import Cell

from .queries import Detail, Stuck
from .rules import Waits
from .steps import Step


def header() -> list[str]:
    """Column titles in the reader's language."""
    return [
        _("Step"),
        _("Month"),
        _("Region code"),
        _("Region"),
        _("Ended"),
        _("Median in hours"),
        _("Nine of ten within hours"),
        _("Waits now"),
        _("Of it too long"),
    ]


def overview(
    month: str, region: str, place: Callable[[str], str], found: Iterable[tuple[Step, Waits, Stuck]]
) -> Iterator[list[Cell]]:
    """One row for each step."""
    for step, waits, stuck in found:
        yield [step.title(), month, region, place(region), *_figures(waits), stuck.count, stuck.late]


def detail(step: Step, month: str, region: str, place: Callable[[str], str], found: Detail) -> Iterator[list[Cell]]:
    """The months, then the areas of the month that was asked for."""
    for first, waits in found.months:
        yield [step.title(), f"{first:%Y-%m}", region, place(region), *_figures(waits), None, None]
    for area, waits in found.areas:
        yield [step.title(), month, area, place(area), *_figures(waits), None, None]


def _figures(waits: Waits) -> list[Cell]:
    return [waits.count, _hours(waits.median), _hours(waits.ninety)]


def _hours(minutes: int | None) -> Decimal | None:
    return None if minutes is None else round(Decimal(minutes) / 60, 2)
