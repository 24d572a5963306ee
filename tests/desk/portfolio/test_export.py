"""The list as a file: the same filter, scope and order as on the screen, and harmless in a spreadsheet."""

import csv
import io

import openpyxl
import pytest
from flask import Flask

from fieldapp.core.db import db
from fieldapp.desk.portfolio.forms import Asked, Sort
from fieldapp.desk.portfolio.queries import every, listed
from fieldapp.network.distributors.actions import reindex
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.viewer import Viewer
from tests import cast
from tests.desk.portfolio.conftest import make_balance
from tests.visitor import Visitor


def read_csv(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))


@pytest.mark.parametrize("sort", Sort)
def test_every_row_in_the_order_of_the_list(viewers: dict[str, Viewer], sort: Sort) -> None:
    asked = Asked(sort=sort, overdue=True)
    assert (
        list(every(viewers["boss"], asked, cast.TODAY, chunk=4)) == listed(viewers["boss"], asked, cast.TODAY, 500).rows
    )


def test_csv_and_xlsx_hold_the_filtered_list(app: Flask, company: dict[str, User]) -> None:
    with app.app_context():
        row = cast.make_distributor("=D1", "410102", name='=HYPERLINK("http://x")丰禾', status="watch")
        cast.make_credit(row, "B", 1_000)
        make_balance(row, 250_050, cast.TODAY)
        cast.make_distributor("OUT", "650102", name="丰禾", status="watch")
        reindex([row.id])
        db.session.commit()
    rep = Visitor(app, "rep")
    response = rep.get("/distributors/export.csv?q=hyperlink&status=watch")
    assert response.data.startswith("\ufeff".encode())
    assert "attachment" in response.headers["Content-Disposition"]
    header, *rows = read_csv(response.data)
    assert len(rows) == 1
    found = dict(zip(header, rows[0], strict=True))
    assert (found["Code"], found["Name"]) == ("'=D1", '\'=HYPERLINK("http://x")丰禾')
    assert (found["Limit"], found["Outstanding"], found["Available"]) == ("10", "2500.5", "-2490.5")
    book = openpyxl.load_workbook(io.BytesIO(rep.get("/distributors/export.xlsx?q=hyperlink").data))
    cells = list(book.active.iter_rows(values_only=True))
    assert len(cells) == 2
    shown = dict(zip(cells[0], cells[1], strict=True))
    assert (shown["Code"], shown["Available"]) == ("=D1", -2490.5)
    assert book.active.cell(2, 1).data_type == "s"


def test_only_the_viewers_patch(app: Flask, company: dict[str, User]) -> None:
    def codes(who: str) -> set[str]:
        return {row[0] for row in read_csv(Visitor(app, who).get("/distributors/export.csv").data)[1:]}

    assert codes("stranger") == set()
    assert codes("rep")
    assert codes("rep") < codes("boss") < codes("admin")
