"""Which of the eight customer types the demo's reps took their contacts for."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db, uuid7
from fieldapp.network.distributors.models import Contact, Distributor
from fieldapp.network.playbook.book import playbook
from fieldapp.network.playbook.models import ContactType
from fieldapp.network.playbook.rules import CustomerType

from .network import draw

MOST = 2000  # distributors; a larger company is for measuring, and the first patches are those one looks at
SHARE = 0.7
SEEN_OTHERWISE_BEFORE = 0.15  # of those, how many were taken for another type at first


def write(seed: int, now: datetime) -> None:
    """Classify most main contacts of the first distributors, as set by the rep who looks after each."""
    found = db.session.execute(
        sa.select(Contact.id, Contact.name, Distributor.rep_id)
        .join(Distributor, Distributor.id == Contact.distributor_id)
        .where(Contact.main, Distributor.rep_id.is_not(None))
        .order_by(Distributor.code_key)
        .limit(MOST)
    ).all()
    rows = [
        row for number, (key, name, rep) in enumerate(found) for row in _judgements(seed, number, key, name, rep, now)
    ]
    if rows:
        db.session.execute(sa.insert(ContactType), rows)


def _judgements(
    seed: int, number: int, contact: UUID, name: str | None, rep: UUID, now: datetime
) -> Iterator[dict[str, Any]]:
    random = draw(seed, "type", number)
    if random.random() >= SHARE:
        return
    profiles = playbook("zh").profiles
    kinds = random.sample(list(CustomerType), 2 if random.random() < SEEN_OTHERWISE_BEFORE else 1)
    moments = sorted(now - timedelta(days=random.randint(2, 300), minutes=random.randint(0, 400)) for _ in kinds)
    for kind, at, ended in zip(kinds, moments, [*moments[1:], None], strict=True):
        yield {
            "id": uuid7(),
            "contact_id": contact,
            "type": kind,
            "observed": sorted(random.sample(profiles[kind], random.randint(2, 3))),
            "of_name": name,
            "set_by_id": rep,
            "set_at": at,
            "ended_at": ended,
        }
