"""What people are told of ratings and temporary limits. Titles name no person and no customer: they go into group chats
too."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask_babel import gettext as _

from fieldapp.core.db import db
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.queries import supervisors_of
from fieldapp.people.notices.actions import settle, tell
from fieldapp.people.notices.kinds import Kind

from .models import Assessment, AssessmentState, CreditIncrease, IncreaseState

PROPOSED = "grading.proposed"
RATED = "grading.decided"
ASKED = "credit.asked"
ANSWERED = "credit.decided"


def _name(values: Mapping[str, Any]) -> str:
    return str(values.get("distributor", ""))


def _rating(values: Mapping[str, Any]) -> str:
    return _("Your rating was confirmed") if values.get("confirmed") else _("Your rating was returned")


def _limit(values: Mapping[str, Any]) -> str:
    return _("Your temporary limit was approved") if values.get("approved") else _("Your temporary limit was declined")


# The badge of the approvals counts what waits for a decision; the answers only the bell.
KINDS = (
    Kind(PROPOSED, lambda _values: _("A rating waits for your decision"), _name, elsewhere=True),
    Kind(RATED, _rating, _name),
    Kind(ASKED, lambda _values: _("A temporary limit waits for your decision"), _name, elsewhere=True),
    Kind(ANSWERED, _limit, _name),
)


def tell_proposed(rating: Assessment, now: datetime) -> None:
    """All who may decide hear of a proposal."""
    name, region = _distributor(rating.distributor_id)
    _tell_bosses(PROPOSED, rating.id, name, region, rating.proposed_by_id, _rating_path(rating), now)


def tell_rated(rating: Assessment, now: datetime) -> None:
    """Whoever proposed hears the answer."""
    settle_proposed(rating, now)
    values = {
        "distributor": _distributor(rating.distributor_id)[0],
        "confirmed": rating.state is AssessmentState.CONFIRMED,
    }
    tell([rating.proposed_by_id], RATED, str(rating.id), values, _rating_path(rating), now)


def settle_proposed(rating: Assessment, now: datetime) -> None:
    """Nobody need decide any more."""
    settle((PROPOSED,), _rating_path(rating), now)


def tell_asked(increase: CreditIncrease, now: datetime) -> None:
    """All who may decide hear of a temporary limit that is asked for."""
    name, region = _distributor(increase.distributor_id)
    _tell_bosses(ASKED, increase.id, name, region, increase.asked_by_id, _limit_path(increase), now)


def tell_answered(increase: CreditIncrease, now: datetime) -> None:
    """Whoever asked hears the answer; of one that was withdrawn nobody hears."""
    settle((ASKED,), _limit_path(increase), now)
    if increase.state in (IncreaseState.APPROVED, IncreaseState.DECLINED):
        approved = increase.state is IncreaseState.APPROVED
        values = {"distributor": _distributor(increase.distributor_id)[0], "approved": approved}
        tell([increase.asked_by_id], ANSWERED, str(increase.id), values, _limit_path(increase), now)


def _tell_bosses(kind: str, key: UUID, name: str, region: str | None, but: UUID, path: str, now: datetime) -> None:
    bosses = [boss.id for boss in supervisors_of(region) if boss.id != but]
    tell(bosses, kind, str(key), {"distributor": name}, path, now)


def _distributor(key: UUID) -> tuple[str, str | None]:
    found = db.session.execute(sa.select(Distributor.name, Distributor.region_code).where(Distributor.id == key))
    name, region = found.one()
    return name, region


def _rating_path(rating: Assessment) -> str:
    return f"/ratings/{rating.id}"


def _limit_path(increase: CreditIncrease) -> str:
    return f"/distributors/{increase.distributor_id}/credit"
