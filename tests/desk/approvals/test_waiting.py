"""What waits: the badge, the lists, and taking note of an answer."""

from typing import Any

import pytest
import sqlalchemy as sa

from fieldapp.core import hotread
from fieldapp.core.db import db, uuid7
from fieldapp.desk.approvals.models import Approval
from fieldapp.desk.approvals.queries import badges
from fieldapp.desk.checks.models import DealCheck
from tests import cast
from tests.desk.conftest import Desk


def waiting(desk: Desk, who: str) -> int:
    with desk.app.app_context():
        return badges(desk.viewer(who), cast.TODAY)[0]


def test_open_requests_wait_for_the_supervisors_of_the_patch(desk: Desk) -> None:
    desk.ask()
    assert [waiting(desk, who) for who in ("boss", "deputy", "stranger", "rep", "mate", "admin")] == [1, 1, 0, 0, 0, 0]


def test_ones_own_request_does_not_wait_for_oneself(desk: Desk) -> None:
    desk.ask(who="boss")
    assert (waiting(desk, "boss"), waiting(desk, "deputy")) == (0, 1)


def test_the_answer_waits_for_the_rep_until_he_has_seen_it(desk: Desk) -> None:
    approval_id = desk.ask()
    desk.decide(approval_id)
    assert (waiting(desk, "boss"), waiting(desk, "rep")) == (0, 1)
    assert f"/approvals/{approval_id}/acknowledgement" in desk.as_("rep").get(f"/approvals/{approval_id}").text
    assert waiting(desk, "rep") == 1, "looking at a page changes nothing"
    assert desk.as_("rep").post(f"/approvals/{approval_id}/acknowledgement").status_code == 303
    assert waiting(desk, "rep") == 0
    seen_at = desk.one(Approval, Approval.id == approval_id).seen_at
    desk.as_("rep").post(f"/approvals/{approval_id}/acknowledgement")
    assert desk.one(Approval, Approval.id == approval_id).seen_at == seen_at
    assert "/acknowledgement" not in desk.as_("rep").get(f"/approvals/{approval_id}").text


def test_nobody_else_takes_note_for_him(desk: Desk) -> None:
    approval_id = desk.ask()
    desk.decide(approval_id)
    assert desk.as_("boss").post(f"/approvals/{approval_id}/acknowledgement").status_code == 403
    assert desk.as_("mate").post(f"/approvals/{approval_id}/acknowledgement").status_code == 404
    assert waiting(desk, "rep") == 1


def test_what_is_still_open_cannot_be_taken_note_of(desk: Desk) -> None:
    approval_id = desk.ask()
    desk.as_("rep").post(f"/approvals/{approval_id}/acknowledgement")
    desk.decide(approval_id)
    assert waiting(desk, "rep") == 1


def test_a_page_sends_it_by_itself_and_stays(desk: Desk) -> None:
    approval_id = desk.ask()
    desk.decide(approval_id)
    response = desk.as_("rep").post(f"/approvals/{approval_id}/acknowledgement", headers={"HX-Request": "true"})
    assert (response.status_code, response.get_data()) == (200, b"")
    assert "HX-Redirect" not in response.headers


def test_the_badge_is_one_statement_on_a_page_and_none_on_a_fragment(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.ask()
    visitor = desk.as_("boss")
    counted: list[str] = []

    fetch = hotread._Prepared.fetch

    def counting(prepared: Any, connection: Any, binds: dict[str, Any]) -> Any:
        if "count(*)" in prepared.sql and "approval" in prepared.sql:
            counted.append(prepared.sql)
        return fetch(prepared, connection, binds)

    monkeypatch.setattr(hotread._Prepared, "fetch", counting)
    page = visitor.get("/deals/new", query_string={"distributor": "D001"}).text
    assert '<span class="waiting">' in page
    assert len(counted) == 1
    visitor.fragment("/deals/new", query_string=desk.deal())
    assert len(counted) == 1


def test_a_supervisor_sees_the_oldest_first_and_what_was_decided(desk: Desk) -> None:
    first, second, third = (desk.ask(desk.record(kg=kg)) for kg in ("1000", "2000", "3000"))
    desk.decide(third)
    page = desk.as_("boss").get("/approvals").text
    assert page.index(f"/approvals/{first}") < page.index(f"/approvals/{second}") < page.index("Decided lately")
    assert page.index("Decided lately") < page.index(f"/approvals/{third}")
    assert "/approvals/0" not in desk.as_("stranger").get("/approvals").text


def test_a_rep_sees_his_own_requests_only(desk: Desk) -> None:
    mine, other = desk.ask(), desk.ask(desk.record(who="mate", kg="7000"), who="mate")
    page = desk.as_("rep").get("/approvals").text
    assert str(mine) in page
    assert str(other) not in page
    assert desk.as_("rep").get(f"/approvals/{other}").status_code == 404
    assert desk.as_("rep").get(f"/approvals/{mine}").status_code == 200
    assert desk.as_("admin").get(f"/approvals/{mine}").status_code == 200


def test_a_long_list_goes_on(desk: Desk) -> None:
    desk.ask()
    with desk.app.app_context():
        approval = db.session.scalars(sa.select(Approval)).one()
        for _number in range(31):
            check = {c.key: getattr(approval.check, c.key) for c in sa.inspect(DealCheck).column_attrs} | {
                "id": uuid7()
            }
            values = {c.key: getattr(approval, c.key) for c in sa.inspect(Approval).column_attrs}
            db.session.execute(sa.insert(DealCheck).values(**check))
            db.session.execute(sa.insert(Approval).values(**{**values, "id": uuid7(), "check_id": check["id"]}))
        db.session.commit()
        keys = [str(key) for key in db.session.scalars(sa.select(Approval.id).order_by(Approval.id.desc()))]
    first = desk.as_("rep").get("/approvals").text
    assert all(key in first for key in keys[:30])
    assert keys[30] not in first
    second = desk.as_("rep").get("/approvals", query_string={"before": keys[29]}).text
    assert keys[30] in second
    assert keys[31] in second
    assert keys[29] not in second
