"""Promising a service: a new version, unless somebody was quicker."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.db import db, insert_into
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.audit.actions import record

from . import policy, queries
from .models import ServicePromise
from .rules import Need, Template, Terms


class ChangedError(ValueError):
    """Somebody else has changed the promise since the page was made."""


def promise(
    viewer: Viewer,
    distributor_id: UUID,
    seen: int,
    terms: Terms,
    needs: Sequence[Need],
    now: datetime,
    today: date,
) -> None:
    """Promise these terms from today on to a distributor that the viewer has found.

    `seen`: the version that the page showed, 0 for none. The same terms change nothing. Raises ChangedError.
    """
    held = queries.newest(distributor_id)
    wanted = sorted(str(need) for need in needs)
    before = _plain(held) if held else {}
    if held is not None and held.as_version().terms == terms and sorted(held.needs) == wanted:
        return
    if (held.version if held else 0) != seen:
        raise ChangedError
    template = next((name for name, usual in policy.on(today).templates.items() if usual == terms), Template.OWN)
    values: dict[str, Any] = {
        "distributor_id": distributor_id,
        "version": seen + 1,
        "valid_from": today,
        "template": template,
        "lead_days": terms.lead_days,
        "weekdays": sorted(terms.weekdays),
        "payment_days": terms.payment_days,
        "visit_days": terms.visit_days,
        "needs": wanted,
        "made_by_id": viewer.id,
        "made_at": now,
    }
    # The key decides between two at once; on PostgreSQL both may have read the same version.
    statement = insert_into(ServicePromise).values(values).on_conflict_do_nothing()
    made = db.session.execute(statement.returning(sa.literal(1))).first()
    if made is None:
        raise ChangedError
    after = {name: values[name] for name in _NAMES}
    changes = {name: [before.get(name), after[name]] for name in _NAMES if before.get(name) != after[name]}
    record(viewer.id, "service.promise", "distributor", distributor_id, now, changes)


_NAMES = ("lead_days", "weekdays", "payment_days", "visit_days", "needs")


def _plain(row: ServicePromise) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _NAMES}
