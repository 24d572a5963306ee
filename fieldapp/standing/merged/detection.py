"""Looking for accounts that are one business: reads everything once, in pieces, and compares only who shares something.

Accounts are numbered in the order of their keys, so that a pair is two small numbers. What is shared by more files than
the policy's bound is nobody's and makes no pairs, which is also what keeps their number linear. All of it is read
without a lock; nothing is written here.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import combinations, groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.fieldwork.visits.rules import metres_between
from fieldapp.network.distributors.models import Contact, Distributor
from fieldapp.network.distributors.rules import ContactRole
from fieldapp.network.dossier.models import Dossier
from fieldapp.network.territory.models import Area
from fieldapp.network.territory.rules import chain
from fieldapp.trade.ledger.models import Invoice, InvoiceLine, Payment

from .rules import (
    MONTHS,
    Change,
    Context,
    Evidence,
    Kind,
    Scored,
    Scoring,
    bunches,
    change_of,
    is_late,
    is_person,
    is_placeholder,
    matches,
    plain,
    score,
    succeeds,
    value_key,
)

_CHUNK = 2_000  # accounts whose invoice lines are read at once
_CROWD = 64  # accounts about one place; more are a market, where nearness says nothing
_COUNTY = 6
_DEGREE = 111_000  # metres of a degree of latitude, a little less
Pair = tuple[int, int]
Key = tuple[UUID, UUID]


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A pair with its score and what speaks against it."""

    scored: Scored
    context: Context


@dataclass(slots=True)
class _Accounts:
    """What is known of every account, by its number. `raw`: keys as the driver gives them, in their order."""

    raw: list[Any] = field(default_factory=list)
    region: list[str] = field(default_factory=list)
    places: dict[int, tuple[float, float]] = field(default_factory=dict)
    changes: dict[int, Change] = field(default_factory=dict)
    traded: dict[int, tuple[int, int]] = field(default_factory=dict)
    bunched: dict[int, tuple[int, int]] = field(default_factory=dict)

    def number(self, raw: Any) -> int:
        """The number of a key that is there."""
        return bisect_left(self.raw, raw)

    def same_county(self, one: int, other: int) -> bool:
        """Do the two lie in one county? Where it is not known of either, they do not."""
        county = self.region[one][:_COUNTY]
        return len(county) == _COUNTY and self.region[other].startswith(county)


Found = dict[Pair, list[Evidence]]


def detect(today: date, scoring: Scoring, known: Collection[Key] = ()) -> tuple[dict[Key, Suspicion], int]:
    """Every pair that is suspicious enough to be shown, or stored already (`known`); and how many accounts there are.

    One statement for each kind of value, and one for each 2,000 accounts.
    """
    accounts = _accounts()
    found: Found = defaultdict(list)
    for look in (_files, _phones, _legal_persons, _payers, _addresses):
        look(accounts, scoring, found)
    usual = _trade(accounts, today, scoring, found)
    _shifts(accounts, scoring, found, today)
    return _scored(accounts, scoring, found, usual, known), len(accounts.raw)


def _rows(statement: sa.Select[Any]) -> Sequence[Any]:
    return db.session.connection().execute(statement).all()


def _raw(column: Any) -> Any:
    """A key as the driver gives it: to make a UUID of each of a million would take seconds."""
    return sa.type_coerce(column, sa.types.NullType())


def _as_key(raw: Any) -> UUID:
    return raw if isinstance(raw, UUID) else UUID(raw)


def _accounts() -> _Accounts:
    accounts = _Accounts()
    columns = (_raw(Distributor.id), Distributor.region_code, Distributor.lat, Distributor.lng)
    for number, (raw, region, lat, lng) in enumerate(_rows(sa.select(*columns).order_by(Distributor.id))):
        accounts.raw.append(raw)
        accounts.region.append(region or "")
        if lat is not None and lng is not None:
            accounts.places[number] = (lat, lng)
    return accounts


# Identity -------------------------------------------------------------------------------------------------------------


def _shared(
    accounts: _Accounts,
    rows: Iterable[tuple[str | None, Any]],
    kind: Kind,
    scoring: Scoring,
    found: Found,
) -> None:
    """Evidence for all who share a value. `rows`: (value, key of the account), equal values one after the other."""
    for value, group in groupby(rows, key=itemgetter(0)):
        holders = {raw for _value, raw in group}
        if value is None or not 2 <= len(holders) <= scoring.frequent or is_placeholder(plain(value)):
            continue
        evidence = Evidence(kind, value_key(f"{kind}:{value}"), len(holders))
        for pair in combinations(sorted(accounts.number(raw) for raw in holders), 2):
            found[pair].append(evidence)


def _twice(key: Any, owner: Any, *conditions: Any) -> sa.Select[Any]:
    """(value, account) of the values that more than one account holds, by value."""
    many = sa.select(key).where(key.is_not(None), *conditions).group_by(key).having(sa.func.count(owner.distinct()) > 1)
    return sa.select(key, _raw(owner)).where(key.in_(many), *conditions).distinct().order_by(key)


def _files(accounts: _Accounts, scoring: Scoring, found: Found) -> None:
    """Credit codes and bank accounts, by the keys that the files keep for look-alikes."""
    for kind, key in ((Kind.CREDIT_CODE, Dossier.credit_key), (Kind.BANK_ACCOUNT, Dossier.bank_key)):
        _shared(accounts, _rows(_twice(key, Dossier.distributor_id)), kind, scoring, found)


def _phones(accounts: _Accounts, scoring: Scoring, found: Found) -> None:
    """Phones of any contact but an accountant: one who keeps the books of several is a common thing."""
    keeps_books = sa.or_(Contact.role.is_(None), Contact.role != ContactRole.ACCOUNTANT)
    select = _twice(Contact.phone_key, Contact.distributor_id, keeps_books)
    _shared(accounts, _rows(select), Kind.PHONE, scoring, found)


def _legal_persons(accounts: _Accounts, scoring: Scoring, found: Found) -> None:
    """The same name counts within a county: elsewhere it is another of that name."""
    select = _twice(Distributor.legal_person, Distributor.id)
    for value, group in groupby(_rows(select), key=itemgetter(0)):
        name = plain(value)
        numbers = [accounts.number(raw) for _value, raw in group]
        if len(numbers) > scoring.frequent or is_placeholder(name):
            continue
        evidence = Evidence(Kind.LEGAL_PERSON, value_key(f"{Kind.LEGAL_PERSON}:{name}"), len(numbers))
        for one, other in combinations(sorted(numbers), 2):
            if accounts.same_county(one, other):
                found[one, other].append(evidence)


def _payers(accounts: _Accounts, scoring: Scoring, found: Found) -> None:
    """Who paid for more than one account; and an account that another's own account or company paid for.

    Everybody's own bank account, company and legal person stand beside the payers of its payments: a payer that is some
    other's own speaks for the two. What no payment names makes no evidence here.
    """
    paid = _rows(
        sa.select(Payment.payer_key, _raw(Payment.distributor_id))
        .where(Payment.payer_key.is_not(None))
        .distinct()
        .order_by(Payment.payer_key)
    )
    payers: dict[str, set[Any]] = {}
    for value, group in groupby(paid, key=itemgetter(0)):
        holders = {raw for _value, raw in group}
        if len(holders) <= scoring.frequent and not is_placeholder(value):
            payers[value] = holders
    if not payers:
        return
    own = sa.select(_raw(Distributor.id), Distributor.name, Dossier.bank_key, Distributor.legal_person)
    own = own.outerjoin(Dossier, Dossier.distributor_id == Distributor.id)
    bearers: dict[str, set[Any]] = defaultdict(set)
    for raw, name, bank, person in _rows(own):
        if bank in payers:
            payers[bank].add(raw)
        for value in {plain(name)[:64], plain(person)} & payers.keys():
            payers[value].add(raw)
            bearers[value].add(raw)
    for value, holders in payers.items():
        if not 2 <= len(holders) <= scoring.frequent:
            continue
        near = is_person(value)
        evidence = Evidence(
            Kind.PAYER, value_key(f"{Kind.PAYER}:{value}"), len(holders), {"person": True} if near else {}
        )
        namesakes = {accounts.number(raw) for raw in bearers.get(value, ())}
        for pair in combinations(sorted(accounts.number(raw) for raw in holders), 2):
            # Two of one name that pay for themselves are namesakes, and no more.
            if not namesakes.issuperset(pair) and not (near and not accounts.same_county(*pair)):
                found[pair].append(evidence)


def _addresses(accounts: _Accounts, scoring: Scoring, found: Found) -> None:
    """Within some metres of each other; where one of the two has no coordinates, the same address in the same county.

    How many lie about there counts as the holders of the place: in a market hall everybody is everybody's neighbour.
    """
    step = scoring.metres / _DEGREE
    cells = _cells(accounts.places, step)
    near: dict[int, int] = defaultdict(int)
    pairs: list[tuple[int, int, int]] = []
    for one, other in _neighbours(cells, _CROWD):
        metres = metres_between(accounts.places[one], accounts.places[other])
        if metres <= scoring.metres:
            pairs.append((one, other, metres))
            near[one] += 1
            near[other] += 1
    for one, other, metres in pairs:
        holders = 1 + max(near[one], near[other])
        if holders <= scoring.frequent:
            key = value_key("|".join(sorted(f"{lat:.2f},{lng:.2f}" for lat, lng in _both(accounts.places, one, other))))
            found[one, other].append(Evidence(Kind.ADDRESS, key, holders, {"metres": metres}))
    for value, group in groupby(_rows(_twice(Dossier.address_key, Dossier.distributor_id)), key=itemgetter(0)):
        numbers = sorted(accounts.number(raw) for _value, raw in group)
        if len(numbers) > scoring.frequent:
            continue
        evidence = Evidence(Kind.ADDRESS, value_key(f"{Kind.ADDRESS}:{value}"), len(numbers))
        for one, other in combinations(numbers, 2):
            if one not in accounts.places or other not in accounts.places:
                found[one, other].append(evidence)


def _both(places: Mapping[int, tuple[float, float]], one: int, other: int) -> tuple[tuple[float, float], ...]:
    return places[one], places[other]


def _cells(places: Mapping[int, tuple[float, float]], step: float) -> dict[tuple[int, int], list[int]]:
    """Who lies in which cell of a grid. Cells are `step` degrees of latitude high, and so wide that up to 60° (China
    ends at 54°) none is narrower than that: who is nearer than a step lies in the same or the next one."""
    cells: dict[tuple[int, int], list[int]] = defaultdict(list)
    for number, (lat, lng) in places.items():
        cells[int(lat // step), int(lng // (2 * step))].append(number)
    return cells


def _neighbours(cells: Mapping[tuple[int, int], list[int]], crowd: int) -> Iterator[Pair]:
    """Pairs of the same cell and of those around it, the smaller number first; none in a crowd."""
    for (row, column), here in cells.items():
        if len(here) > crowd:
            continue
        yield from combinations(sorted(here), 2)
        for beside in ((row, column + 1), (row + 1, column - 1), (row + 1, column), (row + 1, column + 1)):
            there = cells.get(beside, ())
            if len(there) <= crowd:
                for one in here:
                    for other in there:
                        yield (one, other) if one < other else (other, one)


# Behaviour ------------------------------------------------------------------------------------------------------------


def _trade(accounts: _Accounts, today: date, scoring: Scoring, found: Found) -> float:
    """Reads the invoice lines of the completed months once: who changed, who bunches, who sells where another sells.

    Returns the company's usual share of the last days of a month.
    """
    this = today.year * 12 + today.month - 1
    first = this - MONTHS
    since, until = date(first // 12, first % 12 + 1, 1), today.replace(day=1)
    own, owners = _areas(accounts, since)
    late_days = _late_days(first, scoring.bunched_days)
    shares: list[float] = []
    outside: dict[Pair, tuple[int, int]] = {}
    lately = (MONTHS - 12) + first
    for lines in _by_account(accounts, since, until):
        number = lines[0]
        months, late, total = [0] * MONTHS, 0, 0
        sent: dict[int, tuple[int, int]] = {}
        mine = own.get(number, ())
        for _raw_key, day, ship_to, grams in lines[1]:
            month = int(day[:4]) * 12 + int(day[5:7]) - 1
            months[month - first] += grams
            if month < lately:
                continue
            total += grams
            if day[8:] >= late_days[month - first]:
                late += grams
            if ship_to and not any(ship_to.startswith(region) and f <= day <= t for region, f, t in mine):
                whose = _owners_of(owners, ship_to, day)
                for other in whose if len(whose) < scoring.frequent else ():
                    already, most = sent.get(other, (0, 0))
                    sent[other] = already + grams, max(most, len(whose))
        _keep(accounts, number, months, scoring)
        if total > 0:
            shares.append(late / total)
            accounts.bunched[number] = (late, total)
        for other, (grams, most) in sent.items():
            if grams >= scoring.tonnes * 1_000_000 and grams * 100 >= total * scoring.delivery_percent:
                outside[number, other] = grams * 100 // total, most
    for (sender, owner), (percent, most) in outside.items():
        one, other = sorted((sender, owner))
        facts = {"by": "one" if sender == one else "other", "percent": percent}
        evidence = Evidence(Kind.DELIVERY, "area", 1 + most, facts)
        found[one, other].append(evidence)
    shares.sort()
    return shares[len(shares) // 2] if shares else 0.0


def _late_days(first: int, days: int) -> list[str]:
    """For each month the day from which it counts as its end, as two digits."""
    found = []
    for number in range(first, first + MONTHS):
        day = date(number // 12, number % 12 + 1, 1)
        while not is_late(day, days):
            day += timedelta(days=1)
        found.append(f"{day.day:02}")
    return found


def _keep(accounts: _Accounts, number: int, months: list[int], scoring: Scoring) -> None:
    traded = [at for at, grams in enumerate(months) if grams > 0]
    if traded:
        accounts.traded[number] = (traded[0], traded[-1])
        change = change_of(months, scoring)
        if change is not None:
            accounts.changes[number] = change


def _by_account(accounts: _Accounts, since: date, until: date) -> Iterator[tuple[int, Sequence[Any]]]:
    """(number, its invoice lines) of all who bought; read 2,000 accounts at a time."""
    statement = (
        sa.select(
            _raw(Invoice.distributor_id), sa.cast(Invoice.date, sa.String), InvoiceLine.ship_to, InvoiceLine.weight
        )
        .join(InvoiceLine, InvoiceLine.invoice_id == Invoice.id)
        .where(Invoice.date >= since, Invoice.date < until)
        .order_by(Invoice.distributor_id)
    )
    for start in range(0, len(accounts.raw), _CHUNK):
        low = _as_key(accounts.raw[start])
        high = _as_key(accounts.raw[min(start + _CHUNK, len(accounts.raw)) - 1])
        rows = _rows(statement.where(Invoice.distributor_id.between(low, high)))
        for raw, lines in groupby(rows, key=itemgetter(0)):
            yield accounts.number(raw), list(lines)


Window = tuple[str, str, str]


def _areas(accounts: _Accounts, since: date) -> tuple[dict[int, list[Window]], dict[str, list[tuple[int, str, str]]]]:
    """Areas by account as (region, from, to), and by region as (account, from, to); dates as ISO text."""
    own: dict[int, list[Window]] = defaultdict(list)
    owners: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
    select = sa.select(_raw(Area.distributor_id), Area.region_code, Area.valid_from, Area.valid_to)
    for raw, region, valid_from, valid_to in _rows(
        select.where(sa.or_(Area.valid_to.is_(None), Area.valid_to >= since))
    ):
        begin, end = valid_from.isoformat(), valid_to.isoformat() if valid_to else "9999"
        number = accounts.number(raw)
        own[number].append((region, begin, end))
        owners[region].append((number, begin, end))
    return own, owners


def _owners_of(owners: Mapping[str, list[tuple[int, str, str]]], ship_to: str, day: str) -> list[int]:
    """Whose place it is on a day: of the closest region that is anybody's."""
    for region in chain(ship_to):
        here = [number for number, begin, end in owners.get(region, ()) if begin <= day <= end]
        if here:
            return list(dict.fromkeys(here))
    return []


def _shifts(accounts: _Accounts, scoring: Scoring, found: Found, today: date) -> None:
    """One lost about what a neighbour gained: within the county, or some kilometres apart."""
    first = today.year * 12 + today.month - 1 - MONTHS
    falls = {number for number, change in accounts.changes.items() if change.grams < 0}
    rises = {number for number, change in accounts.changes.items() if change.grams > 0}
    for fall, rise in _candidates(accounts, falls, rises, scoring):
        lost, gained = accounts.changes[fall], accounts.changes[rise]
        if not matches(lost, gained, scoring):
            continue
        one, other = sorted((fall, rise))
        month = first + lost.at
        facts = {
            "by": "one" if fall == one else "other",
            "month": f"{month // 12}-{month % 12 + 1:02}",
            "fell": -lost.grams,
            "rose": gained.grams,
        }
        found[one, other].append(Evidence(Kind.SHIFT, str(month), 2, facts))


def _candidates(
    accounts: _Accounts, falls: Collection[int], rises: Collection[int], scoring: Scoring
) -> Iterator[Pair]:
    """(who fell, who rose) that lie near enough, each once. Who rose stands sorted by how much, so that of a large
    county only those of about the same size are looked at."""
    counties: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number in rises:
        county = accounts.region[number][:_COUNTY]
        if len(county) == _COUNTY:
            counties[county].append((accounts.changes[number].grams, number))
    for held in counties.values():
        held.sort()
    seen: set[Pair] = set()
    for fall in falls:
        lost = -accounts.changes[fall].grams
        held = counties.get(accounts.region[fall][:_COUNTY], [])
        low = lost * (100 - scoring.match_percent) // 100
        high = lost * 100 // (100 - scoring.match_percent)
        for grams, rise in held[bisect_left(held, (low, -1)) :]:
            if grams > high:
                break
            seen.add((fall, rise))
            yield fall, rise
    moved = {number: accounts.places[number] for number in (*falls, *rises) if number in accounts.places}
    metres = scoring.km * 1000
    for one, other in _neighbours(_cells(moved, metres / _DEGREE), 8 * _CROWD):
        fall, rise = (one, other) if one in falls else (other, one)
        apart = (one in falls) != (other in falls) and (fall, rise) not in seen
        if apart and metres_between(moved[fall], moved[rise]) <= metres:
            yield fall, rise


# Scoring --------------------------------------------------------------------------------------------------------------


def _scored(
    accounts: _Accounts, scoring: Scoring, found: Found, usual: float, known: Collection[Key]
) -> dict[Key, Suspicion]:
    there = set(known)
    names = _names(accounts, found)
    kept: dict[Key, Suspicion] = {}
    for (one, other), evidence in found.items():
        pair = _as_key(accounts.raw[one]), _as_key(accounts.raw[other])
        context = Context(
            open=one in names and names[one] == names.get(other),
            succession=succeeds(accounts.traded.get(one), accounts.traded.get(other)),
        )
        scored = score([*evidence, *_bunched(accounts, one, other, usual, scoring)], context, scoring)
        if scored.score >= scoring.show or pair in there:
            kept[pair] = Suspicion(scored, context)
    return kept


def _bunched(accounts: _Accounts, one: int, other: int, usual: float, scoring: Scoring) -> Iterator[Evidence]:
    for side, number in (("one", one), ("other", other)):
        late, total = accounts.bunched.get(number, (0, 0))
        if bunches(late, total, usual, scoring):
            yield Evidence(Kind.BUNCHED, side, 2, {"by": side, "percent": late * 100 // total})


def _names(accounts: _Accounts, found: Found) -> dict[int, str]:
    """The key of the name (network/dossier/alike.py) of all who share something: who trade under one name in one city
    hide nothing."""
    numbers = sorted({number for pair in found for number in pair})
    names: dict[int, str] = {}
    for start in range(0, len(numbers), _CHUNK):
        keys = [_as_key(accounts.raw[number]) for number in numbers[start : start + _CHUNK]]
        select = sa.select(_raw(Dossier.distributor_id), Dossier.name_key).where(
            Dossier.distributor_id.in_(keys), Dossier.name_key.is_not(None)
        )
        for raw, name in _rows(select):
            names[accounts.number(raw)] = name
    return names
