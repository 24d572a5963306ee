"""All kinds of sheets, in the order in which a new installation reads them, with what they are called in Chinese."""

import csv
from dataclasses import replace
from datetime import date
from functools import cache
from importlib.resources import files
from uuid import UUID

from fieldapp.core.db import uuid7
from fieldapp.core.sheets import N_, Message, SheetError, cells
from fieldapp.core.sheets.kinds import Attribute, Kind
from fieldapp.network.areas.imports import AREAS
from fieldapp.network.dossier.imports import DISTRIBUTORS
from fieldapp.network.territory.imports import A_REGION, REGIONS
from fieldapp.people.accounts.imports import users_kind
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.standing.grading.imports import CREDIT
from fieldapp.trade.ledger.imports import INVOICES, PAYMENTS
from fieldapp.trade.pricing import policy as pricing
from fieldapp.trade.pricing.imports import PRICES, REBATES, into_draft
from fieldapp.trade.products.imports import PRODUCTS
from fieldapp.trade.targets.imports import TARGETS

from .boundaries import BOUNDARIES
from .models import ImportRun

_ALL = (
    REGIONS,
    users_kind(A_REGION),
    PRODUCTS,
    DISTRIBUTORS,
    AREAS,
    PRICES,
    REBATES,
    CREDIT,
    INVOICES,
    PAYMENTS,
    TARGETS,
    BOUNDARIES,
)


@cache
def kinds() -> dict[str, Kind]:
    """Every kind by its key."""
    names = _names()
    return {kind.key: _named(kind, names) for kind in _ALL}


def through_page(kind: Kind, viewer: Viewer, run: ImportRun, today: date) -> tuple[Kind, UUID | None]:
    """How a file is read that somebody sent through the page, and the draft that it goes into, if any.

    Prices become a draft, so that no single person changes a floor from a browser; unless the policy says otherwise.
    Raises SheetError where he may not draft.
    """
    if kind.key != PRICES.key or pricing.on(today).files is pricing.Files.PUBLISH:
        return kind, None
    may = pricing.rights(viewer, today)
    if not may.drafts:
        raise SheetError(Message(N_("You may not draft changes of the price book; the policy says who may.")))
    draft_id = run.draft_id or uuid7()
    return into_draft(kind, viewer, may, draft_id, run.filename, today), draft_id


Example = dict[str, str]  # column → what a cell of it may hold


@cache
def examples(key: str) -> Example:
    """An example row of a kind."""
    with (files(__package__) / "examples.csv").open(encoding="utf-8") as file:
        return {row["column"]: row["value"] for row in csv.DictReader(file) if row["kind"] == key}


def _names() -> dict[tuple[str, str, str], tuple[str, ...]]:
    """(kind, column, value or '') → its Chinese names, the first of which we print. Kind `*` holds for all."""
    with (files(__package__) / "labels.csv").open(encoding="utf-8") as file:
        return {
            (row["kind"], row["column"], row["value"]): tuple(row["names"].split(" ")) for row in csv.DictReader(file)
        }


def _named(kind: Kind, names: dict[tuple[str, str, str], tuple[str, ...]]) -> Kind:
    def find(column: str, value: str) -> tuple[str, ...]:
        return names.get((kind.key, column, value)) or names.get(("*", column, value), ())

    def named(attribute: Attribute) -> Attribute:
        if attribute.options:
            accepted = {value.casefold(): value for value in attribute.options}
            for value in attribute.options:
                accepted.update(dict.fromkeys(find(attribute.key, value), value))
            attribute = replace(attribute, parse=cells.choice(accepted))
        return replace(attribute, labels=find(attribute.key, ""))

    return replace(kind, columns=tuple(named(attribute) for attribute in kind.columns))
