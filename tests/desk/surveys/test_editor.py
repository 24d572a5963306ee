"""Forms: a draft goes to and fro without JavaScript, is published as the next version, and two editors do not undo
each other."""

import re
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from fieldapp.core.db import begin_writing, db
from fieldapp.fieldwork.surveys import book
from fieldapp.fieldwork.surveys.models import FormVersion, Survey
from fieldapp.fieldwork.surveys.rules import read_form
from fieldapp.network.distributors.models import Distributor
from fieldapp.people.accounts.models import User
from tests import cast
from tests.desk.conftest import Desk
from tests.desk.surveys.fields import Fields, fields_of

FORMS = "/surveys/forms"


def opened(desk: Desk, address: str = f"{FORMS}/farmer") -> Fields:
    response = desk.as_("admin").get(address)
    assert response.status_code == 200
    return fields_of(response)


def send(desk: Desk, fields: Fields, do: str = "", to: str = f"{FORMS}/farmer") -> TestResponse:
    data: Any = MultiDict([*fields, ("do", do), ("csrf_token", desk.as_("admin").csrf())])
    return desk.as_("admin").client.post(to, data=data, buffered=True)


def changed(fields: Fields, **values: str) -> Fields:
    """Fields with other values; `__` stands for the dot in their names."""
    new = {name.replace("__", "."): value for name, value in values.items()}
    return [(name, new.get(name, value)) for name, value in fields]


def publish(desk: Desk, fields: Fields, form: str = "farmer") -> TestResponse:
    return send(desk, fields, to=f"{FORMS}/{form}/versions")


def versions(desk: Desk, form: str = "farmer") -> list[FormVersion]:
    with desk.app.app_context():
        return list(
            db.session.scalars(sa.select(FormVersion).where(FormVersion.form == form).order_by(FormVersion.number))
        )


def test_a_new_version_is_asked_from_now_on_and_old_surveys_keep_theirs(desk: Desk) -> None:
    with desk.app.app_context():
        begin_writing()
        store = db.session.scalars(sa.select(Distributor).where(Distributor.code == "D001")).one()
        rep = db.session.get_one(User, desk.viewer("rep").id)
        before = cast.make_survey(store, rep).version_id
        db.session.commit()
    fields = changed(opened(desk, f"{FORMS}/distributor"), q__price__zh="我们的价格")
    assert publish(desk, fields, "distributor").status_code == 303
    first, second = versions(desk, "distributor")
    assert (first.id, first.number, second.number) == (before, 1, 2)
    assert second.content["questions"][0]["words"]["zh"] == "我们的价格"
    assert {**second.content, "questions": second.content["questions"][1:]} == {
        **first.content,
        "questions": [{key: value for key, value in row.items() if value} for row in first.content["questions"][1:]],
    }, "nothing else was changed"
    assert desk.one(Survey, Survey.version_id == before) is not None
    with desk.app.app_context():
        assert book.current("distributor", cast.NOW).number == 2
    assert [entry.changes for entry in desk.audited("surveys.publish")] == [{"number": [1, 2]}]
    shown = desk.as_("admin").get(f"{FORMS}/distributor").text
    assert "Changed: Prices" in shown
    assert "产品价格" not in desk.as_("admin").get(f"{FORMS}/distributor/versions/2").text
    assert desk.as_("admin").get(f"{FORMS}/distributor/versions/3").status_code == 404


def test_steps_come_back_with_what_was_typed_and_keep_nothing(desk: Desk) -> None:
    fields = changed(opened(desk), title__zh="新的标题")
    response = send(desk, fields, "add")
    assert response.status_code == 200
    fields = fields_of(response)
    assert ("title.zh", "新的标题") in fields
    assert [value for name, value in fields if name == "q"] == ["effect", "trouble", "overall", "reason", "q1"]
    fields = fields_of(send(desk, fields, "up:q1"))
    fields = fields_of(send(desk, fields, "remove:overall"))
    assert [value for name, value in fields if name == "q"] == ["effect", "trouble", "q1", "reason"]
    fields = fields_of(send(desk, changed(fields, q__q1__kind="single"), "choice:q1"))
    assert ("q.q1.c", "c1") in fields
    fields = fields_of(send(desk, fields, "unchoice:effect:same"))
    assert [value for name, value in fields if name == "q.effect.c"] == ["better", "worse"]
    assert versions(desk) == []


def test_what_is_wrong_is_said_beside_it(desk: Desk) -> None:
    fields = fields_of(send(desk, changed(opened(desk), title__zh="", q__effect__zh=""), "add"))
    fields = fields_of(send(desk, fields, "remove:overall"))
    response = publish(desk, fields)
    assert response.status_code == 422
    shown = response.text
    for name, sentence in (
        ("title.zh", "Write it in Chinese"),
        ("q.effect.zh", "Write it in Chinese"),
        ("q.q1.zh", "Write it in Chinese"),
    ):
        assert f'href="#f-{name}"' in shown
        assert re.search(rf'id="f-{re.escape(name)}-error">.*?{sentence}', shown)
    assert "It depends on a question that does not come before it" in shown
    fields = fields_of(response)
    fields = [(name, value) for name, value in fields if name != "q.trouble.if.effect"]
    assert "Tick the answers after which it is asked." in publish(desk, fields).text
    assert versions(desk) == []


def test_the_kind_of_a_question_stays(desk: Desk) -> None:
    assert "The kind stays" in publish(desk, changed(opened(desk), q__overall__kind="nps")).text
    assert versions(desk) == []


def test_conditions_are_kept_and_changed(desk: Desk) -> None:
    fields = [*opened(desk), ("q.trouble.if.effect", "same"), ("q.reason.if.overall", "3")]
    assert publish(desk, fields).status_code == 303
    questions = {one["key"]: one for one in versions(desk)[-1].content["questions"]}
    assert questions["trouble"]["when"] == {"question": "effect", "answers": ["same", "worse"]}
    assert questions["reason"]["when"] == {"question": "overall", "at_most": 3}


def test_a_preview_shows_the_draft(desk: Desk) -> None:
    shown = send(desk, changed(opened(desk), q__effect__en="Does it work?"), "preview").text
    assert "Not published yet" in shown
    assert shown.count("Does it work?") > 1
    assert versions(desk) == []


def test_nothing_changed_is_not_published(desk: Desk) -> None:
    response = publish(desk, opened(desk))
    assert (response.status_code, versions(desk)) == (422, [])
    assert "Nothing was changed" in response.text


def test_the_second_of_two_editors_sees_what_the_first_has_done(desk: Desk) -> None:
    fields = opened(desk)
    assert publish(desk, changed(fields, q__overall__en="Overall")).status_code == 303
    response = publish(desk, changed(fields, q__effect__en="Did it work?"))
    assert response.status_code == 409
    assert "Admin has published version 2 meanwhile" in response.text
    assert "Changed: Overall" in response.text
    assert "Did it work?" in response.text, "his own draft is still there"
    assert len(versions(desk)) == 2
    assert publish(desk, fields_of(response)).status_code == 303
    assert [one.number for one in versions(desk)] == [1, 2, 3]


def test_a_new_form_has_its_own_name(desk: Desk) -> None:
    fields = opened(desk, f"{FORMS}/new")
    fields = changed(fields, form="quality26", title__zh="质量专项")
    fields = fields_of(send(desk, fields, "add", to=f"{FORMS}/new"))
    assert ("form", "quality26") in fields
    fields = changed(fields, q__q1__zh="颗粒硬度", audience="farmer")
    for name, sentence in (("farmer", "There is a form of this name already"), ("9 x", "Give a short name")):
        response = send(desk, changed(fields, form=name), to=FORMS)
        assert response.status_code == 422
        assert sentence in response.text
    assert send(desk, fields, to=FORMS).status_code == 303
    (made,) = versions(desk, "quality26")
    assert made.number == 1
    assert [one.key for one in read_form(made.content).questions] == ["overall", "q1"]
    assert "质量专项" in desk.as_("admin").get(FORMS).text
    assert send(desk, fields, to=FORMS).status_code == 422, "sent twice"


@pytest.mark.parametrize("who", ["rep", "boss"])
def test_only_administrators_edit(desk: Desk, who: str) -> None:
    assert desk.as_(who).get(FORMS).status_code == 403
    assert desk.as_(who).post(f"{FORMS}/farmer/versions", {}).status_code == 403
    assert desk.as_("admin").get(f"{FORMS}/nothing").status_code == 404
