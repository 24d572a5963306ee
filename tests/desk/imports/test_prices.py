"""A file of prices: the command publishes it with its history; the page makes a draft of it, cell by cell."""

import io
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldapp.core.db import begin_writing, db
from fieldapp.desk.imports import runs
from fieldapp.desk.imports.engine import Order, read
from fieldapp.desk.imports.models import ImportRun, RunState
from fieldapp.desk.imports.registry import kinds
from fieldapp.people.accounts.models import User
from fieldapp.people.audit.models import AuditEntry
from fieldapp.people.policy.models import PolicyVersion
from fieldapp.trade.pricing.change_rules import LineKind
from fieldapp.trade.pricing.models import Price, PriceChange, PriceDraft, PriceDraftLine
from tests import cast

HEAD = "product,region,tier,valid_from,valid_to,list_price,floor_price\n"


@pytest.fixture
def world(app: Flask, people: dict[str, User]) -> dict[str, User]:
    with app.app_context():
        cast.make_price(cast.make_product(), "41", 320_000, 315_000)
        db.session.commit()
    return people


def command(app: Flask, folder: Path, text: str) -> None:
    path = folder / "prices.csv"
    path.write_text(HEAD + text)
    with app.app_context():
        assert read(Order(kinds()["prices"], path, path.name, None, cast.NOW), print).written


def through_page(app: Flask, people: dict[str, User], text: str, **options: bool) -> ImportRun:
    with app.app_context():
        begin_writing()
        how = {"dry_run": False, "partial": False, **options}
        stream = io.BytesIO((HEAD + text).encode())
        run = runs.keep(stream, "list.csv", runs.UNKNOWN, actor_id=people["admin"].id, at=cast.NOW, **how)
        runs.perform(run.id)
        return db.session.get_one(ImportRun, run.id, populate_existing=True)


def test_what_a_command_does_to_the_past_stays_visible(app: Flask, world: dict[str, User], tmp_path: Path) -> None:
    command(app, tmp_path, "P10,41,*,2024-01-01,,3200,3100\nP10,41,A,2027-01-01,,3300,3250\n")
    command(app, tmp_path, "P10,41,*,2024-01-01,,3200,3100\n")  # the same again
    with app.app_context():
        kept = db.session.scalars(sa.select(PriceChange).order_by(PriceChange.valid_from)).all()
        assert [
            (one.before and one.before["floor_price"], one.after["floor_price"], one.backdated) for one in kept
        ] == [
            (315_000, 310_000, True),
            (None, 325_000, False),
        ]
        assert db.session.scalar(sa.select(sa.func.count()).where(AuditEntry.action == "imports.read")) == 1


def test_the_first_file_has_no_history(app: Flask, people: dict[str, User], tmp_path: Path) -> None:
    with app.app_context():
        cast.make_product()
        cast.make_region("41")
        db.session.commit()
    command(app, tmp_path, "P10,41,*,2024-01-01,,3200,3100\n")
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Price)) == 1
        assert db.session.scalar(sa.select(sa.func.count()).select_from(PriceChange)) == 0


def test_the_page_makes_a_draft_and_leaves_the_book(app: Flask, world: dict[str, User]) -> None:
    text = "P10,41,*,2024-01-01,2026-12-31,3200,3150\nP10,41,*,2027-01-01,,3300,3250\n"
    run = through_page(app, world, text)
    assert (run.state, run.counts["created"], run.counts["updated"]) == (RunState.DONE, 1, 1)
    with app.app_context():
        draft = db.session.get_one(PriceDraft, run.draft_id)
        assert (draft.title, draft.made_by_id) == ("list.csv", world["admin"].id)
        lines = db.session.execute(
            sa.select(PriceDraftLine.kind, PriceDraftLine.valid_to, PriceDraftLine.floor_price).order_by(
                PriceDraftLine.valid_from
            )
        ).all()
        assert [tuple(one) for one in lines] == [
            (LineKind.END, date(2026, 12, 31), None),
            (LineKind.PRICE, None, 325_000),
        ]
        assert db.session.scalars(sa.select(Price.valid_to)).all() == [None]


def test_the_page_names_every_cell_that_a_draft_cannot_take(app: Flask, world: dict[str, User]) -> None:
    text = "P10,41,*,2024-01-01,,3200,3100\nP10,41,A,2027-01-01,,3200,3300\nP10,41,B,2027-01-01,,3200,0\n"
    run = through_page(app, world, text)
    assert run.state is RunState.FAILED
    assert [(line, column) for line, column, *_rest in run.problems] == [
        (2, "valid_from"),
        (3, "floor_price"),
        (4, "floor_price"),
    ]
    run = through_page(app, world, text + "P10,41,C,2027-01-01,,3200,3150\n", partial=True)
    with app.app_context():
        assert [one.tier for one in db.session.scalars(sa.select(PriceDraftLine))] == ["C"]
        assert run.draft_id is not None
    assert through_page(app, world, "P10,41,*,2024-01-01,,3200,3150\n").draft_id is None  # nothing differs


def test_the_policy_may_let_the_page_publish(app: Flask, world: dict[str, User]) -> None:
    with app.app_context():
        policy = db.session.get_one(PolicyVersion, 1)
        policy.settings = {**policy.settings, "prices": {"files": "publish"}}
        db.session.commit()
    assert through_page(app, world, "P10,41,*,2027-01-01,,3300,3250\n").draft_id is None
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Price)) == 2
        assert db.session.scalars(sa.select(PriceChange.by_id)).all() == [world["admin"].id]
