"""Who is due: the database says what the pure cadence says, of whoever the viewer may see, and finds it by an index."""

import random
from datetime import date, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.desk.rounds import due
from fieldapp.fieldwork.visits.cadence import Basis, VisitPolicy, cadence, due_on
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.distributors.rules import Status
from tests import cast
from tests.cast import TODAY
from tests.desk.rounds.conftest import Round

FAR = TODAY + timedelta(days=1000)


@pytest.fixture
def company(rounds: Round) -> dict[UUID, date | None]:
    """{distributor: when it is due by the pure rule}, of 60 of every kind; the visits are some in order, some not."""
    chance = random.Random(11)
    made: dict[UUID, tuple[dict[str, object], list[date]]] = {}
    with rounds.app.app_context():
        for number in range(60):
            grade = chance.choice(["A", "B", "C", "D", None])
            values = {
                "tier": chance.choice(["A", "b", "X", None]),
                "status": chance.choice(["active", "active", "active", "prospect", "watch", "ended"]),
                "since": chance.choice([None, TODAY - timedelta(days=chance.randrange(2000))]),
                "rep_id": rounds.people[chance.choice(["rep", "mate"])].id,
            }
            row = cast.make_distributor(f"D{number:03}", chance.choice(["410102", "410105", "420106"]), **values)
            if chance.random() < 0.8:
                cast.make_credit(row, grade)
            else:
                grade = None
            days = [TODAY - timedelta(days=chance.randrange(60)) for _ in range(chance.choice([0, 0, 1, 3]))]
            for day in days:
                cast.make_visit(row, rounds.people[chance.choice(["rep", "mate"])], day)
            made[row.id] = ({**values, "grade": grade}, days)
        db.session.commit()
    return made


@pytest.mark.parametrize("basis", list(Basis))
@pytest.mark.parametrize("who", ["rep", "colleague", "boss", "admin"])
def test_the_database_says_what_the_rule_says(rounds: Round, company: dict, basis: Basis, who: str) -> None:
    held = VisitPolicy(basis)
    with rounds.app.app_context():
        viewer = rounds.viewer(who)
        regions = dict(db.session.execute(sa.select(Distributor.id, Distributor.region_code)).tuples().all())
        expected = {}
        for key, (values, days) in company.items():
            every = cadence(
                held,
                grade=values["grade"],
                tier=values["tier"],
                prospect=values["status"] == Status.PROSPECT,
                ended=values["status"] == Status.ENDED,
            )
            if every is not None and viewer.covers(regions[key]):
                expected[key] = due_on(max(days, default=None), values["since"], every, TODAY)
        found, count = due.due(viewer, held, TODAY, due.Asked(FAR, limit=100))
        assert {row.id: row.due for row in found} == expected
        assert count == len(expected)
        assert [row.due for row in found] == sorted(row.due for row in found)
        assert {row.id: row.last for row in found} == {key: max(company[key][1], default=None) for key in expected}
        today, of_today = due.due(viewer, held, TODAY, due.Asked(TODAY, limit=100))
        assert {row.id for row in today} == {key for key, day in expected.items() if day <= TODAY}
        assert of_today == len(today)


def test_it_is_walked_page_by_page_without_a_gap_or_a_repeat(rounds: Round, company: dict) -> None:
    with rounds.app.app_context():
        viewer, held = rounds.viewer("boss"), VisitPolicy()
        whole = [row.id for row in due.due(viewer, held, TODAY, due.Asked(FAR, limit=100))[0]]
        walked, place = [], None
        while True:
            found = due.due(viewer, held, TODAY, due.Asked(FAR, after=place, limit=7))[0]
            if not found:
                break
            walked += [row.id for row in found]
            place = due.read_cursor(found[-1].cursor)
        assert walked == whole
        own = {
            row.id for row in due.due(viewer, held, TODAY, due.Asked(FAR, rep_id=rounds.people["rep"].id, limit=99))[0]
        }
        assert own
        assert own < set(whole)
        without = due.due(viewer, held, TODAY, due.Asked(FAR, without=whole[:5], limit=100))[0]
        assert [row.id for row in without] == whole[5:]


@pytest.mark.parametrize("text", ["", "1", "x~y", "1~", "-1~01930000000070008000000000000000", "99999999~0193", "~"])
def test_a_place_that_is_none_counts_as_not_given(text: str) -> None:
    assert due.read_cursor(text) is None


def test_the_last_visit_is_looked_up_in_the_index_of_its_distributor(rounds: Round, company: dict) -> None:
    """Not by reading all visits: with a million of them that is the difference between milliseconds and seconds."""
    statements: list[tuple[str, object]] = []
    with rounds.app.app_context():
        engine = db.engine

        def note(_conn: object, _cursor: object, statement: str, parameters: object, *_rest: object) -> None:
            statements.append((statement, parameters))

        sa.event.listen(engine, "before_cursor_execute", note)
        try:
            due.due(rounds.viewer("rep"), VisitPolicy(), TODAY, due.Asked(TODAY))
        finally:
            sa.event.remove(engine, "before_cursor_execute", note)
        statement, parameters = statements[-1]
        if engine.dialect.name == "sqlite":
            plan = db.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            text = "\n".join(str(row) for row in plan)
            assert text.count("SEARCH visit USING INDEX ix_visit_distributor_id_arrived_at") == 1, text
            assert "SCAN visit" not in text
        else:
            connection = db.session.connection()
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            plan = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).all()
            text = "\n".join(row[0] for row in plan)
            assert "ix_visit_distributor_id_arrived_at" in text, text
            assert text.count("on visit") == 1, text
