"""Whom the demo company sells through and who looks after them: users, patches, distributors, areas.

Every distributor is drawn from the seed and its own number alone, so that the millionth can be made without the
others.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import NamedTuple

from fieldapp.desk.demo import names
from fieldapp.desk.demo.cases import CASES, GOOD, Case
from fieldapp.desk.demo.catalogue import LINES, Row
from fieldapp.desk.demo.places import HOME, NEXT, Places

PER_REP = 25
PATCHES_PER_SUPERVISOR = 6
FEWEST_REPS = 2  # the demo's accounts

# Provinces of ponds and rivers, where fish feed comes first.
_WATERS = {"32", "35", "36", "42", "43", "44", "45", "46"}


class Rep(NamedTuple):
    """A rep and his patch, one region code."""

    username: str
    name: str
    patch: str


class Area(NamedTuple):
    """A sales area; dates as in the files, both ends inclusive."""

    region: str
    line: str
    valid_from: date
    valid_to: date | None
    shared: bool


@dataclass(frozen=True, slots=True)
class Payer:
    """How a distributor pays: share of the term it takes, days late, whether a payment names its invoice."""

    names_invoice: bool
    share_of_term: float
    days_late: int = 0
    stopped: int | None = None  # so many days ago it stopped paying altogether


@dataclass(frozen=True, slots=True)
class Distributor:
    """Everything the generator knows of one distributor before its sales."""

    number: int
    code: str
    name: str
    region: str
    tier: str
    rep: str
    status: str
    since: date
    contact: str
    phone: str
    address: str
    lat: float | None
    lng: float | None
    credit_code: str
    bank_account: str
    legal_person: str
    lines: tuple[str, ...]
    areas: tuple[Area, ...]
    grade: str
    term_days: int
    tonnes_a_month: float
    growth: float
    payer: Payer
    case: Case | None

    @property
    def province(self) -> str:
        return self.region[:2]


@dataclass(frozen=True, slots=True)
class Network:
    """The company's reps in order of their patches, and how many distributors there are."""

    places: Places
    reps: tuple[Rep, ...]
    count: int
    seed: int
    today: date

    @property
    def patches(self) -> list[str]:
        return [rep.patch for rep in self.reps]

    def distributor(self, number: int) -> Distributor:
        """The distributor with this number, from 0."""
        rep_number, slot = divmod(number, PER_REP)
        return _distributor(self, number, self.reps[rep_number], slot)

    def distributors(self) -> Iterator[Distributor]:
        """All distributors, made one after the other."""
        for number in range(self.count):
            yield self.distributor(number)


def build(places: Places, count: int, seed: int, today: date) -> Network:
    """A network of `count` distributors. ValueError below one."""
    if count < 1:
        raise ValueError(f"distributors={count}: give at least 1")
    random = draw(seed, "reps", 0)
    patches = _patches(places, max(FEWEST_REPS, -(-count // PER_REP)))
    reps = [
        Rep("rep" if number == 0 else f"rep{number + 1}", names.person(random), patch)
        for number, patch in enumerate(patches)
    ]
    return Network(places, tuple(reps), count, seed, today)


def draw(seed: int, purpose: str, number: int) -> Random:
    """A source of chance of its own for each purpose and number: no draw depends on how many others were made."""
    salt = sum(ord(letter) * 257**place for place, letter in enumerate(purpose))
    return Random((seed * 1_000_003 + salt) * 10_000_019 + number)  # noqa: S311 — a demo, no secret


def _patches(places: Places, count: int) -> list[str]:
    """So many patches: whole cities near the home city; where there are more reps than cities, smaller ones."""
    if count <= len(places.cities):
        return places.cities[:count]
    others = [city for city in places.cities if city not in (HOME, NEXT)]
    counties = [county for city in others for county in places.below[city]]
    if count - 2 <= len(counties):
        return [HOME, NEXT, *counties[: count - 2]]
    towns = [town for county in counties for town in places.below[county]]
    # Above a million distributors several reps share a township.
    return [HOME, NEXT, *(towns[number % len(towns)] for number in range(count - 2))]


def user_rows(network: Network, english: str) -> Iterator[Row]:
    """Reps, a supervisor of every six patches (the first is `boss`), one administrator.

    `english` is the username of the one rep who reads English.
    """
    random = draw(network.seed, "supervisors", 0)
    yield _user_row("admin", "系统管理员", "admin", [], "zh")
    for first in range(0, len(network.reps), PATCHES_PER_SUPERVISOR):
        team = network.reps[first : first + PATCHES_PER_SUPERVISOR]
        username = "boss" if first == 0 else f"boss{first // PATCHES_PER_SUPERVISOR + 1}"
        yield _user_row(username, names.person(random), "supervisor", [rep.patch for rep in team], "zh")
    for rep in network.reps:
        yield _user_row(rep.username, rep.name, "rep", [rep.patch], "en" if rep.username == english else "zh")


def _user_row(username: str, name: str, role: str, patches: Sequence[str], locale: str) -> Row:
    return {
        "username": username,
        "name": name,
        "role": role,
        "regions": ";".join(dict.fromkeys(patches)),
        "locale": locale,
        "active": "yes",
    }


class _Seat(NamedTuple):
    """Where in its patch a distributor stands: its region, which is also its area, and the county of that."""

    region: str
    county: str
    line: str
    shared: bool


def _seat(places: Places, patch: str, slot: int) -> _Seat:
    """The place of the `slot`-th distributor of a patch.

    In each county the first one has the county, the second its poultry feeds, two share a township, and the others
    have one each. The fifth county of a city has nobody: a gap in the coverage.
    """
    if len(patch) == 9:
        return _Seat(patch, patch[:6], "*", True)
    counties = [patch] if len(patch) == 6 else places.below[patch]
    if len(counties) > 4:
        counties = counties[:4] + counties[5:]
    rank, place = divmod(slot, len(counties))
    county = counties[place]
    towns = places.below[county]
    if rank == 0:
        return _Seat(county, county, "*", False)
    if rank == 1:
        return _Seat(county, county, "poultry", False)
    nth = max(0, rank - 3)
    last = len(towns) - 1
    return _Seat(towns[min(nth, last)], county, "*", rank <= 3 or nth >= last)


def _distributor(network: Network, number: int, rep: Rep, slot: int) -> Distributor:
    random = draw(network.seed, "distributor", number)
    places, today = network.places, network.today
    case = CASES.get(number)
    seat = _seat(places, rep.patch, slot)
    since = today - timedelta(days=int(random.triangular(60, 5200, 1400)))
    status = random.choices(("active", "watch", "prospect", "ended"), (89, 5, 3, 3))[0]
    owner = names.person(random)
    contact = owner if random.random() < 0.7 else names.person(random)
    registered = random.random() < (0.6 if seat.region == seat.county else 0.2) or number == GOOD
    lines = _lines(random, seat)
    grade = _grade(random, today, since, status)
    lat, lng = _position(random, places.seat(seat.region))
    if len(seat.region) == 9:
        town, place = seat.region, places.names[seat.region].removesuffix("街道")
    else:
        town, place = random.choice(places.below[seat.county]), places.names[seat.county]
    drawn = Distributor(
        number=number,
        code=f"D{number + 1:0{max(3, len(str(network.count)))}d}",
        name=names.company(random, place) if registered else names.shop(random, place, owner),
        region=seat.region,
        tier=random.choices(("S", "A", "B", "C"), (8, 22, 45, 25))[0],
        rep=rep.username,
        status=status,
        since=since,
        contact=contact,
        phone=names.phone(random),
        address=places.full_name(town) + names.street_address(random),
        lat=lat,
        lng=lng,
        credit_code=names.credit_code(random, seat.county, registered),
        bank_account=names.bank_account(random),
        legal_person=owner,
        lines=lines,
        areas=_areas(random, seat, status, since, today),
        grade=grade,
        term_days={"A": 30, "B": 15, "C": 7}.get(grade, 0),
        tonnes_a_month=min(400.0, random.lognormvariate(3.1, 0.7)),
        growth=random.uniform(-0.2, 0.45),
        payer=_payer(random),
        case=case,
    )
    return _as_case(drawn, case, seat, today) if case else drawn


def _as_case(drawn: Distributor, case: Case, seat: _Seat, today: date) -> Distributor:
    """The distributor with what its case prescribes: long a customer, pays each invoice within its term."""
    since = today - timedelta(days=1800 - drawn.number * 7)
    end = today - timedelta(days=40) if case.status == "ended" else None
    areas = () if case.status == "prospect" else (Area(seat.region, seat.line, since, end, seat.shared),)
    return replace(
        drawn,
        tier=case.tier,
        status=case.status,
        since=since,
        areas=areas,
        grade=case.grade,
        term_days={"A": 30, "B": 15, "C": 7}.get(case.grade, 0),
        tonnes_a_month=60.0,
        growth=0.1,
        payer=Payer(names_invoice=True, share_of_term=0.9),
    )


def _lines(random: Random, seat: _Seat) -> tuple[str, ...]:
    """What it sells: a specialist its line, the others one to three, but no poultry where a specialist may be."""
    if seat.line != "*":
        return (seat.line,)
    weights = {"pig": 6.0, "poultry": 1.5, "aqua": 0.8, "ruminant": 1.2}
    if seat.region[:2] in _WATERS:
        weights["aqua"] = 5.0
    if seat.region == seat.county:
        weights["poultry"] = 0.0
    chosen: list[str] = []
    for _ in range(random.choices((1, 2, 3), (45, 40, 15))[0]):
        left = [line for line in LINES if line not in chosen]
        chosen.append(random.choices(left, [weights[line] for line in left])[0])
    return tuple(chosen)


def _grade(random: Random, today: date, since: date, status: str) -> str:
    if status == "prospect":
        return ""
    grade = random.choices(("A", "B", "C", "D", ""), (16, 42, 29, 8, 5))[0]
    return "B" if grade == "A" and (today - since).days < 365 else grade


def _payer(random: Random) -> Payer:
    names_invoice = random.random() < 0.5
    share = random.uniform(0.3, 0.95)
    kind = random.random()
    if kind < 0.86:
        return Payer(names_invoice, share)
    if kind < 0.96:
        return Payer(names_invoice, 1.0, days_late=random.randint(1, 12))
    return Payer(names_invoice, share, stopped=random.randint(20, 75))


def _areas(random: Random, seat: _Seat, status: str, since: date, today: date) -> tuple[Area, ...]:
    """Its area, now and then with an earlier, smaller one, or one that is agreed and begins later."""
    if status == "prospect":
        return ()
    end = today - timedelta(days=random.randint(30, 200)) if status == "ended" else None
    if end is not None and end <= since:
        return ()
    area = Area(seat.region, seat.line, since, end, seat.shared)
    history = random.random()
    if history < 0.1 and (today - since).days > 800 and end is None:
        handed_over = today - timedelta(days=random.randint(100, 600))
        # The specialist of a county has a line of his own here too: another's may have had pig feed in the same years.
        earlier = Area(seat.region, "pig" if seat.line == "*" else "aqua", since, handed_over, seat.shared)
        return earlier, area._replace(valid_from=handed_over + timedelta(days=1))
    if history > 0.96 and seat.line != "*" and end is None:
        return area, area._replace(line="ruminant", valid_from=today + timedelta(days=random.randint(10, 50)))
    return (area,)


def _position(random: Random, seat: tuple[float, float] | None) -> tuple[float | None, float | None]:
    """Somewhere within about thirty kilometres of the seat; nowhere for one in twelve, as in a real file."""
    if seat is None or random.random() < 1 / 12:
        return None, None
    return round(seat[0] + random.uniform(-0.25, 0.25), 6), round(seat[1] + random.uniform(-0.3, 0.3), 6)


def distributor_rows(network: Network) -> Iterator[Row]:
    for distributor in network.distributors():
        yield {
            "code": distributor.code,
            "name": distributor.name,
            "region": distributor.region,
            "tier": distributor.tier,
            "rep": distributor.rep,
            "status": distributor.status,
            "since": distributor.since.isoformat(),
            "contact": distributor.contact,
            "phone": distributor.phone,
            "address": distributor.address,
            "lat": "" if distributor.lat is None else f"{distributor.lat:.6f}",
            "lng": "" if distributor.lng is None else f"{distributor.lng:.6f}",
            "credit_code": distributor.credit_code,
            "bank_account": distributor.bank_account,
            "legal_person": distributor.legal_person,
        }


def area_rows(network: Network) -> Iterator[Row]:
    for distributor in network.distributors():
        for area in distributor.areas:
            yield {
                "distributor": distributor.code,
                "region": area.region,
                "line": area.line,
                "valid_from": area.valid_from.isoformat(),
                "valid_to": area.valid_to.isoformat() if area.valid_to else "",
                "shared": "yes" if area.shared else "no",
            }
