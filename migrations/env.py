"""Alembic's environment: migrate the app's own database in one transaction (SQLite's DDL is transactional here too)."""

from alembic import context
from flask import current_app

from fieldapp.core.db import ExactDecimal, UtcDateTime

database = current_app.extensions["migrate"].db


def include_object(_object, name, kind, _reflected, _compare_to):
    """Full-text tables and their shadows belong to the search, not to the models."""
    return not (kind == "table" and name is not None and "_fts" in name)


def compare_type(_context, _inspected, _metadata, _inspected_type, metadata_type):
    """Our decorated types are compared by what lies under them."""
    return False if isinstance(metadata_type, UtcDateTime | ExactDecimal) else None


def run() -> None:
    """Upgrade or downgrade over the connection that was given (a restore's), or one of our own."""
    given = context.config.attributes.get("connection")
    if given is not None:
        run_over(given)
        return
    with database.engine.connect() as connection:
        run_over(connection)


def run_over(connection) -> None:
    """A transaction under way is the caller's to commit."""
    ours = not connection.in_transaction()
    if connection.dialect.name == "sqlite":
        # Batch mode rebuilds tables: their references must not be followed meanwhile. Outside a transaction only.
        connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=OFF")
    context.configure(
        connection=connection,
        target_metadata=database.metadatas[None],
        render_as_batch=True,
        include_object=include_object,
        compare_type=compare_type,
        render_item=render_item,
    )
    with context.begin_transaction():
        context.run_migrations()
    if ours and connection.in_transaction():
        connection.commit()
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        connection.rollback()
        connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=ON")
        if broken:
            raise RuntimeError(f"references broken by the migration: {broken[:10]}")


def render_item(kind, item, autogen_context):
    """Migrations name plain SQL types, never our classes: they must read the same when the classes have moved."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, ExactDecimal):
        return "sa.String(32)"
    if kind == "type" and item.__class__.__name__ in {"JSON", "JSONB"}:
        autogen_context.imports.add("from sqlalchemy.dialects import postgresql")
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    return False


if context.is_offline_mode():
    raise RuntimeError("`flask db upgrade --sql` is not supported: the data migrations need a database")
run()
