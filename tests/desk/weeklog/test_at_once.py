"""Two people, or two taps, at the same moment on one log: one of them is first, the other is told."""

import threading
from collections import Counter

import pytest
import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.desk.weeklog.models import WeeklyLog
from fieldapp.desk.weeklog.rules import LogState
from tests import cast
from tests.desk.weeklog.conftest import MONDAY, Office
from tests.visitor import Visitor

ROUNDS = 5


def at_once(*calls: tuple[Visitor, str, dict[str, str]]) -> Counter[int]:
    """Send these posts at the same moment; how many of each status came back."""
    together = threading.Barrier(len(calls))
    statuses: list[int] = []

    def send(visitor: Visitor, url: str, body: dict[str, str]) -> None:
        together.wait()
        statuses.append(visitor.post(url, body).status_code)

    threads = [threading.Thread(target=send, args=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(statuses)


def test_one_submission_wins(office: Office) -> None:
    body = {"week": MONDAY.isoformat(), "went_well": "x"}
    visitors = [office.as_("rep") for _ in range(4)]
    found = at_once(*((visitor, "/week/submission", body) for visitor in visitors))
    assert found == {303: 1, 409: 3}
    assert office.said() == [("submit", "")]
    with office.app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(WeeklyLog)) == 1


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_one_decision_wins(office: Office, _round: int) -> None:
    with office.app.app_context():
        cast.make_user("peer", office.people["boss"].role, ["41", "42"])
        db.session.commit()
    office.submit()
    url = f"/week/logs/{office.log().id}/decision"
    found = at_once(
        (office.as_("boss"), url, {"decision": "accept", "text": ""}),
        (office.as_("peer"), url, {"decision": "return", "text": "Not yet"}),
    )
    assert found == {303: 1, 409: 1}
    assert len(office.said()) == 2
    state = office.log().state
    assert office.said()[1][0] == {LogState.ACCEPTED: "accept", LogState.RETURNED: "return"}[state]
