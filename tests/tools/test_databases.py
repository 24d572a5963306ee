"""The tests' own databases: each test gets a fresh, migrated one, on both kinds of server."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests.databases import Database


def test_a_fresh_database_is_migrated_and_empty_of_users(database_url: str) -> None:
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM alembic_version")) == 1
        assert connection.scalar(sa.text("SELECT count(*) FROM user_account")) == 0
        connection.execute(sa.text("CREATE TABLE left_behind (id integer)"))
    engine.dispose()


def test_what_another_test_wrote_is_not_there(database_url: str) -> None:
    engine = sa.create_engine(database_url)
    with engine.connect() as connection:
        assert not sa.inspect(connection).has_table("left_behind")
    engine.dispose()


def everything(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables; of the stamp, which only grows, that it is there."""
    with database.connect() as connection:
        rows = {table: connection.execute(f'SELECT * FROM "{table}"'.encode()).fetchall() for table in database.counts}
    return {table: sorted(found, key=str) for table, found in rows.items()} | {"stamp": [(len(rows["stamp"]),)]}


@pytest.fixture
def database() -> Iterator[Database]:
    made = Database()
    yield made
    made.drop()


def test_a_used_database_is_put_back_as_it_was(database: Database) -> None:
    born = everything(database)
    with database.connect() as connection:
        for statement in (
            "INSERT INTO region (code, name, pinyin, initials) VALUES ('999999', 'x', 'x', 'x')",
            "UPDATE policy_version SET note = 'changed'",
            "INSERT INTO product (id, code, code_key, name, line, active) "
            "VALUES (gen_random_uuid(), 'P', 'p', 'P', 'pig', true)",
        ):
            connection.execute(statement.encode())
        before = connection.execute("SELECT reference, regions, areas FROM stamp").fetchone()
    assert everything(database) != born
    assert database.put_back()
    assert everything(database) == born
    with database.connect() as connection:
        after = connection.execute("SELECT reference, regions, areas FROM stamp").fetchone()
    assert before is not None
    assert after is not None
    assert min(after) > max(before)


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE product ADD COLUMN left_behind integer",
        "DROP TRIGGER stamp_price ON price",
        "CREATE INDEX left_behind ON product (name)",
        "TRUNCATE product CASCADE",
        "UPDATE region SET name = 'x' WHERE code = '65'",
        "CREATE OR REPLACE FUNCTION bump_stamp_regions() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    ],
)
def test_what_cannot_be_put_back_is_dropped(database: Database, statement: str) -> None:
    with database.connect() as connection:
        connection.execute(statement.encode())
    assert not database.put_back()
