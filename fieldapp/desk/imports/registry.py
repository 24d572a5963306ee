"""All kinds of sheets, in the order in which a new installation reads them, with what they are called in Chinese."""

import csv
from dataclasses import replace
from functools import cache
from importlib.resources import files

from fieldapp.core.sheets import cells
from fieldapp.core.sheets.kinds import Attribute, Kind
from fieldapp.network.distributors.imports import AREAS
from fieldapp.network.dossier.imports import DISTRIBUTORS
from fieldapp.network.territory.imports import A_REGION, REGIONS
from fieldapp.people.accounts.imports import users_kind
from fieldapp.standing.grading.imports import CREDIT
from fieldapp.trade.ledger.imports import INVOICES, PAYMENTS
from fieldapp.trade.pricing.imports import PRICES, REBATES
from fieldapp.trade.products.imports import PRODUCTS
from fieldapp.trade.targets.imports import TARGETS

from .boundaries import BOUNDARIES

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
