"""Cross-area sales in a rep's weekly log: what he reported."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.clock import SHANGHAI
from fieldapp.core.db import db
from fieldapp.desk.weeklog.sections import Section
from fieldapp.standing.crossarea import words
from fieldapp.standing.crossarea.models import CrossCase

MOST = 10


def read(rep_id: UUID, first: date, last: date) -> dict[str, Any] | None:
    """How many of the week, and the numbers of the latest; one statement."""
    begins, ends = (datetime.combine(day, time(), SHANGHAI) for day in (first, last + timedelta(days=1)))
    found = db.session.execute(
        sa.select(CrossCase.number, sa.func.count().over())
        .where(CrossCase.made_by_id == rep_id, CrossCase.recorded_at >= begins, CrossCase.recorded_at < ends)
        .order_by(CrossCase.number.desc())
        .limit(MOST)
    ).all()
    return {"reported": found[0][1], "numbers": [words.number(row[0]) for row in found]} if found else None


SECTIONS = (Section("crossarea", "desk/crossarea/week.html", read, order=40),)
