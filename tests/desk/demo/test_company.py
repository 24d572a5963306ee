"""The demo company's files hold by the rules of the formats that the app reads."""

import re
from collections import Counter
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from random import Random
from uuid import UUID

import pytest

from fieldapp.core.money import parse_kilograms, parse_yuan
from fieldapp.desk.demo import company, names
from fieldapp.network.areas.rules import Span, clash
from fieldapp.network.territory.data import read_regions

Row = dict[str, str]
Files = dict[str, list[Row]]
TODAY = date(2026, 11, 23)


def one_of(*values: str) -> Callable[[str], bool]:
    return lambda text: text in values


def matches(pattern: str) -> Callable[[str], bool]:
    return lambda text: re.fullmatch(pattern, text) is not None


def or_empty(check: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda text: text == "" or check(text)


def parses(reader: Callable[[str], object]) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        try:
            reader(text)
        except ValueError:
            return False
        return True

    return check


code = matches(r"[A-Za-z0-9*-]{1,64}")
region = matches(r"\d{2}|\d{4}|\d{6}|\d{9}")
name = matches(r"\S.{0,198}\S")
day = parses(date.fromisoformat)
yuan = parses(parse_yuan)
positive_yuan = matches(r"[1-9]\d*\.\d\d|0\.\d\d")
yes_no = one_of("yes", "no")
line = one_of("pig", "poultry", "aqua", "ruminant")
any_line = one_of("pig", "poultry", "aqua", "ruminant", "*")
any_tier = one_of("S", "A", "B", "C", "*")

# kind → key columns, and what each column may hold
RULES: dict[str, tuple[tuple[str, ...], dict[str, Callable[[str], bool]]]] = {
    "users": (
        ("username",),
        {
            "username": matches(r"[a-z]+\d*"),
            "name": name,
            "role": one_of("rep", "supervisor", "admin"),
            "regions": matches(r"(\d+(;\d+)*)?"),
            "locale": one_of("zh", "en"),
            "active": yes_no,
        },
    ),
    "products": (
        ("code",),
        {
            "code": code,
            "name": name,
            "line": line,
            "stage": matches(r"\S{1,80}"),
            "pack_kg": one_of("20", "25", "40"),
            "standard_factor": matches(r"\d+(\.\d{1,3})?"),
            "cost_per_tonne": positive_yuan,
            "active": yes_no,
        },
    ),
    "distributors": (
        ("code",),
        {
            "code": code,
            "name": name,
            "region": region,
            "tier": one_of("S", "A", "B", "C"),
            "rep": matches(r"rep\d*"),
            "status": one_of("prospect", "active", "watch", "ended"),
            "since": day,
            "contact": name,
            "phone": matches(r"1[3-9]\d{9}"),
            "address": name,
            "lat": or_empty(matches(r"\d{2}\.\d{1,6}")),
            "lng": or_empty(matches(r"\d{2,3}\.\d{1,6}")),
            "credit_code": matches(r"9[12]\d{6}[0-9A-HJ-NPQRTUWXY]{10}"),
            "bank_account": matches(r"\d{19}"),
            "legal_person": name,
        },
    ),
    "areas": (
        ("distributor", "region", "line", "valid_from"),
        {
            "distributor": code,
            "region": region,
            "line": any_line,
            "valid_from": day,
            "valid_to": or_empty(day),
            "shared": yes_no,
        },
    ),
    "prices": (
        ("product", "region", "tier", "valid_from"),
        {
            "product": code,
            "region": region,
            "tier": any_tier,
            "valid_from": day,
            "valid_to": or_empty(day),
            "list_price": positive_yuan,
            "floor_price": or_empty(positive_yuan),
            "retail_price": or_empty(positive_yuan),
        },
    ),
    "rebates": (
        ("code",),
        {
            "code": code,
            "kind": one_of("month", "quarter", "year", "special", "exclusive"),
            "distributor": code,
            "tier": any_tier,
            "line": any_line,
            "product": code,
            "per_tonne": or_empty(positive_yuan),
            "percent": or_empty(matches(r"\d+(\.\d{1,4})?")),
            "valid_from": day,
            "valid_to": or_empty(day),
        },
    ),
    "credit": (
        ("distributor",),
        {
            "distributor": code,
            "grade": one_of("A", "B", "C", "D", ""),
            "limit": yuan,
            "term_days": matches(r"\d{1,3}"),
            "assessed_on": day,
            "valid_until": day,
            "frozen": yes_no,
        },
    ),
    "invoices": (
        ("number", "line_no"),
        {
            "number": code,
            "line_no": matches(r"[1-6]"),
            "distributor": code,
            "ship_to": region,
            "date": day,
            "due": day,
            "product": code,
            "kg": parses(parse_kilograms),
            "amount": yuan,
            "ordered_on": or_empty(day),
            "batch": or_empty(matches(r"\d{6}-\S+")),
        },
    ),
    "payments": (
        ("number",),
        {"number": code, "distributor": code, "date": day, "amount": positive_yuan, "invoice": or_empty(code)},
    ),
    "targets": (
        ("distributor", "line", "period"),
        {
            "distributor": code,
            "line": any_line,
            "period": matches(r"\d{4}(-(0[1-9]|1[0-2])|-Q[1-4])?"),
            "tonnes": matches(r"[1-9]\d*"),
        },
    ),
}


@pytest.fixture(scope="module")
def files() -> Files:
    made = company.build(distributors=300, seed=1, today=TODAY, sales=60)
    return {kind: list(made.rows(kind)) for kind in company.KINDS}


def test_every_kind_has_rows(files: Files) -> None:
    assert set(files) == set(RULES)
    assert len(files["distributors"]) == 300
    assert len(files["products"]) == 60
    assert all(files.values())


@pytest.mark.parametrize("kind", company.KINDS)
def test_every_cell_is_valid(files: Files, kind: str) -> None:
    _, columns = RULES[kind]
    for row in files[kind]:
        assert list(row) == list(columns)
        bad = {column: row[column] for column, valid in columns.items() if not valid(row[column])}
        assert not bad, row


@pytest.mark.parametrize("kind", company.KINDS)
def test_keys_are_unique_whatever_their_case(files: Files, kind: str) -> None:
    key, _ = RULES[kind]
    counts = Counter(tuple(row[column].casefold() for column in key) for row in files[kind])
    assert counts.most_common(1)[0][1] == 1


def test_references_exist(files: Files) -> None:
    regions = {region.code for region in read_regions()}
    users = {row["username"] for row in files["users"]}
    products = {row["code"] for row in files["products"]}
    distributors = {row["code"] for row in files["distributors"]}
    invoices = {row["number"]: row["distributor"] for row in files["invoices"]}

    for row in files["users"]:
        assert set(filter(None, row["regions"].split(";"))) <= regions
    for row in files["distributors"]:
        assert row["rep"] in users
        assert row["region"] in regions
    for kind in ("areas", "credit", "invoices", "payments", "targets"):
        assert {row["distributor"] for row in files[kind]} <= distributors
    for kind in ("areas", "prices"):
        assert {row["region"] for row in files[kind]} <= regions
    assert {row["ship_to"] for row in files["invoices"]} <= regions
    for kind in ("prices", "invoices"):
        assert {row["product"] for row in files[kind]} <= products
    assert {row["distributor"] for row in files["rebates"]} <= distributors | {"*"}
    assert {row["product"] for row in files["rebates"]} <= products | {"*"}
    for row in files["payments"]:
        assert not row["invoice"] or invoices[row["invoice"]] == row["distributor"]


def test_dates_and_windows(files: Files) -> None:
    for kind in ("areas", "prices", "rebates"):
        for row in files[kind]:
            assert not row["valid_to"] or row["valid_from"] <= row["valid_to"], row
        # Yesterday's, today's and tomorrow's rows are all there.
        assert any(row["valid_to"] and row["valid_to"] < TODAY.isoformat() for row in files[kind])
        assert any(row["valid_from"] > TODAY.isoformat() for row in files[kind])
    for kind in ("invoices", "payments"):
        assert max(row["date"] for row in files[kind]) <= TODAY.isoformat()
    assert all(row["date"] <= row["due"] for row in files["invoices"])


def test_lines_of_an_invoice_agree_and_count_up(files: Files) -> None:
    heads: dict[str, tuple[str, str, str]] = {}
    lines: Counter[str] = Counter()
    for row in files["invoices"]:
        number = row["number"]
        assert heads.setdefault(number, (row["distributor"], row["date"], row["due"])) == (
            row["distributor"],
            row["date"],
            row["due"],
        )
        lines[number] += 1
        assert row["line_no"] == str(lines[number])
    notes = [row for row in files["invoices"] if Decimal(row["amount"]) < 0]
    assert notes, "no credit note"
    assert all(Decimal(row["kg"]) < 0 for row in notes)


def test_cost_lies_under_the_floor_and_the_floor_under_the_list_price(files: Files) -> None:
    costs = {row["code"]: Decimal(row["cost_per_tonne"]) for row in files["products"]}
    gaps = set()
    for row in files["prices"]:
        listed = Decimal(row["list_price"])
        assert 2500 < listed < 10600
        if row["floor_price"]:
            floor = Decimal(row["floor_price"])
            assert costs[row["product"]] < floor < listed, row
            gaps.add(round((1 - floor / listed) * 100))
    assert gaps == {2, 3, 4, 5}
    assert any(not row["floor_price"] for row in files["prices"])
    assert any(not row["retail_price"] for row in files["prices"])
    assert {len(row["region"]) for row in files["prices"]} == {2, 4, 6}


def test_the_accounts_that_the_demo_promises(files: Files) -> None:
    users = {row["username"]: row for row in files["users"]}
    rep, other, boss, admin = users["rep"], users["rep2"], users["boss"], users["admin"]
    assert (rep["role"], other["role"], boss["role"], admin["role"]) == ("rep", "rep", "supervisor", "admin")
    assert rep["regions"] != other["regions"]
    assert {rep["regions"], other["regions"]} <= set(boss["regions"].split(";"))
    assert Counter(row["locale"] for row in users.values() if row["role"] == "rep")["en"] == 1
    assert rep["locale"] == "zh"
    served = Counter(row["rep"] for row in files["distributors"])
    assert set(served) == {username for username, row in users.items() if row["role"] == "rep"}
    for row in files["distributors"]:
        patches = users[row["rep"]]["regions"].split(";")
        assert any(row["region"].startswith(patch) for patch in patches), row


def test_trade_has_a_season_and_grows(files: Files) -> None:
    lines = {row["code"]: row["line"] for row in files["products"]}
    tonnes: Counter[tuple[str, str]] = Counter()
    years: Counter[str] = Counter()
    for row in files["invoices"]:
        kilograms = int(row["kg"])
        tonnes[lines[row["product"]], row["date"][5:7]] += kilograms
        years["first" if row["date"] < "2025-11-24" else "second"] += kilograms
    assert tonnes["aqua", "07"] > 5 * tonnes["aqua", "01"]
    assert tonnes["pig", "12"] > tonnes["pig", "02"]
    assert years["second"] > years["first"]


def test_same_numbers_same_company() -> None:
    def build(seed: int) -> Files:
        made = company.build(distributors=40, products=12, seed=seed, today=TODAY, sales=20)
        return {kind: list(made.rows(kind)) for kind in company.KINDS}

    first = build(7)
    assert first == build(7)
    other = build(8)
    assert first["distributors"] != other["distributors"]
    assert first["invoices"] != other["invoices"]


def test_a_larger_company_begins_with_the_smaller_one() -> None:
    small = company.build(distributors=100, seed=1, today=TODAY)
    large = company.build(distributors=900, seed=1, today=TODAY)
    named = [row["name"] for row in small.rows("distributors")]
    assert [row["name"] for row in large.rows("distributors")][: len(named)] == named


def test_no_two_have_one_area_for_themselves() -> None:
    held: dict[tuple[str, str], list[Span]] = {}
    for one in company.build(distributors=300, today=TODAY, sales=0).network.distributors():
        owner = UUID(int=one.number)
        for area in one.areas:
            span = Span(owner, area.region, area.line, area.valid_from, area.valid_to, area.shared)
            assert not [other for other in held.setdefault(span.place, []) if clash(span, other)], one.code
            held[span.place].append(span)
    assert any(area.shared for spans in held.values() for area in spans)


@pytest.mark.parametrize(("distributors", "products"), [(0, 60), (300, 7)])
def test_too_small_a_company_is_refused(distributors: int, products: int) -> None:
    with pytest.raises(ValueError, match="give at least"):
        company.build(distributors=distributors, products=products, today=TODAY)


@pytest.mark.parametrize("distributors", [1, 5, 13, 25])
def test_a_tiny_company_has_all_accounts_and_valid_rows(distributors: int) -> None:
    made = company.build(distributors=distributors, today=TODAY, sales=30)
    files = {kind: list(made.rows(kind)) for kind in company.KINDS}
    assert len(files["distributors"]) == distributors
    assert {"rep", "rep2", "boss", "admin"} <= {row["username"] for row in files["users"]}
    for kind, (_, columns) in RULES.items():
        assert files[kind], kind
        for row in files[kind]:
            assert all(valid(row[column]) for column, valid in columns.items()), row
    known = {row["code"] for row in files["distributors"]}
    assert {row["distributor"] for row in files["rebates"]} <= known | {"*"}
    assert {showcase.deal["distributor"] for showcase in made.showcases} <= known


@pytest.mark.parametrize("published", ["914403001922038216", "9144030071526726XG", "91330100799655058B"])
def test_credit_code_check_character(published: str) -> None:
    assert names.credit_check(published[:17]) == published[17]


def test_no_number_can_be_somebody_s() -> None:
    random = Random(5)
    for _ in range(200):
        assert names.phone(random).startswith("154"), "a segment that no carrier uses"
        digits = [int(digit) for digit in reversed(names.bank_account(random))]
        doubled = [sum(divmod(2 * digit, 10)) if place % 2 else digit for place, digit in enumerate(digits)]
        assert sum(doubled) % 10 != 0, "a card number with a right check digit"
