"""A year and a half of the demo's satisfaction surveys: what one area thinks of prices another thinks of delivery.

Distributors are asked half-yearly, a sample of farms and retailers quarterly. Each customer has a mood and each area
its sore spot, so that averages differ, trends move and what matters can be told from what disappoints.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.clock import SHANGHAI
from fieldapp.core.db import db, uuid7
from fieldapp.fieldwork.surveys import book, tallies
from fieldapp.fieldwork.surveys.models import Survey, SurveyAnswer
from fieldapp.fieldwork.surveys.rules import Audience, Channel, Purpose, SurveyState
from fieldapp.network.distributors.models import Contact, Distributor
from fieldapp.network.distributors.rules import Status
from fieldapp.network.dossier.models import Outlet
from fieldapp.network.dossier.rules import OutletKind

from .network import draw

HALVES = 3
QUARTERS = 5
MOST_STORES = 300
MOST_OUTLETS = 60  # of a kind
DUE = timedelta(days=14)

# How content they are with each side, from 1 to 5, and how far it goes with the opinion of all in all.
SIDES = {
    "price": (3.2, 0.7),
    "quality": (4.2, 0.9),
    "delivery": (3.3, 0.9),
    "technical": (3.7, 0.6),
    "rep": (4.3, 0.4),
    "promotion": (3.4, 0.3),
    "payment": (3.0, 0.2),
}
SORE = tuple(SIDES)  # an area is less content with one of them, in turn
AREA = 4  # figures of a region's code that make an area: a city

# Data of the demo, in the language of its people.
MEND = {
    "price": ("价格比对手高一截，走量有压力。", "希望旺季能有阶梯价。"),
    "quality": ("上月有几包结块，希望把好质量关。",),
    "delivery": ("旺季送货常晚一两天，影响养殖户换料。", "下单后不知道什么时候到，最好有通知。"),
    "technical": ("想请技术老师多下来几趟。",),
    "rep": ("业务员换得太勤。",),
    "promotion": ("促销品到得太晚。", "新品缺样品和资料。"),
    "payment": ("账期能不能再宽一点。",),
}
REASONS = ("料肉比没有宣传的那么好。", "换料后采食慢。", "价格高，效果一般。")


class _Store(NamedTuple):
    id: UUID
    rep_id: UUID
    region_code: str | None
    contact_id: UUID | None


@dataclass
class _Rows:
    surveys: list[dict[str, Any]] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)


def write(seed: int, now: datetime, today: date) -> None:
    """Ask the first distributors, and farms and retailers of theirs; the last round is still under way."""
    stores = [
        _Store(*row)
        for row in db.session.execute(
            sa.select(Distributor.id, Distributor.rep_id, Distributor.region_code, Contact.id)
            .outerjoin(Contact, sa.and_(Contact.distributor_id == Distributor.id, Contact.main))
            .where(Distributor.rep_id.is_not(None), Distributor.status != Status.ENDED)
            .order_by(Distributor.code_key)
            .limit(MOST_STORES)
        )
    ]
    versions = {audience: book.current(audience.value, now).id for audience in Audience}
    rows = _Rows()
    for number, store in enumerate(stores):
        chance = draw(seed, "survey", number)
        mood = chance.gauss(0, 0.5)
        for half in range(HALVES):
            asked = today - timedelta(days=half * 182 + chance.randint(5, 30))
            _distributor(chance, store, versions[Audience.DISTRIBUTOR], asked, mood + 0.1 * (HALVES - half), rows, now)
    for kind, audience in ((OutletKind.FARM, Audience.FARMER), (OutletKind.RETAILER, Audience.RETAILER)):
        for number, (outlet_id, store) in enumerate(_outlets(kind, stores)):
            chance = draw(seed, audience.value, number)
            asked = today - timedelta(days=number % QUARTERS * 91 + chance.randint(5, 30))
            _outlet(chance, store, audience, outlet_id, versions[audience], asked, rows, now)
    for model, given in ((Survey, rows.surveys), (SurveyAnswer, rows.answers)):
        if given:
            db.session.execute(sa.insert(model), given)
    tallies.count_again()


def _outlets(kind: OutletKind, stores: Sequence[_Store]) -> list[tuple[UUID, _Store]]:
    by_key = {store.id: store for store in stores}
    found = db.session.execute(
        sa.select(Outlet.id, Outlet.distributor_id)
        .where(Outlet.kind == kind, Outlet.active, Outlet.distributor_id.in_(by_key))
        .order_by(Outlet.distributor_id, Outlet.name, Outlet.id)
        .limit(MOST_OUTLETS)
    )
    return [(key, by_key[of]) for key, of in found.tuples()]


def _distributor(
    chance: Random, store: _Store, version: UUID, asked: date, mood: float, rows: _Rows, now: datetime
) -> None:
    key = _survey(chance, store, version, asked, rows, now, contact_id=store.contact_id)
    if key is None:
        return
    area = int((store.region_code or "0")[:AREA] or 0)
    sore = SORE[area % len(SORE)]
    scores = {
        side: _score(mean + mood - (0.9 if side == sore else 0), 0.7, chance) for side, (mean, _weight) in SIDES.items()
    }
    weight = sum(one for _mean, one in SIDES.values())
    felt = sum(scores[side] * one for side, (_mean, one) in SIDES.items()) / weight
    overall = _score(felt + 0.15, 0.35, chance)
    for side, score in (*scores.items(), ("overall", overall)):
        _answer(rows, key, side, number=score)
    _answer(rows, key, "recommend", number=max(0, min(10, round(felt * 2.6 - 2.2 + chance.gauss(0, 1)))))
    worst = min(scores, key=lambda side: scores[side])
    if scores[worst] <= 3 and chance.random() < 0.5:
        _answer(rows, key, "mend", text=chance.choice(MEND[worst]))


def _outlet(
    chance: Random,
    store: _Store,
    audience: Audience,
    outlet_id: UUID,
    version: UUID,
    asked: date,
    rows: _Rows,
    now: datetime,
) -> None:
    farm = audience is Audience.FARMER
    of = {"farm_id": outlet_id} if farm else {"outlet_id": outlet_id}
    key = _survey(chance, store, version, asked, rows, now, **of)
    if key is None:
        return
    mood = chance.gauss(0, 0.5)
    if not farm:
        for side in ("quality", "delivery", "promotion"):
            _answer(rows, key, side, number=_score(SIDES[side][0] + mood, 0.7, chance))
        _answer(rows, key, "overall", number=_score(3.8 + mood, 0.6, chance))
        return
    effect = chance.choices(("better", "same", "worse"), (5, 4, 1))[0]
    _answer(rows, key, "effect", choice=effect)
    if effect == "worse":
        for one in chance.sample(("intake", "growth", "health", "cost"), 2):
            _answer(rows, key, "trouble", choice=one)
    overall = _score({"better": 4.4, "same": 3.6, "worse": 2.1}[effect], 0.5, chance)
    _answer(rows, key, "overall", number=overall)
    if overall <= 2:
        _answer(rows, key, "reason", text=chance.choice(REASONS))


def _survey(
    chance: Random, store: _Store, version: UUID, asked: date, rows: _Rows, now: datetime, **more: Any
) -> UUID | None:
    """Its key where it was answered: four of five are, half of the others still wait when the round is young."""
    key, made_at = uuid7(), datetime.combine(asked, time(9, 30), SHANGHAI)
    due = asked + DUE
    answered_at = made_at + timedelta(hours=chance.randint(1, 12 * 24))
    answered = chance.random() < 0.8 and answered_at < now
    state = SurveyState.ANSWERED if answered else SurveyState.OPEN if due + DUE > now.date() else SurveyState.EXPIRED
    if not answered and chance.random() < 0.2:
        state = SurveyState.DECLINED
    columns = {"outlet_id": None, "farm_id": None, "contact_id": None, **more}
    channel = chance.choices((Channel.REP, Channel.LINK), (3, 2))[0]
    rows.surveys.append(
        {
            "id": key,
            "version_id": version,
            "purpose": Purpose.PERIODIC,
            "distributor_id": store.id,
            "region_code": store.region_code,
            "rep_id": store.rep_id,
            "made_at": made_at,
            "due": due,
            "state": state,
            "channel": channel if state in {SurveyState.ANSWERED, SurveyState.DECLINED} else None,
            "answered_at": answered_at if answered else None,
            **columns,
        }
    )
    return key if answered else None


def _answer(rows: _Rows, survey: UUID, question: str, **value: Any) -> None:
    rows.answers.append(
        {
            "id": uuid7(),
            "survey_id": survey,
            "question": question,
            "number": None,
            "choice": "",
            "text": "",
            **value,
        }
    )


def _score(mean: float, spread: float, chance: Random) -> int:
    return max(1, min(5, round(chance.gauss(mean, spread))))
