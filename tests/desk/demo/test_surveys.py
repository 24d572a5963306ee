"""The demo's surveys: enough of them, of every kind, and not all alike."""

from collections import defaultdict

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldapp.core.clock import now
from fieldapp.core.db import begin_writing, db
from fieldapp.desk.demo import surveys
from fieldapp.fieldwork.surveys import book, queries
from fieldapp.fieldwork.surveys.models import FormVersion, Survey, SurveyAnswer
from fieldapp.fieldwork.surveys.rules import SurveyState, check_answers
from fieldapp.network.dossier.models import Outlet
from fieldapp.network.dossier.rules import OutletKind
from tests import cast


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_year_and_a_half_of_answers(app: Flask) -> None:
    with app.app_context():
        begin_writing()
        people = cast.make_cast()
        for number in range(60):
            row = cast.make_distributor(f"D{number:03}", ("410102", "410202")[number % 2], rep_id=people["rep"].id)
            for kind in OutletKind:
                cast.add(Outlet(distributor_id=row.id, kind=kind, name=f"{kind} {number}"))
        surveys.write(1, now(), cast.TODAY)
        db.session.commit()
        rows = list(db.session.scalars(sa.select(Survey)))
        assert len(rows) == 60 * surveys.HALVES + 60 + 60
        assert {row.state for row in rows} == set(SurveyState)
        assert 0.65 < sum(row.state is SurveyState.ANSWERED for row in rows) / len(rows) < 0.85
        assert all(row.answered_at is None or row.made_at < row.answered_at < now() for row in rows)
        by_area = defaultdict(list)
        asked = sa.select(Survey.region_code, SurveyAnswer.number).join(Survey, Survey.id == SurveyAnswer.survey_id)
        for region, score in db.session.execute(asked.where(SurveyAnswer.question == "price")).tuples():
            by_area[region].append(score)
        first, second = (sum(scores) / len(scores) for scores in by_area.values())
        assert abs(first - second) > 0.4, "areas differ"
        for row in [row for row in rows if row.state is SurveyState.ANSWERED][:40]:
            form = book.form_of(db.session.get_one(FormVersion, row.version_id))
            kept = queries.answers_of(row)
            texts = {key: value if isinstance(value, list) else [str(value)] for key, value in kept.items()}
            assert not check_answers(form, texts).faults, "what a customer could have answered"
            assert check_answers(form, texts).answers == kept
