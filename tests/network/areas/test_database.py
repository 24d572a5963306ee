"""The database keeps exclusive areas apart, whoever writes; two at one instant: one wins. Both databases."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldapp.core.db import begin_writing, db
from fieldapp.network.areas import actions, queries
from fieldapp.network.areas.actions import TakenError
from fieldapp.network.territory.models import Area
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.queries import viewer_of
from tests import cast

ROUNDS = 10
FIRST = date(2026, 12, 1)


def test_a_second_exclusive_area_is_refused_whoever_writes(app: Flask, people: dict[str, User]) -> None:
    with app.app_context():
        begin_writing()
        one, other = cast.make_distributor("D001"), cast.make_distributor("D002")
        held = cast.make_area(one, "4101", valid_to=date(2026, 12, 31), shared=False)
        shared = cast.make_area(other, "4101", shared=True)  # beside it: a remark, no refusal
        later = cast.make_area(other, "4101", valid_from=date(2027, 1, 1), shared=False)
        db.session.commit()
        for statement in (
            sa.update(Area).where(Area.id == shared.id).values(shared=False),
            sa.update(Area).where(Area.id == held.id).values(valid_to=None),
            sa.update(Area).where(Area.id == held.id).values(valid_to=date(2027, 1, 1)),
            sa.update(Area).where(Area.id == later.id).values(valid_from=date(2026, 12, 31)),
        ):
            with pytest.raises(sa.exc.IntegrityError, match="area_exclusive"), db.session.begin_nested():
                db.session.execute(statement)
        with pytest.raises(sa.exc.IntegrityError, match="area_exclusive"), db.session.begin_nested():
            cast.make_area(cast.make_distributor("D003"), "4101", valid_from=date(2026, 6, 1), shared=False)
        db.session.execute(sa.update(Area).where(Area.id == held.id).values(valid_to=date(2026, 11, 30)))
        db.session.commit()


def test_two_administrators_at_one_instant(app: Flask, people: dict[str, User]) -> None:
    viewer = viewer_of(people["admin"])
    with app.app_context():
        begin_writing()
        rivals = [cast.make_distributor(f"D00{n}").id for n in (1, 2)]
        db.session.commit()
    for number in range(ROUNDS):
        region = f"4101{number + 2:02d}"
        with app.app_context():
            begin_writing()
            cast.make_region(region)
            db.session.commit()
        gate = threading.Barrier(len(rivals))

        def assign(rival: UUID, region: str = region, gate: threading.Barrier = gate) -> str:
            with app.app_context():
                begin_writing()
                gate.wait()
                try:
                    actions.assign(viewer, rival, region, ["*"], (FIRST, None), shared=False, now=cast.NOW)
                except TakenError as error:
                    db.session.rollback()
                    return str(error.held[0].code)
                db.session.commit()
                return ""

        with ThreadPoolExecutor(len(rivals)) as pool:
            told = list(pool.map(assign, rivals))
        with app.app_context():
            held = db.session.scalars(sa.select(Area.distributor_id).where(Area.region_code == region)).all()
            assert len(held) == 1, told
            winner = queries.codes_of(held)[held[0]]
            assert sorted(told) == ["", winner]  # who lost is told who was first
