"""A distributor's status speaks for itself; an active one gives no finding."""

import pytest

from fieldapp.core.findings import Level
from fieldapp.network.distributors.rules import LEVELS, DistributorFacts, Status, finding


@pytest.mark.parametrize(
    ("status", "code", "level"),
    [
        (Status.ENDED, "distributor.ended", Level.STOP),
        (Status.PROSPECT, "distributor.prospect", Level.APPROVAL),
        (Status.WATCH, "distributor.watch", Level.INFO),
    ],
)
def test_status_gives_a_finding(status: Status, code: str, level: Level) -> None:
    found = finding(DistributorFacts("D1", status), LEVELS)
    assert found is not None
    assert (found.code, found.level, found.line, found.facts["status"]) == (code, level, None, str(status))


def test_active_gives_none() -> None:
    assert finding(DistributorFacts("D1", Status.ACTIVE), LEVELS) is None
