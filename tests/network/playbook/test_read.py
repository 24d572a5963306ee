"""Reading the playbook: all types and skills, one type, the way to it."""

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldapp.core.db import db
from fieldapp.network.playbook.book import playbook
from fieldapp.network.playbook.rules import CustomerType
from fieldapp.people.accounts.models import User
from tests.network.playbook.conftest import Talk
from tests.visitor import Visitor


def speak_chinese(app: Flask) -> None:
    with app.app_context():
        db.session.execute(sa.update(User).values(locale="zh"))
        db.session.commit()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_all_types_and_skills_stand_on_one_page(talk: Talk, language: str) -> None:
    if language == "zh":
        speak_chinese(talk.app)
    page, book = Visitor(talk.app, "rep").get("/playbook").text, playbook(language)
    for kind in book.types.values():
        assert f'href="/playbook/{kind.key}"' in page
        assert kind.title in page
        assert kind.summary in page
    for skill in book.skills:
        assert skill.title in page
        for line in skill.points:
            assert line.text in page
    ours = sum(line.ours for skill in book.skills for line in skill.points)
    assert page.count("(our addition)" if language == "en" else "(我们补充的)") == ours
    assert "强词夺理型" in page, "the training's own names, for whoever learned them"


@pytest.mark.parametrize("kind", CustomerType)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_type_shows_every_line_with_its_summary_first(talk: Talk, kind: CustomerType, language: str) -> None:
    if language == "zh":
        speak_chinese(talk.app)
    page, shown = Visitor(talk.app, "rep").get(f"/playbook/{kind}").text, playbook(language).types[kind]
    place = page.index(shown.summary)
    for block in (shown.traits, shown.behaviours, shown.works, shown.avoid):
        for line in block:
            place = page.index(f">{line.text}", place)
    assert page.count("(our addition)" if language == "en" else "(我们补充的)") == sum(x.ours for x in shown.avoid)
    assert ("the contact may read it" if language == "en" else "联系人本人也可以看") in page


def test_it_opens_for_everybody_and_from_one_s_own_page(talk: Talk) -> None:
    for who in ("rep", "stranger", "admin"):
        assert 'href="/playbook"' in talk.as_(who).get("/me").text
        assert talk.as_(who).get("/playbook").status_code == 200


def test_there_are_eight_and_no_more(talk: Talk) -> None:
    for key in ("none", "Quiet", "quiet ", "%00"):
        assert talk.as_("rep").get(f"/playbook/{key}").status_code == 404
