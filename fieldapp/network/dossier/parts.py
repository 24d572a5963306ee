"""The parts of a file that are edited alike: which form, which row, what the audit may hold of each field.

A part with one entry (the company, its address) edits the distributor's own rows; the others are lists of rows.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.network.distributors.models import Contact, Distributor
from fieldapp.people.accounts.models import Role

from . import forms
from .models import Brand, BrandShare, Dossier, Outlet, Site, Vehicle, Warehouse
from .rules import BRANDS, COMPANY, CONTACTS, MEANS, NETWORK, PLACE, mask_all, mask_end, mask_name

Values = dict[str, Any]
Masks = Mapping[str, Callable[[str], str]]


@dataclass(frozen=True, slots=True)
class Part:
    """`fields` are attributes of the row. `masks`: how the audit holds a sensitive one. `label`: the field that names
    an entry. `hidden_from`: fields of which a role sees the end only, and which it changes by typing them anew."""

    key: str
    section: str
    form: type[forms.FileForm]
    fields: tuple[str, ...]
    model: Any = None
    masks: Masks = field(default_factory=dict)
    label: str = "name"
    hidden_from: Mapping[str, frozenset[Role]] = field(default_factory=dict)
    indexed: bool = False  # the search index holds something of it

    @property
    def listed(self) -> bool:
        """Are there several entries?"""
        return self.model is not None

    def masked(self, name: str, text: str) -> str:
        """A value as the audit may hold it."""
        return self.masks[name](text) if text and name in self.masks else text

    def hides(self, name: str, role: Role) -> bool:
        """Does a role see no more than the end of it?"""
        return role in self.hidden_from.get(name, ())


_NAMES: Masks = {"name": mask_name, "phone": mask_end, "wechat": mask_all, "birthday": mask_all}
PARTS: dict[str, Part] = {
    part.key: part
    for part in (
        Part(
            "company",
            COMPANY,
            forms.CompanyForm,
            ("name", "legal_person", "credit_code", "bank_account", "capital", "business_since", "since"),
            masks={"legal_person": mask_name, "bank_account": mask_end},
            hidden_from={"bank_account": frozenset({Role.REP})},
            indexed=True,
        ),
        Part("place", PLACE, forms.PlaceForm, ("address", "lat", "lng")),
        Part(
            "contacts",
            CONTACTS,
            forms.ContactForm,
            ("name", "role", "phone", "wechat", "birthday", "channel", "main"),
            Contact,
            masks=_NAMES,
            indexed=True,
        ),
        Part("sites", PLACE, forms.SiteForm, ("kind", "address", "lat", "lng"), Site, label="address"),
        Part(
            "outlets",
            NETWORK,
            forms.OutletForm,
            ("kind", "name", "region_code", "contact", "phone", "monthly_grams", "head", "active", "since"),
            Outlet,
            masks={"contact": mask_name, "phone": mask_end},
        ),
        Part("brands", BRANDS, forms.BrandForm, ("name", "ours", "percent", "as_of"), Brand),
        Part("vehicles", MEANS, forms.VehicleForm, ("kind", "count", "grams"), Vehicle, label="kind"),
        Part("warehouses", MEANS, forms.WarehouseForm, ("name", "square_metres", "grams"), Warehouse),
    )
}
LISTED = tuple(key for key, part in PARTS.items() if part.listed)
SINGLE = tuple(key for key, part in PARTS.items() if not part.listed)


class Entry:
    """One entry of a part: its values, read and written whichever rows they stand in."""

    def __init__(self, part: Part, distributor: Distributor, dossier: Dossier, row: Any = None) -> None:
        self.part = part
        self.distributor = distributor
        self._rows = [row] if part.listed else [distributor, dossier]
        self.row = row

    @property
    def path(self) -> str:
        """The beginning of its fields' names in the audit: `company`, `contacts/<key>`."""
        return f"{self.part.key}/{self.row.id}" if self.part.listed else self.part.key

    def values(self) -> Values:
        """{field: value} as stored."""
        found = {name: getattr(self._holder(name), name) for name in self.part.fields if not self._dated(name)}
        if self._dated("percent"):
            latest = latest_share(self.row.id)
            found |= {"percent": latest and latest.percent, "as_of": latest and latest.as_of}
        return found

    def write(self, changes: Mapping[str, Any]) -> None:
        """Store new values. A share goes to its day: that day's is corrected, another day's is added."""
        for name, value in changes.items():
            if not self._dated(name):
                setattr(self._holder(name), name, value)
        if isinstance(self.row, Brand):
            self.row.name_key = self.row.name.casefold()

    def _dated(self, name: str) -> bool:
        return self.part.model is Brand and name in {"percent", "as_of"}

    def _holder(self, name: str) -> Any:
        return next(row for row in self._rows if hasattr(type(row), name))


def latest_share(brand_id: UUID) -> BrandShare | None:
    """A brand's share of the latest day."""
    newest = sa.select(BrandShare).where(BrandShare.brand_id == brand_id).order_by(BrandShare.as_of.desc()).limit(1)
    return db.session.scalar(newest)


def text_of(value: Any) -> str:
    """A value as one text, the same for the same value: what marks are made of and what the audit holds."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return repr(value) if isinstance(value, float) else str(value)


def audited(part: Part, name: str, value: Any) -> str | None:
    """A value as the audit may hold it; None where there is none."""
    return None if value is None else part.masked(name, text_of(value))


def marks(secret: str, path: str, values: Mapping[str, Any]) -> dict[str, str]:
    """{field: mark}: equal for equal values; keyed, so that nobody finds a value by trying."""
    return {
        name: hmac.new(secret.encode(), f"{path}\0{name}\0{text_of(value)}".encode(), hashlib.sha256).hexdigest()[:16]
        for name, value in values.items()
    }
