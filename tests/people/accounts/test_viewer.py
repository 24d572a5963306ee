"""A viewer's patch as a condition on regions, on both databases."""

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldapp.core.db import db, uuid7
from fieldapp.network.territory.models import Region
from fieldapp.people.accounts.models import Role
from fieldapp.people.accounts.viewer import Viewer


@pytest.mark.parametrize("patch", [("41",), ("4109",), ("99",), ("410102", "65")])
def test_the_scope_is_what_covers_says(app: Flask, patch: tuple[str, ...]) -> None:
    viewer = Viewer(uuid7(), "u", "U", Role.REP, patch)
    with app.app_context():
        found = set(db.session.scalars(sa.select(Region.code).where(viewer.scope(Region.code))))
        every = set(db.session.scalars(sa.select(Region.code)))
    assert found == {code for code in every if viewer.covers(code)}
    assert found or patch == ("99",)


def test_the_bounds_are_digits_that_any_collation_orders_alike() -> None:
    viewer = Viewer(uuid7(), "u", "U", Role.REP, ("4109", "41", "99"))
    assert all(bound.isdigit() for bounds in viewer.ranges() for bound in bounds)


def test_no_patch_is_nothing_and_an_administrator_sees_all(app: Flask) -> None:
    nobody, admin = (Viewer(uuid7(), "u", "U", role, ()) for role in (Role.REP, Role.ADMIN))
    with app.app_context():
        count = sa.select(sa.func.count()).select_from(Region)
        assert db.session.scalar(count.where(nobody.scope(Region.code))) == 0
        assert db.session.scalar(count.where(admin.scope(Region.code))) == db.session.scalar(count)
