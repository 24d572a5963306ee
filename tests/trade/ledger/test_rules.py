"""What is owed and what is overdue: the allocation by table, and against a second computation fen by fen."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldapp.trade.ledger.rules import (
    InvoiceFacts,
    LedgerFacts,
    OpenItem,
    PaymentFacts,
    from_balance,
    open_by_due,
    overdue_from,
    position,
)

ON = date(2026, 11, 23)


def day(days_before: int) -> date:
    return ON - timedelta(days=days_before)


def invoice(number: str, amount: int, due_ago: int | None = 10, dated_ago: int = 40) -> InvoiceFacts:
    """An invoice due `due_ago` days before the check (None: without a due date)."""
    return InvoiceFacts(number, day(dated_ago), None if due_ago is None else day(due_ago), amount)


def payment(amount: int, names: str | None = None, dated_ago: int = 5, number: str = "Z1") -> PaymentFacts:
    return PaymentFacts(number, day(dated_ago), amount, names)


@pytest.mark.parametrize(
    ("invoices", "payments", "outstanding", "unpaid"),
    [
        pytest.param([], [], 0, {}, id="nothing"),
        pytest.param([invoice("A", 100)], [], 100, {"A": 100}, id="unpaid"),
        pytest.param([invoice("A", 100, dated_ago=0)], [], 100, {"A": 100}, id="dated today counts"),
        pytest.param([invoice("A", 100, dated_ago=-1)], [], 0, {}, id="dated tomorrow does not"),
        pytest.param([invoice("A", 100)], [payment(30, dated_ago=0)], 70, {"A": 70}, id="paid today counts"),
        pytest.param([invoice("A", 100)], [payment(30, dated_ago=-1)], 100, {"A": 100}, id="paid tomorrow no"),
        pytest.param([invoice("A", 100)], [payment(100, "A")], 0, {}, id="paid in full"),
        pytest.param(
            [invoice("A", 100, due_ago=20), invoice("B", 100, due_ago=10)],
            [payment(60, "B")],
            140,
            {"A": 100, "B": 40},
            id="a named invoice first, though another is older",
        ),
        pytest.param(
            [invoice("A", 100, due_ago=20), invoice("B", 100, due_ago=10)],
            [payment(150, "B")],
            50,
            {"A": 50},
            id="what is left over pays the oldest due",
        ),
        pytest.param(
            [invoice("B", 100, due_ago=20), invoice("A", 100, due_ago=10)],
            [payment(60)],
            140,
            {"B": 40, "A": 100},
            id="on account: the oldest due",
        ),
        pytest.param(
            [invoice("B", 100), invoice("A", 100)],
            [payment(60)],
            140,
            {"A": 40, "B": 100},
            id="the same due: the lowest number",
        ),
        pytest.param(
            [invoice("10", 100), invoice("9", 100)],
            [payment(60)],
            140,
            {"10": 40, "9": 100},
            id="numbers are text",
        ),
        pytest.param(
            [invoice("A", 100, due_ago=None), invoice("B", 100, due_ago=-30)],
            [payment(60)],
            140,
            {"B": 40, "A": 100},
            id="no due date: last",
        ),
        pytest.param(
            [invoice("A", 100, due_ago=10), invoice("B", 100, due_ago=20)],
            [payment(40), payment(60, "B")],
            100,
            {"A": 100},
            id="on account after the named ones, in whatever order they come",
        ),
        pytest.param(
            [invoice("A", 100, due_ago=20), invoice("B", 100, due_ago=10), invoice("C", -70)],
            [],
            130,
            {"A": 30, "B": 100},
            id="a credit note pays like a payment on account",
        ),
        pytest.param(
            [invoice("A", 100, due_ago=20), invoice("C", -70)],
            [payment(20, "C")],
            10,
            {"A": 10},
            id="a payment that names a credit note",
        ),
        pytest.param(
            [invoice("A", 100), invoice("C", -70)],
            [payment(-20, "C")],
            50,
            {"A": 50},
            id="taken back, naming a credit note: as on account",
        ),
        pytest.param(
            [invoice("A", 100), invoice("A", -130)],
            [],
            -30,
            {},
            id="lines of one invoice are summed before it is called a credit note",
        ),
        pytest.param([invoice("A", 100), invoice("A", -30)], [payment(20, "A")], 50, {"A": 50}, id="lines summed"),
        pytest.param([invoice("A", 0)], [payment(20, "A")], -20, {}, id="an invoice of zero"),
        pytest.param(
            [invoice("A", 100), invoice("B", 100, dated_ago=-1)],
            [payment(60, "B")],
            40,
            {"A": 40},
            id="names an invoice that is not there yet: on account",
        ),
        pytest.param([invoice("A", 100)], [payment(60, "X")], 40, {"A": 40}, id="names an unknown invoice"),
        pytest.param([invoice("A", 100)], [payment(160)], -60, {}, id="paid ahead: outstanding below zero"),
        pytest.param(
            [invoice("A", 100), invoice("B", 50, due_ago=5)],
            [payment(100, "A"), payment(-100, "A")],
            150,
            {"A": 100, "B": 50},
            id="a bounced transfer brings its invoice back",
        ),
        pytest.param([invoice("A", 100)], [payment(-30, "A")], 130, {"A": 130}, id="taken back beyond the invoice"),
        pytest.param([invoice("A", 100)], [payment(60), payment(-60)], 100, {"A": 100}, id="bounced, on account"),
        pytest.param(
            [invoice("A", 100)],
            [payment(-30)],
            130,
            {"A": 100},
            id="a pool below zero pays nothing, and is owed",
        ),
        pytest.param(
            [invoice("A", 100)],
            [payment(-30), payment(130, "A")],
            0,
            {},
            id="what is left over fills the pool up again",
        ),
    ],
)
def test_allocation(
    invoices: list[InvoiceFacts], payments: list[PaymentFacts], outstanding: int, unpaid: dict[str, int]
) -> None:
    ledger = position(invoices, payments, ON)
    assert ledger.outstanding == outstanding
    assert {item.number: item.unpaid for item in ledger.open_items} == unpaid
    backwards = position(invoices[::-1], payments[::-1], ON)
    assert backwards == ledger


@pytest.mark.parametrize(
    ("due_ago", "overdue", "overdue_days"),
    [
        (-1, 0, 0),
        (0, 0, 0),
        (1, 100, 1),
        (7, 100, 7),
        (8, 100, 8),
        (30, 100, 30),
        (31, 100, 31),
        (None, 0, 0),
    ],
)
def test_overdue_begins_the_day_after_the_due_date(due_ago: int | None, overdue: int, overdue_days: int) -> None:
    ledger = position([invoice("A", 100, due_ago)], [], ON)
    assert (ledger.overdue, ledger.overdue_days) == (overdue, overdue_days)


def test_overdue_days_are_of_the_oldest_that_is_still_unpaid() -> None:
    invoices = [invoice("A", 100, 31), invoice("B", 100, 8), invoice("C", 100, 1), invoice("D", 100, 0)]
    assert position(invoices, [], ON) == LedgerFacts(
        400,
        300,
        31,
        (
            OpenItem("A", day(31), 100),
            OpenItem("B", day(8), 100),
            OpenItem("C", day(1), 100),
            OpenItem("D", day(0), 100),
        ),
    )
    later = position(invoices, [payment(101)], ON)
    assert (later.outstanding, later.overdue, later.overdue_days) == (299, 199, 8)


def test_lines_of_one_invoice_take_the_earliest_due_date() -> None:
    lines = [invoice("A", 60, None), invoice("A", 20, 3), invoice("A", 20, 9)]
    assert position(lines, [], ON).open_items == (OpenItem("A", day(9), 100),)


def test_open_by_due_sums_per_due_date_oldest_first() -> None:
    items = [
        OpenItem("A", day(3), 1),
        OpenItem("B", None, 2),
        OpenItem("C", day(9), 4),
        OpenItem("D", day(3), 8),
    ]
    assert open_by_due(items) == ((day(9), 4), (day(3), 9), (None, 2))


def test_overdue_from_a_balance() -> None:
    kept = ((day(9), 4), (day(3), 9), (day(0), 16), (None, 2))
    assert overdue_from(kept, ON) == (13, 9)
    assert overdue_from(kept, ON + timedelta(days=1)) == (29, 10)
    assert overdue_from(kept, day(9)) == (0, 0)
    assert overdue_from((), ON) == (0, 0)
    assert from_balance(31, kept, ON) == LedgerFacts(31, 13, 9)


# --- a second computation --------------------------------------------------------------------------

numbers = st.sampled_from(["1", "2", "10", "A"])
days_ago = st.integers(-3, 6)
invoice_lines = st.lists(
    st.builds(
        InvoiceFacts,
        number=numbers,
        date=days_ago.map(day),
        due=st.none() | days_ago.map(day),
        amount=st.integers(-9, 15),
    ),
    max_size=7,
)
receipts = st.lists(
    st.builds(
        PaymentFacts,
        number=st.just("Z"),
        date=days_ago.map(day),
        amount=st.integers(-9, 15),
        invoice=st.none() | numbers | st.just("unknown"),
    ),
    max_size=6,
)


def fen_by_fen(invoices: list[InvoiceFacts], payments: list[PaymentFacts], on: date) -> tuple[int, int, int]:
    """Outstanding, overdue and overdue days, by moving single fen: each one owed or paid is a token."""
    there = [line for line in invoices if line.date <= on]
    debts: list[tuple[date, str]] = []
    free = 0
    normal = set()
    for number in {line.number for line in there}:
        lines = [line for line in there if line.number == number]
        total = sum(line.amount for line in lines)
        due = min((line.due for line in lines if line.due), default=date(9999, 12, 31))
        if total < 0:
            free += -total
            continue
        normal.add(number)
        taken_back = sum(-p.amount for p in payments if p.date <= on and p.invoice == number and p.amount < 0)
        debts += [(due, number)] * (total + taken_back)

    unmatched = 0
    for paid in payments:
        if paid.date > on:
            continue
        if paid.invoice not in normal and paid.amount < 0:
            unmatched += -paid.amount
        for _ in range(paid.amount):
            own = [debt for debt in debts if debt[1] == paid.invoice]
            if own:
                debts.remove(own[0])
            else:
                free += 1
    while free and unmatched:
        free, unmatched = free - 1, unmatched - 1
    while free and debts:
        debts.remove(min(debts))
        free -= 1
    late = [due for due, _ in debts if due < on]
    return len(debts) + unmatched - free, len(late), (on - min(late)).days if late else 0


@settings(deadline=None, max_examples=300)
@given(invoice_lines, receipts)
def test_position_agrees_with_fen_by_fen(invoices: list[InvoiceFacts], payments: list[PaymentFacts]) -> None:
    ledger = position(invoices, payments, ON)
    assert (ledger.outstanding, ledger.overdue, ledger.overdue_days) == fen_by_fen(invoices, payments, ON)


@settings(deadline=None)
@given(invoice_lines, receipts, st.randoms(use_true_random=False))
def test_row_order_changes_nothing(invoices, payments, random) -> None:  # type: ignore[no-untyped-def]
    expected = position(invoices, payments, ON)
    random.shuffle(invoices)
    random.shuffle(payments)
    assert position(invoices, payments, ON) == expected


@settings(deadline=None)
@given(invoice_lines, receipts, st.integers(0, 60))
def test_a_kept_balance_agrees_with_the_ledger_on_every_later_date(
    invoices: list[InvoiceFacts], payments: list[PaymentFacts], later: int
) -> None:
    latest = day(-3)  # no row is dated later
    kept = position(invoices, payments, latest)
    on = latest + timedelta(days=later)
    full = position(invoices, payments, on)
    balance = from_balance(kept.outstanding, open_by_due(kept.open_items), on)
    assert (balance.outstanding, balance.overdue, balance.overdue_days) == (
        full.outstanding,
        full.overdue,
        full.overdue_days,
    )
