"""Files in, from outside: the commands' exit codes and words, and what a deal says afterwards."""

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from .files import csv_bytes, write_xlsx
from .installation import Ran
from .office import FILES, Office

COUNTS = re.compile(r"(\d+) created, (\d+) updated, (\d+) unchanged, (\d+) rejected")
ERROR = re.compile(r"line (\d+), column (.+?): (.*) — (.+)")

# Differences known and reported; strict, so that the mark falls with the fault.


def counts(ran: Ran) -> tuple[int, int, int, int]:
    """(created, updated, unchanged, rejected)."""
    found = COUNTS.search(ran.out)
    assert found, ran
    created, updated, unchanged, rejected = (int(number) for number in found.groups())
    return created, updated, unchanged, rejected


def errors(ran: Ran) -> list[tuple[int, str, str]]:
    """(line, column, value) of every error, in the exact form of the contract; fails at an exit code of 0."""
    assert ran.code != 0, ran
    found = [ERROR.fullmatch(line) for line in ran.err.splitlines() if line.startswith("line ")]
    assert all(found), ran
    return [(int(error[1]), error[2], error[3]) for error in found if error]


def error_places(ran: Ran) -> list[tuple[int, str]]:
    return [(line, column) for line, column, _value in errors(ran)]


# Upsert


@pytest.mark.parametrize("kind", FILES)
def test_the_same_file_twice_changes_nothing(office: Office, kind: str) -> None:
    text = FILES[kind]
    if kind == "users":
        text = text.replace("gone,离职,rep,91\n", "")
    ran = office.read(kind, text)
    assert ran.code == 0, ran
    assert counts(ran) == (0, 0, len(text.splitlines()) - 1, 0)


def test_an_absent_column_is_left_alone_and_an_empty_cell_clears(office: Office) -> None:
    def price() -> tuple[str, str | None, str | None]:
        facts = office.facts("price.", lines=[{"product": "P2", "kg": "1", "price": "3000"}])
        return facts["code"], facts["list"], facts["floor"]

    key = "product,region,tier,valid_from"
    assert price() == ("price.none", None, None)
    office.read("prices", f"{key},list_price,floor_price\nP2,9101,*,2026-01-01,3200,3100\n")
    assert price() == ("price.far_below_floor", "3200.00", "3100.00")
    assert counts(office.read("prices", f"{key},list_price\nP2,9101,*,2026-01-01,3300\n")) == (0, 1, 0, 0)
    assert price() == ("price.far_below_floor", "3300.00", "3100.00")
    assert counts(office.read("prices", f"{key}\nP2,9101,*,2026-01-01\n")) == (0, 0, 1, 0)
    assert price() == ("price.far_below_floor", "3300.00", "3100.00")
    assert counts(office.read("prices", f"{key},floor_price\nP2,9101,*,2026-01-01,\n")) == (0, 1, 0, 0)
    assert price() == ("price.no_floor", "3300.00", None)
    assert counts(office.read("prices", f"{key},floor_price\nP2,9101,*,2026-01-01,0\n")) == (0, 1, 0, 0)
    assert price() == ("price.ok", "3300.00", "0.00")


def test_an_empty_valid_to_opens_the_end_again(office: Office) -> None:
    def code(on: str) -> str:
        return str(office.facts("price.", "boss", on=on, lines=[{"product": "V1", "kg": "1", "price": "1"}])["code"])

    key = "product,region,tier,valid_from,valid_to"
    office.read("products", "code,name,line\nV1,v,pig\n")
    office.read("prices", f"{key}\nV1,91,*,2026-03-01,2026-03-31\n")
    assert [code(on) for on in ("2026-02-28", "2026-03-01", "2026-03-31", "2026-04-01")] == [
        "price.none", "price.no_floor", "price.no_floor", "price.none",
    ]  # fmt: skip
    office.read("prices", f"{key}\nV1,91,*,2026-03-01,\n")
    assert code("2026-04-01") == "price.no_floor"


def test_a_required_value_cannot_be_cleared(office: Office) -> None:
    assert error_places(office.read("products", "code,name,line\nP1,,pig\n")) == [(2, "name")]
    assert error_places(office.read("payments", "number,amount\nY1,\n")) == [(2, "amount")]


def test_a_new_row_needs_what_an_old_one_has_already(office: Office) -> None:
    assert error_places(office.read("products", "code,stage\nNEW1,x\nP1,\n")) == [(2, "name"), (2, "line")]
    assert not office.knows_product("NEW1")


def test_codes_are_trimmed_matched_in_any_case_and_stored_as_written_first(office: Office) -> None:
    office.read("distributors", "code,name,region\nDx-7,x,9201\n")
    assert counts(office.read("distributors", "code,name\n dX-7 ,y\n")) == (0, 1, 0, 0)
    assert counts(office.read("areas", "distributor,region,line,valid_from\n  DX-7,92,*,2026-01-01\n")) == (1, 0, 0, 0)
    assert counts(office.read("areas", "distributor,region,line,valid_from\ndx-7,92 ,*,2026-01-01\n")) == (0, 0, 1, 0)
    assert office.facts("territory.", ship_to="9201")["owners"] == ["Dx-7"]


def test_a_payment_and_an_invoice_line_can_be_corrected(office: Office) -> None:
    def owed() -> str:
        return str(office.facts("credit.", distributor="D3")["outstanding"])

    header = "number,line_no,distributor,ship_to,date,due,product,kg,amount\n"
    row = "C{},{},D3,910101,2026-11-01,2026-12-01,P1,1,{}\n"
    office.read("invoices", header + row.format(1, 1, "100.00") + row.format(1, 2, "20") + row.format(2, 1, "-30.5"))
    assert owed() == "89.50"
    office.read("invoices", "number,line_no,amount\nc1,2,25.25\n")
    assert owed() == "94.75"
    office.read("payments", "number,distributor,date,amount,invoice\nCY,d3,2026-11-02,50,c1\n")
    assert owed() == "44.75"
    office.read("payments", "number,amount\ncy,60.00\n")
    assert owed() == "34.75"
    assert counts(office.read("payments", "number,distributor,date,amount,invoice\nCY,D3,2026-11-02,60,C1\n"))[2] == 1


def test_a_line_read_later_leaves_the_other_lines_where_they_are(office: Office) -> None:
    """Either refused, as in one file, or taken for this line alone."""
    office.read("distributors", "code,name,region\nM1,m,9101\nM2,m,9101\n")
    header = "number,line_no,distributor,ship_to,date,due,product,kg,amount\n"
    office.read("invoices", f"{header}MN,1,M1,9101,2026-10-01,2026-10-31,P1,1,300\n")
    office.read("invoices", f"{header}MN,2,M2,9101,2026-11-01,2026-11-20,P1,1,200\n")
    facts = office.facts("credit.", distributor="M1")
    assert (facts["outstanding"], facts["overdue_days"]) == ("300.00", 23)


# All or nothing, dry run, partial


def test_every_bad_cell_is_listed_and_nothing_is_taken(office: Office) -> None:
    ran = office.read(
        "products",
        "code,name,line,pack_kg,cost_per_tonne,active\n"
        "G1,good,pig,40,2500.50,yes\n"
        "G2,,pig,40.0001,x,perhaps\n"
        '"G3","two\nlines",pig,40,2500,yes\n'
        "G4,n,pig,40,2500.123,yes\n"
        ",n,pig,40,1,yes\n",
    )
    assert errors(ran) == [
        (3, "name", "(empty)"), (3, "pack_kg", "40.0001"), (3, "cost_per_tonne", "x"), (3, "active", "perhaps"),
        (6, "cost_per_tonne", "2500.123"), (7, "code", "(empty)"),
    ]  # fmt: skip
    assert not office.knows_product("G1")


def test_hundreds_of_errors_are_all_listed(office: Office) -> None:
    ran = office.read("products", "code,name,line\n" + "".join(f"H{number},,pig\n" for number in range(500)))
    assert error_places(ran) == [(line, "name") for line in range(2, 502)]


def test_a_dry_run_says_what_would_be_and_writes_nothing(office: Office) -> None:
    text = "code,name,line\nDRY1,n,pig\n"
    ran = office.read("products", text, "--dry-run", name="dry.csv")
    assert (ran.code, counts(ran)) == (0, (1, 0, 0, 0))
    assert not office.knows_product("DRY1")
    bad = office.read("products", f"{text}DRY2,,pig\n", "--dry-run", "--partial", name="dry.csv")
    assert error_places(bad) == [(3, "name")]
    assert not office.knows_product("DRY1")
    assert [path.name for path in office.folder.glob("dry.csv*")] == ["dry.csv"]
    assert counts(office.read("products", text)) == (1, 0, 0, 0)


def test_partial_takes_the_good_rows_and_writes_the_others_with_the_reason(office: Office) -> None:
    text = 'number,distributor,date,amount,note\nPA1,D2,2026-11-01,1.00,好\nPA2,D2,2026-11-31,2.00,"坏, 坏"\n'
    ran = office.read("payments", text.encode("gb18030"), "--partial", name="partial.csv")
    assert error_places(ran) == [(3, "date")]
    assert office.facts("credit.", distributor="D2")["outstanding"] == "-1.00"
    path = office.folder / "partial.csv.rejected.csv"
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))
    assert len(rows) == 1
    assert [rows[0][name] for name in ("number", "date", "amount", "note")] == ["PA2", "2026-11-31", "2.00", "坏, 坏"]
    assert "date" in rows[0]["reason"]
    corrected = path.read_text("utf-8-sig").replace("11-31", "11-30")
    assert office.read("payments", corrected).code == 0
    assert office.facts("credit.", distributor="D2", on="2026-11-30")["outstanding"] == "-3.00"


def test_partial_without_a_good_row_says_that_nothing_was_taken(office: Office) -> None:
    ran = office.read("products", "code,name,line\nNONE1,,pig\n", "--partial", name="none.csv")
    assert (ran.code, counts(ran)) == (1, (0, 0, 0, 1))
    assert "No row is good: nothing was written." in ran.out
    assert (office.folder / "none.csv.rejected.csv").exists()


def test_partial_with_nothing_wrong_succeeds(office: Office) -> None:
    ran = office.read("products", "code,name,line\nPG,n,pig\n", "--partial", name="fine.csv")
    assert (ran.code, counts(ran)) == (0, (1, 0, 0, 0))
    assert not (office.folder / "fine.csv.rejected.csv").exists()


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("products", "code,name,line,pack_kg\nRJ,n,pig,BAD\n"),
        ("areas", "distributor,region,line,valid_from,shared\nD1,91,pig,2020-01-01,BAD\n"),
        (
            "rebates",
            "code,kind,distributor,tier,line,product,valid_from,per_tonne\nRJ,month,D404,*,*,*,2020-01-01,BAD\n",
        ),
        ("targets", "distributor,line,period,tonnes\nD1,*,2020,BAD\n"),
    ],
)
def test_the_rejected_file_can_be_corrected_and_read(office: Office, kind: str, text: str) -> None:
    office.read(kind, text, "--partial", name="again.csv")
    path = office.folder / "again.csv.rejected.csv"
    corrected = path.read_text("utf-8-sig")
    path.unlink()
    first, *rows = corrected.splitlines()
    good = "yes" if kind == "areas" else "1"
    fixed = "\n".join([first, *(row.replace("BAD", good, 1).replace("D404", "D1") for row in rows)])
    ran = office.read(kind, fixed + "\n")
    assert (ran.code, counts(ran)) == (0, (1, 0, 0, 0)), ran


# Cells

GOOD_CELLS = [
    ("products", "cost_per_tonne", ("0", "0.1", "2500", "2500.5", "2500.55", " 7 ", "")),
    ("products", "pack_kg", ("40", "0.001", "12.5", "20.125", "")),
    ("products", "active", ("yes", "no")),
    ("distributors", "since", ("2024-02-29", " 2020-01-31 ", "")),
    ("distributors", "status", ("prospect", "active", "watch", "ended")),
    ("credit", "grade", ("A", "B", "C", "D", "")),
    ("credit", "limit", ("0", "0.01", "2000000")),
]
BAD_CELLS = [
    ("products", "cost_per_tonne", ("1.005", "x", "1e3", "NaN", "inf", "-1", "５", "1 000", "0x10", "--1", "9" * 25)),
    ("products", "pack_kg", ("0.0001", "x", "1e3", "-1", "9" * 25)),
    ("products", "active", ("perhaps", "2")),
    (
        "distributors", "since",
        ("2026-02-30", "2026-2-3", "20260203", "03.02.2026", "2026/02/03", "2026-W10-1", "2026-02-03 10:00", "46000"),
    ),
    ("distributors", "status", ("alive", "0")),
    ("distributors", "region", ("9999", "910", "x", "９１")),
    ("distributors", "rep", ("nobody",)),
    ("credit", "grade", ("E", "AA")),
    ("credit", "limit", ("-1", "1.001")),
    ("credit", "distributor", ("D404", "*")),
    ("areas", "distributor", ("D404", "*", "")),
    ("areas", "region", ("9999", "")),
    ("areas", "valid_from", ("", "2026-13-01")),
    ("areas", "valid_to", ("2018-12-31", "x")),
    ("prices", "product", ("P404", "", "*")),
    ("prices", "region", ("9999", "", "*")),
    ("prices", "floor_price", ("1.005", "x")),
    ("rebates", "kind", ("weekly", "")),
    ("rebates", "distributor", ("D404",)),
    ("rebates", "product", ("P404",)),
    ("rebates", "percent", ("x", "-1")),
    ("invoices", "distributor", ("D404", "")),
    ("invoices", "product", ("P404",)),
    ("invoices", "ship_to", ("9999",)),
    ("invoices", "date", ("", "2026-02-30")),
    ("invoices", "amount", ("", "1.005", "x", "9" * 25)),
    ("invoices", "kg", ("1.0005", "x", "9" * 25)),
    ("invoices", "line_no", ("", "x", "1.5", "9" * 25)),
    ("payments", "distributor", ("D404", "")),
    ("payments", "invoice", ("N404",)),
    ("payments", "amount", ("", "1.005", "x")),
    ("targets", "distributor", ("D404", "")),
    ("targets", "period", ("2026-13", "2026-Q5", "26", "")),
    ("targets", "tonnes", ("x",)),
    ("users", "role", ("chief", "")),
    ("users", "regions", ("9999", "91;9999")),
    ("users", "locale", ("fr",)),
    ("users", "active", ("perhaps",)),
    ("regions", "code", ("9", "910", "91010", "91010101", "ab", "")),
]  # fmt: skip
ROWS = {
    "regions": {"code": "93", "name": "n"},
    "users": {"username": "cell", "name": "n", "role": "rep", "regions": "91", "locale": "zh", "active": "yes"},
    "products": {"code": "CELL", "name": "n", "line": "pig", "pack_kg": "1", "cost_per_tonne": "1", "active": "yes"},
    "distributors": {
        "code": "CELL", "name": "n", "region": "91", "tier": "S", "rep": "", "status": "active", "since": "",
    },
    "areas": {
        "distributor": "D3", "region": "91", "line": "pig", "valid_from": "2019-01-01", "valid_to": "2019-12-31",
        "shared": "no",
    },
    "prices": {"product": "P2", "region": "91", "tier": "S", "valid_from": "2019-01-01", "floor_price": "1"},
    "rebates": {
        "code": "CELL", "kind": "month", "distributor": "D3", "tier": "*", "line": "*", "product": "*", "percent": "1",
        "valid_from": "2019-01-01",
    },
    "credit": {"distributor": "D3", "grade": "A", "limit": "1"},
    "invoices": {
        "number": "CELL", "line_no": "1", "distributor": "D3", "ship_to": "91", "date": "2019-01-01",
        "due": "2019-01-31", "product": "P1", "kg": "1", "amount": "1",
    },
    "payments": {"number": "CELL", "distributor": "D1", "date": "2019-01-01", "amount": "1", "invoice": "N1"},
    "targets": {"distributor": "D3", "line": "*", "period": "2019-01", "tonnes": "1"},
}  # fmt: skip


def read_cells(office: Office, kind: str, column: str, cells: tuple[str, ...]) -> Ran:
    """One row per cell, each row with a key of its own and good but for the cell; written nowhere."""
    rows = []
    for number, cell in enumerate(cells):
        row = dict(ROWS[kind])
        if column == "line_no":
            row["number"] += str(number)
        elif kind == "regions":
            row["name"] += str(number)
        elif first := next((name for name in ("code", "username", "number") if name in row), ""):
            row[first] += str(number)
        elif "valid_from" in row:
            row["valid_from"] = f"2019-01-{number + 1:02}"
        else:
            row["distributor"] = ("D1", "D2", "D3")[number % 3]
            row |= {"period": f"20{number + 20}"} if kind == "targets" else {}
        rows.append([*(row | {column: cell}).values()])
    return office.read(kind, csv_bytes([*ROWS[kind]], rows), "--dry-run")


@pytest.mark.parametrize(("kind", "column", "cells"), GOOD_CELLS)
def test_good_cells_are_taken(office: Office, kind: str, column: str, cells: tuple[str, ...]) -> None:
    for some in [cells] if kind != "credit" else [cells[:3], cells[3:]]:
        if some:
            ran = read_cells(office, kind, column, tuple(some))
            assert ran.code == 0, ran


@pytest.mark.parametrize(("kind", "column", "cells"), BAD_CELLS)
def test_bad_cells_are_named_one_by_one(office: Office, kind: str, column: str, cells: tuple[str, ...]) -> None:
    ran = read_cells(office, kind, column, cells)
    wanted = [(line, column, cell.strip() or "(empty)") for line, cell in enumerate(cells, 2)]
    assert errors(ran) == wanted, ran


@pytest.mark.parametrize("cell", ["3150,00", "1,23", ",5", "1,2,3"])
def test_a_comma_is_not_swallowed(office: Office, cell: str) -> None:
    assert error_places(read_cells(office, "products", "cost_per_tonne", (cell,))) == [(2, "cost_per_tonne")]


def test_a_far_end_is_a_date_like_any_other(office: Office) -> None:
    ran = read_cells(office, "areas", "valid_to", ("9999-12-31",))
    assert ran.code == 0, ran


def test_a_period_ends_after_it_begins(office: Office) -> None:
    for kind in ("areas", "prices", "rebates"):
        header, row = [*ROWS[kind], *({"valid_to"} - set(ROWS[kind]))], {**ROWS[kind], "valid_to": "2018-12-31"}
        ran = office.read(kind, csv_bytes(header, [[row[name] for name in header]]))
        assert errors(ran) == [(2, "valid_to", "2018-12-31")]


# Files


def test_all_encodings_and_kinds_of_file_hold_the_same_rows(office: Office) -> None:
    columns = ["product", "region", "tier", "valid_from", "valid_to", "list_price", "floor_price"]
    labels = ["产品", "区域", "价格等级", "生效日期", "失效日期", "牌价", "底价"]
    rows = [
        ["P2", "9201", "*", "2025-01-01", "2025-06-30", "3150.10", "3100"],
        ["P2", "92", "S", "2025-01-01", "", "", "0"],
    ]
    assert counts(office.read("prices", csv_bytes(columns, rows))) == (2, 0, 0, 0)
    files: list[Callable[[Path], object]] = [
        lambda path: path.write_bytes(csv_bytes(labels, rows)),
        lambda path: path.write_bytes(csv_bytes(labels, rows, "utf-8-sig", "\r\n")),
        lambda path: path.write_bytes(csv_bytes(labels, rows, "gb18030")),
        lambda path: path.write_bytes(csv_bytes(labels[:3] + columns[3:], rows, "gb18030", "\r\n")),
        lambda path: path.write_bytes(csv_bytes(labels[::-1], [row[::-1] for row in rows])),
        lambda path: write_xlsx(path, columns, labels, rows, typed=True),
        lambda path: write_xlsx(path, columns, columns, rows, typed=False),
    ]
    for number, write in enumerate(files):
        path = office.folder / (f"same{number}.xlsx" if number > 4 else f"same{number}.csv")
        write(path)
        ran = office.installation.flask("import", "prices", str(path))
        assert (ran.code, counts(ran)) == (0, (0, 0, 2, 0)), (number, ran)


def test_a_workbook_names_bad_cells_by_row(office: Office) -> None:
    columns = ["code", "name", "line", "cost_per_tonne", "pack_kg"]
    rows = [
        ["W1", "n", "pig", "1.005", "40"],
        ["W2", "n", "pig", "0.30000000000000004", "40"],
        ["W3", "", "pig", "1", "1"],
    ]
    path = write_xlsx(office.folder / "bad.xlsx", columns, columns, rows, typed=True)
    ran = office.installation.flask("import", "products", str(path))
    assert errors(ran) == [(2, "cost_per_tonne", "1.005"), (4, "name", "(empty)")]


def test_unknown_columns_are_reported_and_the_rest_is_read(office: Office) -> None:
    ran = office.read("products", "code,colour,name,line,备注\nU1,red,n,pig,x\n")
    assert ran.code == 0
    assert "colour" in ran.out + ran.err
    assert "备注" in ran.out + ran.err
    assert office.knows_product("U1")


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("products", "code,name,line\nE1,a,pig\ne1 ,b,pig\n"),
        ("prices", "product,region,tier,valid_from\nP1,9102,S,2025-01-01\np1,9102,s,2025-01-01\n"),
        ("areas", "distributor,region,line,valid_from\nD3,9102,*,2025-01-01\nd3,9102,*,2025-01-01\n"),
        ("payments", "number,distributor,date,amount\nE1,D1,2026-01-01,1\ne1,D1,2026-01-01,1\n"),
        (
            "invoices",
            "number,line_no,distributor,ship_to,date,due,product,kg,amount\n"
            "E1,1,D1,91,2026-01-01,2026-01-01,P1,1,1\ne1,01,D1,91,2026-01-01,2026-01-01,P1,1,1\n",
        ),
    ],
)
def test_one_key_twice_in_a_file_is_an_error(office: Office, kind: str, text: str) -> None:
    assert [line for line, _column in error_places(office.read(kind, text))] == [3]


def test_lines_of_one_invoice_agree(office: Office) -> None:
    row = "E2,{},{},91,{},{},P1,1,1\n"
    ran = office.read(
        "invoices",
        "number,line_no,distributor,ship_to,date,due,product,kg,amount\n"
        + row.format(1, "D1", "2026-01-01", "2026-01-31")
        + row.format(2, "D2", "2026-01-01", "2026-01-31")
        + row.format(3, "D1", "2026-01-02", "2026-01-31")
        + row.format(4, "D1", "2026-01-01", "2026-02-28"),
    )
    assert error_places(ran) == [(3, "distributor"), (4, "date"), (5, "due")]


def test_a_payment_pays_an_invoice_of_its_own_distributor(office: Office) -> None:
    ran = office.read("payments", "number,distributor,date,amount,invoice\nE3,D2,2026-11-02,1,N1\n")
    assert error_places(ran) == [(2, "invoice")]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"name,line\nn,pig\n",
        b"code,name,name\nX,a,b\n",
        b"code,name,line\nX,\xff\xff,pig\n",
        b"code,name,line\nX,a\x00b,pig\n",
        b'code,name,line\nX,"n,pig\n',
        b"PK\x03\x04 not a workbook",
    ],
    ids=["nothing", "blank lines", "no key", "a column twice", "bytes", "NUL", "quotes", "not a workbook"],
)
def test_a_file_that_cannot_be_read_says_so(office: Office, content: bytes) -> None:
    ran = office.read("products", content, name="odd.xlsx" if content.startswith(b"PK") else "odd.csv")
    assert ran.code not in {0, None}
    assert ran.err.strip()
    assert "Traceback" not in ran.err


def test_a_header_alone_is_a_file_without_rows(office: Office) -> None:
    ran = office.read("products", "code,name,line\n")
    assert (ran.code, counts(ran)) == (0, (0, 0, 0, 0))


def test_unknown_kinds_and_files_fail(office: Office) -> None:
    path = office.file("any.csv", "code\n")
    assert office.installation.flask("import", "cars", str(path)).code != 0
    assert office.installation.flask("import", "products", str(office.folder / "none.csv")).code != 0


def test_a_child_region_may_stand_before_its_parent(office: Office) -> None:
    assert counts(office.read("regions", "code,name\n940101001,t\n9401,c\n94,p\n940101,k\n")) == (4, 0, 0, 0)
    assert office.ask(ship_to="940101001").status == 201


def test_a_patch_read_from_a_file_holds_at_once(office: Office) -> None:
    text = "username,name,role,regions,active\nlate,n,rep,{},{}\n"
    assert office.read("users", text.format("9201;910101", "yes")).code == 0
    token = office.installation.flask("users", "token", "late").out.strip()
    office.tokens["late"] = token
    assert [office.ask("late", distributor=code).status for code in ("D1", "D2")] == [201, 201]
    assert office.read("users", text.format("9201", "yes")).code == 0
    assert [office.ask("late", distributor=code).status for code in ("D1", "D2")] == [404, 201]
    assert office.read("users", text.format("9201", "no")).code == 0
    assert office.ask("late", distributor="D2").status == 401
