"""What is derived from a file and kept: its completeness, and the keys by which look-alikes are found."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from fieldapp.core.db import db
from fieldapp.network.distributors.models import Contact, Distributor
from fieldapp.network.distributors.rules import ContactRole
from fieldapp.network.territory.models import Region
from fieldapp.network.territory.rules import chain

from .alike import Profile, keys, phone_key
from .models import Attachment, Brand, BrandShare, Dossier, Outlet, Site, Vehicle, Warehouse
from .rules import WEIGHTS, AttachmentKind, missing, percent

_CHUNK = 1000
_CITY, _COUNTY = 4, 6  # digits of a region code
_KEPT = ("percent", "missing", "name_key", "address_key", "credit_key", "bank_key")


def refresh(distributor_ids: Iterable[UUID], weights: Mapping[str, int]) -> None:
    """Bring completeness and keys up to date, in the transaction under way; a file that did not change costs a read.

    Call it after any change of a distributor, its contacts or its file. `weights`: what each item counts today.
    """
    db.session.flush()
    connection = db.session.connection()
    remaining = iter(dict.fromkeys(distributor_ids))
    while chunk := list(islice(remaining, _CHUNK)):
        _refresh_chunk(connection, chunk, weights)


def refresh_all(weights: Mapping[str, int] = WEIGHTS, connection: Connection | None = None) -> int:
    """The same for every distributor, after a change of the weights; returns how many there are.

    `connection`: a migration's own; otherwise the session's.
    """
    connection = connection or db.session.connection()
    after, done = UUID(int=0), 0
    some = sa.select(Distributor.id).order_by(Distributor.id).limit(_CHUNK)
    while chunk := connection.scalars(some.where(Distributor.id > after)).all():
        _refresh_chunk(connection, chunk, weights)
        after, done = chunk[-1], done + len(chunk)
    return done


def _has(model: Any, *conditions: Any) -> Any:
    return sa.exists().where(model.distributor_id == Distributor.id, *conditions).correlate(Distributor)


# Columns by name, not entities: a migration runs this on the tables of its own day.
_FACTS = (
    Distributor.id,
    Distributor.name,
    Distributor.region_code,
    Distributor.address,
    Distributor.lat,
    Distributor.lng,
    Distributor.legal_person,
    Distributor.credit_code,
    Distributor.bank_account,
    Distributor.business_since,
    Distributor.since,
    Dossier.distributor_id.label("kept"),
    Dossier.capital,
    *(getattr(Dossier, name) for name in _KEPT),
    _has(Site).label("site"),
    _has(Site, Site.lat.is_not(None), Site.lng.is_not(None)).label("located"),
    _has(Outlet, Outlet.active).label("outlets"),
    _has(Brand, Brand.id == BrandShare.brand_id).label("brands"),
    _has(Vehicle).label("vehicles"),
    _has(Warehouse).label("warehouse"),
    _has(Attachment, Attachment.kind == AttachmentKind.LICENCE, Attachment.removed_at.is_(None)).label("licence"),
)


def _refresh_chunk(connection: Connection, ids: Sequence[UUID], weights: Mapping[str, int]) -> None:
    rows = connection.execute(
        sa.select(*_FACTS).outerjoin(Dossier, Dossier.distributor_id == Distributor.id).where(Distributor.id.in_(ids))
    ).all()
    people: dict[UUID, list[Any]] = {}
    for person in connection.execute(
        sa.select(
            Contact.id, Contact.distributor_id, Contact.main, Contact.role, Contact.phone, Contact.phone_key
        ).where(Contact.distributor_id.in_(ids))
    ):
        people.setdefault(person.distributor_id, []).append(person)
    _keep_phones(connection, [person for group in people.values() for person in group])
    named = places(connection, [row.region_code for row in rows])
    new, changed = [], []
    for row in rows:
        kept = _kept(row, people.get(row.id, []), named, weights)
        if row.kept is None:
            new.append({"distributor_id": row.id, "checked": {}, **kept})
        elif any(getattr(row, name) != value for name, value in kept.items()):
            changed.append({"key": row.id, **{f"new_{name}": value for name, value in kept.items()}})
    if new:
        connection.execute(sa.insert(Dossier), new)
    if changed:
        connection.execute(
            sa.update(Dossier)
            .where(Dossier.distributor_id == sa.bindparam("key"))
            .values({name: sa.bindparam(f"new_{name}") for name in _KEPT}),
            changed,
        )


def _kept(
    row: Any, people: Sequence[Any], named: Callable[[str | None], tuple[str, ...]], weights: Mapping[str, int]
) -> dict[str, Any]:
    present = {
        "main_contact": any(person.main and person.phone for person in people),
        "owner": any(person.role == ContactRole.OWNER for person in people),
        "address": row.address or row.site,
        "location": (row.lat is not None and row.lng is not None) or row.located,
        "capital": row.capital is not None,
    }
    plain = ("legal_person", "credit_code", "bank_account", "business_since", "since")
    held = ("outlets", "brands", "vehicles", "warehouse", "licence")
    present |= {name: getattr(row, name) for name in (*plain, *held)}
    absent = missing({code for code, there in present.items() if there})
    found = keys(
        Profile(row.name, row.region_code, named(row.region_code), row.address, row.credit_code, row.bank_account)
    )
    return {
        "percent": percent(absent, weights),
        "missing": absent,
        "name_key": found.name,
        "address_key": found.address,
        "credit_key": found.credit,
        "bank_key": found.bank,
    }


def _keep_phones(connection: Connection, people: Sequence[Any]) -> None:
    changed = [
        {"key": person.id, "digits": digits}
        for person in people
        if (digits := phone_key(person.phone)) != person.phone_key
    ]
    if changed:
        connection.execute(
            sa.update(Contact).where(Contact.id == sa.bindparam("key")).values(phone_key=sa.bindparam("digits")),
            changed,
        )


def places(connection: Connection, codes: Iterable[str | None]) -> Callable[[str | None], tuple[str, ...]]:
    """Names that an address or a business begins with: how the regions of a code are called, the largest first, then
    all counties of its city, as the region may be given no closer than the city."""
    wanted = {part for code in codes if code for part in chain(code)}
    found = connection.execute(sa.select(Region.code, Region.name).where(Region.code.in_(wanted)))
    names: dict[str, str] = dict(found.tuples().all())
    cities = sorted(part for part in wanted if len(part) == _CITY)
    counties: dict[str, list[str]] = {city: [] for city in cities}
    within = sa.or_(sa.false(), *(sa.and_(Region.code > city, Region.code < f"{city}99999") for city in cities))
    for code, name in connection.execute(
        sa.select(Region.code, Region.name).where(within, sa.func.length(Region.code) == _COUNTY).order_by(Region.code)
    ):
        counties[code[:_CITY]].append(name)

    def named(code: str | None) -> tuple[str, ...]:
        if not code:
            return ()
        own = [names[part] for part in reversed(chain(code)) if part in names]
        return (*own, *(name for name in counties.get(code[:_CITY], ()) if name not in own))

    return named
