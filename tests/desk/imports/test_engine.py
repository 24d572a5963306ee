"""Files of every kind into both databases: what is taken, what is refused, and that nothing changes twice."""

import csv
import io
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_babel import force_locale

from fieldapp.core.db import begin_reading, db
from fieldapp.core.sheets import CellError, SheetError, write_xlsx
from fieldapp.desk.imports.engine import Order, Outcome, read
from fieldapp.desk.imports.registry import kinds
from fieldapp.network.distributors.models import Contact, Distributor, SearchEntry
from fieldapp.network.territory.models import Area, Region
from fieldapp.people.accounts.models import LoginSession, Role, User
from fieldapp.people.audit.models import AuditEntry
from fieldapp.standing.grading.models import CreditRecord, ImportedCredit
from fieldapp.trade.ledger.models import Balance, Invoice, InvoiceLine, Payment
from fieldapp.trade.pricing.models import Price, Rebate
from fieldapp.trade.products.models import Product
from fieldapp.trade.targets.models import Target
from tests import cast

FILES = {
    "regions": "code,name,lat,lng\n98,试验省,34.5,113.25\n9801,单县市,,\n980102,中原区,,\n980102001,林山寨街道,,\n",
    "users": "username,name,role,regions,locale,active\nWang,王芳,rep,9801;980102,zh,yes\nLi,李强,supervisor,98,,\n",
    "products": "code,name,line,stage,pack_kg,standard_factor,cost_per_tonne,active\n"
    "P10,小猪料,pig,小猪,40,1.05,2600.50,yes\nP20,肉鸡料,poultry,,,,,\n",
    "distributors": "code,name,region,tier,rep,status,since,contact,phone,address,lat,lng,credit_code,bank_account,"
    "legal_person\nD001,单县丰禾饲料,980102,A,wang,active,2020-05-01,曾伟,13800000000,某路 1 号,34.7,113.6,"
    "91410100MA44XXXX0X,6222021234567890123,曾伟\nD002,金穗农牧,9801,,,,,,,,,,,,\n",
    "areas": "distributor,region,line,valid_from,valid_to,shared\nd001,980102,*,2024-01-01,,no\n"
    "D002,9801,Pig,2024-01-01,2026-12-31,yes\n",
    "prices": "product,region,tier,valid_from,valid_to,list_price,floor_price,retail_price\n"
    "p10,98,*,2024-01-01,,3200,3150.00,3400\nP10,9801,a,2024-01-01,,3180,,\n",
    "rebates": "code,kind,distributor,tier,line,product,per_tonne,percent,valid_from,valid_to\n"
    "R1,month,*,*,pig,*,40,,2024-01-01,\nR2,exclusive,D001,A,*,P10,,1.5,2024-01-01,2027-01-01\n",
    "credit": "distributor,grade,limit,term_days,assessed_on,valid_until,frozen\nD001,A,100000,30,2026-01-01,,no\n"
    "D002,,0,,,,yes\n",
    "invoices": "number,line_no,distributor,ship_to,date,due,product,kg,amount\n"
    "I1,1,D001,980102,2026-10-01,2026-10-31,P10,5000,15750.00\n"
    "I1,2,D001,,2026-10-01,2026-10-31,P20,12.5,100.50\nI2,1,D001,980102,2026-11-01,2026-12-01,P10,-1000,-3150\n",
    "payments": "number,distributor,date,amount,invoice\nY1,D001,2026-10-20,5000,i1\nY2,D001,2026-11-02,350.5,\n",
    "targets": "distributor,line,period,tonnes\nD001,*,2026-11,12.5\nD001,pig,2026-q4,30\n",
}
MODELS: dict[str, tuple[Any, ...]] = {
    "regions": (Region,),
    "users": (User,),
    "products": (Product,),
    "distributors": (Distributor, Contact, SearchEntry),
    "areas": (Area,),
    "prices": (Price,),
    "rebates": (Rebate,),
    "credit": (ImportedCredit, CreditRecord),
    "invoices": (Invoice, InvoiceLine, Balance),
    "payments": (Payment, Balance),
    "targets": (Target,),
}


class Desk:
    """Reads files in an app, the way the command does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.errors: list[str] = []

    def read(self, kind: str, content: str | bytes, name: str = "file.csv", **options: Any) -> Outcome:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        self.errors = []

        def report(error: CellError) -> None:
            self.errors.append(str(error))

        order = Order(kinds()[kind], path, name, options.pop("actor_id", None), cast.NOW, **options)
        outcome = read(order, report)
        db.session.expunge_all()
        assert outcome.errors == len(self.errors)
        assert outcome.created + outcome.updated + outcome.unchanged + outcome.rejected == outcome.rows
        return outcome

    def world(self, last: str = "targets") -> None:
        for kind, content in FILES.items():
            assert self.read(kind, content).written, self.errors
            if kind == last:
                return

    def rows(self, kind: str) -> list[list[Any]]:
        """Everything stored for a kind, to compare before and after."""
        begin_reading()
        return [
            [
                tuple(row)
                for row in db.session.execute(sa.select(model.__table__).order_by(*model.__table__.primary_key))
            ]
            for model in MODELS[kind]
        ]


@pytest.fixture
def desk(app: Flask, tmp_path: Path) -> Iterator[Desk]:
    folder = tmp_path / "files"
    folder.mkdir()
    with app.app_context(), force_locale("en"):
        yield Desk(folder)


def one(model: Any, **by: Any) -> Any:
    begin_reading()
    return db.session.scalars(sa.select(model).filter_by(**by)).one()


def test_every_kind_is_read_and_stored_in_its_units(desk: Desk) -> None:
    desk.world()
    region = one(Region, code="9801")
    assert (region.name, region.pinyin, region.initials, region.lat) == ("单县市", "shanxianshi", "sxs", None)
    wang = one(User, username_key="wang")
    assert (wang.username, wang.role, wang.patch, wang.locale, wang.active) == (
        "Wang", Role.REP, ["9801", "980102"], "zh", True,
    )  # fmt: skip
    assert wang.password_hash is None
    assert one(User, username_key="li").locale == "zh"
    pig = one(Product, code_key="p10")
    assert (pig.pack_grams, pig.standard_factor, pig.cost) == (40_000, Decimal("1.05"), 260_050)
    assert one(Product, code_key="p20").active
    first = one(Distributor, code_key="d001")
    assert (first.region_code, first.tier, first.rep_id, first.status) == ("980102", "A", wang.id, "active")
    assert (first.lat, first.since, first.bank_account) == (34.7, date(2020, 5, 1), "6222021234567890123")
    assert (first.contacts[0].name, first.contacts[0].phone, first.contacts[0].main) == ("曾伟", "13800000000", True)
    assert first.pinyin.startswith("shanxian")
    assert one(Distributor, code_key="d002").contacts == []
    area = one(Area, line_key="pig")
    assert (area.line, area.shared, area.valid_to) == ("Pig", True, date(2026, 12, 31))
    assert one(Price, tier_key="a").floor_price is None
    assert one(Price, tier_key="*").floor_price == 315_000
    general, special = one(Rebate, code="R1"), one(Rebate, code="R2")
    assert (general.distributor_id, general.tier, general.line, general.product_id) == (None, None, "pig", None)
    assert (special.distributor_id, special.percent, special.per_tonne) == (first.id, Decimal("1.5"), None)
    credit = one(CreditRecord, distributor_id=first.id)
    assert (credit.grade, credit.limit, credit.term_days, credit.frozen) == ("A", 10_000_000, 30, False)
    assert one(Invoice, number="I1").amount == 1_585_050
    assert one(InvoiceLine, line_no=2).weight == 12_500
    assert one(Payment, number="Y1").invoice_id == one(Invoice, number="I1").id
    balance = one(Balance, distributor_id=first.id)
    assert balance.outstanding == 1_585_050 - 315_000 - 535_050
    assert balance.open_items == [["2026-10-31", 735_000]]
    assert one(Target, period="2026-Q4").weight == 30_000_000


@pytest.mark.parametrize("kind", FILES)
def test_the_same_file_twice_changes_nothing(desk: Desk, kind: str) -> None:
    desk.world(kind)
    before = desk.rows(kind)
    entries = db.session.scalar(sa.select(sa.func.count()).select_from(AuditEntry))
    outcome = desk.read(kind, FILES[kind])
    assert (outcome.created, outcome.updated, outcome.unchanged) == (0, 0, FILES[kind].count("\n") - 1)
    assert desk.rows(kind) == before
    assert db.session.scalar(sa.select(sa.func.count()).select_from(AuditEntry)) == entries


@pytest.mark.parametrize("kind", FILES)
def test_gb18030_chinese_labels_and_xlsx_are_the_same_file(desk: Desk, kind: str) -> None:
    desk.world(kind)
    before = desk.rows(kind)
    header, *rows = csv.reader(io.StringIO(FILES[kind]))
    labels = [next(c.labels[0] for c in kinds()[kind].columns if c.key == key) for key in header]
    buffer = io.StringIO()
    csv.writer(buffer).writerows([labels, *rows])
    workbook = io.BytesIO()
    write_xlsx(workbook, labels, rows)
    for content, name in ((buffer.getvalue().encode("gb18030"), "gb.csv"), (workbook.getvalue(), "file.xlsx")):
        outcome = desk.read(kind, content, name)
        assert (outcome.unchanged, outcome.rejected, outcome.unknown) == (len(rows), 0, ()), desk.errors
    assert desk.rows(kind) == before


@pytest.mark.parametrize("kind", FILES)
def test_a_dry_run_counts_and_writes_nothing(desk: Desk, kind: str) -> None:
    desk.world(list(FILES)[list(FILES).index(kind) - 1] if kind != "regions" else "regions")
    if kind == "regions":
        db.session.execute(sa.delete(Region).where(Region.code.startswith("98")))
        db.session.commit()
    before = desk.rows(kind)
    outcome = desk.read(kind, FILES[kind], dry_run=True)
    assert (outcome.created, outcome.written, outcome.taken) == (FILES[kind].count("\n") - 1, False, True)
    assert desk.rows(kind) == before


def test_an_absent_column_leaves_the_value_and_an_empty_cell_clears_it(desk: Desk) -> None:
    desk.world("credit")
    desk.read("distributors", "code,tier,phone\nd001,,\n")
    row = one(Distributor, code_key="d001")
    assert (row.code, row.tier, row.name, row.address) == ("D001", None, "单县丰禾饲料", "某路 1 号")
    assert (row.contacts[0].name, row.contacts[0].phone) == ("曾伟", None)
    desk.read("prices", "product,region,tier,valid_from,floor_price\nP10,98,*,2024-01-01,\n")
    price = one(Price, tier_key="*")
    assert (price.floor_price, price.list_price) == (None, 320_000)
    desk.read("credit", "distributor,grade\nD001,\n")
    credit = one(CreditRecord, limit=10_000_000)
    assert (credit.grade, credit.frozen) == (None, False)
    desk.read("credit", "distributor,frozen\nD002,\n")
    assert not one(CreditRecord, limit=0).frozen


def test_codes_stay_as_they_were_written_first(desk: Desk) -> None:
    desk.world("areas")
    assert desk.read("products", "code,name,line\n p10 ,小猪料,PIG\n").unchanged == 1
    assert desk.read("areas", "distributor,region,line,valid_from\nD002,9801,PIG,2024-01-01\n").unchanged == 1
    outcome = desk.read("products", "code,name\np10,新小猪料\n")
    assert outcome.updated == 1
    assert (one(Product, code_key="p10").code, one(Product, code_key="p10").name) == ("P10", "新小猪料")


BAD = {
    "regions": ("code,name,lat\n4,x,\n410,,91\n", [
        "line 2, column code: 4 — not a code of 2, 4, 6, 9 digits",
        "line 3, column code: 410 — not a code of 2, 4, 6, 9 digits",
        "line 3, column name: (empty) — must not be empty",
        "line 3, column lat: 91 — must be at most 90",
    ]),
    "users": ("username,name,role,regions\nnew,N,boss,98;77\nA B,N,rep,\n", [
        "line 2, column role: boss — must be one of: rep, supervisor, admin",
        "line 2, column regions: 98;77 — no such code: 77",
        "line 3, column username: A B — a code holds no space or line break",
    ]),
    "products": ("code,name,pack_kg,cost_per_tonne\nP30,x,0,-1\nP10,x,1,1.234\n*,x,1,1\n", [
        "line 2, column pack_kg: 0 — must be more than 0",
        "line 2, column cost_per_tonne: -1 — must not be negative",
        "line 3, column cost_per_tonne: 1.234 — not an amount: yuan with at most two decimals, such as 3150.00",
        "line 4, column code: * — `*` is not allowed here: name one",
    ]),
    "distributors": ("code,name,region,rep,status,since\nD3,x,77,nobody,gone,2026-13-01\nD001,,,,,\n", [
        "line 2, column region: 77 — no such region",
        "line 2, column rep: nobody — no such user",
        "line 2, column status: gone — must be one of: prospect, active, watch, ended",
        "line 2, column since: 2026-13-01 — no such day in the calendar",
        "line 3, column name: (empty) — must not be empty",
    ]),
    "areas": ("distributor,region,line,valid_from,valid_to\nD001,980102,*,2024-01-01,2023-12-31\n"
              "D001,980102,*,2024-01-01,\nD9,980102,*,2025-01-01,x\n", [
        "line 2, column valid_to: 2023-12-31 — lies before valid_from, 2024-01-01",
        "line 3, column valid_from: 2024-01-01 — the same key stands in line 2 already",
        "line 4, column distributor: D9 — no such distributor",
        "line 4, column valid_to: x — not a date: write it as 2026-11-23",
    ]),
    "prices": ("product,region,tier,valid_from,valid_to,list_price\nP99,98,*,2024-01-01,2023-01-01,x\n", [
        "line 2, column product: P99 — no such product",
        "line 2, column valid_to: 2023-01-01 — lies before valid_from, 2024-01-01",
        "line 2, column list_price: x — not an amount: yuan with at most two decimals, such as 3150.00",
    ]),
    "rebates": ("code,kind,distributor,percent,valid_from\nR3,week,D9,101,\nR4,month,,1,2024-01-01\n", [
        "line 2, column kind: week — must be one of: month, quarter, year, special, exclusive",
        "line 2, column distributor: D9 — no such distributor",
        "line 2, column percent: 101 — must be at most 100",
        "line 2, column valid_from: (empty) — must not be empty",
        "line 3, column distributor: (empty) — must not be empty",
    ]),
    "credit": ("distributor,grade,limit,term_days\nD001,E,-1,1.5\n", [
        "line 2, column grade: E — must be one of: A, B, C, D",
        "line 2, column limit: -1 — must not be negative",
        "line 2, column term_days: 1.5 — not a whole number",
    ]),
    "invoices": ("number,line_no,distributor,date,due,product,kg,amount\n"
                 "I9,1,D001,2026-11-01,,P10,1,1\nI9,2,D002,2026-11-02,,P10,1,1\ni9,1,D001,2026-11-01,,P99,0.0001,1\n"
                 "I1,1,D002,2026-10-01,2026-10-31,P10,5000,15750\n", [
        "line 3, column distributor: D002 — differs from line 2, which has the same key",
        "line 3, column date: 2026-11-02 — differs from line 2, which has the same key",
        "line 4, column line_no: 1 — the same key stands in line 2 already",
        "line 4, column product: P99 — no such product",
        "line 4, column kg: 0.0001 — not a weight: kilograms with at most three decimals, such as 5000 or 12.5",
        "line 5, column distributor: D002 — this invoice has payments of another distributor",
    ]),
    "payments": ("number,distributor,date,amount,invoice\nY9,D002,2026-11-01,5,I1\nY9,D001,2026-11-01,5,I77\n", [
        "line 2, column invoice: I1 — this invoice belongs to another distributor",
        "line 3, column number: Y9 — the same key stands in line 2 already",
        "line 3, column invoice: I77 — no such invoice",
    ]),
    "targets": ("distributor,line,period,tonnes\nD001,*,2026-13,1\nD001,*,2026,-1\nD001,*,2025,\n", [
        "line 2, column period: 2026-13 — not a period: write 2026-11, 2026-Q4 or 2026",
        "line 3, column tonnes: -1 — must be at least 0",
        "line 4, column tonnes: (empty) — must not be empty",
    ]),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD)
def test_every_bad_cell_is_listed_and_nothing_is_written(desk: Desk, kind: str) -> None:
    desk.world()
    before = desk.rows(kind)
    content, expected = BAD[kind]
    outcome = desk.read(kind, content)
    assert desk.errors == expected
    assert (outcome.taken, outcome.written) == (False, False)
    assert desk.rows(kind) == before


def test_a_new_row_needs_what_the_file_has_not_got(desk: Desk) -> None:
    desk.world("products")
    desk.read("products", "code,stage\nP10,大猪\nP77,x\n")
    assert desk.errors == [
        "line 3, column name: (empty) — a new row needs this column, and the file hasn't got it",
        "line 3, column line: (empty) — a new row needs this column, and the file hasn't got it",
    ]


def test_a_window_is_checked_against_what_is_stored(desk: Desk) -> None:
    desk.world("areas")
    desk.read("rebates", FILES["rebates"])
    outcome = desk.read("rebates", "code,valid_from\nR2,2028-01-01\n")
    assert desk.errors == ["line 2, column valid_to: (empty) — lies before valid_from, 2028-01-01"] or not outcome.taken


def test_partial_takes_the_good_rows_and_gives_the_others_back(desk: Desk) -> None:
    desk.world("products")
    back = desk.folder / "file.csv.rejected.csv"
    content = "code,name,line,备注\nP30,好料,pig,a\nP31,,pig,=1+1\nP32,好料,pig,\nP30,重复,pig,\n"
    outcome = desk.read("products", content, partial=True, rejected_to=back)
    assert (outcome.created, outcome.rejected, outcome.written, outcome.unknown) == (2, 2, True, ("备注",))
    assert one(Product, code="P30").name == "好料"
    rows = list(csv.reader(io.StringIO(back.read_text("utf-8-sig"))))
    assert rows == [
        ["code", "name", "line", "备注", "line_in_file", "reason"],
        ["P31", "", "pig", "'=1+1", "3", "name: must not be empty"],
        ["P30", "重复", "pig", "", "5", "code: the same key stands in line 2 already"],
    ]


def test_corrected_rejects_can_be_read_as_they_are(desk: Desk) -> None:
    desk.world("products")
    back = desk.folder / "back.csv"
    desk.read("products", "code,name,stage,cost_per_tonne\nP10,x,s,bad\n", partial=True, rejected_to=back)
    corrected = back.read_text("utf-8-sig").replace("bad", "5.5")
    assert desk.read("products", corrected).updated == 1
    assert one(Product, code="P10").cost == 550


def test_an_invoice_is_the_sum_of_its_lines_whatever_file_they_came_in(desk: Desk) -> None:
    desk.world()
    desk.read("invoices", "number,line_no,amount\nI1,2,200.50\n")
    assert one(Invoice, number="I1").amount == 1_595_050
    header = "number,line_no,distributor,date,due,product,kg,amount\n"
    desk.read("invoices", header + "I1,3,D001,2026-10-01,2026-10-31,P10,1000,3150\n")
    assert one(Invoice, number="I1").amount == 1_910_050
    outstanding = one(Balance, distributor_id=one(Distributor, code="D001").id).outstanding
    assert outstanding == 1_910_050 - 315_000 - 535_050
    outcome = desk.read("invoices", "number,line_no,due\nI1,1,2026-11-15\nI1,2,2026-11-15\nI1,3,2026-11-15\n")
    assert outcome.updated >= 1
    assert one(Balance, outstanding=outstanding).oldest_due == date(2026, 11, 15)


def test_an_invoice_that_changes_hands_changes_both_balances(desk: Desk) -> None:
    desk.world("invoices")
    desk.read("invoices", "number,line_no,distributor\nI1,1,D002\nI1,2,D002\n")
    first, second = one(Distributor, code="D001"), one(Distributor, code="D002")
    assert one(Balance, distributor_id=second.id).outstanding == 1_585_050
    assert one(Balance, distributor_id=first.id).outstanding == -315_000


def test_the_audit_entry_names_file_and_figures(desk: Desk) -> None:
    desk.world("regions")
    desk.read("regions", "code,name\n9801,郑州市\n9901,新\n")
    entries = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "imports.read")).all()
    latest = max(entries, key=lambda entry: entry.id)
    assert latest.subject_id == "regions"
    assert latest.changes["file"] == "file.csv"
    assert (latest.changes["created"], latest.changes["updated"]) == (1, 1)
    assert len(latest.changes["sha256"]) == 64
    assert one(Region, code="9801").pinyin == "zhengzhoushi"


def test_a_deactivated_user_is_out_and_an_administrator_stays(desk: Desk) -> None:
    desk.world("users")
    desk.read("users", "username,name,role\nroot,R,admin\nroot2,R,admin\n")
    root = one(User, username="root")
    db.session().reading = False
    db.session.add(LoginSession(id="x" * 64, user_id=root.id, created_at=cast.NOW, expires_at=cast.NOW))
    db.session.commit()
    with pytest.raises(SheetError, match="your own access"):
        desk.read("users", "username,active\nroot,no\n", actor_id=root.id)
    assert one(User, username="root").active
    assert desk.read("users", "username,active\nroot,no\n").written
    assert db.session.scalar(sa.select(sa.func.count()).select_from(LoginSession)) == 0
    with pytest.raises(SheetError, match="No active administrator"):
        desk.read("users", "username,role\nroot2,rep\n")
    assert one(User, username="root2").role is Role.ADMIN


def test_what_happens_meanwhile_is_noticed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """An invoice that another reading stored first: nothing is written, and the reader is told to try again."""
    desk.world("distributors")
    from fieldapp.desk.imports import engine

    first = engine.begin_writing

    def another_came_first() -> None:
        first()
        owner = db.session.scalar(sa.select(Distributor.id).where(Distributor.code == "D001"))
        db.session.add(Invoice(number="I2", number_key="i2", distributor_id=owner, date=cast.TODAY, amount=0))
        db.session.commit()

    monkeypatch.setattr(engine, "begin_writing", another_came_first)
    with pytest.raises(SheetError, match="changed while"):
        desk.read("invoices", FILES["invoices"])
    assert one(Invoice).number == "I2"


def test_labels_are_unambiguous_and_complete() -> None:
    from fieldapp.core.sheets.columns import normal

    for kind in kinds().values():
        names = [normal(name) for column in kind.columns for name in (column.key, *column.labels)]
        assert len(names) == len(set(names)), kind.key
        assert all(column.labels for column in kind.columns), kind.key


def test_a_payment_says_who_paid(desk: Desk) -> None:
    desk.world("products")
    desk.read("distributors", FILES["distributors"])
    header = "number,distributor,date,amount,payer\n"
    assert desk.read("payments", header + "Y1,D001,2026-11-03,5, 丰源 农牧（郑州） \n").written, desk.errors
    assert one(Payment, number="Y1").payer_key == "丰源农牧郑州"
    desk.read("payments", "number,amount\nY1,6\n")
    assert one(Payment, number="Y1").payer == "丰源 农牧（郑州）", "an absent column leaves it alone"
    desk.read("payments", "单号,付款人\nY1,\n")
    assert (one(Payment, number="Y1").payer, one(Payment, number="Y1").payer_key) == (None, None)


def test_an_invoice_line_carries_its_batch_and_the_day_of_its_order(desk: Desk) -> None:
    desk.world("products")
    desk.read("distributors", FILES["distributors"])
    header = "number,line_no,distributor,date,ordered_on,product,kg,amount,batch\n"
    assert desk.read("invoices", header + "B1,1,D001,2026-11-03,2026-11-02,P10,1,5, 26A-7 \n").written, desk.errors
    line = one(InvoiceLine, line_no=1)
    assert (line.batch, line.batch_key) == ("26A-7", "26a-7")
    assert one(Invoice, number="B1").ordered_on == date(2026, 11, 2)

    # Without the columns both stay; the same again changes nothing; an empty cell clears.
    desk.read("invoices", "number,line_no,amount\nB1,1,6\n")
    assert one(InvoiceLine, line_no=1).batch_key == "26a-7"
    assert one(Invoice, number="B1").ordered_on == date(2026, 11, 2)
    assert desk.read("invoices", "number,line_no,ordered_on,batch\nB1,1,2026-11-02,26A-7\n").unchanged == 1
    desk.read("invoices", "单号,行号,订货日期,批号\nB1,1,,\n")
    line = one(InvoiceLine, line_no=1)
    assert (line.batch, line.batch_key, one(Invoice, number="B1").ordered_on) == (None, None, None)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("I9,1,D001,2026-11-03,2026-11-04,P10,1,5\n", "line 2, column ordered_on: 2026-11-04 — lies after the invoice"),
        ("I1,1,D001,2026-10-01,2026-09-30,P10,1,5\n", "line 2 of this invoice is stored otherwise"),
        (
            "I9,1,D001,2026-11-03,2026-11-03,P10,1,5\nI9,2,D001,2026-11-03,2026-11-02,P10,1,5\n",
            "line 3, column ordered_on",
        ),
    ],
)
def test_the_day_of_the_order_is_the_whole_invoices_and_not_after_it(desk: Desk, rows: str, told: str) -> None:
    desk.world("invoices")
    outcome = desk.read("invoices", "number,line_no,distributor,date,ordered_on,product,kg,amount\n" + rows)
    assert not outcome.written
    assert any(told in error for error in desk.errors), desk.errors


def test_a_new_date_before_the_stored_day_of_the_order_is_refused(desk: Desk) -> None:
    desk.world("invoices")
    assert desk.read("invoices", "number,line_no,ordered_on\nI2,1,2026-10-30\n").written, desk.errors
    assert not desk.read("invoices", "number,line_no,date\nI2,1,2026-10-29\n").written
    assert "ordered_on" in desk.errors[0] or "date" in desk.errors[0]
