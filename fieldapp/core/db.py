"""The database: typed base, keys, column types, and sessions that read without a lock, write in one.

Reads run in autocommit; a write begins with `BEGIN IMMEDIATE` on SQLite (a deferred transaction that reads first and
then writes met "database is locked" in a quarter of the trials, design/performance.md). Which of the two a request
gets follows its method: GET and HEAD read, everything else writes and is committed below status 400.
"""

import os
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from flask import Flask, Response, current_app, g
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.orm import DeclarativeBase, MappedColumn, ORMExecuteState, Session, mapped_column, registry
from sqlalchemy.types import TypeDecorator


def uuid7() -> UUID:
    """A time-ordered key (RFC 9562, version 7): 48 bits of Unix milliseconds, 12 of their fraction, then randomness.

    Safe to make on the phone, and no hot sequence on any database. With the fraction (section 6.2, method 3) rows that
    a process makes one after the other stand in that order: their keys settle what days and instants leave open.
    """
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    value = milliseconds << 80 | 0x7 << 76 | (rest << 12) // 1_000_000 << 64 | 0x2 << 62
    return UUID(int=value | int.from_bytes(os.urandom(8), "big") & (1 << 62) - 1)


class UtcDateTime(TypeDecorator[datetime]):
    """An instant. Always aware, always UTC; SQLite would forget the zone by itself."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a naive datetime cannot be stored: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class ExactDecimal(TypeDecorator[Decimal]):
    """A decimal that both databases keep digit by digit: as text, because SQLite's NUMERIC is a float underneath."""

    impl = sa.String(32)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else format(value, "f")

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        return None if value is None else Decimal(value)


JsonType = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

pk = Annotated[UUID, mapped_column(sa.Uuid, primary_key=True, default=uuid7)]
fen = Annotated[int, mapped_column(sa.BigInteger)]
grams = Annotated[int, mapped_column(sa.BigInteger)]
code = Annotated[str, mapped_column(sa.String(64))]
region_code = Annotated[str, mapped_column(sa.String(9))]
moment = Annotated[datetime, mapped_column(UtcDateTime)]


_METADATA = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
_TYPES: dict[Any, Any] = {
    datetime: UtcDateTime,
    date: sa.Date,
    Decimal: ExactDecimal,
    UUID: sa.Uuid,
    dict[str, Any]: JsonType,
    list[str]: JsonType,
    list[Any]: JsonType,
}


class Base(DeclarativeBase):
    """Parent of every model. Constraint names are fixed so that both databases and migrations agree on them.

    The registry is given whole: Flask-SQLAlchemy copies this class's attributes into its own base, and SQLAlchemy
    refuses a copy that names a registry and a type map both.
    """

    registry = registry(metadata=_METADATA, type_annotation_map=_TYPES)


def enum_column(kind: type, *, check: str | None = None, **kwargs: Any) -> MappedColumn[Any]:
    """A StrEnum stored as its value with a CHECK, the same on both databases.

    `check`: the name of the CHECK where a table has two columns of a kind.
    """
    values = [member.value for member in kind]  # type: ignore[attr-defined]
    return mapped_column(
        sa.Enum(
            kind,
            values_callable=lambda members: [member.value for member in members],
            native_enum=False,
            create_constraint=True,
            length=max(16, *(len(value) for value in values)),
            name=check or kind.__name__.lower(),
        ),
        **kwargs,
    )


class WriteInReadRequestError(RuntimeError):
    """A request declared as reading tried to write: a fault in the code, never the user's."""


class FieldSession(FlaskSession):
    """`reading` sends every statement to the autocommit engine and refuses writes."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.reading = reading()

    def get_bind(self, mapper: Any = None, clause: Any = None, bind: Any = None, **_rest: Any) -> Any:  # noqa: ARG002
        if bind is not None:
            return bind
        return current_app.extensions[READING_ENGINE] if self.reading else self._db.engine


# One object for the app's life: a session takes a connection per engine object it is given.
READING_ENGINE = "fieldapp.reading_engine"
_READ_OPTIONS: dict[str, dict[str, Any]] = {
    "sqlite": {"reading": True},
    "postgresql": {"reading": True, "isolation_level": "AUTOCOMMIT"},
}

db = SQLAlchemy(
    model_class=Base,
    session_options={"class_": FieldSession, "expire_on_commit": False},
)


def session() -> FieldSession:
    """The session of this request or command, typed."""
    return db.session()  # type: ignore[return-value]


def reading() -> bool:
    """Does this request only read? Known without a session: a hot page needs none, and making one costs 50 µs."""
    return bool(g.get("reading", False))


def begin_reading() -> None:
    """This request only reads (set for GET and HEAD before the view runs)."""
    g.reading = True
    if db.session.registry.has():
        session().reading = True


def begin_writing() -> None:
    """From here on this request writes: what was read before is forgotten, and the write lock is taken at the next
    statement. Slow work (a password hash, a parsed file) belongs before this call."""
    g.reading = False
    current = session()
    if current.reading:
        current.rollback()
        current.reading = False


@event.listens_for(Session, "before_flush")
def _refuse_flush(session: Session, _context: Any, _instances: Any) -> None:
    if getattr(session, "reading", False) and (session.new or session.dirty or session.deleted):
        raise WriteInReadRequestError("flush in a reading request")


@event.listens_for(Session, "do_orm_execute")
def _refuse_statement(state: ORMExecuteState) -> None:
    if getattr(state.session, "reading", False) and (state.is_insert or state.is_update or state.is_delete):
        raise WriteInReadRequestError("insert, update or delete in a reading request")


def insert_row(model: type[Base], values: dict[str, Any], *, unless_taken: bool = False) -> bool:
    """Insert one row at once, by a statement that is compiled once: a flush of an object costs five times as much.

    `values` by attribute; the columns' defaults fill the rest. `unless_taken`: False, and nothing is done, when the
    key `id` is there already; decided by the database, so that two at once do not collide.
    """
    current = session()
    if current.reading:
        raise WriteInReadRequestError("insert in a reading request")
    current.flush()  # what the row refers to
    connection = current.connection()
    columns = _column_names(model)
    given = {columns[name]: value for name, value in values.items()}
    key = model, connection.dialect.name, unless_taken, *sorted(given)
    if key not in _inserts:
        _inserts[key] = _insert_statement(model, connection.dialect, unless_taken, list(given))
    done = connection.execute(_inserts[key], given)
    return not unless_taken or done.first() is not None


# What SQLAlchemy keeps of a statement leaves out a dialect's own INSERT: each would be compiled anew.
_inserts: dict[tuple[Any, ...], Any] = {}


@lru_cache
def _column_names(model: type[Base]) -> dict[str, str]:
    return {attribute.key: attribute.columns[0].key for attribute in sa.inspect(model).column_attrs}


def _insert_statement(model: type[Base], dialect: Dialect, unless_taken: bool, columns: list[str]) -> Any:
    table: Any = model.__table__
    statement: Any = (sqlite.insert if dialect.name == "sqlite" else postgresql.insert)(table)
    if unless_taken:
        # Which row came, and not how many: PostgreSQL's driver counts none once the statement is closed.
        statement = statement.on_conflict_do_nothing(index_elements=["id"]).returning(table.c.id)
    return statement.compile(dialect=dialect, column_keys=columns)


def insert_into(model: type[Base]) -> Any:
    """The dialect's own INSERT, for `.on_conflict_do_update(…)` and `.on_conflict_do_nothing()`."""
    dialect = session().get_bind().dialect.name
    return (sqlite.insert if dialect == "sqlite" else postgresql.insert)(model)


def prepare_sqlite(engine: Engine) -> None:
    """Have every connection of an engine work as this app expects of SQLite."""

    @event.listens_for(engine, "connect")
    def pragmas(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself: see `begin` below
        cursor = connection.cursor()
        # FULL: NORMAL lost acknowledged rows at a power cut (design/reliability.md, trap 9)
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "busy_timeout=10000",
            "cache_size=-4000",  # kB, for each connection; more, or mapping the file, was no quicker (docs/adr/0007)
            "temp_store=MEMORY",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if not connection.get_execution_options().get("reading"):
            connection.exec_driver_sql("BEGIN IMMEDIATE")


def init_app(app: Flask) -> None:
    """Bind the database to the app, and end every request's transaction."""
    url = sa.make_url(app.config["SQLALCHEMY_DATABASE_URI"])
    if url.get_backend_name() == "sqlite":
        app.config.setdefault("SQLALCHEMY_ENGINE_OPTIONS", {"connect_args": {"timeout": 10}, "pool_size": 8})
    else:
        # PostgreSQL takes the disk for a turning one, and would rather read a million invoices than look up 20,000.
        given = {} if "options" in url.query else {"options": "-c random_page_cost=1.1"}
        app.config.setdefault(
            "SQLALCHEMY_ENGINE_OPTIONS", {"pool_size": 8, "pool_pre_ping": True, "connect_args": given}
        )
    db.init_app(app)
    with app.app_context():
        if url.get_backend_name() == "sqlite":
            prepare_sqlite(db.engine)
        app.extensions[READING_ENGINE] = db.engine.execution_options(**_READ_OPTIONS[db.engine.dialect.name])

    @app.after_request
    def end_transaction(response: Response) -> Response:
        if reading():
            return response
        current = session()
        if current.in_transaction():
            if response.status_code < 400:
                current.commit()
            else:
                current.rollback()
        return response
