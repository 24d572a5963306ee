"""Publishing a policy: always a new version; a published one never changes."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.audit.actions import record

from .models import PolicyVersion


class PublishRefusedError(Exception):
    """Not published. `reason`: 'past' (valid_from before today), 'stale' (somebody published meanwhile)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def publish(
    viewer: Viewer,
    settings: Mapping[str, Any],
    valid_from: date,
    note: str,
    seen: int,
    today: date,
    at: datetime,
) -> PolicyVersion:
    """A new version, valid from today or later. `seen`: the newest version that the viewer started from.

    Raises PublishRefusedError.
    """
    if valid_from < today:
        raise PublishRefusedError("past")
    # Two administrators at once: the second waits at this row, then finds the first one's version.
    before = db.session.scalar(sa.select(PolicyVersion).where(PolicyVersion.version == seen).with_for_update())
    newest = db.session.scalar(sa.select(sa.func.max(PolicyVersion.version)))
    if before is None or newest != seen:
        raise PublishRefusedError("stale")
    made = PolicyVersion(
        version=seen + 1,
        valid_from=valid_from,
        settings=dict(settings),
        note=note,
        published_at=at,
        published_by_id=viewer.id,
    )
    db.session.add(made)
    changes = {"valid_from": [before.valid_from.isoformat(), valid_from.isoformat()], "note": [None, note]}
    record(
        viewer.id, "policy.publish", "policy", made.version, at, changes | differences(before.settings, made.settings)
    )
    return made


def differences(before: Mapping[str, Any], after: Mapping[str, Any], head: str = "") -> dict[str, list[Any]]:
    """{dotted name: [before, after]} of the settings that differ; an absent one is None."""
    found: dict[str, list[Any]] = {}
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            found |= differences(old, new, f"{head}{name}.")
        elif old != new:
            found[f"{head}{name}"] = [old, new]
    return found
