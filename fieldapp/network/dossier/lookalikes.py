"""Finding distributors that may be the one at hand: candidates by equal keys, then what speaks for each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.network.distributors.models import Contact, Distributor
from fieldapp.people.accounts.viewer import Viewer

from .alike import ENOUGH, Match, Profile, Reason, compare, keys, phone_key
from .models import Dossier
from .upkeep import places

SHOWN = 5
_MOST = 200  # candidates of one distributor; more share a key only where the key says nothing


class Alike(NamedTuple):
    """A distributor that may be the same."""

    id: UUID
    code: str
    name: str
    region_code: str | None
    reasons: tuple[Reason, ...]
    points: int


@dataclass(frozen=True, slots=True)
class Found:
    """Look-alikes in the viewer's patch, the likeliest first, and what speaks for those outside it (no names)."""

    within: tuple[Alike, ...] = ()
    outside: tuple[tuple[Reason, ...], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.within or self.outside)


def look_alikes(viewer: Viewer, profile: Profile) -> Found:
    """What the database holds that looks like this distributor, of the whole company; three statements at most."""
    [found] = search([profile], most=_MOST)
    within = [one for one in found if viewer.covers(one.region_code)]
    outside = [one.reasons for one in found if not viewer.covers(one.region_code)]
    return Found(tuple(within[:SHOWN]), tuple(outside[:SHOWN]))


def search(profiles: Sequence[Profile], most: int | None = None) -> list[list[Alike]]:
    """Look-alikes of each of many, in any patch, the likeliest first: for an import, which only administrators start.

    `profiles` may lack their `places`: they are looked up.
    """
    connection = db.session.connection()
    candidates = _candidates([_Looked.of(profile) for profile in _located(connection, profiles)], most)
    everyone = [*profiles, *(profile for _row, profile in candidates)]
    located = _located(connection, everyone)
    mine, theirs = located[: len(profiles)], located[len(profiles) :]
    shared: dict[tuple[str, str], list[int]] = {}
    for number, profile in enumerate(theirs):
        for key in _Looked.of(profile).every():
            shared.setdefault(key, []).append(number)
    result = []
    for profile in mine:
        numbers = dict.fromkeys(number for key in _Looked.of(profile).every() for number in shared.get(key, ()))
        scored = [(candidates[number][0], compare(profile, theirs[number])) for number in numbers]
        result.append([_alike(row, match) for row, match in sorted(scored, key=_order) if match.points >= ENOUGH])
    return result


def _order(pair: tuple[Any, Match]) -> tuple[int, str]:
    return -pair[1].points, pair[0].code


def _alike(row: Any, match: Match) -> Alike:
    return Alike(row.id, row.code, row.name, row.region_code, match.reasons, match.points)


class _Looked(NamedTuple):
    """The keys by which one distributor is looked up."""

    name: str | None
    address: str | None
    credit: str | None
    bank: str | None
    phones: tuple[str, ...]

    @classmethod
    def of(cls, profile: Profile) -> "_Looked":
        found = keys(profile)
        return cls(*found, tuple(digits for phone in profile.phones if (digits := phone_key(phone))))

    def every(self) -> Iterable[tuple[str, str]]:
        """(kind of key, key) of those there are."""
        for kind in ("name", "address", "credit", "bank"):
            value = getattr(self, kind)
            if value is not None:
                yield kind, value
        for digits in self.phones:
            yield "phone", digits


def _located(connection: sa.Connection, profiles: Sequence[Profile]) -> list[Profile]:
    named = places(connection, [profile.region for profile in profiles if not profile.places])
    return [
        profile
        if profile.places
        else Profile(
            profile.name,
            profile.region,
            named(profile.region),
            profile.address,
            profile.credit_code,
            profile.bank_account,
            profile.phones,
        )
        for profile in profiles
    ]


def _candidates(looked: Sequence[_Looked], most: int | None) -> list[tuple[Any, Profile]]:
    """Rows that share a key with any, and what the comparison needs of them."""
    ways: list[Any] = []
    for kind, column in (
        ("name", Dossier.name_key),
        ("address", Dossier.address_key),
        ("credit", Dossier.credit_key),
        ("bank", Dossier.bank_key),
    ):
        wanted = {getattr(one, kind) for one in looked} - {None}
        if wanted:
            ways.append(sa.select(Dossier.distributor_id.label("id")).where(column.in_(wanted)))
    phones = {digits for one in looked for digits in one.phones}
    if phones:
        ways.append(sa.select(Contact.distributor_id.label("id")).where(Contact.phone_key.in_(phones)))
    if not ways:
        return []
    if most is not None:
        ways = [sa.select(way.limit(most).subquery().c.id) for way in ways]
    chosen = (sa.union(*ways) if len(ways) > 1 else ways[0]).subquery()
    rows = db.session.execute(
        sa.select(
            Distributor.id,
            Distributor.code,
            Distributor.name,
            Distributor.region_code,
            Distributor.address,
            Distributor.credit_code,
            Distributor.bank_account,
            Contact.phone_key,
        )
        .join(chosen, chosen.c.id == Distributor.id)
        .outerjoin(Contact, Contact.distributor_id == Distributor.id)
    )
    grouped: dict[UUID, tuple[Any, set[str]]] = {}
    for row in rows:
        _row, numbers = grouped.setdefault(row.id, (row, set()))
        if row.phone_key:
            numbers.add(row.phone_key)
    return [
        (
            row,
            Profile(
                row.name,
                row.region_code,
                (),
                row.address,
                row.credit_code,
                row.bank_account,
                tuple(sorted(numbers)),
            ),
        )
        for row, numbers in grouped.values()
    ]
