"""A second reading of the deal check, written from the contract's text alone.

It imports nothing of the app. A world is a dict: kind of file → rows, and a row is a dict of the texts in the file.
Everything is looked for row by row in exact Decimals: slow, and as close to the sentences of the contract as can be.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Row = Mapping[str, str]
World = Mapping[str, Sequence[Row]]

FEN = Decimal("0.01")
WORST_LAST = ("ok", "info", "approval", "stop")


@dataclass(frozen=True)
class Line:
    """One line of a deal, as the interface takes it."""

    product: str
    kg: str
    price: str


@dataclass(frozen=True)
class Finding:
    """One finding. `facts` holds Decimals, ints, texts, lists of codes and None."""

    code: str
    level: str
    line: int | None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """Verdict, amount in yuan, findings."""

    verdict: str
    amount: Decimal
    findings: tuple[Finding, ...]


def key(code: str) -> str:
    """Codes are case-insensitive and trimmed."""
    return code.strip().casefold()


def same(one: str, other: str) -> bool:
    return key(one) == key(other)


def valid(row: Row, on: date) -> bool:
    """`valid_from <= date and (valid_to is empty or date <= valid_to)`."""
    return date.fromisoformat(row["valid_from"]) <= on and (
        not row["valid_to"] or on <= date.fromisoformat(row["valid_to"])
    )


def to_fen(amount: Decimal) -> Decimal:
    """Rounded half up, away from zero at the half; never the -0.00 of Decimal."""
    return amount.quantize(FEN, ROUND_HALF_UP) + 0


def chain(region: str) -> list[str]:
    """The prefixes of 9, 6, 4 and 2 digits, longest first."""
    return [region[:length] for length in (9, 6, 4, 2) if len(region) >= length]


def find(rows: Iterable[Row], column: str, code: str) -> Row | None:
    return next((row for row in rows if same(row[column], code)), None)


def yuan(text: str) -> Decimal | None:
    """Unset is not zero."""
    return Decimal(text) if text else None


# Territory


def owners(world: World, ship_to: str, line: str, on: date) -> list[str]:
    """The codes of the distributors that own the region for the product line on the date."""
    for region in chain(ship_to):
        here = [
            area
            for area in world["areas"]
            if area["region"] == region and valid(area, on) and (area["line"] == "*" or same(area["line"], line))
        ]
        own_line = [area for area in here if area["line"] != "*"]
        if deciding := own_line or here:
            return sorted({key(area["distributor"]) for area in deciding})
    return []


# Price


def best_price(world: World, product: Row, distributor: Row, ship_to: str, on: date) -> Row | None:
    candidates = [
        row
        for row in world["prices"]
        if same(row["product"], product["code"])
        and valid(row, on)
        and row["region"] in chain(ship_to)
        and (row["tier"] == "*" or (distributor["tier"] and same(row["tier"], distributor["tier"])))
    ]
    return max(candidates, key=lambda row: (len(row["region"]), row["tier"] != "*", row["valid_from"]), default=None)


def rebates(world: World, product: Row, distributor: Row, on: date) -> tuple[Decimal, Decimal]:
    """(Σ per_tonne, Σ percent) of the rebates that apply."""

    def meets(wanted: str, has: str) -> bool:
        return wanted == "*" or (bool(has) and same(wanted, has))

    apply = [
        row
        for row in world["rebates"]
        if valid(row, on)
        and meets(row["distributor"], distributor["code"])
        and meets(row["tier"], distributor["tier"])
        and meets(row["line"], product["line"])
        and meets(row["product"], product["code"])
    ]
    zero = Decimal(0)
    return (
        sum((Decimal(row["per_tonne"] or 0) for row in apply), zero),
        sum((Decimal(row["percent"] or 0) for row in apply), zero),
    )


def net_price(price: Decimal, per_tonne: Decimal, percent: Decimal) -> Decimal:
    return to_fen(price - per_tonne - price * percent / 100)


def lowest_ok(floor: Decimal | None, per_tonne: Decimal, percent: Decimal) -> Decimal | None:
    """The lowest price in whole fen, not below 0, whose net is at least the floor."""
    if floor is None or percent >= 100:
        return None
    guess = to_fen((floor + per_tonne) / (1 - percent / 100))
    while guess > 0 and net_price(guess, per_tonne, percent) >= floor:
        guess -= FEN
    guess = max(guess, Decimal("0.00"))
    while net_price(guess, per_tonne, percent) < floor:
        guess += FEN
    return guess


def price_findings(row: Row | None, number: int, price: Decimal, per_tonne: Decimal, percent: Decimal) -> list[Finding]:
    net = net_price(price, per_tonne, percent)
    floor = yuan(row["floor_price"]) if row else None
    facts = {
        "list": yuan(row["list_price"]) if row else None,
        "floor": floor,
        "net": net,
        "rebates": price - net,
        "lowest_ok_price": lowest_ok(floor, per_tonne, percent),
    }
    if row is None:
        return [Finding("price.none", "stop", number, facts)]
    if floor is None:
        code, level = "price.no_floor", "approval"
    elif net >= floor:
        code, level = "price.ok", "ok"
    elif net >= floor * (1 - Decimal(2) / 100):
        code, level = "price.below_floor", "approval"
    else:
        code, level = "price.far_below_floor", "stop"
    found = [Finding(code, level, number, facts)]
    retail = yuan(row["retail_price"])
    if retail is not None and price > retail:
        found.append(Finding("price.above_retail", "info", number, facts))
    return found


def territory_finding(owning: list[str], distributor: Row, number: int, row: Row | None, net: Decimal) -> Finding:
    facts = {"owners": owning}
    if key(distributor["code"]) in owning:
        return Finding("territory.own", "ok", number, facts)
    if not owning:
        return Finding("territory.unassigned", "approval", number, facts)
    if row is not None and (not row["floor_price"] or net >= Decimal(row["floor_price"])):
        return Finding("territory.foreign", "approval", number, facts)
    return Finding("territory.foreign_undercut", "stop", number, facts)


# Credit


@dataclass(frozen=True)
class Account:
    """What a distributor owes on a date, in yuan; `unpaid`: invoice → (due, open amount)."""

    outstanding: Decimal
    unpaid: Mapping[str, tuple[date, Decimal]]


def account(world: World, distributor: Row, on: date) -> Account:
    """The ledger of a distributor as it stands on the date: what is dated later is not there yet."""
    lines = [
        row
        for row in world["invoices"]
        if same(row["distributor"], distributor["code"]) and date.fromisoformat(row["date"]) <= on
    ]
    payments = [
        row
        for row in world["payments"]
        if same(row["distributor"], distributor["code"]) and date.fromisoformat(row["date"]) <= on
    ]
    zero = Decimal(0)
    outstanding = sum((Decimal(row["amount"]) for row in lines), zero) - sum(
        (Decimal(row["amount"]) for row in payments), zero
    )
    sums: dict[str, Decimal] = {}
    dues: dict[str, date] = {}
    for row in lines:
        number = key(row["number"])
        sums[number] = sums.get(number, zero) + Decimal(row["amount"])
        dues[number] = date.fromisoformat(row["due"])
    unpaid = {number: amount for number, amount in sums.items() if amount > 0}
    on_account = -sum((amount for amount in sums.values() if amount < 0), zero)
    for row in payments:
        amount = Decimal(row["amount"])
        pays = min(amount, unpaid.get(key(row["invoice"]), zero)) if row["invoice"] else zero
        if pays:
            unpaid[key(row["invoice"])] -= pays
        on_account += amount - pays
    for number in sorted(unpaid, key=lambda number: (dues[number], number)):
        pays = min(on_account, unpaid[number])
        unpaid[number] -= pays
        on_account -= pays
    return Account(outstanding, {number: (dues[number], amount) for number, amount in unpaid.items() if amount > 0})


def credit_findings(world: World, distributor: Row, on: date, terms: str, amount: Decimal) -> list[Finding]:
    row = find(world["credit"], "distributor", distributor["code"])
    owed = account(world, distributor, on)
    late = [(due, left) for due, left in owed.unpaid.values() if due < on]
    overdue = sum((left for _due, left in late), Decimal(0))
    days = (on - min(due for due, _left in late)).days if late else 0
    # Nothing granted is a limit of 0: the contract knows no "no limit", and available must be a number.
    limit = Decimal(row["limit"] or 0) if row else Decimal(0)
    available = limit - owed.outstanding
    facts = {
        "grade": (row["grade"] or None) if row else None,
        "limit": limit,
        "outstanding": owed.outstanding,
        "available": available,
        "overdue": overdue,
        "overdue_days": days,
    }
    credit = terms == "credit"
    if days > 30:
        first = ("credit.overdue_stop", "stop")
    elif days > 7:
        first = ("credit.overdue_frozen", "stop" if credit else "approval")
    elif days >= 1:
        first = ("credit.overdue", "approval" if credit else "info")
    else:
        first = ("credit.paid_up", "ok")
    if not credit:
        second = ("credit.cash", "ok")
    elif row and row["frozen"] == "yes":
        second = ("credit.frozen", "stop")
    elif not row or not row["grade"]:
        second = ("credit.ungraded", "stop")
    elif row["grade"] == "D":
        second = ("credit.cash_only", "stop")
    elif row["valid_until"] and date.fromisoformat(row["valid_until"]) < on:
        second = ("credit.expired", "approval")
    elif amount <= available:
        second = ("credit.ok", "ok")
    elif amount - available <= limit * 10 / 100:
        second = ("credit.over_limit", "approval")
    else:
        second = ("credit.far_over_limit", "stop")
    return [Finding(code, level, None, facts) for code, level in (first, second)]


# The whole


STATUS = {
    "ended": ("distributor.ended", "stop"),
    "prospect": ("distributor.prospect", "approval"),
    "watch": ("distributor.watch", "info"),
}


def check(
    world: World, distributor_code: str, on: date, ship_to: str | None, terms: str, lines: Sequence[Line]
) -> Answer:
    """The answer to a deal of a known distributor, known products and a known region."""
    distributor = find(world["distributors"], "code", distributor_code)
    assert distributor is not None
    ship_to = ship_to or distributor["region"]
    amount = Decimal(0)
    found: list[Finding] = []
    for number, line in enumerate(lines, 1):
        product = find(world["products"], "code", line.product)
        assert product is not None
        price = Decimal(line.price)
        amount += to_fen(Decimal(line.kg) / 1000 * price)
        row = best_price(world, product, distributor, ship_to, on)
        per_tonne, percent = rebates(world, product, distributor, on)
        owning = owners(world, ship_to, product["line"], on)
        found.append(territory_finding(owning, distributor, number, row, net_price(price, per_tonne, percent)))
        found += price_findings(row, number, price, per_tonne, percent)
    found += credit_findings(world, distributor, on, terms, amount)
    if distributor["status"] in STATUS:
        found.append(Finding(*STATUS[distributor["status"]], None))
    worst = max((finding.level for finding in found), key=WORST_LAST.index)
    return Answer({"ok": "go", "info": "go"}.get(worst, worst), amount, tuple(found))
