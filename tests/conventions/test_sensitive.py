"""A planted sensitive answer is in no page, file or interface answer; only a supervisor's look shows it."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldapp.core.db import db
from fieldapp.people.audit.models import AuditEntry
from fieldapp.standing.grading.models import SensitiveRead
from tests.conventions.test_access import ROLES, access_of, ask, routes
from tests.conventions.world import DEAL, TOKEN, World, make_world
from tests.visitor import Visitor

PLANTED = ("Here for the time being",)
QUESTIONS = "grading.new"  # it asks with these words; no answer may be filled in there


@pytest.fixture
def world(app: Flask) -> World:
    return make_world(app)


def answers(world: World) -> Iterator[tuple[str, str, str]]:
    """(endpoint, who, body) of every route that is read, as everybody."""
    for rule, method in routes(world.app):
        access = access_of(world.app, rule)
        if method != "GET" or access is None or rule.endpoint == "static":
            continue
        for who in ("nobody", *ROLES):
            response = ask(world, rule, method, access, who)
            yield rule.endpoint, who, response.get_data().decode("utf-8", "replace") + str(response.headers)


def test_no_answer_holds_it(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    seen = set()
    for endpoint, who, body in answers(world):
        seen.add(endpoint)
        if endpoint == QUESTIONS:
            for name in ("worst", "middle", "best"):
                assert f'name="residence" value="{name}" checked' not in body, who
            continue
        for planted in PLANTED:
            assert planted not in body, (endpoint, who)
    assert {"grading.show", "grading.rating", "privacy.show", "privacy.copy", "sensitive.reads"} <= seen
    told = world.app.test_client().post(
        "/api/v1/deal-checks", json=DEAL, headers={"Authorization": f"Bearer {TOKEN.format('rep')}"}
    )
    assert "residence" not in told.text
    logged = capfd.readouterr().err
    with world.app.app_context():
        audited = " ".join(str(entry.changes) for entry in db.session.scalars(sa.select(AuditEntry)))
        assert db.session.scalar(sa.select(sa.func.count()).select_from(SensitiveRead)) == 0, "none of that was a look"
    for planted in ("'worst'", '"worst"', *PLANTED):
        assert planted not in logged
        assert planted not in audited


def test_a_look_shows_it_to_the_supervisor_alone(world: World) -> None:
    url = f"/distributors/{world.examples['distributor_id']}/sensitive/residence/reading"
    shown = {who: PLANTED[0] in Visitor(world.app, who).post(url).text for who in ROLES}
    assert shown == {who: who == "boss" for who in ROLES}
