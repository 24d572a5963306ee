"""The demo's reps on the road: weeks of visits that could have been, plans, promises kept and broken."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise

import sqlalchemy as sa
from flask import Flask

from fieldapp.core.clock import SHANGHAI, now
from fieldapp.core.db import db
from fieldapp.desk.demo import fieldwork
from fieldapp.desk.demo.fieldwork import TALK
from fieldapp.fieldwork.tasks.models import Task
from fieldapp.fieldwork.tasks.rules import TaskKind
from fieldapp.fieldwork.visits.models import Visit, VisitNote, VisitPlan
from fieldapp.fieldwork.visits.rules import Ending, NoteSection
from fieldapp.network.playbook.book import SkillKey
from tests import cast
from tests.cast import TODAY


def test_eight_weeks_of_two_reps(app: Flask) -> None:
    with app.app_context():
        people = cast.make_cast()
        for number in range(40):
            owner = people["rep" if number < 25 else "colleague"]
            place = {"lat": 34.7, "lng": 113.6} if number % 9 else {}
            cast.make_distributor(
                f"D{number:03}", rep_id=owner.id, status="ended" if number == 3 else "active", **place
            )
        for number in range(4):
            cast.make_product(f"P{number}")
        fieldwork.write(1, "boss", now(), TODAY)
        db.session.commit()
        visits = list(db.session.scalars(sa.select(Visit)))
        assert 200 < len(visits) < 600
        assert {visit.rep_id for visit in visits} == {people["rep"].id, people["colleague"].id}
        assert all(visit.left_at is not None and visit.arrived_at < visit.left_at < now() for visit in visits)
        assert all(visit.day < TODAY and visit.day >= TODAY - timedelta(weeks=8, days=1) for visit in visits)
        assert {visit.ending for visit in visits} == set(Ending)
        assert all((visit.arrival_lat is None) == (visit.arrival_problem is not None) for visit in visits)
        # Nobody is in two stores at once.
        by_rep = sorted((visit.rep_id, visit.arrived_at, visit.left_at) for visit in visits)
        clashes = sum(a[0] == b[0] and a[2] > b[1] for a, b in pairwise(by_rep))
        assert clashes == 0
        assert all(7 < visit.arrived_at.astimezone(SHANGHAI).hour < 20 for visit in visits)
        noted = Counter(db.session.scalars(sa.select(VisitNote.section)))
        assert set(noted) == set(NoteSection) - {NoteSection.BRAND}
        assert set(TALK) == set(SkillKey)
        plans = list(db.session.scalars(sa.select(VisitPlan)))
        assert any(plan.day == TODAY for plan in plans)
        kept = {(visit.rep_id, visit.distributor_id, visit.day) for visit in visits}
        share = sum((p.rep_id, p.distributor_id, p.day) in kept for p in plans) / sum(p.day < TODAY for p in plans)
        assert 0.7 < share < 0.95
        tasks = list(db.session.scalars(sa.select(Task)))
        assert {task.kind for task in tasks} == set(TaskKind)
        assert Counter(task.state.value for task in tasks)["done"] > 20
        assert any(task.state == "open" and task.due < TODAY for task in tasks)
        assert all(task.done_at is None or task.made_at <= task.done_at <= now() for task in tasks)
