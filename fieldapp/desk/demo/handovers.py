"""Hand-overs of the demo: an area that went to a neighbour today with its customers, one that will, one called off."""

from datetime import date, datetime, timedelta

import sqlalchemy as sa

from fieldapp.core import clock
from fieldapp.core.db import db, uuid7
from fieldapp.desk.handover import actions, queries
from fieldapp.desk.handover.actions import OnDay
from fieldapp.desk.handover.queries import Wanted
from fieldapp.desk.handover.rules import Kind
from fieldapp.fieldwork.remediation import actions as remediation
from fieldapp.fieldwork.remediation.rules import Severity, TicketKind
from fieldapp.fieldwork.tasks import actions as tasks
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.distributors.rules import Status
from fieldapp.network.dossier.models import Outlet
from fieldapp.network.dossier.rules import OutletKind
from fieldapp.network.territory.models import Area
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.queries import viewer_of

FIRST = 27  # the distributors before it are the cases of the deal check
WAIT = timedelta(days=12)
# Data of the demo, in the language of its people.
REASONS = (
    "老板年纪大了，退休不再经营，客户交给邻近的经销商。",
    "年底合同到期不再续签，由相邻客户接手。",
    "两家已谈妥，后来原客户决定继续做。",
)
CUSTOMERS = (
    ("桥头饲料门市", OutletKind.RETAILER),
    ("老周农资店", OutletKind.RETAILER),
    ("东岗养猪合作社", OutletKind.FARM),
    ("赵集蛋鸡场", OutletKind.FARM),
)
PROMISE = "带技术员去看一次料槽和水线"
STORIES = ("约好周三送到，拖到周六，门市断货三天。", "二十包里有四包封口开裂，客户要求换货。")


def write(boss: str, admin: str, now: datetime, today: date) -> None:
    """Three of the boss's patch, with the app's own actions; fewer where the company is too small for them."""
    users = {
        one.username: viewer_of(one)
        for one in db.session.scalars(sa.select(User).where(User.username.in_((boss, admin))))
    }
    codes = [row[0] for row in db.session.execute(sa.select(Distributor.code).order_by(Distributor.code).limit(FIRST))]
    found = db.session.execute(
        sa.select(Distributor, Area)
        .join(Area, Area.distributor_id == Distributor.id)
        .where(
            users[boss].scope(Distributor.region_code),
            Distributor.code.not_in(codes),
            Distributor.status == Status.ACTIVE,
            Area.region_code == Distributor.region_code,
            Area.valid_from < today,
            Area.valid_to.is_(None),
            ~Area.shared,
        )
        .order_by(Distributor.code)
        .limit(2 * len(REASONS))
    ).all()
    when = OnDay(now, today)
    pairs = zip(REASONS, found[::2], found[1::2], strict=False)
    for number, (reason, (giver, area), (taker, _other)) in enumerate(pairs):
        wanted = Wanted(
            Kind.AREA, giver.id, taker.id, area.region_code, today + WAIT * number, frozenset({area.line_key})
        )
        if queries.look(wanted).refusal is not None:
            continue
        _customers(giver, area.region_code, when)
        handover = actions.arrange(users[admin], wanted, reason, uuid7(), when)
        if number == 2:
            actions.call_off(users[admin], handover, when)


def _customers(giver: Distributor, region: str, when: OnDay) -> None:
    """Some outlets and farms of a distributor, complaints of two of them, and what one farm was promised."""
    keys = []
    for name, kind in CUSTOMERS:
        keys.append(uuid7())
        db.session.add(Outlet(id=keys[-1], distributor_id=giver.id, kind=kind, name=name, region_code=region))
    db.session.flush()
    rep = queries.rep(giver.rep_id) if giver.rep_id is not None else None
    if rep is None:
        return
    told = clock.When(when.now, when.now, when.today)
    for key, about, story in zip(keys, (TicketKind.DELIVERY, TicketKind.PACKAGING), STORIES, strict=False):
        complaint = remediation.Complaint(about, Severity.NORMAL, story, outlet_id=key)
        remediation.open_ticket(rep, key=uuid7(), distributor=giver, complaint=complaint, when=told)
    tasks.promise(
        rep,
        key=uuid7(),
        distributor_id=giver.id,
        visit_id=None,
        text=PROMISE,
        due=when.today + timedelta(days=5),
        now=when.now,
        outlet_id=keys[2],
    )
