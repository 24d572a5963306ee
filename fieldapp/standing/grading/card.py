"""What a distributor's credit page shows, and which increases wait; everything as the viewer may see it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import Role, User
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.trade.ledger.models import Balance
from fieldapp.trade.ledger.queries import position_on, read_open_items
from fieldapp.trade.ledger.rules import LedgerFacts, from_balance

from .credit import dated_import
from .credit_policy import terms_on
from .credit_rules import CreditTerms, Limit, Refusal, Standing, limit_on, refusal_now
from .models import (
    Assessment,
    AssessmentState,
    CreditFreeze,
    CreditIncrease,
    CreditRecord,
    CreditSource,
    ImportedCredit,
    IncreaseState,
)

EARLIER = 20
MOST_OPEN = 200
MOST_OWN = 30


@dataclass(frozen=True, slots=True)
class Card:
    """A distributor's credit, with where it comes from and what was done to it by hand.

    `record` is None where there is none. `limit` is today's. `file` and `own`: the day of the file's grade and of the
    latest confirmed rating, whichever of them holds. `frozen` is the freeze by hand that holds; `freezes` are the
    earlier ones. `asked` waits, `running` holds today; `increases` are all the others. `against`: why none can be
    asked for. `people`: names of everybody named here.
    """

    distributor_id: UUID
    record: CreditRecord | None
    limit: Limit
    ledger: LedgerFacts
    file: ImportedCredit | None
    file_day: date | None
    own: Assessment | None
    frozen: CreditFreeze | None
    freezes: Sequence[CreditFreeze]
    asked: CreditIncrease | None
    running: CreditIncrease | None
    increases: Sequence[CreditIncrease]
    against: Refusal | None
    terms: CreditTerms
    people: dict[UUID, str]

    @property
    def assessed(self) -> bool:
        """Does our own rating hold?"""
        return self.record is not None and self.record.source is CreditSource.ASSESSED

    @property
    def available(self) -> int:
        """Fen that the limit of today leaves beside what is owed; may be negative."""
        return (self.limit.whole or 0) - self.ledger.outstanding

    @property
    def most(self) -> int:
        """The most that may be asked for, fen."""
        return self.terms.most(self.record.limit if self.record else None)


def find(viewer: Viewer, distributor_id: UUID) -> Any | None:
    """The distributor (id, code, name, region_code) when it lies within the viewer's patch, or None."""
    return db.session.execute(
        sa.select(Distributor.id, Distributor.code, Distributor.name, Distributor.region_code).where(
            Distributor.id == distributor_id, viewer.scope(Distributor.region_code)
        )
    ).one_or_none()


def find_freeze(viewer: Viewer, distributor_id: UUID, freeze_id: UUID) -> CreditFreeze | None:
    """A freeze of a distributor within the viewer's patch, or None."""
    return _found(viewer, CreditFreeze, distributor_id, freeze_id)


def find_increase(viewer: Viewer, distributor_id: UUID, increase_id: UUID) -> CreditIncrease | None:
    """An increase of a distributor within the viewer's patch, or None."""
    return _found(viewer, CreditIncrease, distributor_id, increase_id)


def _found(viewer: Viewer, model: Any, distributor_id: UUID, key: UUID) -> Any | None:
    return db.session.scalar(
        sa.select(model)
        .join(Distributor, Distributor.id == model.distributor_id)
        .where(model.id == key, model.distributor_id == distributor_id, viewer.scope(Distributor.region_code))
    )


def credit_card(viewer: Viewer, distributor_id: UUID, today: date) -> dict[str, Any] | None:
    """What templates/standing/grading/credit.html needs, or None when it lies outside the patch; nine statements."""
    if find(viewer, distributor_id) is None:
        return None
    # A row that this session holds may be older than what `credit.settle` has written beside it.
    record = db.session.get(CreditRecord, distributor_id, populate_existing=True)
    file = db.session.get(ImportedCredit, distributor_id)
    own = db.session.scalar(
        sa.select(Assessment)
        .where(
            Assessment.distributor_id == distributor_id,
            Assessment.state == AssessmentState.CONFIRMED,
            Assessment.grade.is_not(None),
        )
        .order_by(Assessment.on.desc(), Assessment.decided_at.desc(), Assessment.id.desc())
        .limit(1)
    )
    freezes = db.session.scalars(
        sa.select(CreditFreeze)
        .where(CreditFreeze.distributor_id == distributor_id)
        .order_by(CreditFreeze.id.desc())
        .limit(EARLIER)
    ).all()
    increases = db.session.scalars(
        sa.select(CreditIncrease)
        .where(CreditIncrease.distributor_id == distributor_id)
        .order_by(CreditIncrease.id.desc())
        .limit(EARLIER)
    ).all()
    held = next((freeze for freeze in freezes if freeze.lifted_at is None), None)
    asked = next((one for one in increases if one.state is IncreaseState.ASKED), None)
    running = next((one for one in increases if _runs(one, today)), None)
    terms, _version = terms_on(today)
    standing = Standing(
        record.grade if record else None,
        record.limit if record else None,
        asked is not None,
        running.valid_until if running else None,
    )
    card = Card(
        distributor_id=distributor_id,
        record=record,
        limit=limit_on(today, record.limit, record.extra_limit, record.extra_from, record.extra_until)
        if record
        else Limit(None),
        ledger=ledger_on(distributor_id, today),
        file=file,
        file_day=_day_of(file),
        own=own,
        frozen=held,
        freezes=[freeze for freeze in freezes if freeze is not held],
        asked=asked,
        running=running,
        increases=[one for one in increases if one is not asked and one is not running],
        against=refusal_now(standing, today),
        terms=terms,
        people=_names(own, freezes, increases),
    )
    return {
        "card": card,
        "today": today,
        "may_freeze": viewer.role in (Role.SUPERVISOR, Role.ADMIN),
        "may_decide": viewer.role is Role.SUPERVISOR and asked is not None and asked.asked_by_id != viewer.id,
        "me": viewer.id,
    }


def record_of(distributor_id: UUID) -> CreditRecord | None:
    """The credit that holds of a distributor that the viewer has found."""
    return db.session.get(CreditRecord, distributor_id)


def ledger_on(distributor_id: UUID, today: date) -> LedgerFacts:
    """What is owed by a distributor that the viewer has found: by the kept balance, or by the rows for a day
    before its latest."""
    balance = db.session.get(Balance, distributor_id)
    if balance is None:
        return LedgerFacts()
    if balance.as_of > today:
        return position_on(distributor_id, today)
    return from_balance(balance.outstanding, read_open_items(balance.open_items), today)


def _runs(increase: CreditIncrease, today: date) -> bool:
    return increase.state is IncreaseState.APPROVED and (increase.valid_until or today) >= today


def _day_of(file: ImportedCredit | None) -> date | None:
    if file is None:
        return None
    dated = dated_import({"grade": file.grade, "assessed_on": file.assessed_on, "changed_at": file.changed_at})
    return dated.day if dated else None


def _names(own: Assessment | None, freezes: Iterable[CreditFreeze], increases: Iterable[CreditIncrease]) -> Any:
    wanted = {own.decided_by_id} if own else set()
    for freeze in freezes:
        wanted |= {freeze.frozen_by_id, freeze.lifted_by_id}
    for one in increases:
        wanted |= {one.asked_by_id, one.decided_by_id, one.ended_by_id}
    wanted.discard(None)
    if not wanted:
        return {}
    return dict(db.session.execute(sa.select(User.id, User.name).where(User.id.in_(wanted))).tuples().all())


# What waits, for the page of approvals and its badge -----------------------------------------------------------------

_asker = sa.orm.aliased(User)


def _rows() -> sa.Select[Any]:
    return (
        sa.select(
            CreditIncrease.id,
            CreditIncrease.state,
            CreditIncrease.amount,
            CreditIncrease.days,
            CreditIncrease.reason,
            CreditIncrease.asked_at,
            CreditIncrease.asked_by_id,
            CreditIncrease.decided_at,
            CreditIncrease.valid_until,
            CreditIncrease.distributor_id,
            Distributor.code.label("distributor_code"),
            Distributor.name.label("distributor_name"),
            _asker.name.label("asker"),
        )
        .join(Distributor, Distributor.id == CreditIncrease.distributor_id)
        .join(_asker, _asker.id == CreditIncrease.asked_by_id)
    )


def open_in_patch(viewer: Viewer) -> Sequence[sa.Row[Any]]:
    """Open requests for distributors within a supervisor's patch, the oldest first."""
    statement = _rows().where(CreditIncrease.state == IncreaseState.ASKED, viewer.scope(Distributor.region_code))
    return db.session.execute(statement.order_by(CreditIncrease.asked_at, CreditIncrease.id).limit(MOST_OPEN)).all()


def own(viewer: Viewer) -> Sequence[sa.Row[Any]]:
    """The viewer's latest requests for distributors that lie in his patch, the latest first."""
    statement = _rows().where(CreditIncrease.asked_by_id == viewer.id, viewer.scope(Distributor.region_code))
    return db.session.execute(statement.order_by(CreditIncrease.id.desc()).limit(MOST_OWN)).all()


def any_answered_since(viewer: Viewer, since: datetime) -> sa.ColumnElement[bool]:
    """Whether there may be something in `answered_since`: to put into another statement."""
    return sa.exists().where(CreditIncrease.asked_by_id == viewer.id, CreditIncrease.decided_at > since)


def answered_since(viewer: Viewer, since: datetime) -> Sequence[sa.Row[Any]]:
    """The viewer's requests that others have decided since, in his patch; the latest first."""
    statement = _rows().where(
        CreditIncrease.asked_by_id == viewer.id,
        CreditIncrease.decided_at > since,
        CreditIncrease.state.in_([IncreaseState.APPROVED, IncreaseState.DECLINED]),
        viewer.scope(Distributor.region_code),
    )
    return db.session.execute(statement.order_by(CreditIncrease.decided_at.desc()).limit(MOST_OWN)).all()


def waiting(me: Any, region_within: Any) -> sa.ScalarSelect[int]:
    """How many open requests of others wait where `region_within(column)` holds, to put into another statement."""
    return (
        sa.select(sa.func.count())
        .select_from(CreditIncrease)
        .join(Distributor, Distributor.id == CreditIncrease.distributor_id)
        .where(
            CreditIncrease.state == sa.literal_column(f"'{IncreaseState.ASKED.value}'"),
            CreditIncrease.asked_by_id != me,
            region_within(Distributor.region_code),
        )
        .scalar_subquery()
    )
