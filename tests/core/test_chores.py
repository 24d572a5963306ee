"""`flask chores`: all that time brings, one fault stopping nothing else."""

from datetime import date, datetime

import sqlalchemy as sa
from flask import Flask

from fieldapp.core import chores
from fieldapp.core.db import db
from fieldapp.people.accounts.models import User


def rename(username: str, name: str) -> int:
    done = db.session.execute(sa.update(User).where(User.username == username).values(name=name).returning(User.id))
    return len(done.all())


def broken(_now: datetime, _today: date) -> int:
    rename("boss", "Half done")
    raise RuntimeError("planted")


def test_each_chore_is_done_or_undone_by_itself(app: Flask, people: dict[str, User]) -> None:
    chores.declare(
        app,
        [
            chores.Chore("before", lambda _now, _today: rename("rep", "Before")),
            chores.Chore("broken", broken),
            chores.Chore("after", lambda _now, _today: rename("colleague", "After")),
        ],
    )
    result = app.test_cli_runner().invoke(args=["chores"])
    assert result.exit_code == 1
    assert "before: 1" in result.output
    assert "after: 1" in result.output
    assert "Failed: broken" in result.output
    with app.app_context():
        names = dict(db.session.execute(sa.select(User.username, User.name)).all())  # type: ignore[arg-type]
        assert (names["rep"], names["boss"], names["colleague"]) == ("Before", "Boss", "After")
