"""The files of the demo's distributors, from nearly empty to complete, and two distributors that look like one."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

import sqlalchemy as sa

from fieldapp.core.db import db, uuid7
from fieldapp.network.distributors.models import Contact, Distributor
from fieldapp.network.distributors.rules import Channel, ContactRole
from fieldapp.network.dossier import actions
from fieldapp.network.dossier.actions import Moment
from fieldapp.network.dossier.alike import Profile
from fieldapp.network.dossier.lookalikes import look_alikes
from fieldapp.network.dossier.models import Brand, BrandShare, Dossier, Outlet, Site, Vehicle, Warehouse
from fieldapp.network.dossier.parts import PARTS
from fieldapp.network.dossier.rules import MEANS, NETWORK, WEIGHTS, OutletKind, SiteKind, VehicleKind
from fieldapp.network.dossier.upkeep import refresh
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.people.accounts.viewer import Viewer

from . import cases, names
from .company import Company
from .network import PER_REP, draw

OURS = "禾穰"
RIVALS = ("丰登", "牧原春", "大成牧", "江河", "金谷")
_FARMS = ("养猪场", "养鸡场", "生态养殖场", "家庭农场", "水产养殖场")
_TONNE = 1_000_000


def write(company: Company, rep: str, supervisor: str, now: datetime, today: date) -> None:
    """Fill the files of the first rep's distributors: the tenth part of them wholly, the others less and less."""
    viewer = viewer_of(db.session.scalars(sa.select(User).where(User.username == rep)).one())
    boss = viewer_of(db.session.scalars(sa.select(User).where(User.username == supervisor)).one())
    count = min(PER_REP, company.network.count)
    codes = [company.network.distributor(number).code for number in range(count)]
    rows = {row.code: row for row in db.session.scalars(sa.select(Distributor).where(Distributor.code.in_(codes)))}
    for number, code in enumerate(codes):
        _fill(rows[code], draw(company.network.seed, "dossier", number), number, today)
    db.session.flush()
    refresh([row.id for row in rows.values()], WEIGHTS)
    when = Moment(now - timedelta(hours=5), today)
    good = rows[codes[cases.GOOD]]
    stored = actions.open_entry(viewer, good.id, PARTS["company"], None, lock=True)
    values = stored.values()
    changed = values | {"capital": 50_000_000, "business_since": good.since}
    actions.edit(viewer, good.id, PARTS["company"], None, changed, actions.seen_marks(stored), when)
    actions.confirm(boss, good.id, "place", replace(when, at=now - timedelta(hours=2)))
    _twin(company, rows[codes[min(cases.PROSPECT, count - 1)]], viewer, when)


def _fill(row: Distributor, random: Random, number: int, today: date) -> None:
    """The lower the number the fuller the file; every third has parts that nobody has looked at for long."""
    fullness = 1.0 if number == cases.GOOD else max(0.1, 0.95 - number * 0.035)
    recently = (today - timedelta(days=random.randint(5, 200))).isoformat()
    long_ago = (today - timedelta(days=random.randint(400, 700))).isoformat()
    dossier = db.session.get_one(Dossier, row.id)
    dossier.checked = {}

    def has(share: float) -> bool:
        return random.random() < share * fullness or number == cases.GOOD

    main = db.session.scalars(sa.select(Contact).where(Contact.distributor_id == row.id, Contact.main)).first()
    if main is not None and has(0.9):
        main.role = ContactRole.OWNER if main.name == row.legal_person else ContactRole.MANAGER
        main.birthday = f"{random.randint(1, 12):02d}-{random.randint(1, 28):02d}"
        main.channel = random.choice(list(Channel))
        main.wechat = f"wx_{random.randrange(10**8):08d}"
    if has(0.8):
        person = names.person(random)
        role = ContactRole.SPOUSE if main is not None and main.role is ContactRole.OWNER else ContactRole.OWNER
        db.session.add(Contact(distributor_id=row.id, name=person, phone=names.phone(random), role=role))
        db.session.add(
            Contact(
                distributor_id=row.id, name=names.person(random), phone=names.phone(random), role=ContactRole.ACCOUNTANT
            )
        )
    if has(0.6):
        dossier.capital = random.choice((300_000, 500_000, 1_000_000, 2_000_000)) * 100
    if has(0.7) and row.since is not None:
        row.business_since = row.since - timedelta(days=random.randint(100, 2500))
    if has(0.7):
        kind = random.choice((SiteKind.STORE, SiteKind.WAREHOUSE))
        db.session.add(Site(distributor_id=row.id, kind=kind, address=f"{row.address}东{random.randint(2, 9)}00米"))
    if has(0.9):
        _network(row, random, 47 if number == cases.GOOD else random.randint(2, 14), today)
        dossier.checked = {**dossier.checked, NETWORK: [long_ago if number % 3 == 1 else recently, str(row.rep_id)]}
    if has(0.8):
        _brands(row, random, today)
    if has(0.8):
        vehicle = random.choice((VehicleKind.TRUCK, VehicleKind.VAN, VehicleKind.TRICYCLE))
        count, tonnes = random.randint(1, 4), {VehicleKind.TRUCK: 8, VehicleKind.VAN: 2}.get(vehicle, 1)
        db.session.add(Vehicle(distributor_id=row.id, kind=vehicle, count=count, grams=tonnes * _TONNE))
        dossier.checked = {**dossier.checked, MEANS: [long_ago if number % 4 == 2 else recently, str(row.rep_id)]}
    if has(0.7):
        metres = random.randint(1, 12) * 50
        name = random.choice(("店后仓", "主仓库", "村口仓库"))
        db.session.add(
            Warehouse(distributor_id=row.id, name=name, square_metres=metres, grams=metres * _TONNE * 6 // 10)
        )


def _network(row: Distributor, random: Random, count: int, today: date) -> None:
    for _each in range(count):
        farm = random.random() < 0.6
        owner = names.person(random)
        db.session.add(
            Outlet(
                distributor_id=row.id,
                kind=OutletKind.FARM if farm else OutletKind.RETAILER,
                name=f"{owner}{random.choice(_FARMS)}" if farm else f"{owner}饲料代销点",
                region_code=row.region_code,
                contact=owner,
                phone=names.phone(random),
                monthly_grams=None if farm else random.randint(1, 15) * _TONNE,
                head=random.randint(3, 120) * 10 if farm else None,
                active=random.random() < 0.9,
                since=today - timedelta(days=random.randint(30, 2500)),
            )
        )


def _brands(row: Distributor, random: Random, today: date) -> None:
    ranges = ((20, 45), (15, 30), (5, 15))
    for name, (least, most) in zip((OURS, *random.sample(RIVALS, 2)), ranges, strict=True):
        brand = Brand(id=uuid7(), distributor_id=row.id, name=name, name_key=name.casefold(), ours=name == OURS)
        db.session.add(brand)
        db.session.flush()
        share = random.randint(least, most)
        for months, change in ((8, -4), (2, 0)):
            day = (today - timedelta(days=months * 30)).replace(day=1)
            db.session.add(BrandShare(brand_id=brand.id, as_of=day, percent=Decimal(share + change)))


def _twin(company: Company, like: Distributor, viewer: Viewer, when: Moment) -> None:
    """A prospect that looks like another one; whoever opens the form of a new distributor with its data is warned."""
    random = draw(company.network.seed, "twin", 0)
    name = like.name.replace("有限公司", "").replace("店", "") + "经营部"
    phone = names.phone(random)
    typed = {
        "name": name,
        "region": like.region_code,
        "contact": names.person(random),
        "phone": phone,
        "code": None,
        "address": like.address,
        "credit_code": None,
    }
    alike = look_alikes(viewer, Profile(name, like.region_code, (), like.address, None, None, (phone,)))
    actions.create(viewer, typed, alike, "同一条街上的另一家，老板不同，已上门核实。", when)
