"""What the demo's people have rated: confirmed grades with a history, one that went back, and two that wait."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.standing.grading import consents, queries
from fieldapp.standing.grading.actions import Decision, decide, propose
from fieldapp.standing.grading.consents import Consent
from fieldapp.standing.grading.models import Assessment, ConsentHow
from fieldapp.standing.grading.prefill import known
from fieldapp.standing.grading.scoring import Answer, Indicator, Option

from .cases import RATED
from .company import Company


@dataclass(frozen=True, slots=True)
class Rating:
    """One rating of a distributor: so many days ago, what was said of its residence, arrears, share and cases.

    `decision` None: it still waits.
    """

    days_ago: int
    residence: str = "best"
    arrears: str = "best"
    focus: str = "best"
    cross_area: str = "best"
    decision: Decision | None = Decision.CONFIRM
    note: str = ""
    answer: str = ""


# In the order of cases.RATED, all of the first rep; data of the demo, in the language of its people.
RATINGS: tuple[tuple[Rating, ...], ...] = (
    (
        Rating(540, arrears="middle", focus="worst"),
        Rating(360, arrears="middle", focus="middle"),
        Rating(170, answer="销量稳步上升，同意。"),
    ),
    (Rating(400, residence="middle"), Rating(200, residence="middle", focus="middle")),
    (Rating(30, arrears="middle"),),
    (Rating(380), Rating(20, cross_area="worst", note="窜货到邻县，已核实。", answer="同意，先降级观察。")),
    (Rating(168, focus="worst"), Rating(1, decision=None, note="今年专销我公司产品，请主管确认。")),
    (Rating(0, arrears="middle", decision=None, note="同行反映偶有拖欠，已与老板谈过。"),),
    (
        Rating(150, residence="middle", arrears="middle"),
        Rating(3, decision=Decision.RETURN, answer="请向其他厂家核实是否拖欠货款后再报。"),
    ),
)


def write(company: Company, rep: str, supervisor: str, now: datetime, today: date) -> None:
    """Propose and decide the ratings above for the distributors that the company has."""
    asking, deciding = _viewer(rep), _viewer(supervisor)
    for number, ratings in zip(RATED, RATINGS, strict=True):
        if number >= company.network.count:
            continue
        drawn = company.network.distributor(number)
        row = db.session.scalars(sa.select(Distributor).where(Distributor.code == drawn.code)).one()
        for rating in ratings:
            day = today - timedelta(days=rating.days_ago)
            if drawn.since <= day and asking.covers(row.region_code):
                at = now - timedelta(days=rating.days_ago)
                made = _propose(asking, row, rating, day, at)
                if rating.decision is not None:
                    decide(deciding, made, rating.decision, rating.answer, at + timedelta(hours=5))


def _propose(asking: Viewer, row: Distributor, rating: Rating, day: date, at: datetime) -> Assessment:
    version, policy = queries.policy_on(day)
    found = known(row, day, policy)
    asked = {
        Indicator.RESIDENCE: rating.residence,
        Indicator.ARREARS: rating.arrears,
        Indicator.FOCUS: rating.focus,
        Indicator.CROSS_AREA: rating.cross_area,
    }
    source = {"kind": "asked", "by": asking.name}
    answers = {indicator: Answer(Option(option), None, source, day) for indicator, option in asked.items()}
    people = consents.people(row.id)
    agreed = {Indicator.RESIDENCE: Consent(people[0].id, ConsentHow.SPOKEN)} if people else {}
    return propose(asking, row, answers | found.answers, found.facts, (version, policy), rating.note, at, agreed=agreed)


def _viewer(username: str) -> Viewer:
    return viewer_of(db.session.scalars(sa.select(User).where(User.username == username)).one())
