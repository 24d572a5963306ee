"""The rep's page of a survey: answered once, what was typed kept, a low score led on."""

import re
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from PIL import Image

from fieldapp.core.db import begin_writing, db, uuid7
from fieldapp.fieldwork.surveys import queries
from fieldapp.fieldwork.surveys.models import FormVersion, Survey, SurveyAnswer, SurveyTally
from fieldapp.fieldwork.surveys.rules import Audience, Channel, SurveyState
from fieldapp.network.distributors.models import Contact
from fieldapp.people.accounts.models import User
from tests import cast

SCORES = ("price", "quality", "delivery", "technical", "rep", "promotion", "payment", "overall")
DISTRIBUTOR: dict[str, Any] = {f"q-{key}": "4" for key in SCORES} | {"q-recommend": "9"}
PHOTO_FORM = {
    "audience": "distributor",
    "title": {"zh": "货架", "en": "The shelf"},
    "questions": [
        {
            "key": "shelf",
            "kind": "photo",
            "required": True,
            "words": {"zh": "货架的照片", "en": "Shelf"},
        },
        {"key": "clean", "kind": "score", "required": True, "words": {"zh": "整洁", "en": "How clean"}},
    ],
}


def picture() -> BytesIO:
    made = BytesIO()
    Image.new("RGB", (60, 40), "green").save(made, "PNG")
    made.seek(0)
    return made


@pytest.fixture
def survey(app: Flask, people: dict[str, User]) -> str:
    return make(app, people)


def make(app: Flask, people: dict[str, User], audience: Audience = Audience.DISTRIBUTOR) -> str:
    with app.app_context():
        begin_writing()
        made = cast.make_survey(cast.make_distributor(), people["rep"], audience=audience)
        db.session.commit()
        return str(made.id)


def state_of(app: Flask, key: str) -> Survey:
    with app.app_context():
        return db.session.get_one(Survey, UUID(key))


def test_a_rep_answers_and_sees_what_was_said(app: Flask, survey: str, visit: Any) -> None:
    rep = visit("rep")
    page = rep.get(f"/surveys/{survey}").text
    assert "Distributor satisfaction" in page
    assert page.count('name="q-price"') == 5
    assert page.count('name="q-recommend"') == 11
    answered = rep.post(f"/surveys/{survey}", DISTRIBUTOR | {"q-mend": "Come on time"}, follow_redirects=True)
    assert answered.status_code == 200
    assert "Come on time" in answered.text
    assert "9 of 10" in answered.text
    assert "not content" not in answered.text
    kept = state_of(app, survey)
    assert (kept.state, kept.channel) == (SurveyState.ANSWERED, Channel.REP)


def test_what_is_missing_is_named_and_the_rest_stays(app: Flask, survey: str, visit: Any) -> None:
    wrong = {key: value for key, value in DISTRIBUTOR.items() if key != "q-quality"} | {"q-recommend": "11"}
    back = visit("rep").post(f"/surveys/{survey}", wrong | {"q-mend": "Come on time"})
    assert back.status_code == 422
    assert "Product quality: Answer this question." in back.text
    assert "Choose a number from 0 to 10." in back.text
    assert "Come on time" in back.text
    assert re.search(r'name="q-price" value="4" checked', back.text)
    assert state_of(app, survey).state is SurveyState.OPEN


def test_what_is_not_asked_is_not_kept(app: Flask, people: dict[str, User], visit: Any) -> None:
    survey = make(app, people, Audience.FARMER)
    sent = {"q-effect": "better", "q-trouble": ["growth", "cost"], "q-overall": "5", "q-reason": "typed, then changed"}
    visit("rep").post(f"/surveys/{survey}", sent)
    with app.app_context():
        kept = db.session.scalars(sa.select(Survey)).one()
        assert queries.answers_of(kept) == {"effect": "better", "overall": 5}


def test_a_second_answer_is_told_how_it_stands(survey: str, visit: Any) -> None:
    rep = visit("rep")
    assert [rep.post(f"/surveys/{survey}", DISTRIBUTOR).status_code for _ in range(2)] == [303, 303], "a second tap"
    late = visit("boss").post(f"/surveys/{survey}", {**DISTRIBUTOR, "q-price": "1"})
    assert late.status_code == 409
    assert "closed meanwhile" in late.text
    assert "1 of 5" not in late.text


def test_a_low_score_leads_to_a_ticket(app: Flask, survey: str, visit: Any) -> None:
    app.view_functions.setdefault("tickets.new", lambda: "")
    if not any(rule.endpoint == "tickets.new" for rule in app.url_map.iter_rules()):
        from fieldapp.core.routing import LateRule

        app.url_map.add(LateRule("/tickets/new", endpoint="tickets.new"))
    page = visit("rep").post(f"/surveys/{survey}", DISTRIBUTOR | {"q-delivery": "2"}, follow_redirects=True).text
    assert "Delivery: 2 or less" in page
    assert f'href="/tickets/new?distributor=D001&amp;survey={survey}"' in page


def test_they_would_rather_not(app: Flask, survey: str, visit: Any) -> None:
    rep = visit("rep")
    assert "Declined" in rep.post(f"/surveys/{survey}/refusal", follow_redirects=True).text
    assert state_of(app, survey).state is SurveyState.DECLINED
    assert rep.post(f"/surveys/{survey}", DISTRIBUTOR).status_code == 409


def test_he_takes_his_answers_back(app: Flask, survey: str, visit: Any) -> None:
    rep, boss = visit("rep"), visit("boss")
    rep.post(f"/surveys/{survey}", DISTRIBUTOR | {"q-mend": "Come on time"})
    assert "takes the answers back" not in rep.get(f"/surveys/{survey}").text
    assert rep.post(f"/surveys/{survey}/erasure").status_code == 403
    page = boss.post(f"/surveys/{survey}/erasure", follow_redirects=True).text
    assert "Come on time" not in page
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(SurveyAnswer)) == 0
    assert state_of(app, survey).state is SurveyState.DECLINED
    assert boss.post(f"/surveys/{survey}/erasure").status_code == 409


@pytest.mark.parametrize(("way", "words"), [("removal", True), ("erasure", False)])
def test_who_leaves_the_file_is_named_no_more(
    app: Flask, people: dict[str, User], visit: Any, way: str, words: bool
) -> None:
    """Taken out of the file his words stay, erased as his right is they go."""
    with app.app_context():
        begin_writing()
        row = cast.make_distributor()
        contact = cast.add(Contact(distributor_id=row.id, name="Zhao", phone="13900000000"))
        asked = cast.make_survey(row, people["rep"], contact_id=contact.id)
        db.session.commit()
        store, person, key = row.id, contact.id, asked.id
    boss = visit("boss")
    boss.post(f"/surveys/{key}", DISTRIBUTOR | {"q-mend": "Come on time"})
    if way == "erasure":
        answer = boss.post(f"/contacts/{person}/data/erasure", {"reason": "He asked for it by phone"})
    else:
        answer = boss.post(f"/distributors/{store}/file/contacts/{person}/removal")
    assert answer.status_code == 303
    assert state_of(app, str(key)).contact_id is None
    assert ("Come on time" in boss.get(f"/surveys/{key}").text) is words


def test_an_administrator_reads_and_does_not_answer(survey: str, visit: Any) -> None:
    admin = visit("admin")
    page = admin.get(f"/surveys/{survey}").text
    assert "<textarea" not in page
    assert admin.post(f"/surveys/{survey}", DISTRIBUTOR).status_code == 403


def test_an_outbox_sends_it_once(app: Flask, survey: str, visit: Any) -> None:
    rep, key = visit("rep"), str(uuid7())
    headers = {"X-Outbox": "1", "Idempotency-Key": key, "X-Client-Created": "1000", "X-Client-Now": "3601000"}
    first = rep.post(f"/surveys/{survey}", DISTRIBUTOR, headers=headers)
    again = rep.post(f"/surveys/{survey}", DISTRIBUTOR, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.headers["X-Next"] == again.headers["X-Next"] == f"/surveys/{survey}"
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Survey)) == 1


def test_a_photo_is_an_answer(app: Flask, people: dict[str, User], visit: Any) -> None:
    with app.app_context():
        begin_writing()
        version = FormVersion(form="distributor", number=7, content=PHOTO_FORM, made_at=cast.NOW)
        cast.add(version)
        survey = cast.make_survey(cast.make_distributor(), people["rep"])
        db.session.commit()
        key = str(survey.id)
    rep = visit("rep")
    missing = rep.post(f"/surveys/{key}", {"q-clean": "3"})
    assert missing.status_code == 422
    assert "Take a photo." in missing.text
    wrong = rep.post(f"/surveys/{key}", {"q-clean": "3", "q-shelf": (BytesIO(b"%PDF-1.4 %%EOF"), "x.jpg")})
    assert wrong.status_code == 422
    assert "This is a PDF" in wrong.text
    page = rep.post(
        f"/surveys/{key}", {"q-clean": "3", "q-shelf": (picture(), "shelf.png")}, follow_redirects=True
    ).text
    found = re.search(r'href="(/surveys/photos/[^"]+)"', page)
    assert found
    shown = rep.get(found[1])
    assert (shown.status_code, shown.mimetype) == (200, "image/jpeg")
    assert visit("colleague").get(found[1]).status_code == 404
    again = rep.post(f"/surveys/{key}", {"q-clean": "3", "q-shelf": (picture(), "shelf.png")})
    assert again.status_code == 303, "sent twice it is no error"
    visit("boss").post(f"/surveys/{key}/erasure")
    with app.app_context():
        assert set(db.session.scalars(sa.select(SurveyTally.count))) == {0}, "taken back, it counts nowhere"
