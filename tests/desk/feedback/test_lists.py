"""The list, its search and its pages; the month by themes and its sheet."""

import io
import re
from datetime import timedelta

import openpyxl
import sqlalchemy as sa

from fieldapp.core.clock import now
from fieldapp.core.db import db, uuid7
from fieldapp.fieldwork.feedback.models import Remark
from tests.desk.feedback.conftest import Ear
from tests.desk.portfolio.conftest import counted


def said(page: str) -> list[str]:
    return re.findall(r'<span class="row-title">([^<]+)</span>', page)


def test_words_batch_and_distributor_find_it(ear: Ear) -> None:
    ear.note(text="The bags are torn", batch="B-77")
    ear.note(text="Goods came late", theme="delivery")
    for text, found in (
        ("torn", ["The bags are torn"]),
        ("TORN bags", ["The bags are torn"]),
        ("b77", ["The bags are torn"]),
        ("late torn", []),
        ("%", []),
    ):
        assert said(ear.page(f"/feedback?q={text.replace('%', '%25').replace(' ', '+')}")) == found, text
    assert len(said(ear.page("/feedback?q=D001"))) == 2
    assert said(ear.page("/feedback?part=all&theme=delivery")) == ["Goods came late"]
    assert said(ear.page("/feedback?part=all&kind=praise")) == []
    assert len(said(ear.page("/feedback?part=nonsense&kind=x&theme=y&month=2026-99&after=z"))) == 0, "the rep owns none"


def test_each_part_holds_what_it_says(ear: Ear) -> None:
    done, waits, new = (ear.note(text=f"Remark number {n}") for n in ("one", "two", "three"))
    with ear.desk.app.app_context():
        assert len({ear.remark(key).owner_id for key in (done, waits, new)}) == 1
    for key in (done, waits):
        ear.do(key, "answer", "boss", answer="Yes")
    ear.do(done, "telling", "rep", how="phone")
    for part, found in (("open", ["three"]), ("tell", ["two"]), ("closed", ["one"]), ("all", ["three", "two", "one"])):
        assert said(ear.page(f"/feedback?part={part}")) == [f"Remark number {n}" for n in found], part


def test_a_long_list_goes_on_where_it_ended_in_few_statements(ear: Ear) -> None:
    key = ear.note(text="Nr 00")
    with ear.desk.app.app_context():
        row = {name: value for name, value in ear.remark(key).__dict__.items() if not name.startswith("_")}
        more = [
            row | {"id": uuid7(), "text": f"Nr {n:02}", "made_at": row["made_at"] + timedelta(seconds=n)}
            for n in range(1, 60)
        ]
        db.session.execute(sa.insert(Remark), more)
        db.session.commit()
    ear.page("/feedback?part=all")  # what the app keeps of the products is read once
    with counted(ear.desk.app) as statements:
        first = ear.page("/feedback?part=all")
    assert len(statements) <= 6, statements
    [more_url] = re.findall(r'href="([^"]+)" rel="next"', first)
    assert said(first) + said(ear.page(more_url.replace("&amp;", "&"))) == [f"Nr {n:02}" for n in reversed(range(60))]


def test_the_month_is_counted_by_theme_beside_the_month_before(ear: Ear) -> None:
    keys = [ear.note(theme="packaging", text=f"Torn bag {n}") for n in range(3)]
    old = ear.note(theme="packaging", text="Torn before")
    ear.do(keys[0], "answer", "boss", answer="Yes")
    ear.do(keys[0], "telling", "rep", how="phone")
    month = f"{now() + timedelta(hours=8):%Y-%m}"
    first = (now() + timedelta(hours=8)).replace(day=1)
    with ear.desk.app.app_context():
        before = first - timedelta(days=3)
        db.session.execute(sa.update(Remark).where(Remark.id == old).values(made_at=before))
        db.session.commit()
    page = ear.page(f"/feedback/digest?month={month}")
    row = re.search(r"Packaging</a></th>(.*?)</tr>", page, re.S)
    assert row is not None
    assert re.findall(r">([0-9]+)<", row[1])[:2] == ["3", "1"]
    assert "33 %" in page
    assert "Torn bag" in page
    assert "Nothing was said" in ear.page(f"/feedback/digest?month={month}", "stranger")
    assert "Nothing was said" in ear.page("/feedback/digest?month=2020-01")
    sheet = ear.desk.as_("rep").get(f"/feedback/digest.xlsx?month={month}")
    rows = list(openpyxl.load_workbook(io.BytesIO(sheet.data)).active.values)
    assert len(rows) == 4
    assert "Torn bag 2" in rows[1]
    assert "Torn bag" in ear.desk.as_("rep").get(f"/feedback/digest.csv?month={month}").text
    assert "Torn bag" not in ear.desk.as_("stranger").get(f"/feedback/digest.csv?month={month}").text
