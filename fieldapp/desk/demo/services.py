"""What the demo's distributors were promised: the large and the small template, begun three quarters ago."""

from datetime import date, datetime, timedelta

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.distributors.rules import Status
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.standing.service.models import ServicePromise
from fieldapp.standing.service.rules import TEMPLATES, Template

from .network import draw

DAYS_AGO = 270
MOST = 300  # a larger company is for measuring
SHARE = 0.7  # of the distributors: the others still wait for a promise


def write(seed: int, supervisor: str, now: datetime, today: date) -> None:
    """Promise to most of those who trade in a supervisor's patch."""
    boss = db.session.scalars(sa.select(User).where(User.username == supervisor)).one()
    scope = viewer_of(boss).scope(Distributor.region_code)
    found = sa.select(Distributor.id, Distributor.tier).where(scope, Distributor.status == Status.ACTIVE)
    for number, (key, tier) in enumerate(db.session.execute(found.order_by(Distributor.code).limit(MOST)).all()):
        if draw(seed, "service", number).random() >= SHARE:
            continue
        template = Template.LARGE if tier == "A" else Template.SMALL
        terms = TEMPLATES[template]
        db.session.add(
            ServicePromise(
                distributor_id=key,
                version=1,
                valid_from=today - timedelta(days=DAYS_AGO),
                template=template,
                lead_days=terms.lead_days,
                weekdays=sorted(terms.weekdays),
                payment_days=terms.payment_days,
                visit_days=terms.visit_days,
                needs=[],
                made_by_id=boss.id,
                made_at=now - timedelta(days=DAYS_AGO),
            )
        )
    db.session.flush()
