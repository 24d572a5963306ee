"""Suspicious pairs as the viewer may see them: those whose two accounts he covers."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple, Self
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.fieldwork.visits.models import Visit
from fieldapp.fieldwork.visits.rules import metres_between
from fieldapp.network.distributors.models import Contact, Distributor
from fieldapp.network.dossier.models import Dossier
from fieldapp.network.dossier.rules import mask_end, mask_name
from fieldapp.network.territory import patches
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.trade.ledger.models import Invoice, InvoiceLine, Payment

from . import policy
from .actions import Pair
from .models import MergedEntry, MergedMember, MergedPair, MergedRun
from .rules import MONTHS, Kind, State, is_person, plain, value_key

PAGE = 50
COUNTED = 1000
MOST_TEXT = 60
MOST_REGIONS = 8
MOST_ENTRIES = 100

_one, _other = sa.orm.aliased(Distributor), sa.orm.aliased(Distributor)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for the list. `state` None: all; `strong`: from the policy's bound on; `after`: the row before."""

    state: State | None = State.OPEN
    kind: Kind | None = None
    strong: bool = False
    region: str = ""
    text: str = ""
    after: tuple[int, UUID] | None = None

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Self:
        """From an address; what cannot be is left out."""
        state, kind = given.get("state", State.OPEN.value), given.get("evidence", "")
        return cls(
            state=None if state == "all" else State(state) if state in set(State) else State.OPEN,
            kind=Kind(kind) if kind in set(Kind) else None,
            strong=given.get("strong") == "1",
            region=given.get("region", "").strip()[:MOST_TEXT],
            text=given.get("q", "").strip()[:MOST_TEXT],
            after=_cursor(given.get("after", "")),
        )

    def args(self, **changes: Any) -> dict[str, str]:
        """The same as arguments of an address, the first page of it unless `after` is among the changes."""
        held = {
            "state": self.state.value if self.state else "all",
            "evidence": self.kind.value if self.kind else None,
            "strong": "1" if self.strong else None,
            "region": self.region,
            "q": self.text,
            **changes,
        }
        return {name: str(value) for name, value in held.items() if value}

    @property
    def filters(self) -> int:
        """How many filters are on, the state left out."""
        return sum(bool(one) for one in (self.kind, self.strong, self.region, self.text))


def _cursor(text: str) -> tuple[int, UUID] | None:
    score, _mark, key = text.partition("~")
    try:
        return (int(score), UUID(key)) if score.isascii() and score.isdecimal() and len(score) < 4 else None
    except ValueError:
        return None


class Row(NamedTuple):
    """A pair as the list shows it."""

    id: UUID
    score: int
    state: State
    kinds: str
    changed_at: Any
    one_code: str
    one: str
    one_region: str | None
    other_code: str
    other: str
    other_region: str | None

    @property
    def shown_kinds(self) -> list[Kind]:
        """The kinds of its evidence, the weightiest first."""
        return [Kind(name) for name in self.kinds.split(",") if name in set(Kind)]


@dataclass(frozen=True, slots=True)
class Found:
    """A page of the list; `after`: the cursor of the next one. `counts`: how many there are by state (COUNTED + 1 at
    most of each)."""

    rows: list[Row]
    after: str | None
    counts: Mapping[State, int]


def _scope(viewer: Viewer) -> sa.ColumnElement[bool]:
    return sa.and_(viewer.scope(_one.region_code), viewer.scope(_other.region_code))


def _conditions(viewer: Viewer, asked: Asked, strong: int) -> list[sa.ColumnElement[bool]]:
    found = [_scope(viewer)]
    if asked.kind:
        found.append(MergedPair.kinds.contains(f",{asked.kind.value},", autoescape=True))
    if asked.strong:
        found.append(MergedPair.score >= strong)
    if asked.region:
        heads = [code for code, _name in patches.search(asked.region, MOST_REGIONS)]
        regions = (_one.region_code, _other.region_code)
        found.append(sa.or_(sa.false(), *(region.startswith(head) for head in heads for region in regions)))
    if asked.text:
        key = asked.text.casefold()
        ends = (_one, _other)
        found.append(
            sa.or_(
                *(end.code_key == key for end in ends),
                *(end.name.contains(asked.text, autoescape=True) for end in ends),
            )
        )
    return found


def _from(*columns: Any) -> sa.Select[Any]:
    return (
        sa.select(*columns)
        .select_from(MergedPair)
        .join(_one, _one.id == MergedPair.one_id)
        .join(_other, _other.id == MergedPair.other_id)
    )


def _listed(viewer: Viewer, asked: Asked, strong: int) -> sa.Select[Any]:
    statement = _from(
        MergedPair.id,
        MergedPair.score,
        MergedPair.state,
        MergedPair.kinds,
        MergedPair.changed_at,
        _one.code,
        _one.name,
        _one.region_code,
        _other.code,
        _other.name,
        _other.region_code,
    ).where(*_conditions(viewer, asked, strong))
    if asked.state:
        statement = statement.where(MergedPair.state == asked.state)
    if asked.after:
        score, key = asked.after
        statement = statement.where(MergedPair.score <= score, sa.or_(MergedPair.score < score, MergedPair.id < key))
    return statement.order_by(MergedPair.score.desc(), MergedPair.id.desc())


def listed(viewer: Viewer, asked: Asked, today: date, size: int = PAGE) -> Found:
    """A page of the list, the highest score first; a statement for it, one for the counts, one for a region typed."""
    _version, scoring = policy.on(today)
    rows = [Row(*row) for row in db.session.execute(_listed(viewer, asked, scoring.strong).limit(size + 1))]
    more = len(rows) > size
    rows = rows[:size]
    after = f"{rows[-1].score}~{rows[-1].id.hex}" if more else None
    return Found(rows, after, _counts(viewer, asked, scoring.strong))


def every(viewer: Viewer, asked: Asked, today: date) -> Iterator[Row]:
    """All rows of the list in its order, read page by page."""
    _version, scoring = policy.on(today)
    place = replace(asked, after=None)
    while True:
        rows = [Row(*row) for row in db.session.execute(_listed(viewer, place, scoring.strong).limit(COUNTED))]
        yield from rows
        if len(rows) < COUNTED:
            return
        place = replace(place, after=(rows[-1].score, rows[-1].id))


def _counts(viewer: Viewer, asked: Asked, strong: int) -> dict[State, int]:
    conditions = _conditions(viewer, asked, strong)
    some = [
        _from(sa.literal(1)).where(MergedPair.state == state, *conditions).limit(COUNTED + 1).subquery()
        for state in State
    ]
    counts = sa.select(*(sa.select(sa.func.count()).select_from(one).scalar_subquery() for one in some))
    return dict(zip(State, db.session.execute(counts).one(), strict=True))


def to_decide(viewer: Viewer, today: date) -> int:
    """Strong suspicions that wait for the viewer, counted to COUNTED + 1."""
    _version, scoring = policy.on(today)
    waiting = _from(sa.literal(1)).where(
        MergedPair.state == State.OPEN, MergedPair.score >= scoring.strong, _scope(viewer)
    )
    return db.session.scalar(sa.select(sa.func.count()).select_from(waiting.limit(COUNTED + 1).subquery())) or 0


def last_run() -> MergedRun | None:
    """When the data were looked at last."""
    return db.session.get(MergedRun, 1)


# One pair -------------------------------------------------------------------------------------------------------------


def pairs(viewer: Viewer, *conditions: sa.ColumnElement[bool], most: int) -> list[Pair]:
    """Pairs whose accounts both lie in the viewer's patch, the strongest first."""
    statement = _from(MergedPair, _one, _other).where(_scope(viewer), *conditions)
    found = db.session.execute(statement.order_by(MergedPair.score.desc(), MergedPair.id).limit(most))
    return [Pair(*row) for row in found]


def find(viewer: Viewer, pair_id: UUID) -> Pair | None:
    """A pair whose accounts both lie in the viewer's patch, or None."""
    statement = _from(MergedPair, _one, _other).where(MergedPair.id == pair_id, _scope(viewer))
    found = db.session.execute(statement.execution_options(populate_existing=True)).one_or_none()
    return Pair(*found) if found else None


@dataclass(frozen=True, slots=True)
class Side:
    """One account of a pair as its page shows it: what the file says, masked; grams by month, the oldest first."""

    row: Distributor
    person: str | None
    bank: str | None
    credit_code: str | None
    phones: list[str]
    months: list[int]
    visited: date | None


@dataclass(frozen=True, slots=True)
class Shown:
    """A pair with all that its page shows. `values`: what they share, masked, by the evidence's name; `first`: the
    number of the first month; `people`: names by key; `groups`: what each is in already."""

    pair: Pair
    one: Side
    other: Side
    metres: int | None
    values: Mapping[str, str]
    first: int
    entries: Sequence[MergedEntry]
    people: Mapping[UUID, str]
    joins: "Joined | None"


@dataclass(frozen=True, slots=True)
class Joined:
    """Whom a confirmation would bring together beside the two: (code, name) of those in the viewer's patch, and how
    many others."""

    seen: list[tuple[str, str]]
    others: int


def show(viewer: Viewer, pair: Pair, today: date) -> Shown:
    """Nine statements."""
    keys = (pair.one.id, pair.other.id)
    phones, months = _phones(keys), _months(keys, today)
    visited = dict(
        db.session.execute(
            sa.select(Visit.distributor_id, sa.func.max(Visit.day))
            .where(Visit.distributor_id.in_(keys))
            .group_by(Visit.distributor_id)
        )
        .tuples()
        .all()
    )
    entries = db.session.scalars(
        sa.select(MergedEntry)
        .where(MergedEntry.pair_id == pair.row.id)
        .order_by(MergedEntry.at.desc(), MergedEntry.id.desc())
        .limit(MOST_ENTRIES)
    ).all()
    authors = {entry.by_id for entry in entries if entry.by_id}
    sides = [_side(row, phones[row.id], months[row.id], visited.get(row.id)) for row in (pair.one, pair.other)]
    return Shown(
        pair=pair,
        one=sides[0],
        other=sides[1],
        metres=_metres(pair),
        values=_values(pair, phones),
        first=_first(today),
        entries=entries,
        people=dict(db.session.execute(sa.select(User.id, User.name).where(User.id.in_(authors))).tuples().all()),
        joins=_joins(viewer, pair) if pair.row.state in (State.OPEN, State.WATCH) else None,
    )


def _side(row: Distributor, phones: Iterable[tuple[str, str | None]], months: list[int], visited: date | None) -> Side:
    return Side(
        row=row,
        person=mask_name(row.legal_person) if row.legal_person else None,
        bank=mask_end(row.bank_account) if row.bank_account else None,
        credit_code=mask_end(row.credit_code) if row.credit_code else None,
        phones=[mask_end(phone) for phone, _key in phones],
        months=months,
        visited=visited,
    )


def _metres(pair: Pair) -> int | None:
    one, other = pair.one, pair.other
    if one.lat is None or one.lng is None or other.lat is None or other.lng is None:
        return None
    return metres_between((one.lat, one.lng), (other.lat, other.lng))


def _phones(keys: Collection[UUID]) -> dict[UUID, list[tuple[str, str | None]]]:
    found: dict[UUID, list[tuple[str, str | None]]] = {key: [] for key in keys}
    rows = sa.select(Contact.distributor_id, Contact.phone, Contact.phone_key).where(
        Contact.distributor_id.in_(keys), Contact.phone.is_not(None)
    )
    for owner, phone, key in db.session.execute(rows.order_by(Contact.main.desc(), Contact.id)):
        found[owner].append((phone, key))
    return found


def _first(today: date) -> int:
    return today.year * 12 + today.month - 1 - MONTHS


def _months(keys: Collection[UUID], today: date) -> dict[UUID, list[int]]:
    """Grams of the last completed months."""
    first = _first(today)
    since, until = date(first // 12, first % 12 + 1, 1), today.replace(day=1)
    found = {key: [0] * MONTHS for key in keys}
    rows = (
        sa.select(Invoice.distributor_id, Invoice.date, sa.func.sum(InvoiceLine.weight))
        .join(InvoiceLine, InvoiceLine.invoice_id == Invoice.id)
        .where(Invoice.distributor_id.in_(keys), Invoice.date >= since, Invoice.date < until)
        .group_by(Invoice.distributor_id, Invoice.date)
    )
    for owner, day, grams in db.session.execute(rows):
        found[owner][day.year * 12 + day.month - 1 - first] += int(grams)
    return found


def _values(pair: Pair, phones: Mapping[UUID, Sequence[tuple[str, str | None]]]) -> dict[str, str]:
    """What the two share now, masked, by the name of the evidence that remembers it."""
    sides = (pair.one, pair.other)
    dossiers = {
        row.distributor_id: row
        for row in db.session.execute(
            sa.select(Dossier.distributor_id, Dossier.credit_key, Dossier.bank_key).where(
                Dossier.distributor_id.in_([row.id for row in sides])
            )
        )
    }
    held: list[dict[str, str]] = []
    payers = _payers([row.id for row in sides])
    for row in sides:
        mine = {f"phone:{key}": mask_end(phone) for phone, key in phones[row.id] if key}
        kept = dossiers.get(row.id)
        if kept and kept.bank_key and row.bank_account:
            mine[f"bank_account:{kept.bank_key}"] = mask_end(row.bank_account)
        if kept and kept.credit_key and row.credit_code:
            mine[f"credit_code:{kept.credit_key}"] = mask_end(row.credit_code)
        if row.legal_person:
            mine[f"legal_person:{plain(row.legal_person)}"] = mask_name(row.legal_person)
        mine |= {f"payer:{key}": _masked_payer(payer, key) for key, payer in payers.get(row.id, {}).items()}
        for own in (row.name, row.legal_person, row.bank_account):
            if own:
                mine.setdefault(f"payer:{plain(own)[:64]}", _masked_payer(own, plain(own)))
        held.append(mine)
    shared = held[0].keys() & held[1].keys()
    return {f"{value.split(':')[0]}:{value_key(value)}": held[0][value] for value in shared}


def _payers(keys: Collection[UUID]) -> dict[UUID, dict[str, str]]:
    found: dict[UUID, dict[str, str]] = {}
    rows = sa.select(Payment.distributor_id, Payment.payer_key, sa.func.min(Payment.payer)).where(
        Payment.distributor_id.in_(keys), Payment.payer_key.is_not(None)
    )
    for owner, key, payer in db.session.execute(rows.group_by(Payment.distributor_id, Payment.payer_key)).tuples():
        found.setdefault(owner, {})[str(key)] = payer or ""
    return found


def _masked_payer(payer: str, key: str) -> str:
    """A person by the first character, an account by its end; a company's name hides nobody."""
    if is_person(key):
        return mask_name(payer)
    return mask_end(payer) if any(sign.isdecimal() for sign in key) else payer


def _joins(viewer: Viewer, pair: Pair) -> Joined | None:
    mine = sa.select(MergedMember.group_id).where(MergedMember.distributor_id.in_((pair.one.id, pair.other.id)))
    rows = db.session.execute(
        sa.select(Distributor.code, Distributor.name, Distributor.region_code)
        .join(MergedMember, MergedMember.distributor_id == Distributor.id)
        .where(MergedMember.group_id.in_(mine), Distributor.id.not_in((pair.one.id, pair.other.id)))
        .order_by(Distributor.code_key)
    ).all()
    if not rows:
        return None
    seen = [(code, name) for code, name, region in rows if viewer.covers(region)]
    return Joined(seen, len(rows) - len(seen))


def confirmed(viewer: Viewer, keys: Collection[UUID]) -> list[Pair]:
    """The confirmed pairs among some accounts whose two ends the viewer covers."""
    statement = _from(MergedPair, _one, _other).where(
        MergedPair.state == State.CONFIRMED, MergedPair.one_id.in_(keys), MergedPair.other_id.in_(keys), _scope(viewer)
    )
    return [Pair(*row) for row in db.session.execute(statement.order_by(MergedPair.id))]


def suspicions_of(viewer: Viewer, distributor_id: UUID) -> list[Row]:
    """What is open or watched of one account, the highest score first, as far as the viewer covers both."""
    mine = sa.or_(MergedPair.one_id == distributor_id, MergedPair.other_id == distributor_id)
    statement = _listed(viewer, Asked(state=None), 0).where(mine, MergedPair.state.in_((State.OPEN, State.WATCH)))
    return [Row(*row) for row in db.session.execute(statement.limit(5))]
