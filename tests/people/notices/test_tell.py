"""Being told of an event: once, each for himself, only in words that somebody declared."""

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldapp.core.db import begin_writing, db
from fieldapp.people.accounts.models import User
from fieldapp.people.notices import kinds
from fieldapp.people.notices.actions import tell
from fieldapp.people.notices.models import Notice
from tests import cast


@pytest.fixture
def told(app: Flask) -> None:
    kinds.declare(app, [kinds.Kind("test.happened", lambda v: f"It happened: {v['what']}", lambda _v: "Look.")])


def test_nobody_is_told_twice_of_one_event(app: Flask, people: dict[str, User], told: None) -> None:
    both = [people["rep"].id, people["boss"].id]
    with app.app_context():
        begin_writing()
        assert tell(both[:1], "test.happened", "1:open", {"what": "x"}, "/", cast.NOW) == 1
        assert tell([*both, *both], "test.happened", "1:open", {"what": "x"}, "/", cast.NOW) == 1
        assert tell(both, "test.happened", "1:closed", {"what": "y"}, "/", cast.NOW) == 2
        assert tell([], "test.happened", "2:open", {"what": "y"}, "/", cast.NOW) == 0
        db.session.commit()
        rows = db.session.execute(sa.select(Notice.user_id, Notice.about).order_by(Notice.user_id, Notice.about)).all()
        assert {tuple(row) for row in rows} == {(user, about) for user in both for about in ("1:open", "1:closed")}
        assert len(rows) == 4


def test_a_kind_that_has_no_words_is_refused(app: Flask, people: dict[str, User]) -> None:
    with app.app_context():
        begin_writing()
        with pytest.raises(KeyError):
            tell([people["rep"].id], "test.unheard", "1", {}, "/", cast.NOW)
