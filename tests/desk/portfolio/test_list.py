"""The list of distributors: what it holds, its order page by page, its filters and its words."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.datastructures import MultiDict

from fieldapp.core.db import db
from fieldapp.desk.portfolio import forms, queries
from fieldapp.desk.portfolio.forms import Asked, Cursor, Sort
from fieldapp.desk.portfolio.queries import Row, listed
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.distributors.rules import Status
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.standing.grading.models import CreditRecord
from fieldapp.trade.ledger.models import Balance, Invoice
from tests import cast
from tests.desk.portfolio.conftest import counted, make_balance
from tests.visitor import Visitor

TODAY = cast.TODAY
WHO = ("rep", "boss", "admin")


def everything(viewer: Viewer) -> list[Any]:
    """Row, credit and balance of each distributor in the patch, found the slow way."""
    rows = db.session.execute(
        sa.select(Distributor, CreditRecord, Balance)
        .outerjoin(CreditRecord, CreditRecord.distributor_id == Distributor.id)
        .outerjoin(Balance, Balance.distributor_id == Distributor.id)
    ).all()
    return [row for row in rows if viewer.covers(row[0].region_code)]


def expected_order(viewer: Viewer, sort: Sort) -> list[str]:
    keys = {
        Sort.NAME: lambda d, _b: (d.pinyin, d.id.hex),
        Sort.CODE: lambda d, _b: d.code_key,
        Sort.OVERDUE: lambda d, b: (
            (0, b.oldest_due.isoformat(), d.id.hex) if b and b.oldest_due else (1, d.pinyin, d.id.hex)
        ),
        Sort.OUTSTANDING: lambda d, b: (0, f"{10**12 - b.outstanding:020}", d.id.hex) if b else (1, d.pinyin, d.id.hex),
    }
    rows = sorted(everything(viewer), key=lambda row: keys[sort](row[0], row[2]))
    return [row[0].code for row in rows]


def walk(viewer: Viewer, sort: Sort, size: int) -> tuple[list[str], queries.Page]:
    """All pages forwards; the codes, and the last page."""
    page = listed(viewer, Asked(sort=sort), TODAY, size)
    codes = [row.code for row in page.rows]
    while page.next:
        page = listed(viewer, Asked(sort=sort, after=page.next), TODAY, size)
        codes += [row.code for row in page.rows]
    return codes, page


@pytest.mark.parametrize("sort", Sort)
@pytest.mark.parametrize("who", WHO)
def test_pages_hold_everything_once_in_order_and_back_again(viewers: dict[str, Viewer], who: str, sort: Sort) -> None:
    viewer = viewers[who]
    expected = expected_order(viewer, sort)
    for size in (7, 500):
        codes, page = walk(viewer, sort, size)
        assert codes == expected
        back = [row.code for row in page.rows]
        while page.previous:
            page = listed(viewer, Asked(sort=sort, before=page.previous), TODAY, size)
            back = [row.code for row in page.rows] + back
        assert back == expected
        assert page.next is not None or len(expected) <= size


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize(
    "asked",
    [
        Asked(status=Status.WATCH),
        Asked(grade="B"),
        Asked(grade="none"),
        Asked(overdue=True),
        Asked(overdue=True, sort=Sort.OVERDUE),
        Asked(mine=True),
        Asked(text="丰禾"),
        Asked(text="fh", grade="A"),
        Asked(text="zeng", overdue=True, sort=Sort.OUTSTANDING),
        Asked(text="D1", status=Status.ACTIVE, sort=Sort.CODE),
        Asked(text="🐖"),
        Asked(text="\0"),
    ],
)
def test_filters_leave_exactly_what_fits(viewers: dict[str, Viewer], who: str, asked: Asked) -> None:
    from fieldapp.network.distributors.models import SearchEntry
    from tests.core.test_search import finds

    viewer = viewers[who]
    documents = dict(db.session.execute(sa.select(SearchEntry.distributor_id, SearchEntry.document)).tuples().all())

    def fits(distributor: Distributor, credit: CreditRecord | None, balance: Balance | None) -> bool:
        return (
            (not asked.text or finds(asked.text, documents[distributor.id]))
            and (asked.status is None or distributor.status is asked.status)
            and (not asked.mine or distributor.rep_id == viewer.id)
            and (asked.grade is None or ((credit and credit.grade) or "none") == asked.grade)
            and (not asked.overdue or bool(balance and balance.oldest_due and balance.oldest_due < TODAY))
        )

    page = listed(viewer, asked, TODAY, 500)
    assert {row.code for row in page.rows} == {row[0].code for row in everything(viewer) if fits(*row)}
    assert page.count == len(page.rows)


def test_many_hits_are_walked_with_the_same_result(viewers: dict[str, Viewer], monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(text="s", sort=Sort.OVERDUE)
    gathered = listed(viewers["boss"], asked, TODAY)
    monkeypatch.setattr(queries, "_MOST_HITS", 3)
    assert listed(viewers["boss"], asked, TODAY) == gathered
    assert len(gathered.rows) > 3


def test_a_row_says_where_the_distributor_stands(viewers: dict[str, Viewer]) -> None:
    row = cast.make_distributor("X1", "410102", name="甲")
    cast.make_credit(row, "B", 10_000_000)
    make_balance(row, 4_000_000, TODAY - timedelta(days=12))
    shown = by_code(listed(viewers["rep"], Asked(sort=Sort.CODE), TODAY, 500).rows, "X1")
    assert (shown.grade, shown.limit, shown.available) == ("B", 10_000_000, 6_000_000)
    assert (shown.outstanding, shown.overdue, shown.overdue_days) == (4_000_000, 4_000_000, 12)
    cast.make_distributor("X2", "410102", name="乙")
    shown = by_code(listed(viewers["rep"], Asked(sort=Sort.CODE), TODAY, 500).rows, "X2")
    assert (shown.grade, shown.available, shown.outstanding, shown.overdue_days) == (None, None, 0, 0)


def test_a_balance_of_later_days_is_computed_as_of_today(viewers: dict[str, Viewer]) -> None:
    row = cast.make_distributor("X1", "410102")
    for number, day, amount in (("I1", TODAY - timedelta(days=40), 500), ("I2", TODAY + timedelta(days=1), 900)):
        invoice = Invoice(number=number, number_key=number.casefold(), distributor_id=row.id, date=day, due=day)
        invoice.amount = amount
        cast.add(invoice)
    make_balance(row, 1400, TODAY - timedelta(days=40), as_of=TODAY + timedelta(days=1))
    shown = by_code(listed(viewers["rep"], Asked(sort=Sort.CODE), TODAY, 500).rows, "X1")
    assert (shown.outstanding, shown.overdue, shown.overdue_days) == (500, 500, 40)


def by_code(rows: list[Row], code: str) -> Row:
    return next(row for row in rows if row.code == code)


def test_nearest_first(viewers: dict[str, Viewer]) -> None:
    for code, region, lat, lng in (
        ("N1", "410102", 34.80, 113.60),
        ("N2", "410102", 34.75, 113.62),
        ("N3", "420106", 34.75, 113.62),
        ("N4", "410102", 20.0, 110.0),
    ):
        cast.make_distributor(code, region, lat=lat, lng=lng, status="watch" if code == "N1" else "active")
    near = (34.75, 113.61)
    assert [row.code for row in listed(viewers["rep"], Asked(near=near), TODAY).rows] == ["N2", "N1"]
    assert [row.km for row in listed(viewers["rep"], Asked(near=near), TODAY).rows] == [1, 6]
    watched = listed(viewers["rep"], Asked(near=near, status=Status.WATCH), TODAY)
    assert [row.code for row in watched.rows] == ["N1"]


@pytest.mark.parametrize(
    "cursor",
    ["x", "W10", "WzldCg", "bnVsbA", "WzAsMSwyXQ", Cursor(0, ("a", "b")).text(), Cursor(9, ()).text(), "[" * 3000,
     Cursor(0, ("a\0", "0" * 32)).text(), Cursor(-1, ()).text(), Cursor(0, (1, 2)).text()],
)  # fmt: skip
@pytest.mark.parametrize("sort", Sort)
def test_a_cursor_that_is_none_gives_the_first_page(viewers: dict[str, Viewer], cursor: str, sort: Sort) -> None:
    asked = forms.read(MultiDict({"after": cursor, "sort": sort}))
    assert listed(viewers["rep"], asked, TODAY, 5).rows == listed(viewers["rep"], Asked(sort=sort), TODAY, 5).rows


def test_a_cursor_comes_back_from_its_text() -> None:
    cursor = Cursor(1, ("fenghe", "00ff", -5))
    assert forms.read(MultiDict({"before": cursor.text()})).before == cursor


# On the screen ----------------------------------------------------------------------------------------------------


def test_the_page_and_its_fragment(app: Flask, company: dict[str, User]) -> None:
    rep = Visitor(app, "rep")
    page = rep.get("/distributors").get_data(as_text=True)
    assert "<html" in page
    assert 'action="/distributors"' in page
    assert "大江农牧" in page
    fragment = rep.fragment("/distributors?q=zhengda").get_data(as_text=True)
    assert "<html" not in fragment
    assert "正大2号店" in fragment
    assert "绿源牧业" not in fragment
    assert "q=zhengda" in fragment, "filters keep the search"


def test_nobody_found_says_what_was_searched(app: Flask, company: dict[str, User]) -> None:
    answer = Visitor(app, "rep").get("/distributors?q=%3Cb%3E驢").get_data(as_text=True)
    assert "&lt;b&gt;驢" in answer
    assert "<b>驢" not in answer
    assert 'href="/distributors"' in answer


def test_an_empty_patch_and_an_empty_company(app: Flask, people: dict[str, User]) -> None:
    assert "reads them in" in Visitor(app, "rep").get("/distributors").get_data(as_text=True)
    with app.app_context():
        cast.make_distributor("D1", "410102")
        db.session.commit()
    assert "No distributor lies in your patch yet" in Visitor(app, "stranger").get("/distributors").get_data(
        as_text=True
    )


@pytest.mark.parametrize(
    "path", ["/distributors", "/distributors?q=fh&sort=overdue&overdue=1", "/?", "/distributors?lat=1&lng=1"]
)
def test_no_page_asks_more_than_ten_statements(app: Flask, company: dict[str, User], path: str) -> None:
    visitor = Visitor(app, "rep")
    visitor.get(path)
    with counted(app) as statements:
        assert visitor.get(path).status_code == 200
    assert 0 < len(statements) + 1 <= 10, statements  # one more: the session, below what is counted


def test_signed_out_people_are_sent_to_sign_in(app: Flask, people: dict[str, User]) -> None:
    for path in ("/", "/distributors", "/distributors/export.csv", f"/distributors/{people['rep'].id}"):
        response = Visitor(app).get(path)
        assert response.status_code == 303
        assert "/sign-in" in response.headers["Location"]
