"""Reads of a file, always through the viewer's patch: the head first, then what belongs to that one distributor."""

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.clock import SHANGHAI
from fieldapp.core.db import db
from fieldapp.network.distributors.models import Contact, Distributor
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.audit.models import AuditEntry

from .models import Attachment, Brand, BrandShare, Dossier, Outlet, Site, Vehicle, Warehouse
from .rules import OutletKind

OUTLETS = 20
CHANGES = 20
_SEARCHED = 2000  # entries of the history that are looked through for one field
_PROPOSED = "P{month:%y%m}-"
_NUMBER = re.compile(r"[0-9]{1,9}")

_HEAD = (
    Distributor.id,
    Distributor.code,
    Distributor.name,
    Distributor.region_code,
    Distributor.status,
    Distributor.legal_person,
    Distributor.credit_code,
    Distributor.bank_account,
    Distributor.business_since,
    Distributor.since,
    Distributor.address,
    Distributor.lat,
    Distributor.lng,
    Distributor.updated_at,
    Dossier.capital,
    Dossier.percent,
    Dossier.missing,
    Dossier.checked,
)


def head(viewer: Viewer, distributor_id: UUID) -> Any | None:
    """The distributor with its own fields and what is kept of its file; None when it lies outside the patch."""
    return db.session.execute(
        sa.select(*_HEAD)
        .outerjoin(Dossier, Dossier.distributor_id == Distributor.id)
        .where(Distributor.id == distributor_id, viewer.scope(Distributor.region_code))
    ).one_or_none()


def checked_on(row: Any, section: str, filled: bool) -> date | None:
    """When a section was last changed or found right, the ERP's part when its row changed. None: it is empty."""
    if row.checked and section in row.checked:
        return date.fromisoformat(row.checked[section][0])
    return row.updated_at.astimezone(SHANGHAI).date() if filled else None


class OutletFigures(NamedTuple):
    """Outlets of one kind: how many, of these supplied now, and what they take or hold."""

    kind: OutletKind
    number: int
    active: int
    monthly_grams: int
    head: int


@dataclass(frozen=True, slots=True)
class Lists:
    """The lists of a file as its page shows them: six statements."""

    contacts: Sequence[Any]
    sites: Sequence[Any]
    outlets: Sequence[OutletFigures]
    brands: Sequence["BrandRow"]
    vehicles: Sequence[Any]
    warehouses: Sequence[Any]
    papers: Sequence[Any]


class BrandRow(NamedTuple):
    """A brand with its shares, the latest first."""

    id: UUID
    name: str
    ours: bool
    shares: tuple[tuple[date, Any], ...]


def lists(distributor_id: UUID, wanted: Collection[str] | None = None) -> Lists:
    """What the page shows of a distributor found through the viewer. `wanted`: only these lists."""

    def of(name: str, read: Any) -> Any:
        return read(distributor_id) if wanted is None or name in wanted else ()

    return Lists(
        of("contacts", contacts),
        of("sites", _plain(Site, Site.kind)),
        of("outlets", outlet_figures),
        of("brands", brands),
        of("vehicles", _plain(Vehicle, Vehicle.kind)),
        of("warehouses", _plain(Warehouse, Warehouse.name)),
        of("papers", papers),
    )


def contacts(distributor_id: UUID) -> Sequence[Any]:
    """The people, the main one first."""
    return db.session.execute(
        sa.select(
            Contact.id,
            Contact.main,
            Contact.name,
            Contact.phone,
            Contact.role,
            Contact.wechat,
            Contact.birthday,
            Contact.channel,
        )
        .where(Contact.distributor_id == distributor_id)
        .order_by(Contact.main.desc(), Contact.name, Contact.id)
    ).all()


def _plain(model: Any, *order: Any) -> Any:
    def read(distributor_id: UUID) -> Sequence[Any]:
        columns = model.__table__.columns
        rows = sa.select(*columns).where(model.distributor_id == distributor_id).order_by(*order, model.id)
        return db.session.execute(rows).all()

    return read


def outlet_figures(distributor_id: UUID) -> list[OutletFigures]:
    """Totals by kind, of those supplied now but for the first figure."""
    active = sa.case((Outlet.active, 1), else_=0)
    rows = db.session.execute(
        sa.select(
            Outlet.kind,
            sa.func.count(),
            sa.func.sum(active),
            sa.func.coalesce(sa.func.sum(sa.case((Outlet.active, Outlet.monthly_grams))), 0),
            sa.func.coalesce(sa.func.sum(sa.case((Outlet.active, Outlet.head))), 0),
        )
        .where(Outlet.distributor_id == distributor_id)
        .group_by(Outlet.kind)
        .order_by(Outlet.kind.desc())
    )
    return [
        OutletFigures(kind, count, int(there), int(grams), int(animals)) for kind, count, there, grams, animals in rows
    ]


def supplied(distributor_id: UUID, most: int | None = None) -> Sequence[Any]:
    """(id, kind, name) of the outlets and farms that a distributor supplies now, farms first."""
    rows = sa.select(Outlet.id, Outlet.kind, Outlet.name).where(Outlet.distributor_id == distributor_id, Outlet.active)
    return db.session.execute(rows.order_by(Outlet.kind, Outlet.name, Outlet.id).limit(most)).all()


@dataclass(frozen=True, slots=True)
class OutletPage:
    """A page of outlets by name. `previous`, `next`: keys at the edges where there is more."""

    rows: Sequence[Any]
    previous: UUID | None
    next: UUID | None


def outlet_page(
    distributor_id: UUID,
    kind: OutletKind | None = None,
    text: str = "",
    after: UUID | None = None,
    before: UUID | None = None,
) -> OutletPage:
    """Outlets and farms by name, walked by keyset; at most two statements. An edge that is gone begins anew."""
    rows = sa.select(*Outlet.__table__.columns).where(Outlet.distributor_id == distributor_id)
    if kind is not None:
        rows = rows.where(Outlet.kind == kind)
    if text:
        rows = rows.where(
            sa.or_(Outlet.name.contains(text, autoescape=True), Outlet.phone.contains(text, autoescape=True))
        )
    place = sa.tuple_(Outlet.name, Outlet.id)
    edge = before or after
    at = (
        edge
        and db.session.execute(
            sa.select(Outlet.name, Outlet.id).where(Outlet.id == edge, Outlet.distributor_id == distributor_id)
        ).one_or_none()
    )
    backwards = bool(before and at)
    if at:
        bound = sa.tuple_(sa.literal(at.name), sa.literal(at.id, Outlet.id.type))
        rows = rows.where(place < bound if backwards else place > bound)
    order = (Outlet.name.desc(), Outlet.id.desc()) if backwards else (Outlet.name, Outlet.id)
    found = list(db.session.execute(rows.order_by(*order).limit(OUTLETS + 1)))
    more, found = len(found) > OUTLETS, found[:OUTLETS]
    if backwards:
        found.reverse()
    earlier, later = (more, True) if backwards else (bool(at), more)
    return OutletPage(found, found[0].id if found and earlier else None, found[-1].id if found and later else None)


def brands(distributor_id: UUID) -> list[BrandRow]:
    """The brands with all their shares; ours first."""
    rows = db.session.execute(
        sa.select(Brand.id, Brand.name, Brand.ours, BrandShare.as_of, BrandShare.percent)
        .outerjoin(BrandShare, BrandShare.brand_id == Brand.id)
        .where(Brand.distributor_id == distributor_id)
        .order_by(Brand.ours.desc(), Brand.name, Brand.id, BrandShare.as_of.desc())
    )
    grouped: dict[UUID, tuple[str, bool, list[tuple[date, Any]]]] = {}
    for key, name, ours, as_of, percent in rows:
        shares = grouped.setdefault(key, (name, ours, []))[2]
        if as_of is not None:
            shares.append((as_of, percent))
    return [BrandRow(key, name, ours, tuple(shares)) for key, (name, ours, shares) in grouped.items()]


def papers(distributor_id: UUID) -> Sequence[Any]:
    """Documents, the latest first, those removed at the end."""
    return db.session.execute(
        sa.select(
            Attachment.id,
            Attachment.kind,
            Attachment.filename,
            Attachment.media_type,
            Attachment.size,
            Attachment.made_at,
            Attachment.removed_at,
            Attachment.removed_reason,
            User.name.label("maker"),
        )
        .join(User, User.id == Attachment.made_by_id)
        .where(Attachment.distributor_id == distributor_id)
        .order_by(Attachment.removed_at.is_not(None), Attachment.made_at.desc(), Attachment.id.desc())
        .limit(200)
    ).all()


def paper(viewer: Viewer, distributor_id: UUID, attachment_id: UUID) -> Attachment | None:
    """A document that has not been removed, of a distributor in the viewer's patch."""
    return db.session.scalar(
        sa.select(Attachment)
        .join(Distributor, Distributor.id == Attachment.distributor_id)
        .where(
            Attachment.id == attachment_id,
            Attachment.distributor_id == distributor_id,
            Attachment.removed_at.is_(None),
            viewer.scope(Distributor.region_code),
        )
    )


def known_papers(keys: Collection[UUID]) -> set[UUID]:
    """Those of the keys that a document stands behind."""
    found: set[UUID] = set()
    remaining = list(keys)
    while remaining:
        chunk, remaining = remaining[:1000], remaining[1000:]
        found.update(
            db.session.scalars(
                sa.select(Attachment.id).where(Attachment.id.in_(chunk), Attachment.removed_at.is_(None))
            )
        )
    return found


def digest(data: bytes) -> str:
    """SHA-256, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


# History ---------------------------------------------------------------------------------------------------------


class Change(NamedTuple):
    """One field: `part` and `field` as in the forms, `label` of the entry it stands in, old and new text (masked)."""

    part: str
    field: str
    label: str
    key: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the history. `verb`: edit, add, remove, confirm, attach, detach, create, import."""

    id: UUID
    at: datetime
    who: str | None
    verb: str
    changes: tuple[Change, ...]


def history(distributor_id: UUID, field: str = "", before: UUID | None = None) -> tuple[list[Event], UUID | None]:
    """A page of changes, the latest first, and where the next one begins. `field`: only of this one (Change.key)."""
    found: list[Event] = []
    for event in _events(distributor_id, before):
        changes = tuple(change for change in event.changes if not field or change.key == field)
        if changes or not field:
            if len(found) == CHANGES:
                return found, found[-1].id
            found.append(Event(event.id, event.at, event.who, event.verb, changes))
    return found, None


def entry_history(distributor_id: UUID, entry: str) -> list[Event]:
    """Every change of one entry (`contacts/<key>`), the latest first."""
    found: list[Event] = []
    for event in _events(distributor_id, None):
        changes = tuple(one for one in event.changes if one.key == entry or one.key.startswith(f"{entry}/"))
        if changes:
            found.append(Event(event.id, event.at, event.who, event.verb, changes))
    return found


def blank_entry(distributor_id: UUID, entry: str) -> None:
    """Take the values of one entry out of the history, masked ones too; what changed, by whom and when, stays."""
    rows = db.session.scalars(
        sa.select(AuditEntry).where(
            AuditEntry.subject_type == "distributor",
            AuditEntry.subject_id == str(distributor_id),
            AuditEntry.action.startswith("dossier."),
        )
    )
    for row in rows:
        if any(key == entry or key.startswith(f"{entry}/") for key in row.changes):
            row.changes = {
                key: [None, None] if key == entry or key.startswith(f"{entry}/") else pair
                for key, pair in row.changes.items()
            }
    db.session.flush()


def last_changes(distributor_id: UUID, keys: Collection[str]) -> dict[str, tuple[str | None, datetime]]:
    """{key: (who, when)} of the latest change of some fields; those that nothing changed are left out."""
    found: dict[str, tuple[str | None, datetime]] = {}
    for event in _events(distributor_id, None):
        for change in event.changes:
            if change.key in keys:
                found.setdefault(change.key, (event.who, event.at))
        if len(found) == len(set(keys)):
            break
    return found


def _events(distributor_id: UUID, before: UUID | None) -> Iterator[Event]:
    rows = (
        sa.select(AuditEntry.id, AuditEntry.at, AuditEntry.action, AuditEntry.changes, User.name)
        .outerjoin(User, User.id == AuditEntry.actor_id)
        .where(
            AuditEntry.subject_type == "distributor",
            AuditEntry.subject_id == str(distributor_id),
            AuditEntry.action.startswith("dossier."),
        )
        .order_by(AuditEntry.id.desc())
        .limit(_SEARCHED)
    )
    if before is not None:
        rows = rows.where(AuditEntry.id < before)
    for key, at, action, changes, who in db.session.execute(rows):
        yield Event(key, at, who, action.partition(".")[2], tuple(_changes(changes)))


def _changes(changes: Mapping[str, Any]) -> Iterable[Change]:
    labels = {key: pair for key, pair in changes.items() if key.count("/") == 1 and _is_entry(key)}
    for key, pair in changes.items():
        if key == "alike" or not isinstance(pair, list) or len(pair) != 2:
            continue
        part, _slash, rest = key.partition("/")
        if key in labels:
            if part == "papers":
                yield Change(part, "filename", "", key, pair[0], pair[1])
            continue
        entry, slash, field = rest.partition("/")
        label = labels.get(f"{part}/{entry}", [None, None]) if slash else [None, None]
        shown = "" if part == "papers" else next((text for text in reversed(label) if text), "")
        yield Change(part, field if slash else rest, shown, key, pair[0], pair[1])


def _is_entry(key: str) -> bool:
    try:
        UUID(key.partition("/")[2])
    except ValueError:
        return False
    return True


# A new distributor -----------------------------------------------------------------------------------------------


def next_code(today: date) -> str:
    """A code for a prospect that nobody has yet: `P2611-007`, the seventh of November 2026."""
    start = _PROPOSED.format(month=today)
    stored = db.session.scalars(
        sa.select(Distributor.code_key)
        .where(Distributor.code_key.startswith(start.casefold(), autoescape=True))
        .order_by(sa.func.length(Distributor.code_key).desc(), Distributor.code_key.desc())
        .limit(100)
    )
    numbers = [int(rest) for code in stored if _NUMBER.fullmatch(rest := code[len(start) :])]
    return f"{start}{max(numbers, default=0) + 1:03d}"
