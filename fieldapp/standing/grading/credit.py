"""Keeping the credit record equal to what holds, in the transaction that changes it."""

from collections.abc import Iterable
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db, insert_into

from .models import Assessment, AssessmentState, CreditRecord


def settle(distributor_ids: Iterable[UUID]) -> None:
    """Bring the credit record up to what holds: the newer of the imported one and the latest confirmed assessment."""
    for distributor_id in sorted(set(distributor_ids)):
        latest = db.session.scalar(
            sa.select(Assessment)
            .where(Assessment.distributor_id == distributor_id, Assessment.state == AssessmentState.CONFIRMED)
            .order_by(Assessment.on.desc(), Assessment.decided_at.desc())
            .limit(1)
        )
        if latest is None:
            continue
        values = {
            CreditRecord.grade: latest.grade,
            CreditRecord.limit: latest.limit,
            CreditRecord.term_days: latest.term_days,
            CreditRecord.assessed_on: latest.on,
            CreditRecord.valid_until: latest.valid_until,
        }
        columns = {attribute.property.columns[0].name: value for attribute, value in values.items()}
        statement = insert_into(CreditRecord).values({"distributor_id": distributor_id, "frozen": False, **columns})
        db.session.execute(
            statement.on_conflict_do_update(
                index_elements=["distributor_id"],
                set_={name: statement.excluded[name] for name in columns},
                where=sa.or_(CreditRecord.assessed_on.is_(None), CreditRecord.assessed_on <= latest.on),
            ).execution_options(synchronize_session=False)
        )
