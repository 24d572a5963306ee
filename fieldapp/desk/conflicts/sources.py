"""What a conflict is opened from and with: its parties, what it can be linked with, who can look after it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import url_for
from werkzeug.datastructures import MultiDict

from fieldapp.core import clock
from fieldapp.core.db import db
from fieldapp.core.i18n import gettext as _
from fieldapp.core.money import show_yuan
from fieldapp.desk.checks import reference
from fieldapp.fieldwork.conflicts import links
from fieldapp.fieldwork.conflicts.actions import MOST_LINKS, MOST_PARTIES
from fieldapp.fieldwork.conflicts.links import Linked, LinkKind
from fieldapp.fieldwork.remediation import queries as tickets
from fieldapp.fieldwork.remediation import words as ticket_words
from fieldapp.fieldwork.remediation.models import Ticket
from fieldapp.fieldwork.visits import queries as visits
from fieldapp.fieldwork.visits.models import Visit
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.distributors.rules import Status
from fieldapp.network.territory.models import Area
from fieldapp.people.accounts.models import Role, User
from fieldapp.people.accounts.queries import reps_of, viewer_of
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.trade.pricing import queries as pricing
from fieldapp.trade.pricing.models import Price
from fieldapp.trade.products import lines

CITY = 4  # digits of a region code
MOST_NEIGHBOURS = 100
MOST_OFFERED = 30
MOST_VISITS = 20
_STORE = (Distributor.id, Distributor.code, Distributor.name, Distributor.region_code, Distributor.rep_id)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a conflict is opened from: the distributor that one heard it from, who else is named, what it is about."""

    distributor: Any
    others: Sequence[Any] = ()
    visit_id: UUID | None = None
    links: Sequence[tuple[str, str]] = field(default_factory=tuple)


def read(viewer: Viewer, given: MultiDict[str, str]) -> Source | None:
    """What an address or a form names, as far as the viewer may see it. None: no distributor of his patch.

    `distributor`: a code; `party`: codes, of which the first stands for it where it is missing; `visit`: a key; `link`:
    `kind:key`. What he may not see counts as not named.
    """
    codes = [given.get("distributor", ""), *given.getlist("party")]
    asked = {code.replace("\0", "").strip().casefold(): None for code in codes if code.strip()}
    visit_id = links.key_of(given.get("visit", ""))
    visit = visits.find(viewer, visit_id) if visit_id else None
    rows = {row.code.casefold(): row for row in _stores(viewer, Distributor.code_key.in_(asked))} if asked else {}
    found = [rows[code] for code in asked if code in rows]
    if not found and not asked and visit is not None:
        found = list(_stores(viewer, Distributor.id == visit.distributor_id))
    if not found:
        return None
    wanted = [link for text in given.getlist("link")[:MOST_LINKS] if (link := links.read(text))]
    # A visit that the server does not know yet is still in the phone: its key is kept until it has arrived.
    keeps_visit = visit is None or visit.distributor_id == found[0].id
    return Source(found[0], found[1:MOST_PARTIES], visit_id if keeps_visit else None, list(links.find(viewer, wanted)))


def find_distributor(viewer: Viewer, code: str) -> Any | None:
    """A distributor in the viewer's patch by its code, or None."""
    return next(iter(_stores(viewer, Distributor.code_key == code.replace("\0", "").strip().casefold())), None)


def neighbours(viewer: Viewer, distributor: Any) -> list[tuple[str, str]]:
    """(code, name) of the others in the same city that the viewer may see: with one of these it mostly quarrels."""
    if not distributor.region_code:
        return []
    city = distributor.region_code[:CITY]
    near = Distributor.region_code.between(city, city + "9" * 10)
    found = _stores(viewer, near, Distributor.id != distributor.id, Distributor.status != Status.ENDED)
    return [(row.code, f"{row.name} · {row.code}") for row in found]


def _stores(viewer: Viewer, *conditions: Any) -> Sequence[Any]:
    wanted = sa.select(*_STORE).where(viewer.scope(Distributor.region_code), *conditions)
    return db.session.execute(wanted.order_by(Distributor.pinyin, Distributor.id).limit(MOST_NEIGHBOURS)).all()


# People and visits -------------------------------------------------------------------------------------------------


def helpers(viewer: Viewer, regions: Iterable[str | None]) -> list[tuple[str, str]]:
    """(key, name) of the reps of his patch who cover one of the regions; a supervisor stands among them himself."""
    wanted = [region for region in regions if region]
    people = reps_of(viewer)
    if viewer.role is Role.SUPERVISOR:
        people = [viewer, *people]
    return [(str(one.id), one.name) for one in people if any(map(one.covers, wanted))]


def helper(key: str) -> Viewer | None:
    """Somebody of those by his key, as a viewer."""
    found = links.key_of(key)
    user = db.session.get(User, found) if found else None
    return viewer_of(user) if user is not None and user.active else None


def visits_of(distributors: Collection[UUID], since: date) -> Mapping[UUID, list[tuple[str, str]]]:
    """{distributor: (key, words)} of the visits since a day at distributors that the viewer covers, the latest
    first."""
    rows = db.session.execute(
        sa.select(Visit.id, Visit.distributor_id, Visit.day, User.name)
        .join(User, User.id == Visit.rep_id)
        .where(Visit.distributor_id.in_(distributors), Visit.day >= since)
        .order_by(Visit.arrived_at.desc())
        .limit(MOST_VISITS)
    )
    found: dict[UUID, list[tuple[str, str]]] = {}
    for row in rows:
        found.setdefault(row.distributor_id, []).append((str(row.id), f"{row.day.isoformat()} · {row.name}"))
    return found


# What it can be linked with ----------------------------------------------------------------------------------------


def _area_title(row: Any) -> str:
    place = reference.read()[1].path(row.region_code)
    shared = " · " + _("shared") if row.shared else ""
    return f"{row.name} · {place} · {lines.said(row.line)}{shared} · {row.valid_from.isoformat()}"


def _areas(viewer: Viewer, *conditions: Any) -> Sequence[Any]:
    columns = (Area.id, Area.region_code, Area.line, Area.shared, Area.valid_from)
    return db.session.execute(
        sa.select(*columns, Distributor.name, Area.distributor_id)
        .join(Distributor, Distributor.id == Area.distributor_id)
        .where(viewer.scope(Distributor.region_code), *conditions)
        .order_by(Area.region_code, Area.line, Area.id)
        .limit(MOST_OFFERED)
    ).all()


def _find_areas(viewer: Viewer, keys: Collection[str]) -> dict[str, Linked]:
    return {
        str(row.id): Linked(_area_title(row), url_for("areas.show", area_id=row.id))
        for row in _areas(viewer, Area.id.in_(links.keys_of(keys)))
    }


def _suggest_areas(viewer: Viewer, distributors: Collection[UUID]) -> list[tuple[str, str]]:
    today = clock.today()
    valid = sa.or_(Area.valid_to.is_(None), Area.valid_to >= today - timedelta(days=365))
    return [(str(row.id), _area_title(row)) for row in _areas(viewer, Area.distributor_id.in_(distributors), valid)]


def _find_products(_viewer: Viewer, keys: Collection[str]) -> dict[str, Linked]:
    products = reference.read()[0].products
    held = {str(one.id): one for one in products.values()}
    return {key: Linked(f"{held[key].name} · {held[key].code}", None) for key in keys if key in held}


def _suggest_products(_viewer: Viewer, _distributors: Collection[UUID]) -> list[tuple[str, str]]:
    return [(str(one.id), f"{one.name} · {one.code}") for one in reference.read()[0].products.values() if one.active]


def _find_prices(viewer: Viewer, keys: Collection[str]) -> dict[str, Linked]:
    """A row of the price book that he may see, by what everybody may see of it: never its floor."""
    held, regions = reference.read()
    names = {one.id: one.name for one in held.products.values()}
    columns = (Price.id, Price.product_id, Price.region_code, Price.tier, Price.list_price, Price.valid_from)
    wanted = Price.id.in_(links.keys_of(keys)), pricing.visible(viewer)
    rows = db.session.execute(sa.select(*columns).where(*wanted))
    return {
        str(row.id): Linked(
            " · ".join(
                [
                    names.get(row.product_id, ""),
                    regions.path(row.region_code),
                    _("all tiers") if row.tier == "*" else row.tier,
                    "—" if row.list_price is None else show_yuan(row.list_price) + _("/t"),
                    row.valid_from.isoformat(),
                ]
            ),
            None,
        )
        for row in rows
    }


def _find_tickets(viewer: Viewer, keys: Collection[str]) -> dict[str, Linked]:
    rows = db.session.scalars(sa.select(Ticket).where(Ticket.id.in_(links.keys_of(keys)), tickets.visible(viewer)))
    return {str(row.id): Linked(_ticket_title(row), url_for("tickets.show", ticket_id=row.id)) for row in rows}


def _suggest_tickets(viewer: Viewer, distributors: Collection[UUID]) -> list[tuple[str, str]]:
    rows = db.session.scalars(
        sa.select(Ticket)
        .where(Ticket.distributor_id.in_(distributors), tickets.visible(viewer))
        .order_by(Ticket.number.desc())
        .limit(MOST_OFFERED)
    )
    return [(str(row.id), _ticket_title(row)) for row in rows]


def _ticket_title(row: Ticket) -> str:
    return f"{row.shown_number} · {ticket_words.kind_name(row.kind)} · {ticket_words.state_name(row.state)}"


def _parties_of_area(viewer: Viewer, key: str) -> list[str]:
    wanted = sa.select(Distributor.code).join(Area, Area.distributor_id == Distributor.id)
    return list(db.session.scalars(wanted.where(Area.id == links.key_of(key), viewer.scope(Distributor.region_code))))


# Cross-area cases, merged accounts and floor breaches declare their own kinds, in the room of each.
LINKS = (
    LinkKind("area", lambda: _("Sales areas"), _find_areas, _suggest_areas, _parties_of_area),
    LinkKind("ticket", lambda: _("Tickets"), _find_tickets, _suggest_tickets),
    LinkKind("product", lambda: _("Products"), _find_products, _suggest_products),
    LinkKind("price", lambda: _("Prices"), _find_prices),
)
