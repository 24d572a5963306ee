"""Areas as a viewer may see them: those whose region lies in his patch, and those of his distributors.

Who holds a place is said to him as far as his patch goes; the others are counted.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any, NamedTuple, Self
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from fieldapp.core.db import db
from fieldapp.core.search import query
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.distributors.queries import matching
from fieldapp.network.territory.models import Area
from fieldapp.network.territory.rules import ALL_LINES, chain
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.audit.models import AuditEntry

from .rules import Key, Span, left_out_of, meet, takes_out_of

PAGE = 50
MOST_PAGES = 10_000
MOST_TEXT = 60
_CHUNK = 500
STATES = ("today", "coming", "ended", "all")


class Row(NamedTuple):
    """An area in a list; `code` and `name` "" where the viewer may not know whose it is."""

    id: UUID
    distributor_id: UUID
    code: str
    name: str
    home: str | None
    region_code: str
    line: str
    valid_from: date
    valid_to: date | None
    shared: bool


class Held(NamedTuple):
    """An area of somebody else, as a screen may name it: `code` and `name` None outside the viewer's patch."""

    code: str | None
    name: str | None
    region_code: str
    line: str
    valid_from: date
    valid_to: date | None
    shared: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list is asked for; `state` one of STATES, `page` from 1."""

    text: str = ""
    region: str = ""
    line: str = ""
    state: str = "today"
    shared: str = ""
    page: int = 1

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Self:
        """From an address; what cannot be is left out."""
        text = {key: given.get(key, "").replace("\x00", "").strip()[:MOST_TEXT] for key in ("q", "region", "line")}
        region = text["region"] if text["region"].isascii() and text["region"].isdecimal() else ""
        number = given.get("page", "")
        page = int(number) if number.isascii() and number.isdecimal() and len(number) < 6 else 1
        state, shared = given.get("state", ""), given.get("shared", "")
        return cls(
            text["q"],
            region[:9],
            text["line"],
            state if state in STATES else "today",
            shared if shared in ("yes", "no") else "",
            min(max(page, 1), MOST_PAGES),
        )

    def args(self, **changes: Any) -> dict[str, Any]:
        """The same as arguments of an address, without what is empty."""
        held = {
            "q": self.text,
            "region": self.region,
            "line": self.line,
            "state": self.state if self.state != "today" else "",
            "shared": self.shared,
            **changes,
        }
        return {name: value for name, value in held.items() if value}


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of areas and how many there are."""

    rows: list[Row]
    count: int


def visible(viewer: Viewer) -> ColumnElement[bool]:
    """His patch: an area in it, or of a distributor in it. Wants Area joined with Distributor."""
    if viewer.everywhere:
        return sa.true()
    return sa.or_(viewer.scope(Area.region_code), viewer.scope(Distributor.region_code))


def listed(viewer: Viewer, asked: Asked, today: date, most: int | None = PAGE) -> Listed:
    """Areas by region, then line and name; two statements. `most` None: all of them."""
    where = [visible(viewer), *_filters(viewer, asked, today)]
    rows = (
        select_rows()
        .where(*where)
        .order_by(Area.region_code, Area.line_key, Area.valid_from, Distributor.pinyin, Area.id)
    )
    if most is not None:
        rows = rows.limit(most).offset((asked.page - 1) * most)
    count = sa.select(sa.func.count()).select_from(Area).join(Distributor).where(*where)
    found = [_as_known(viewer, Row(*row)) for row in db.session.execute(rows)]
    return Listed(found, len(found) if most is None else db.session.scalar(count) or 0)


def _filters(viewer: Viewer, asked: Asked, today: date) -> Iterator[ColumnElement[bool]]:
    if asked.text:
        wanted = query(asked.text)
        yield Area.distributor_id.in_(matching(viewer, wanted)) if wanted.terms else sa.false()
    if asked.region:
        yield sa.or_(Area.region_code.startswith(asked.region), Area.region_code.in_(chain(asked.region)))
    if asked.line:
        yield Area.line_key.in_((asked.line.casefold(), ALL_LINES))
    if asked.shared:
        yield Area.shared == (asked.shared == "yes")
    yield from _in_state(asked.state, today)


def _in_state(state: str, today: date) -> Iterator[ColumnElement[bool]]:
    if state == "today":
        yield Area.valid_from <= today
        yield sa.or_(Area.valid_to.is_(None), Area.valid_to >= today)
    elif state == "coming":
        yield Area.valid_from > today
    elif state == "ended":
        yield Area.valid_to < today


def select_rows() -> sa.Select[Any]:
    """What a Row is made of: areas joined with their distributors."""
    return sa.select(
        Area.id,
        Area.distributor_id,
        Distributor.code,
        Distributor.name,
        Distributor.region_code,
        Area.region_code,
        Area.line,
        Area.valid_from,
        Area.valid_to,
        Area.shared,
    ).join(Distributor, Distributor.id == Area.distributor_id)


def find(viewer: Viewer, area_id: UUID) -> Row | None:
    """One area that the viewer may see."""
    row = db.session.execute(select_rows().where(Area.id == area_id, visible(viewer))).first()
    return _as_known(viewer, Row(*row)) if row is not None else None


def _as_known(viewer: Viewer, row: Row) -> Row:
    """Without who has it, where that is a distributor outside his patch: as on the map, and in a deal check."""
    return row if viewer.covers(row.home) else row._replace(code="", name="")


def of_distributor(distributor_id: UUID, today: date, most: int) -> list[Row]:
    """A distributor's areas that count today or will; found through the viewer before."""
    rows = select_rows().where(
        Area.distributor_id == distributor_id, sa.or_(Area.valid_to.is_(None), Area.valid_to >= today)
    )
    return [Row(*row) for row in db.session.execute(rows.order_by(Area.region_code, Area.line_key).limit(most))]


def history(area_id: UUID, most: int = 50) -> list[tuple[AuditEntry, str | None]]:
    """Who changed an area, the latest first; None: a file."""
    select = (
        sa.select(AuditEntry, User.name)
        .outerjoin(User, User.id == AuditEntry.actor_id)
        .where(AuditEntry.subject_type == "area", AuditEntry.subject_id == str(area_id))
        .order_by(AuditEntry.at.desc())
    )
    return [row._tuple() for row in db.session.execute(select.limit(most))]


# Who else is there ------------------------------------------------------------------------------------------------


def span_of(row: Area | Row) -> Span:
    """An area as the rules see it."""
    return Span(row.distributor_id, row.region_code, row.line.casefold(), row.valid_from, row.valid_to, row.shared)


def those_met(viewer: Viewer, area: Span, *, besides: UUID | None = None) -> list[Held]:
    """Areas of others at the same region and line on one of its days, of which one is exclusive."""
    here = select_rows().where(Area.region_code == area.region, Area.line_key == area.line)
    found = [Row(*row) for row in db.session.execute(here)]
    return [
        held_as(viewer, row)
        for row in found
        if row.id != besides and meet(area, span_of(row)) and not (area.shared and row.shared)
    ]


def sold_by(viewer: Viewer, region: str, besides: UUID, since: date) -> list[Held]:
    """Areas that others than `besides` have at just this region, and that do not end before `since`."""
    theirs = (Area.region_code == region, Area.distributor_id != besides)
    lasting = sa.or_(Area.valid_to.is_(None), Area.valid_to >= since)
    rows = select_rows().where(*theirs, lasting).order_by(Area.line_key, Area.valid_from)
    return [held_as(viewer, Row(*row)) for row in db.session.execute(rows)]


def around(viewer: Viewer, area: Span) -> tuple[list[Held], list[Held]]:
    """(areas of others out of which it takes a part, areas of others that stay inside it); at most 200 inside."""
    near = sa.or_(
        Area.region_code.in_(chain(area.region)),
        sa.and_(Area.region_code > area.region, Area.region_code < area.region + "9" * 10),
    )
    rows = select_rows().where(near, Area.distributor_id != area.distributor).order_by(Area.region_code).limit(400)
    found = [Row(*row) for row in db.session.execute(rows)]
    spans = [(row, span_of(row)) for row in found]
    outer = [row for row, span in spans if takes_out_of(area, [span])]
    inner = [row for row, span in spans if left_out_of(area, [span])]
    return [held_as(viewer, row) for row in outer], [held_as(viewer, row) for row in inner]


def held_as(viewer: Viewer, row: Row) -> Held:
    """An area of somebody else as the viewer may be told of it."""
    seen = viewer.covers(row.home)
    return Held(row.code if seen else None, row.name if seen else None, *row[5:])


def stored_at(regions: Iterable[str]) -> dict[Key, Span]:
    """Every area at these regions by its key."""
    found: dict[Key, Span] = {}
    rest = iter(regions)
    while chunk := list(islice(rest, _CHUNK)):
        columns = (Area.distributor_id, Area.region_code, Area.line_key, Area.valid_from, Area.valid_to, Area.shared)
        for row in db.session.execute(sa.select(*columns).where(Area.region_code.in_(chunk))).tuples():
            found[row[:4]] = Span(*row)
    return found


def codes_of(ids: Iterable[Any]) -> dict[Any, str]:
    """{key of a distributor: its code}."""
    found: dict[Any, str] = {}
    rest = iter(ids)
    while chunk := list(islice(rest, _CHUNK)):
        select = sa.select(Distributor.id, Distributor.code).where(Distributor.id.in_(chunk))
        found |= dict(db.session.execute(select).tuples().all())
    return found


def overlapping(most: int = 20) -> list[tuple[str, str, str, str]]:
    """(code, code, region, line) of exclusive areas that overlap: they were there before the database refused them."""
    one, other = sa.orm.aliased(Area), sa.orm.aliased(Area)
    first, second = sa.orm.aliased(Distributor), sa.orm.aliased(Distributor)
    select = (
        sa.select(first.code, second.code, one.region_code, one.line)
        .select_from(one)
        .join(other, sa.and_(other.region_code == one.region_code, other.line_key == one.line_key))
        .join(first, first.id == one.distributor_id)
        .join(second, second.id == other.distributor_id)
        .where(
            ~one.shared,
            ~other.shared,
            first.code_key < second.code_key,
            sa.or_(other.valid_to.is_(None), one.valid_from <= other.valid_to),
            sa.or_(one.valid_to.is_(None), other.valid_from <= one.valid_to),
        )
        .limit(most)
    )
    return [row._tuple() for row in db.session.execute(select)]
