"""Migrations give what the models say, and go down and up again, on both databases."""

import sqlalchemy as sa
from alembic.autogenerate import produce_migrations
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import check, downgrade, upgrade

from fieldapp.core.db import db
from fieldapp.desk.handover.models import Handover, HandoverItem
from fieldapp.desk.handover.rules import Why
from tests import cast


def tables(app: Flask) -> set[str]:
    with app.app_context():
        return set(sa.inspect(db.engine).get_table_names())


def rows(table: str) -> int:
    with db.engine.connect() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(sa.table(table))) or 0


def test_the_migrations_give_the_tables_of_the_models(app: Flask) -> None:
    with app.app_context():
        check()  # exits with the difference when there is one


def test_a_missing_column_would_be_seen(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        metadata = sa.MetaData()
        for table in db.metadatas[None].tables.values():
            table.to_metadata(metadata)
        metadata.tables["product"].append_column(sa.Column("invented", sa.String))
        operations = produce_migrations(context, metadata).upgrade_ops
        assert operations is not None
        assert "invented" in str(operations.as_diffs())


def test_what_was_stored_stays_when_going_down_to_the_foundation_and_up(app: Flask) -> None:
    with app.app_context():
        cast.make_price(cast.make_product(), "41", 320_000, None)
        cast.make_area(cast.make_distributor(), "4101")
        cast.make_region("999999", "Ours")
        db.session.commit()
        counted = {table: rows(table) for table in ("price", "area", "distributor", "policy_version")}
        db.session.remove()
        downgrade(revision="0001")
        upgrade()
        assert {table: rows(table) for table in counted} == counted
        # The way up brings the shipped regions back that the tests' database leaves out.
        assert db.session.scalar(sa.text("SELECT name FROM region WHERE code = '999999'")) == "Ours"
        assert counted["price"] == counted["area"] == 1


def test_down_and_up_again(app: Flask) -> None:
    """Down to nothing and up: no table, trigger or function is left behind to stop the second way up."""
    before = tables(app)
    with app.app_context():
        cast.make_cast()
        cast.make_price(cast.make_product(), "41", 320_000, None)
        cast.make_area(cast.make_distributor(), "4101")
        db.session.commit()
        db.session.remove()
        downgrade(revision="base")
    assert tables(app) <= {"alembic_version"}
    with app.app_context():
        upgrade()
    assert tables(app) == before
    with app.app_context():
        check()
        cast.make_cast()
        db.session.commit()


def test_credit_that_was_imported_goes_down_and_up(app: Flask) -> None:
    with app.app_context():
        cast.make_credit(cast.make_distributor(), "B", 1234, term_days=15, frozen=True)
        db.session.commit()
        db.session.remove()
        downgrade(revision="0005")
        upgrade()
        columns = "grade, credit_limit, term_days, frozen"
        with db.engine.connect() as connection:
            for table in ("imported_credit", "credit_record"):
                [row] = connection.execute(sa.text(f"SELECT {columns} FROM {table}"))
                assert (row[0], row[1], row[2], bool(row[3])) == ("B", 1234, 15, True)
            [source] = connection.execute(sa.text("SELECT source FROM credit_record"))
            assert source[0] == "imported"


def test_a_reason_that_is_no_more_becomes_the_nearest_one(app: Flask) -> None:
    with app.app_context():
        users = cast.make_cast()
        one, two = cast.make_distributor("D001"), cast.make_distributor("D002")
        values = {"kind": "area", "state": "coming", "region_code": "410102", "day": cast.TODAY, "reason": "He retires"}
        ends = {"from_id": one.id, "to_id": two.id, "made_by_id": users["admin"].id, "made_at": cast.NOW}
        held = cast.add(Handover(**values, **ends, areas=[], went={}))
        for why in (None, Why.BOTH, Why.MONEY):
            cast.add(HandoverItem(handover_id=held.id, matter="ticket", subject_id=one.id, why=why))
        db.session.commit()
        db.session.remove()
        downgrade(revision="0034")
        upgrade()
        with db.engine.connect() as connection:
            found = connection.scalars(sa.text("SELECT why FROM handover_item")).all()
        assert sorted(map(str, found)) == ["None", "both", "own"]
