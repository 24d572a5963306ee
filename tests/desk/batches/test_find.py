"""Finding who bought a batch, to call them."""

import csv
import io
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldapp.core.db import db
from fieldapp.desk.batches.queries import regions_of_buyers
from fieldapp.people.accounts.models import User
from fieldapp.trade.ledger.models import Invoice, InvoiceLine
from fieldapp.trade.ledger.queries import buyers_of_batch
from fieldapp.trade.ledger.rules import batch_key
from fieldapp.trade.products.models import Product
from tests import cast
from tests.visitor import Visitor

CODES = ("P10", "P20")


def sell(code: str, product: Product, batch: str, *kilograms: int, region: str = "410102") -> None:
    """A distributor and its invoices of a batch, one a line; a day apart."""
    distributor = cast.make_distributor(code, region)
    for number, kg in enumerate(kilograms):
        invoice = Invoice(
            number=f"{code}-{number}-{product.code}",
            number_key=f"{code}-{number}-{product.code}".casefold(),
            distributor_id=distributor.id,
            date=cast.TODAY - timedelta(days=number),
            amount=0,
        )
        cast.add(invoice)
        db.session.add(
            InvoiceLine(
                invoice_id=invoice.id,
                line_no=1,
                product_id=product.id,
                weight=kg * 1000,
                amount=0,
                batch=batch,
                batch_key=batch_key(batch),
            )
        )


@pytest.fixture
def sold(app: Flask, people: dict[str, User]) -> None:
    """Batch B7 of P10: D001 twice, D002 gave all back, D900 far away; of P20: D003. Batch B8: D004."""
    with app.app_context():
        pig, fowl = cast.make_product("P10"), cast.make_product("P20")
        sell("D001", pig, "B7-a", 500, 700)
        sell("D002", pig, "B7-A", -400, 400)
        sell("D900", pig, "b7-A ", 40, region="650102")
        sell("D003", fowl, "B7-A", 80, region="420102")
        sell("D004", pig, "B8-A", 80)
        sell("D005", pig, "B7-A", -80)
        db.session.commit()


@pytest.mark.usefixtures("sold")
def test_everybody_who_bought_of_it_whatever_its_spelling(app: Flask) -> None:
    with app.app_context():
        found = {one.code: one for one in buyers_of_batch(None, None, " b7-a ")}
        assert set(found) == {"D001", "D002", "D003", "D900"}
        assert found["D001"].grams == 1_200_000
        assert found["D001"].last == cast.TODAY
        assert found["D001"].phone == "13800000000"
        # What it gave back today does not count as bought today.
        assert (found["D002"].grams, found["D002"].last) == (0, cast.TODAY - timedelta(days=1))


@pytest.mark.usefixtures("sold")
def test_a_rep_sees_his_patch_and_the_number_of_the_others(app: Flask) -> None:
    text = Visitor(app, "rep").get("/batches?batch=B7-A").get_data(as_text=True)
    assert "Distributor D001" in text
    assert "Distributor D900" not in text
    assert "Distributor D003" not in text
    assert "2 distributors bought of this batch · 2 more outside your patch" in text
    assert "tel:13800000000" in text
    assert "more outside" not in Visitor(app, "admin").get("/batches?batch=B7-A").get_data(as_text=True)


@pytest.mark.usefixtures("sold")
def test_a_number_used_for_two_products_is_told_apart(app: Flask) -> None:
    boss = Visitor(app, "boss")
    text = boss.get("/batches?batch=B7-A&product=p20").get_data(as_text=True)
    assert "Distributor D003" in text
    assert "Distributor D001" not in text
    assert "No invoice names" in boss.get("/batches?batch=B7-A&product=P99").get_data(as_text=True)


@pytest.mark.usefixtures("sold")
def test_where_a_batch_of_one_product_went_whoever_looks(app: Flask) -> None:
    with app.app_context():
        pig, fowl = (db.session.scalars(sa.select(Product.id).where(Product.code == code)).one() for code in CODES)
        assert regions_of_buyers(pig, "B7-A ") == {"410102", "650102"}
        assert regions_of_buyers(fowl, "b7-a") == {"420102"}
        assert regions_of_buyers(fowl, "nothing") == set()


@pytest.mark.usefixtures("sold")
def test_the_file_holds_what_the_list_holds(app: Flask) -> None:
    data = Visitor(app, "rep").get("/batches/export.csv?batch=B7-A").data
    header, *rows = csv.reader(io.StringIO(data.decode("utf-8-sig")))
    shown = [dict(zip(header, row, strict=True)) for row in rows]
    assert [(one["Code"], one["Kilograms"], one["Bought last"]) for one in shown] == [
        ("D001", "1200", "2026-11-23"),
        ("D002", "0", "2026-11-22"),
    ]
    assert Visitor(app, "rep").get("/batches/export.xlsx?batch=B7-A").status_code == 200


@pytest.mark.usefixtures("sold")
def test_a_batch_that_is_in_no_invoice(app: Flask) -> None:
    rep = Visitor(app, "rep")
    assert "No invoice names the batch" in rep.get("/batches?batch=nothing").get_data(as_text=True)
    assert "Which batch?" in rep.get("/batches").get_data(as_text=True)
    assert "Which batch?" in rep.get("/batches?batch=%00&page=-3").get_data(as_text=True)
