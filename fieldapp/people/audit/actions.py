"""Writing the audit entry: called by the action that changes something, never by a view."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db, insert_row
from fieldapp.core.logs import request_id

from .models import AuditEntry


def record(
    actor_id: UUID | None,
    action: str,
    subject_type: str,
    subject_id: object,
    at: datetime,
    changes: Mapping[str, Any],
) -> None:
    """Add one entry to the transaction under way. `actor_id` None: the system itself (a command).

    `action` reads `concern.verb` ("approvals.approve"); `changes` holds JSON values only, {field: [before, after]}.
    """
    insert_row(
        AuditEntry,
        {
            "at": at,
            "actor_id": actor_id,
            "action": action,
            "subject_type": subject_type,
            "subject_id": str(subject_id),
            "changes": dict(changes),
            "request_id": request_id(),
        },
    )


def changed(row: Any, to: Mapping[str, Any]) -> dict[str, list[str | None]]:
    """{field: [before, after]} as text: `row` as it was, `to` what its fields are from now on."""
    return {
        name: [None if (before := getattr(row, name)) is None else str(before), None if value is None else str(value)]
        for name, value in to.items()
    }


def record_each(
    actor_id: UUID | None,
    action: str,
    subject_type: str,
    at: datetime,
    changes: Iterable[tuple[object, Mapping[str, Any]]],
) -> None:
    """The same for many subjects that one act has changed: `changes` holds (key of the subject, its changes)."""
    common = {
        "at": at,
        "actor_id": actor_id,
        "action": action,
        "subject_type": subject_type,
        "request_id": request_id(),
    }
    rows = [{**common, "subject_id": str(subject), "changes": dict(changed)} for subject, changed in changes]
    if rows:
        db.session.execute(sa.insert(AuditEntry), rows)
