"""Installations to back up and to restore into, each with its own folder and database."""

import contextlib
import hashlib
import uuid
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask

from fieldapp import create_app
from fieldapp.core.db import db
from fieldapp.network.distributors.actions import rebuild
from fieldapp.people.accounts.models import User
from fieldapp.trade.ledger.actions import rebuild_balances
from fieldapp.trade.ledger.models import Invoice, InvoiceLine, Payment
from tests import cast
from tests.conftest import settings_for
from tests.databases import command, postgres_server

Elsewhere = Callable[[], Flask]


def run(app: Flask, *args: object) -> Result:
    """A command, as the terminal shows it."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    return app.test_cli_runner().invoke(args=[str(arg) for arg in args])


def ok(app: Flask, *args: object) -> str:
    """What a command that ends well says."""
    result = run(app, *args)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def refused(app: Flask, *args: object) -> str:
    """What a command that refuses says: one line, never a traceback."""
    result = run(app, *args)
    assert result.exit_code != 0, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    return result.output


def dialect_of(app: Flask) -> str:
    return sa.make_url(app.config["SQLALCHEMY_DATABASE_URI"]).get_backend_name()


def usernames(app: Flask) -> set[str]:
    with app.app_context():
        names = set(db.session.scalars(sa.select(User.username)))
        db.session.remove()
        return names


def store(app: Flask, name: str, content: bytes) -> Path:
    """A file that a user uploaded."""
    path: Path = app.config["INSTANCE"] / "files" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def put_back(app: Flask, revision: str) -> None:
    """Take the schema to an earlier revision, as an older version of the app would have it."""
    ok(app, "db", "downgrade", revision)


def body(path: Path) -> dict[str, bytes]:
    """What a backup holds, without the sums."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name != "SHA256SUMS"}


def forge(path: Path, members: dict[str, bytes]) -> Path:
    """A backup with other members, whose sums are right: somebody went to the trouble."""
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in members.items())
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {**members, "SHA256SUMS": sums.encode()}.items():
            archive.writestr(name, data)
    return path


@pytest.fixture
def elsewhere(database_url: str, tmp_path: Path) -> Iterator[Elsewhere]:
    """`elsewhere()` → another installation with the same kind of database, and in that nothing, not even a schema."""
    with contextlib.ExitStack() as stack:

        def make() -> Flask:
            name = f"elsewhere_{uuid.uuid4().hex}"
            folder = tmp_path / name
            folder.mkdir()
            url = f"sqlite:///{folder / 'fieldapp.db'}"
            if database_url.startswith("postgresql"):
                server = postgres_server()
                command(server, f'CREATE DATABASE "{name}"')
                stack.callback(command, server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
                url = server.set(database=name).render_as_string(hide_password=False)
            app = create_app(settings_for(folder, FIELDAPP_DATABASE_URL=url), TESTING=True)
            stack.callback(_close, app)
            return app

        yield make


def _close(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def office(app: Flask, people: dict[str, User]) -> Flask:
    """An installation at work: its people, a distributor with an invoice of two lines and a payment, a photo."""
    with app.app_context():
        distributor = cast.make_distributor("D001", name="郑州金禾饲料有限公司")
        product = cast.make_product("P10")
        day = cast.TODAY
        invoice = cast.add(
            Invoice(number="I1", number_key="i1", distributor_id=distributor.id, date=day, due=day, amount=70_000)
        )
        for line_no, amount in ((1, 30_000), (2, 40_000)):
            cast.add(
                InvoiceLine(invoice_id=invoice.id, line_no=line_no, product_id=product.id, weight=1000, amount=amount)
            )
        cast.add(Payment(number="P1", number_key="p1", distributor_id=distributor.id, date=day, amount=20_000))
        rebuild_balances([distributor.id])
        rebuild(db.session.connection())
        db.session.commit()
        db.session.remove()
    store(app, "2026/照片 1.jpg", b"\xff\xd8 a photo")
    return app
