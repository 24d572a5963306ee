"""The tests' own databases: each test gets a fresh, migrated one, on both kinds of server."""

import sqlalchemy as sa


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
