"""The re-rating list as a file: the same part, scope and order as on the screen, and harmless in a spreadsheet."""

import csv
import io
from datetime import datetime, timedelta

import openpyxl
from flask import Flask

from fieldapp.core.db import db
from fieldapp.people.accounts.models import User
from tests import cast
from tests.visitor import Visitor


def read_csv(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def test_csv_and_xlsx_hold_the_part_that_is_shown(app: Flask, people: dict[str, User]) -> None:
    with app.app_context():
        late = cast.make_distributor("=D1", name="=HYPERLINK(1)", rep_id=people["rep"].id)
        cast.make_credit(late, "B", 1_000, valid_until=cast.TODAY - timedelta(days=3))
        cast.make_rating(late, people["rep"])
        cast.make_credit(cast.make_distributor("D2"), valid_until=cast.TODAY + timedelta(days=9))
        cast.make_credit(cast.make_distributor("D3", "650102"), valid_until=cast.TODAY)
        db.session.commit()
    rep = Visitor(app, "rep")
    response = rep.get("/ratings/export.csv?part=overdue")
    assert response.data.startswith("\ufeff".encode())
    assert "attachment; filename=ratings-overdue-2026-11-23.csv" in response.headers["Content-Disposition"]
    [row] = read_csv(response.data)
    assert (row["Code"], row["Name"], row["Region code"]) == ("'=D1", "'=HYPERLINK(1)", "410102")
    assert (row["Grade"], row["Limit"], row["Valid until"], row["Days left"]) == ("B", "10", "2026-11-20", "-3")
    assert (row["Proposal waits"], row["Looked after by"]) == ("yes", "Rep")
    assert [row["Code"] for row in read_csv(rep.get("/ratings/export.csv").data)] == ["'=D1", "D2"]
    book = openpyxl.load_workbook(io.BytesIO(rep.get("/ratings/export.xlsx?part=overdue").data))
    cells = list(book.active.iter_rows(values_only=True))
    shown = dict(zip(cells[0], cells[1], strict=True))
    assert (len(cells), shown["Code"], shown["Limit"]) == (2, "=D1", 10)
    assert shown["Valid until"] == datetime(2026, 11, 20)  # noqa: DTZ001  a sheet knows no zones
    assert book.active.cell(2, 1).data_type == "s"


def test_only_the_viewers_patch(app: Flask, people: dict[str, User]) -> None:
    with app.app_context():
        for code, region in (("D1", "410102"), ("D2", "420106"), ("D3", None)):
            cast.make_distributor(code, region)
        db.session.commit()

    def codes(who: str) -> set[str]:
        return {row["Code"] for row in read_csv(Visitor(app, who).get("/ratings/export.csv?part=never").data)}

    assert codes("rep") == {"D1"}
    assert codes("colleague") == {"D2"}
    assert codes("boss") == {"D1", "D2"}
    assert codes("admin") == {"D1", "D2", "D3"}
    assert codes("stranger") == set()
