"""The pages: what a supervisor reads and decides, what is masked, what another patch does not learn."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldapp.core.db import db
from fieldapp.network.distributors.models import Contact, Distributor
from fieldapp.network.dossier.upkeep import refresh_all
from fieldapp.people.accounts.models import User
from fieldapp.standing.merged import actions, group_queries
from fieldapp.standing.merged.models import MergedPair
from fieldapp.standing.merged.rules import Scoring, State
from tests import cast
from tests.visitor import Visitor

Visit = Callable[[str | None], Visitor]
SECRETS = ("13711112222", "6217000133334444", "欧阳建国", "92410102MA45XY77XX")


@pytest.fixture
def pair(app: Flask, people: dict[str, User]) -> str:
    """Two accounts of the boss's patch that share all that two files can share; the address of their pair."""
    with app.app_context():
        for code, region in (("D1", "410102"), ("D2", "410103")):
            row = cast.make_distributor(
                code,
                region,
                name=f"{'郑州市金水区' if code == 'D1' else '开封'}{code}",
                legal_person="欧阳建国",
                bank_account="6217000133334444",
                credit_code="92410102MA45XY77XX",
                lat=34.75,
                lng=113.6,
            )
            row.contacts.append(Contact(name="Li", phone="13711112222"))
            cast.make_credit(row)
        cast.make_distributor("D3", "650102")
        db.session.flush()
        refresh_all()
        db.session.commit()
        actions.refresh(cast.NOW, cast.TODAY, Scoring())
        return f"/merged-accounts/{db.session.scalars(sa.select(MergedPair.id)).one()}"


def state() -> State:
    return db.session.scalars(sa.select(MergedPair.state)).one()


def test_a_supervisor_decides_and_the_group_counts_as_one(app: Flask, pair: str, visit: Visit) -> None:
    boss = visit("boss")
    listed = boss.get("/merged-accounts").text
    assert "D1" in listed
    assert "D2" in listed
    shown = boss.get(pair).text
    for secret in SECRETS:
        assert secret not in shown, "masked"
    assert "···· 2222" in shown
    assert "欧··" in shown
    refused = boss.post(f"{pair}/decision", {"verb": "confirm", "seen": "open", "reason": ""})
    assert refused.status_code == 422
    assert "Give a reason" in refused.text
    assert boss.post(f"{pair}/decision", {"verb": "confirm", "seen": "open", "reason": "One till"}).status_code == 303
    late = boss.post(f"{pair}/decision", {"verb": "dismiss", "seen": "open", "reason": "Not so"})
    assert late.status_code == 409
    assert "Not so" in late.text, "what was written is kept"
    groups = boss.get("/merged-accounts/groups")
    assert "2" in groups.text
    with app.app_context():
        one = db.session.scalars(sa.select(Distributor).where(Distributor.code == "D1")).one()
        group = group_queries.group_of(one.id)
        assert len(group_queries.members(one.id)) == 2
    for who in ("boss", "rep"):
        page = visit(who).get(f"/distributors/{one.id}").text
        assert "Counted as one with others" in page
        assert "Counted as one with others" in visit(who).get(f"/distributors/{one.id}/credit").text
    at = f"/merged-accounts/groups/{group}"
    assert boss.post(f"{at}/name", {"name": ""}).status_code == 422
    assert boss.post(f"{at}/name", {"name": "欧阳家的两户"}).status_code == 303
    assert "欧阳家的两户" in boss.get(at).text
    assert boss.post(f"{at}/members/{one.id}/departure", {"reason": ""}).status_code == 422
    assert boss.post(f"{at}/members/{one.id}/departure", {"reason": "Sold"}).status_code == 303
    with app.app_context():
        assert state() is State.OPEN
        assert group_queries.members(one.id) == [one.id]
    assert boss.get(at).status_code == 404


def test_the_filters_the_export_and_who_sees_nothing(pair: str, visit: Visit) -> None:
    boss = visit("boss")
    assert visit("rep").get("/merged-accounts").status_code == 403
    assert visit("stranger").get(pair).status_code == 404
    for asked, there in (
        ("state=open", True), ("state=dismissed", False), ("evidence=phone", True), ("evidence=payer", False),
        ("strong=1", True), ("region=4101", True), ("region=65", False), ("q=d1", True), ("q=Nobody", False),
        ("after=1~x", True), ("after=0~00000000000000000000000000000000", False), ("state=all&evidence=x", True),
    ):  # fmt: skip
        answer = boss.get(f"/merged-accounts/export.csv?{asked}")
        assert ("D1" in answer.text) is (there or asked.startswith("after")), asked
        assert ("D1" in boss.get(f"/merged-accounts?{asked}").text) is there, asked
        assert not any(secret in answer.text for secret in SECRETS)
    assert "D1" not in visit("stranger").get("/merged-accounts/export.csv").text
    assert "Strong suspicions to decide" in boss.get("/approvals").text


def test_a_group_that_reaches_into_another_patch(app: Flask, pair: str, visit: Visit) -> None:
    """A supervisor of one member learns the sums and a number, and nothing else of the others."""
    with app.app_context():
        row = db.session.scalars(sa.select(MergedPair)).one()
        other = db.session.get_one(Distributor, row.other_id)
        other.region_code = "650102"
        cast.make_region("650102")
        db.session.commit()
    assert visit("boss").get(pair).status_code == 404
    admin = visit("admin")
    assert admin.post(f"{pair}/decision", {"verb": "confirm", "seen": "open", "reason": "One till"}).status_code == 303
    with app.app_context():
        group = group_queries.group_of(other.id)
        names = {key: db.session.get_one(Distributor, key).name for key in (row.one_id, row.other_id)}
    for who, mine, theirs in (("boss", row.one_id, row.other_id), ("stranger", row.other_id, row.one_id)):
        pages: list[Any] = [f"/merged-accounts/groups/{group}", f"/distributors/{mine}", "/merged-accounts/groups"]
        for path in pages:
            answer = visit(who).get(path)
            assert answer.status_code == 200, path
            assert names[theirs] not in answer.text, path
        assert names[theirs] not in visit(who).get("/merged-accounts/groups/export.csv").text
        at = f"/merged-accounts/groups/{group}"
        assert visit(who).post(f"{at}/members/{mine}/departure", {"reason": "x"}).status_code == 403
        assert visit(who).post(f"{at}/name", {"name": "x"}).status_code == 403
        assert "elsewhere" in visit(who).get(at).text
