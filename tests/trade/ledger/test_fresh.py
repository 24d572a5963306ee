"""The queue of invoices to be looked at: filled by the import, emptied in pieces, whatever a reader does."""

import threading
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.cli import FlaskGroup

from fieldapp.core.db import begin_writing, db
from fieldapp.network.distributors.models import Distributor
from fieldapp.trade.ledger import fresh
from fieldapp.trade.ledger.models import FreshInvoice, Invoice, InvoiceLine
from tests import cast

HEAD = "number,line_no,distributor,date,product,kg,amount\n"
ROWS = "".join(f"N{number},1,D1,2026-11-{number + 1:02},P1,1000,3000\n" for number in range(12))


class Looker:
    """A reader that remembers what it was given; `refuses`: numbers on which it fails."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.pieces: list[int] = []
        self.refuses: set[str] = set()

    def __call__(self, ids: Sequence[UUID], _now: datetime, _today: date) -> int:
        statement = sa.select(Invoice.number).where(Invoice.id.in_(ids)).order_by(Invoice.number)
        numbers = list(db.session.scalars(statement))
        db.session.execute(sa.update(Distributor).values(name=f"looked at {numbers[0]}"))  # gone when it fails
        if self.refuses & set(numbers):
            raise RuntimeError("cannot read that")
        self.seen += numbers
        self.pieces.append(len(numbers))
        return 0


@pytest.fixture
def lookers(app: Flask, people: object, monkeypatch: pytest.MonkeyPatch) -> tuple[Looker, Looker]:
    """Two topics on an app with a distributor and a product; pieces of five."""
    monkeypatch.setattr(fresh, "CHUNK", 5)
    app.extensions[fresh._TOPICS] = {}
    one, two = Looker(), Looker()
    fresh.declare(app, "one", one)
    fresh.declare(app, "two", two)
    with app.app_context():
        cast.make_distributor("D1")
        cast.make_product("P1")
        db.session.commit()
    return one, two


def read_in(app: Flask, folder: Path, text: str) -> str:
    path = folder / "invoices.csv"
    path.write_text(HEAD + text)
    done = app.test_cli_runner().invoke(FlaskGroup(load_dotenv=False), ["import", "invoices", str(path)])
    assert done.exit_code == 0, done.output
    return str(done.output)


def waiting(app: Flask) -> list[int]:
    with app.app_context():
        return [fresh.waiting("one"), fresh.waiting("two")]


def test_looked_at_after_the_import(app: Flask, tmp_path: Path, lookers: tuple[Looker, Looker]) -> None:
    """Every new invoice once for each topic, in pieces; read again without a change: none; changed: that one."""
    read_in(app, tmp_path, ROWS)
    for looker in lookers:
        assert sorted(looker.seen) == sorted(f"N{number}" for number in range(12))
        assert looker.pieces == [5, 5, 2]
        looker.seen.clear()
    read_in(app, tmp_path, ROWS)
    assert lookers[0].seen == []
    read_in(app, tmp_path, ROWS.replace("N3,1,D1,2026-11-04,P1,1000,3000", "N3,1,D1,2026-11-04,P1,1000,2999"))
    assert lookers[0].seen == lookers[1].seen == ["N3"]
    assert waiting(app) == [0, 0]


def test_one_that_fails(app: Flask, tmp_path: Path, lookers: tuple[Looker, Looker]) -> None:
    """It stays in the queue, without a trace of the attempt; the import is reported, the other topic works."""
    one, two = lookers
    one.refuses = {"N3"}
    assert "12 created" in read_in(app, tmp_path, ROWS)
    assert sorted(one.seen) == sorted({f"N{number}" for number in range(12)} - {"N3"})
    assert len(two.seen) == 12
    assert waiting(app) == [1, 0]
    with app.app_context():
        assert db.session.scalar(sa.select(Distributor.name)) != "looked at N3"
    one.refuses = set()
    chores = app.test_cli_runner().invoke(FlaskGroup(load_dotenv=False), ["chores"])
    assert "invoices: 1" in chores.output
    assert waiting(app) == [0, 0]


def test_looked_at_again(app: Flask, tmp_path: Path, lookers: tuple[Looker, Looker]) -> None:
    """A command queues everything from a day on."""
    read_in(app, tmp_path, ROWS)
    lookers[0].seen.clear()
    done = app.test_cli_runner().invoke(FlaskGroup(load_dotenv=False), ["invoices", "review", "--since", "2026-11-11"])
    assert done.output.endswith("2 invoices since 2026-11-11; 4 looked at.\n")
    assert sorted(lookers[0].seen) == ["N10", "N11"]


def test_two_at_once(app: Flask, lookers: tuple[Looker, Looker]) -> None:
    """Two that work at once share the pieces: no invoice is looked at twice."""
    with app.app_context():
        begin_writing()
        distributor = db.session.scalars(sa.select(Distributor)).one()
        for number in range(40):
            row = Invoice(number=f"N{number}", number_key=f"n{number}", distributor_id=distributor.id, amount=0)
            row.date = cast.TODAY
            db.session.add(row)
        db.session.flush()
        fresh.queue_since(cast.TODAY)
        db.session.commit()
    start = threading.Barrier(2)

    def go() -> None:
        with app.app_context():
            start.wait()
            fresh.work(cast.NOW, cast.TODAY)

    workers = [threading.Thread(target=go) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for looker in lookers:
        assert sorted(looker.seen) == sorted(f"N{number}" for number in range(40))


def test_an_invoice_that_goes(app: Flask, lookers: tuple[Looker, Looker]) -> None:
    """A deleted invoice waits no longer."""
    with app.app_context():
        begin_writing()
        distributor = db.session.scalars(sa.select(Distributor)).one()
        row = cast.add(Invoice(number="N", number_key="n", distributor_id=distributor.id, amount=0, date=cast.TODAY))
        fresh.queue([row.id])
        assert fresh.waiting("one") == 1
        db.session.execute(sa.delete(InvoiceLine))
        db.session.execute(sa.delete(Invoice))
        assert db.session.scalar(sa.select(sa.func.count()).select_from(FreshInvoice)) == 0


def test_a_topic_has_one_reader(app: Flask, lookers: tuple[Looker, Looker]) -> None:
    with pytest.raises(ValueError, match="twice"):
        fresh.declare(app, "one", lookers[0])
