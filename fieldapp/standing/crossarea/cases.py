"""What confirmed cases mean elsewhere: indicator 7 of the grade, and breaches of trust."""

from collections.abc import Collection, Mapping
from datetime import date
from uuid import UUID

from fieldapp.standing.grading.cases import CaseFacts
from fieldapp.standing.grading.scoring import add_months

from . import queries

MONTHS = 12


def of_twelve_months(distributor_id: UUID, on: date) -> CaseFacts:
    """The distributor's cases confirmed in the twelve months up to a day (docs/adr/0022); for grading/cases.py."""
    since = add_months(on, -MONTHS)
    found = queries.confirmed(distributor_id, since, on)
    return CaseFacts(found.benign, found.malicious, since)


def breaches(distributors: Collection[UUID], since: date, until: date) -> Mapping[UUID, int]:
    """How many cases of each were confirmed in those days, benign ones too; for standing/trust.py."""
    return {key: sum(found) for key, found in queries.confirmed_of(distributors, since, until).items()}
