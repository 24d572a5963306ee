"""Sensitive answers: kept only with a consent, counted while it holds, shown one at a time, each look written down."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db, insert_into, insert_row, uuid7
from fieldapp.core.logs import request_id
from fieldapp.network.distributors.models import Contact, Distributor
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.viewer import Viewer

from .models import ConsentHow, SensitiveAnswer, SensitiveRead
from .privacy_rules import PrivacyPolicy
from .scoring import SENSITIVE, Answer, Indicator, Option, add_months

READS = 50
MOST_PEOPLE = 50


@dataclass(frozen=True, slots=True)
class Consent:
    """Who agreed (a contact) that an answer about him is recorded, and how."""

    by: UUID
    how: ConsentHow


class Person(NamedTuple):
    """A contact who may agree."""

    id: UUID
    name: str | None
    phone: str | None


class Kept(NamedTuple):
    """A sensitive answer that counts, without the answer."""

    id: UUID
    indicator: Indicator
    by: str | None
    how: ConsentHow
    on: date
    expires_on: date
    recorded_by: str
    recorded_at: datetime


def people(distributor_id: UUID) -> list[Person]:
    """The contacts of a distributor (found in scope), the main one first."""
    rows = db.session.execute(
        sa.select(Contact.id, Contact.name, Contact.phone)
        .where(Contact.distributor_id == distributor_id)
        .order_by(Contact.main.desc(), Contact.name, Contact.id)
        .limit(MOST_PEOPLE)
    )
    return [Person(*row) for row in rows]


def _counts(today: date) -> tuple[Any, ...]:
    """Joined to its contact: the consent has not run out, and is still that person's."""
    return (
        SensitiveAnswer.consent_by_id == Contact.id,
        SensitiveAnswer.of_name.is_not_distinct_from(Contact.name),
        SensitiveAnswer.expires_on >= today,
    )


def held(today: date, distributor_id: UUID | None = None) -> dict[UUID, Option]:
    """{key: option} of the answers that count today, of one distributor or of all: for reckoning, never for a page."""
    statement = sa.select(SensitiveAnswer.id, SensitiveAnswer.option).join(Contact, sa.and_(*_counts(today)))
    if distributor_id is not None:
        statement = statement.where(SensitiveAnswer.distributor_id == distributor_id)
    return dict(db.session.execute(statement).tuples().all())


def kept(distributor_id: UUID, today: date) -> list[Kept]:
    """What counts today about a distributor found in scope, in the order of the deck."""
    rows = db.session.execute(
        sa.select(
            SensitiveAnswer.id,
            SensitiveAnswer.indicator,
            SensitiveAnswer.of_name,
            SensitiveAnswer.consent_how,
            SensitiveAnswer.consent_on,
            SensitiveAnswer.expires_on,
            User.name,
            SensitiveAnswer.recorded_at,
        )
        .join(Contact, sa.and_(*_counts(today)))
        .join(User, User.id == SensitiveAnswer.recorded_by_id)
        .where(SensitiveAnswer.distributor_id == distributor_id)
    )
    return sorted((Kept(*row) for row in rows), key=lambda one: list(Indicator).index(one.indicator))


def of_contact(contact_id: UUID) -> list[tuple[UUID, Indicator]]:
    """(key, indicator) of all that a contact has agreed to, also what no longer counts."""
    rows = db.session.execute(
        sa.select(SensitiveAnswer.id, SensitiveAnswer.indicator).where(SensitiveAnswer.consent_by_id == contact_id)
    )
    return list(rows.tuples().all())


def keys_for(distributor_id: UUID, answers: Mapping[Indicator, Answer]) -> dict[Indicator, UUID]:
    """Under which key each sensitive answer will be kept: the one it has, while it says the same; else a new one."""
    rows = db.session.execute(
        sa.select(SensitiveAnswer.indicator, SensitiveAnswer.id, SensitiveAnswer.option).where(
            SensitiveAnswer.distributor_id == distributor_id
        )
    )
    there = {(indicator, option): key for indicator, key, option in rows}
    return {
        indicator: there.get((indicator, answer.option)) or uuid7()
        for indicator, answer in answers.items()
        if indicator in SENSITIVE
    }


def keep(
    viewer: Viewer,
    distributor_id: UUID,
    answers: Mapping[Indicator, Answer],
    consents: Mapping[Indicator, Consent],
    keys: Mapping[Indicator, UUID],
    policy: PrivacyPolicy,
    today: date,
    now: datetime,
) -> None:
    """Keep the sensitive answers under `keys`, in place of what was kept before."""
    for indicator, key in keys.items():
        consent = consents[indicator]
        values = {
            "id": key,
            "distributor_id": distributor_id,
            "indicator": indicator,
            "option": answers[indicator].option,
            "consent_by_id": consent.by,
            "of_name": db.session.scalar(sa.select(Contact.name).where(Contact.id == consent.by)),
            "consent_on": today,
            "consent_how": consent.how,
            "recorded_by_id": viewer.id,
            "recorded_at": now,
            "expires_on": add_months(today, policy.months),
        }
        statement = insert_into(SensitiveAnswer).values(**values)
        db.session.execute(
            statement.on_conflict_do_update(
                index_elements=["distributor_id", "indicator"],
                set_={name: statement.excluded[name] for name in values if name not in ("distributor_id", "indicator")},
            )
        )


def find(distributor_id: UUID, indicator: Indicator) -> SensitiveAnswer | None:
    """The row of a kind, whether it counts or not; the distributor was found in scope."""
    return db.session.scalar(
        sa.select(SensitiveAnswer).where(
            SensitiveAnswer.distributor_id == distributor_id, SensitiveAnswer.indicator == indicator
        )
    )


def look(viewer: Viewer, distributor_id: UUID, indicator: Indicator, today: date, now: datetime) -> Option | None:
    """What is kept, for a person to see; the look is written down. None when nothing counts, which is no look."""
    option = db.session.scalar(
        sa.select(SensitiveAnswer.option)
        .join(Contact, sa.and_(*_counts(today)))
        .where(SensitiveAnswer.distributor_id == distributor_id, SensitiveAnswer.indicator == indicator)
    )
    if option is not None:
        insert_row(
            SensitiveRead,
            {
                "reader_id": viewer.id,
                "distributor_id": distributor_id,
                "indicator": indicator,
                "at": now,
                "request_id": request_id(),
            },
        )
    return option


def delete(keys: Collection[UUID]) -> None:
    """Delete answers for good."""
    db.session.execute(
        sa.delete(SensitiveAnswer).where(SensitiveAnswer.id.in_(keys)).execution_options(synchronize_session=False)
    )


def sweep(today: date) -> int:
    """Delete what no longer counts: run out, or its contact is another person by now. Returns how many."""
    counting = sa.select(SensitiveAnswer.id).join(Contact, sa.and_(*_counts(today)))
    gone = db.session.execute(
        sa.delete(SensitiveAnswer)
        .where(SensitiveAnswer.id.not_in(counting))
        .execution_options(synchronize_session=False)
        .returning(SensitiveAnswer.id)
    )
    return len(gone.all())


def reads(viewer: Viewer, before: UUID | None = None) -> tuple[Sequence[sa.Row[Any]], UUID | None]:
    """Who looked at what in the viewer's patch, the latest first, and where the next page begins."""
    statement = (
        sa.select(
            SensitiveRead.id,
            SensitiveRead.indicator,
            SensitiveRead.at,
            SensitiveRead.request_id,
            User.name.label("reader"),
            Distributor.id.label("distributor_id"),
            Distributor.name.label("distributor"),
            Distributor.code,
        )
        .join(User, User.id == SensitiveRead.reader_id)
        .join(Distributor, Distributor.id == SensitiveRead.distributor_id)
        .where(viewer.scope(Distributor.region_code))
        .order_by(SensitiveRead.id.desc())
        .limit(READS + 1)
    )
    if before is not None:
        statement = statement.where(SensitiveRead.id < before)
    rows = db.session.execute(statement).all()
    return rows[:READS], rows[READS - 1].id if len(rows) > READS else None
