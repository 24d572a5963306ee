"""What the demo's people have done to credit by hand: a freeze, a temporary limit that runs, one that is asked for.

The distributors of `cases` are left as they are, as each of them shows a finding.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db, uuid7
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.distributors.rules import Status
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.standing.grading import freezes, increases
from fieldapp.standing.grading.credit_policy import terms_on
from fieldapp.standing.grading.credit_rules import refusal_now
from fieldapp.standing.grading.models import CreditIncrease, CreditRecord

from .cases import CASES
from .company import Company
from .network import PER_REP

_DAYS = 15
_ROUND = 100_000  # fen: whole thousands of yuan


def write(company: Company, rep: Viewer, supervisor: Viewer, now: datetime, today: date) -> None:
    """As many of the three as the company has distributors for."""
    ordinary = _ordinary(company, today)
    running, asked, frozen = (next(ordinary, None) for _ in range(3))
    if running is not None:
        key = _ask(rep, running, "新建两栋育肥舍，本月集中备料。", now - timedelta(days=2), today)
        increase = db.session.get_one(CreditIncrease, key)
        increases.decide(
            supervisor,
            increase,
            increases.Decision.APPROVE,
            "同意，月底前回款后恢复原额度。",
            now - timedelta(days=1),
            today - timedelta(days=1),
        )
    if asked is not None:
        _ask(rep, asked, "存栏增加三成，申请临时额度周转。", now - timedelta(hours=5), today)
    if frozen is not None:
        freezes.freeze(supervisor, frozen, "老板失联两天，先停止赊销，待核实。", uuid7(), now - timedelta(days=1))


def _ask(rep: Viewer, distributor_id: UUID, reason: str, at: datetime, today: date) -> UUID:
    key = uuid7()
    most = terms_on(today)[0].most(increases.standing(distributor_id).limit)
    amount = max(most // 2 // _ROUND * _ROUND, min(most, _ROUND))
    increases.ask(rep, distributor_id, amount, _DAYS, reason, key, at, today)
    return key


def _ordinary(company: Company, today: date) -> Iterator[UUID]:
    """The first rep's customers whose credit could be raised today, but for the cases."""
    for number in range(min(PER_REP, company.network.count)):
        if number in CASES:
            continue
        row = db.session.execute(
            sa.select(Distributor.id, Distributor.status, CreditRecord.frozen)
            .join(CreditRecord, CreditRecord.distributor_id == Distributor.id)
            .where(Distributor.code == company.network.distributor(number).code)
        ).one_or_none()
        if row is None or row.frozen or row.status is not Status.ACTIVE:
            continue
        if refusal_now(increases.standing(row.id), today) is None:
            yield row.id
