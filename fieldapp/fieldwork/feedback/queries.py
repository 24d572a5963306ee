"""Remarks as a viewer may see them: his own, those that he answers, and those of distributors of his patch."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.core.search import query
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.distributors.queries import matching
from fieldapp.people.accounts.models import Role, User
from fieldapp.people.accounts.viewer import Viewer

from . import index
from .models import Remark, RemarkPhoto, RemarkStep
from .rules import ALIKE_DAYS, ALIKE_FROM, Counted, EffectResult, Part, RemarkKind, RemarkState, Theme, alike, plain

PAGE = 30
MOST_STEPS = 200
MOST_WORDS = 6
_CANDIDATES = 300
_FEW = 500  # keys that are named one by one
_KNOWN_CHUNK = 1000

_owner = sa.orm.aliased(User)


def visible(viewer: Viewer) -> sa.ColumnElement[bool]:
    """The condition on a remark. Its region is the distributor's when it was made."""
    if viewer.everywhere:
        return sa.true()
    return sa.or_(viewer.scope(Remark.region_code), Remark.owner_id == viewer.id, Remark.made_by_id == viewer.id)


def find(viewer: Viewer, remark_id: UUID) -> Remark | None:
    """A remark that he may see, or None."""
    return db.session.scalar(sa.select(Remark).where(Remark.id == remark_id, visible(viewer)))


def parts_of(viewer: Viewer, remark: Remark) -> frozenset[Part]:
    """What the viewer is to a remark that he has found."""
    parts = {Part.READER}
    if remark.owner_id == viewer.id:
        parts.add(Part.OWNER)
    if remark.made_by_id == viewer.id:
        parts.add(Part.MAKER)
    if viewer.role is Role.ADMIN or (viewer.role is Role.SUPERVISOR and viewer.covers(remark.region_code)):
        parts.add(Part.DECIDER)
    return frozenset(parts)


# Lists ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list is narrowed to. `mine`: the viewer answers; `going_on`: not closed; `since` and `until`: days of
    Shanghai as instants, the end not included; `after`: (made_at, key) of the remark before the page."""

    text: str = ""
    distributor_id: UUID | None = None
    kind: RemarkKind | None = None
    theme: Theme | None = None
    state: RemarkState | None = None
    mine: bool = False
    going_on: bool = False
    since: datetime | None = None
    until: datetime | None = None
    after: tuple[datetime, UUID] | None = None


_ROW = (
    Remark.id,
    Remark.kind,
    Remark.theme,
    Remark.text,
    Remark.state,
    Remark.made_at,
    Remark.due_at,
    Remark.distributor_id,
    Remark.merged_into_id,
    Remark.product_id,
    Remark.batch,
    Remark.animal,
    Remark.head,
    Remark.days,
    Remark.result,
    Distributor.name.label("distributor"),
    _owner.name.label("owner"),
)


def _rows() -> sa.Select[Any]:
    return (
        sa.select(*_ROW)
        .select_from(Remark)
        .join(Distributor, Distributor.id == Remark.distributor_id)
        .join(_owner, _owner.id == Remark.owner_id)
    )


def conditions(viewer: Viewer, asked: Asked) -> list[sa.ColumnElement[bool]]:
    """What a list's rows fulfil, its page left out."""
    wanted = [visible(viewer)]
    if asked.text:
        wanted.append(_said(viewer, asked.text))
    for column, value in (
        (Remark.distributor_id, asked.distributor_id),
        (Remark.kind, asked.kind),
        (Remark.theme, asked.theme),
        (Remark.state, asked.state),
    ):
        if value is not None:
            wanted.append(column == value)
    if asked.mine:
        wanted.append(Remark.owner_id == viewer.id)
    if asked.going_on:
        wanted.append(_going_on())
    if asked.since is not None:
        wanted.append(Remark.made_at >= asked.since)
    if asked.until is not None:
        wanted.append(Remark.made_at < asked.until)
    return wanted


def _going_on() -> sa.ColumnElement[bool]:
    """Not closed, said so that an index finds it."""
    return Remark.state.in_((RemarkState.OPEN, RemarkState.ANSWERED))


def _said(viewer: Viewer, text: str) -> sa.ColumnElement[bool]:
    """Every word stands in the remark, or the words name its distributor."""
    words = [word for word in map(plain, text.split()[:MOST_WORDS]) if word]
    if not words:
        return sa.false()
    here = sa.and_(sa.true(), *(Remark.found_by.contains(word, autoescape=True) for word in words))
    ways: list[sa.ColumnElement[bool]] = []
    terms = index.terms(words)
    found = _few(index.hits(db.engine.dialect.name, terms)) if terms else None
    if found is None:
        ways.append(here)  # words that many remarks have are met soon, going through them in the order of the list
    elif found:
        ways.append(sa.and_(Remark.id.in_(found), here))
    typed = query(text)
    stores = _few(matching(viewer, typed)) if typed.terms else []
    if stores is None:
        ways.append(Remark.distributor_id.in_(matching(viewer, typed)))
    elif stores:
        ways.append(Remark.distributor_id.in_(stores))
    return sa.or_(sa.false(), *ways)


def _few(keys: sa.Select[Any]) -> list[UUID] | None:
    """The keys; None when there are many."""
    found = list(db.session.scalars(keys.limit(_FEW + 1)))
    return found if len(found) <= _FEW else None


def listed(viewer: Viewer, asked: Asked, limit: int = PAGE) -> Sequence[sa.Row[Any]]:
    """The latest first; one row more than `limit` where there is a next page. One statement."""
    statement = _rows().where(*conditions(viewer, asked))
    if asked.after is not None:
        at, key = asked.after
        statement = statement.where(Remark.made_at <= at, sa.or_(Remark.made_at < at, Remark.id < key))
    return db.session.execute(statement.order_by(Remark.made_at.desc(), Remark.id.desc()).limit(limit + 1)).all()


def counts(viewer: Viewer) -> tuple[int, int]:
    """(remarks that wait for an answer of his, those of his that the customer is still to be told of)."""
    found = db.session.execute(
        sa.select(Remark.state, sa.func.count())
        .where(
            Remark.owner_id == viewer.id,
            _going_on(),
            sa.or_(Remark.merged_into_id.is_(None), Remark.state == RemarkState.ANSWERED),
        )
        .group_by(Remark.state)
    )
    by_state = dict(found.tuples().all())
    return by_state.get(RemarkState.OPEN, 0), by_state.get(RemarkState.ANSWERED, 0)


def to_tell(viewer: Viewer, distributor_id: UUID, limit: int = 5) -> Sequence[Any]:
    """(id, kind, text, state) of what is not closed of a distributor that the viewer has found; answers first."""
    return db.session.execute(
        sa.select(Remark.id, Remark.kind, Remark.text, Remark.state, Remark.due_at)
        .where(Remark.distributor_id == distributor_id, Remark.state != RemarkState.CLOSED, visible(viewer))
        .order_by(Remark.state, Remark.due_at, Remark.id)
        .limit(limit)
    ).all()


# One remark -------------------------------------------------------------------------------------------------------


def steps_of(remark_id: UUID) -> Sequence[sa.Row[Any]]:
    """The history of a remark that the viewer has found, the oldest first: (step, text, made_at, by, to)."""
    receiver = sa.orm.aliased(User)
    return db.session.execute(
        sa.select(
            RemarkStep.step, RemarkStep.text, RemarkStep.made_at, User.name.label("by"), receiver.name.label("to")
        )
        .outerjoin(User, User.id == RemarkStep.made_by_id)
        .outerjoin(receiver, receiver.id == RemarkStep.to_id)
        .where(RemarkStep.remark_id == remark_id)
        .order_by(RemarkStep.made_at, RemarkStep.id)
        .limit(MOST_STEPS)
    ).all()


def merged_with(viewer: Viewer, remark: Remark) -> Sequence[sa.Row[Any]]:
    """What was merged into a remark, as a list shows it, as far as the viewer may see it."""
    return db.session.execute(
        _rows().where(Remark.merged_into_id == remark.id, visible(viewer)).order_by(Remark.made_at).limit(PAGE)
    ).all()


def duplicates(viewer: Viewer, remark: Remark) -> Sequence[sa.Row[Any]]:
    """What says the same as a remark that the viewer has found and may be merged with it, the most alike first.

    Of the same distributor, theme or product, made within 30 days of it, not closed and not merged, in similar words.
    """
    near = timedelta(days=ALIKE_DAYS)
    same = [Remark.distributor_id == remark.distributor_id]
    if remark.theme is not None:
        same.append(Remark.theme == remark.theme)
    if remark.product_id is not None:
        same.append(Remark.product_id == remark.product_id)
    found = db.session.execute(
        _rows()
        .where(
            visible(viewer),
            Remark.id != remark.id,
            Remark.made_at.between(remark.made_at - near, remark.made_at + near),
            Remark.state != RemarkState.CLOSED,
            Remark.merged_into_id.is_(None),
            sa.or_(*same),
        )
        .order_by(Remark.made_at.desc())
        .limit(_CANDIDATES)
    ).all()
    scored = [(alike(remark.text, row.text), row) for row in found]
    # Of the same customer a person sees better than we do whether two short sentences say the same.
    closest = [pair for pair in scored if pair[0] >= ALIKE_FROM or pair[1].distributor_id == remark.distributor_id]
    best = sorted(closest, key=lambda pair: -pair[0])
    return [row for _score, row in best[:5]]


def photos_of(remark_id: UUID) -> Sequence[RemarkPhoto]:
    """Photos of a remark that the viewer has found."""
    return db.session.scalars(
        sa.select(RemarkPhoto).where(RemarkPhoto.remark_id == remark_id).order_by(RemarkPhoto.taken_at, RemarkPhoto.id)
    ).all()


def find_photo(viewer: Viewer, photo_id: UUID) -> RemarkPhoto | None:
    """A photo of a remark that he may see, or None."""
    return db.session.scalar(
        sa.select(RemarkPhoto)
        .join(Remark, Remark.id == RemarkPhoto.remark_id)
        .where(RemarkPhoto.id == photo_id, visible(viewer))
    )


def known_photos(keys: Collection[UUID]) -> set[UUID]:
    """Those of the keys that a photo stands behind (core/storage.py)."""
    found: set[UUID] = set()
    remaining = list(keys)
    while remaining:
        chunk, remaining = remaining[:_KNOWN_CHUNK], remaining[_KNOWN_CHUNK:]
        found.update(db.session.scalars(sa.select(RemarkPhoto.id).where(RemarkPhoto.id.in_(chunk))))
    return found


def distributor(viewer: Viewer, *, code: str = "", key: UUID | None = None) -> Any | None:
    """(id, code, name, region_code, rep_id) of a distributor in the viewer's patch by its code or key, or None."""
    which = Distributor.id == key if key is not None else Distributor.code_key == code.strip().casefold()
    columns = (Distributor.id, Distributor.code, Distributor.name, Distributor.region_code, Distributor.rep_id)
    return db.session.execute(sa.select(*columns).where(which, viewer.scope(Distributor.region_code))).one_or_none()


def store_of(remark: Remark) -> sa.Row[Any]:
    """(id, code, name, region_code) of the distributor that said it, for a remark that the viewer has found."""
    columns = (Distributor.id, Distributor.code, Distributor.name, Distributor.region_code)
    return db.session.execute(sa.select(*columns).where(Distributor.id == remark.distributor_id)).one()


def names(*users: UUID | None) -> dict[UUID, str]:
    """Names of users by key."""
    keys = [user for user in users if user is not None]
    return dict(db.session.execute(sa.select(User.id, User.name).where(User.id.in_(keys))).tuples().all())


def receivers(remark: Remark) -> Sequence[Any]:
    """(id, name, role) of those to whom a remark can be handed over: active, and its place lies in their patch."""
    found = db.session.execute(
        sa.select(User.id, User.name, User.role, User.patch)
        .where(User.active, User.id != remark.owner_id)
        .order_by(User.role, User.name, User.id)
    ).all()
    region = remark.region_code or ""
    return [row for row in found if row.role is Role.ADMIN or region.startswith(tuple(row.patch) or ("-",))]


# The month, and effects -------------------------------------------------------------------------------------------


def month(viewer: Viewer, since: datetime, until: datetime) -> list[Counted]:
    """The remarks of a time as the digest counts them; merged ones count too, somebody said each of them."""
    found = db.session.execute(
        sa.select(Remark.theme, Remark.kind, Remark.state, Remark.recorded_at, Remark.answered_at).where(
            visible(viewer), Remark.made_at >= since, Remark.made_at < until
        )
    )
    return [Counted(*row) for row in found]


def by_theme(viewer: Viewer, since: datetime, until: datetime) -> dict[Theme | None, int]:
    """How many remarks of each theme in a time."""
    found = db.session.execute(
        sa.select(Remark.theme, sa.func.count())
        .where(visible(viewer), Remark.made_at >= since, Remark.made_at < until)
        .group_by(Remark.theme)
    )
    return dict(found.tuples().all())


def quotes(viewer: Viewer, since: datetime, until: datetime, each: int = 3) -> dict[Theme | None, list[sa.Row[Any]]]:
    """The latest remarks of each theme in a time: (id, theme, text, kind, distributor)."""
    place = sa.func.row_number().over(partition_by=Remark.theme, order_by=(Remark.made_at.desc(), Remark.id.desc()))
    numbered = (
        sa.select(Remark.id, place.label("place"))
        .where(visible(viewer), Remark.made_at >= since, Remark.made_at < until)
        .subquery()
    )
    found = db.session.execute(
        sa.select(Remark.id, Remark.theme, Remark.text, Remark.kind, Distributor.name.label("distributor"))
        .join(numbered, numbered.c.id == Remark.id)
        .join(Distributor, Distributor.id == Remark.distributor_id)
        .where(numbered.c.place <= each)
        .order_by(Remark.made_at.desc(), Remark.id.desc())
    ).all()
    by: dict[Theme | None, list[sa.Row[Any]]] = {}
    for row in found:
        by.setdefault(row.theme, []).append(row)
    return by


def top_products(viewer: Viewer, since: datetime, until: datetime, limit: int = 5) -> Sequence[tuple[UUID, int]]:
    """(product, how many remarks) of those most spoken of in a time."""
    count = sa.func.count()
    found = db.session.execute(
        sa.select(Remark.product_id, count)
        .where(visible(viewer), Remark.made_at >= since, Remark.made_at < until, Remark.product_id.is_not(None))
        .group_by(Remark.product_id)
        .order_by(count.desc(), Remark.product_id)
        .limit(limit)
    )
    return [(key, number) for key, number in found if key is not None]


def effect_counts(viewer: Viewer, since: date) -> dict[UUID, dict[EffectResult, int]]:
    """{product: {result: how many records}} of product effects since a day."""
    found = db.session.execute(
        sa.select(Remark.product_id, Remark.result, sa.func.count())
        .where(
            visible(viewer),
            Remark.kind == RemarkKind.EFFECT,
            Remark.product_id.is_not(None),
            Remark.result.is_not(None),
            Remark.made_at >= datetime.fromisoformat(f"{since.isoformat()}T00:00:00+08:00"),
        )
        .group_by(Remark.product_id, Remark.result)
    )
    by: dict[UUID, dict[EffectResult, int]] = {}
    for product, result, count in found:
        by.setdefault(product, {})[result] = count
    return by


def effects_of(viewer: Viewer, product_id: UUID, after: tuple[datetime, UUID] | None = None) -> Sequence[sa.Row[Any]]:
    """Records of a product's effect, the latest first; one more than PAGE where there is a next page."""
    statement = _rows().where(visible(viewer), Remark.product_id == product_id, Remark.kind == RemarkKind.EFFECT)
    if after is not None:
        at, key = after
        statement = statement.where(Remark.made_at <= at, sa.or_(Remark.made_at < at, Remark.id < key))
    return db.session.execute(statement.order_by(Remark.made_at.desc(), Remark.id.desc()).limit(PAGE + 1)).all()
