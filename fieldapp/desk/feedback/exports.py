"""A month's remarks as a sheet."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from flask_babel import gettext as _

from fieldapp.core.clock import SHANGHAI
from fieldapp.core.sheets import Cell
from fieldapp.fieldwork.feedback.policy import kind_name

from . import words


def header() -> list[str]:
    """Column titles in the reader's language."""
    return [
        _("Day"),
        _("Distributor"),
        _("Kind"),
        _("Theme"),
        _("In their words"),
        _("Product"),
        _("Batch"),
        _("Which animals"),
        _("Head"),
        _("For how long"),
        _("Result"),
        _("State"),
        _("Who answers"),
    ]


def rows(found: Sequence[Any], products: Mapping[UUID, str]) -> Iterator[list[Cell]]:
    """One row for each remark."""
    for one in found:
        yield [
            one.made_at.astimezone(SHANGHAI).date(),
            one.distributor,
            kind_name(one.kind),
            words.theme_name(one.theme) if one.theme else None,
            one.text,
            products.get(one.product_id),
            one.batch or None,
            one.animal or None,
            one.head,
            one.days,
            words.result_name(one.result) if one.result else None,
            words.state_name(one.state),
            one.owner,
        ]
