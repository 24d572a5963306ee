"""A select built once and run on the pool's bare driver connection: for the few reads that run at every key press.

The ORM costs 5.6 ms of CPU for the deal check page, Core selects 1.6 ms, this 0.9 ms (design/performance.md). Values
come back typed like Core's: the columns' own bind and result processors are used, the rest is left out.
"""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect, Engine

from .db import db, reading, session


class HotRead:
    """`HotRead(select)`; `.one(name=value)` → the first row as a tuple or None, `.all(...)` → rows. Binds by name.

    `build` may be a function of the dialect's name where the two databases need different SQL.
    """

    def __init__(self, build: sa.Select[Any] | Callable[[str], sa.Select[Any]]) -> None:
        self._build = build
        self._ready: dict[str, _Prepared] = {}

    def _prepared(self, dialect: Dialect) -> "_Prepared":
        ready = self._ready.get(dialect.name)
        if ready is None:
            statement = self._build if isinstance(self._build, sa.Select) else self._build(dialect.name)
            ready = self._ready[dialect.name] = _Prepared(statement, dialect)
        return ready

    def all(self, **binds: Any) -> list[tuple[Any, ...]]:
        """Every row."""
        if reading():
            engine = db.engine
            return _read(engine, self._prepared(engine.dialect), binds)
        connection = session().connection()
        return self._prepared(connection.dialect).fetch(connection.connection.dbapi_connection, binds)

    def one(self, **binds: Any) -> tuple[Any, ...] | None:
        """The first row, or None."""
        rows = self.all(**binds)
        return rows[0] if rows else None


class _Prepared:
    def __init__(self, statement: sa.Select[Any], dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.sql = str(compiled)
        self.positions: Sequence[str] | None = compiled.positiontup if compiled.positional else None
        self.fixed = {name: bind.effective_value for name, bind in compiled.binds.items()}
        self.binders = {
            name: processor
            for name, bind in compiled.binds.items()
            if (processor := bind.type.dialect_impl(dialect).bind_processor(dialect)) is not None
        }
        self.readers = [
            (index, processor)
            for index, column in enumerate(statement.selected_columns)
            if (processor := column.type.dialect_impl(dialect).result_processor(dialect, None)) is not None
        ]

    def fetch(self, connection: Any, binds: dict[str, Any]) -> list[tuple[Any, ...]]:
        values = {**self.fixed, **binds}
        for name, processor in self.binders.items():
            values[name] = processor(values[name])
        cursor = connection.cursor()
        try:
            cursor.execute(
                self.sql, [values[name] for name in self.positions] if self.positions is not None else values
            )
            rows = cursor.fetchall()
        finally:
            cursor.close()
        if not self.readers:
            return list(rows)
        typed = []
        for row in rows:
            cells = list(row)
            for index, reader in self.readers:
                cells[index] = reader(cells[index])
            typed.append(tuple(cells))
        return typed


def _read(engine: Engine, prepared: _Prepared, binds: dict[str, Any]) -> list[tuple[Any, ...]]:
    """On a connection of the pool (9 µs, where a Core connection costs 90), without a transaction."""
    held = engine.raw_connection()
    try:
        if engine.dialect.name != "postgresql":  # on SQLite nothing begins by itself (db.py)
            return prepared.fetch(held.dbapi_connection, binds)
        connection: Any = held.dbapi_connection
        connection.autocommit = True
        try:
            return prepared.fetch(connection, binds)
        finally:
            connection.autocommit = False
    finally:
        held.close()
