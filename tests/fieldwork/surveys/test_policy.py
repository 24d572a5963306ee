"""The surveys' numbers: what holds without any, what is refused, and that a customer reads them."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from fieldapp.core.db import begin_writing, db
from fieldapp.fieldwork.surveys import actions, policy
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.people.policy.models import PolicyVersion
from fieldapp.people.policy.sections import SettingsRefusedError
from tests import cast


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "wrong",
    [{"due_days": 0}, {"grace_days": "-1"}, {"link_days": "many"}, {"keep_months": True}, {"company": "x" * 81}],
)
def test_what_cannot_be_is_refused_by_name(app: Flask, wrong: dict[str, Any]) -> None:
    [section] = policy.SECTIONS
    with app.test_request_context(), pytest.raises(SettingsRefusedError) as refused:
        section.complete(wrong)
    assert list(refused.value.problems) == list(wrong)


def test_they_hold_and_the_customer_reads_them(app: Flask, people: dict[str, User], visit: Any) -> None:
    held = {"due_days": 3, "link_days": 2, "keep_months": 7, "company": "Golden Grain", "contact": "Ms Li, 0371-1234"}
    with app.app_context():
        begin_writing()
        db.session.add(
            PolicyVersion(version=2, valid_from=cast.TODAY, settings={"surveys": held}, note="", published_at=cast.NOW)
        )
        survey = cast.make_survey(cast.make_distributor(), people["rep"])
        assert survey.due == cast.TODAY + timedelta(days=3)
        token = actions.open_link(viewer_of(people["rep"]), survey, cast.NOW)
        with pytest.raises(actions.GoneError):
            actions.by_link(token, cast.NOW + timedelta(days=2))
        token = actions.open_link(viewer_of(people["rep"]), survey, cast.NOW + timedelta(days=3650))
        db.session.commit()
    page = visit(None).get(f"/s/{token}").text
    for said in ("Rep of Golden Grain", "deleted after 7 months", "Ms Li, 0371-1234"):
        assert said in page
