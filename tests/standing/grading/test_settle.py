"""The file's credit and our own ratings live together; what holds is the newer, on both databases."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldapp.core.db import db
from fieldapp.desk.imports.engine import Order, Outcome, read
from fieldapp.desk.imports.registry import kinds
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import User
from fieldapp.standing.grading.credit import settle
from fieldapp.standing.grading.models import (
    Assessment,
    AssessmentState,
    CreditFreeze,
    CreditRecord,
    CreditSource,
    Grade,
    ImportedCredit,
)
from tests import cast
from tests.desk.portfolio.conftest import counted

TODAY = cast.TODAY
NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)


@pytest.fixture
def world(app: Flask) -> Iterator[Distributor]:
    """D001 without any credit; inside an app context."""
    with app.app_context():
        cast.make_cast()
        made = cast.make_distributor()
        db.session.commit()
        db.session.expunge_all()
        yield made


def imported(distributor: Distributor, grade: str | None = "B", **values: Any) -> None:
    defaults = {"limit": 2000, "term_days": 15, "changed_at": NOON}
    cast.add(ImportedCredit(distributor_id=distributor.id, grade=grade, **{**defaults, **values}))


def assessed(distributor: Distributor, on: date, grade: str | None = "A", **values: Any) -> UUID:
    boss = db.session.scalars(sa.select(User.id).where(User.username == "boss")).one()
    defaults = {
        "answers": {},
        "score": 900,
        "answered_percent": 100,
        "provisional": False,
        "caps": [],
        "average_sales": 0,
        "limit": 5000,
        "term_days": 30,
        "policy_version": 1,
        "state": AssessmentState.CONFIRMED,
        "proposed_by_id": boss,
        "proposed_at": NOON,
        "decided_by_id": boss,
        "decided_at": NOON,
        "valid_until": on + timedelta(days=365),
    }
    made = cast.add(Assessment(distributor_id=distributor.id, on=on, grade=grade, **{**defaults, **values}))
    return made.id


def held(distributor: Distributor) -> CreditRecord | None:
    return db.session.get(CreditRecord, distributor.id, populate_existing=True)


@pytest.mark.parametrize(
    ("file", "own", "source"),
    [
        pytest.param({"assessed_on": TODAY - timedelta(days=1)}, {"on": TODAY}, "assessed", id="file older"),
        pytest.param({"assessed_on": TODAY}, {"on": TODAY - timedelta(days=1)}, "imported", id="file newer"),
        pytest.param(
            {"assessed_on": TODAY, "changed_at": NOON - timedelta(hours=1)}, {"on": TODAY}, "assessed", id="same day"
        ),
        pytest.param(
            {"assessed_on": TODAY, "changed_at": NOON + timedelta(hours=1)},
            {"on": TODAY},
            "imported",
            id="same day, file came later",
        ),
        pytest.param({"changed_at": NOON - timedelta(days=1)}, {"on": TODAY}, "assessed", id="no date, changed before"),
        pytest.param({}, {"on": TODAY - timedelta(days=1)}, "imported", id="no date, changed after"),
        pytest.param(
            # 18:00 UTC is the next day in Shanghai.
            {"changed_at": datetime(2026, 11, 22, 18, tzinfo=UTC)},
            {"on": TODAY - timedelta(days=1)},
            "imported",
            id="the day of Shanghai",
        ),
        pytest.param({"grade": None}, {"on": date(2020, 1, 1)}, "assessed", id="the file has no grade"),
        pytest.param(None, {"on": TODAY}, "assessed", id="no file"),
        pytest.param({}, None, "imported", id="no own rating"),
        pytest.param({}, {"on": TODAY, "grade": None}, "imported", id="own rating without a grade"),
        *(
            pytest.param({}, {"on": TODAY + timedelta(days=9), "state": state}, "imported", id=state.value)
            for state in AssessmentState
            if state is not AssessmentState.CONFIRMED
        ),
    ],
)
def test_the_newer_of_the_two_holds(
    world: Distributor, file: dict[str, Any] | None, own: dict[str, Any] | None, source: str
) -> None:
    if file is not None:
        imported(world, **file)
    key = assessed(world, **own) if own is not None else None
    settle([world.id])
    record = held(world)
    assert record is not None
    assert record.source is CreditSource(source)
    if source == "assessed":
        assert own is not None
        assert (record.grade, record.limit, record.term_days) == (Grade.A, 5000, 30)
        assert (record.assessed_on, record.assessment_id) == (own["on"], key)
        assert record.valid_until == own["on"] + timedelta(days=365)
    else:
        assert file is not None
        assert (record.grade, record.limit, record.term_days) == (Grade.B, 2000, 15)
        assert (record.assessed_on, record.assessment_id) == (file.get("assessed_on"), None)


def test_of_two_own_ratings_the_later_holds(world: Distributor) -> None:
    assessed(world, TODAY, decided_at=NOON)
    assessed(world, TODAY, "C", decided_at=NOON + timedelta(hours=1))
    assessed(world, TODAY - timedelta(days=1), "B", decided_at=NOON + timedelta(hours=2))
    settle([world.id])
    record = held(world)
    assert record is not None
    assert record.grade is Grade.C


def test_neither_is_no_record(world: Distributor) -> None:
    imported(world)
    settle([world.id])
    db.session.execute(sa.delete(ImportedCredit))
    settle([world.id])
    assert held(world) is None


@pytest.mark.parametrize("file", [True, False])
@pytest.mark.parametrize("hand", [True, False])
def test_it_is_frozen_by_either(world: Distributor, file: bool, hand: bool) -> None:
    imported(world, frozen=file)
    assessed(world, TODAY + timedelta(days=1))
    boss = db.session.scalars(sa.select(User.id).where(User.username == "boss")).one()
    common = {"distributor_id": world.id, "frozen_by_id": boss, "frozen_at": NOON, "reason": "x"}
    cast.add(CreditFreeze(**common, lifted_by_id=boss, lifted_at=NOON, lift_reason="y"))
    if hand:
        cast.add(CreditFreeze(**common))
    settle([world.id])
    record = held(world)
    assert record is not None
    assert record.frozen is (file or hand)


def test_many_take_few_statements(app: Flask, world: Distributor) -> None:
    others = [cast.make_distributor(f"X{number}", None) for number in range(200)]
    for other in others:
        imported(other)
        assessed(other, TODAY + timedelta(days=1))
    db.session.commit()
    keys = [other.id for other in others]
    with counted(app) as statements:
        settle(keys)
    assert 0 < len(statements) <= 10, statements
    assert db.session.scalar(sa.select(sa.func.count()).where(CreditRecord.source == CreditSource.ASSESSED)) == 200


def bring(folder: Path, content: str, at: datetime = NOON) -> Outcome:
    path = folder / "credit.csv"
    path.write_text("distributor," + content, encoding="utf-8")
    outcome = read(Order(kinds()["credit"], path, path.name, None, at), pytest.fail)  # type: ignore[arg-type]
    db.session.expunge_all()
    return outcome


def test_the_same_file_twice_changes_nothing_beside_own_ratings(world: Distributor, tmp_path: Path) -> None:
    file = "grade,limit,frozen\nD001,B,20,no\n"
    bring(tmp_path, file, NOON - timedelta(days=2))
    key = assessed(world, TODAY - timedelta(days=1))
    settle([world.id])
    db.session.commit()
    outcome = bring(tmp_path, file, NOON)
    assert (outcome.updated, outcome.unchanged) == (0, 1)
    record = held(world)
    assert record is not None
    assert (record.grade, record.assessment_id) == (Grade.A, key)
    assert db.session.get_one(ImportedCredit, world.id).changed_at == NOON - timedelta(days=2)


def test_a_check_after_an_import_sees_what_was_imported(world: Distributor, tmp_path: Path) -> None:
    assessed(world, TODAY - timedelta(days=1))
    settle([world.id])
    db.session.commit()
    bring(tmp_path, "grade,limit\nD001,C,7\n")
    record = held(world)
    assert record is not None
    assert (record.grade, record.limit, record.source) == (Grade.C, 700, CreditSource.IMPORTED)
    bring(tmp_path, "limit\nD001,8\n")
    record = held(world)
    assert record is not None
    assert (record.grade, record.limit) == (Grade.C, 800)


def test_a_file_that_freezes_makes_its_old_grade_no_newer(world: Distributor, tmp_path: Path) -> None:
    bring(tmp_path, "grade,limit\nD001,B,20\n", NOON - timedelta(days=2))
    assessed(world, TODAY - timedelta(days=1))
    settle([world.id])
    db.session.commit()
    bring(tmp_path, "frozen\nD001,yes\n")
    record = held(world)
    assert record is not None
    assert (record.grade, record.frozen) == (Grade.A, True)
    bring(tmp_path, "frozen\nD001,no\n")
    record = held(world)
    assert record is not None
    assert (record.grade, record.frozen) == (Grade.A, False)
