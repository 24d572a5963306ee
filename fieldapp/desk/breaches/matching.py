"""New and changed invoices held against price book, rebates and approvals; what comes of it is kept as breaches.

The reader of the topic `floor` (trade/ledger/fresh.py). What it does for a distributor hangs on its invoices alone, not
on how often or in which order they are looked at.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.clock import SHANGHAI
from fieldapp.core.db import db, insert_into, uuid7
from fieldapp.core.validity import valid_on
from fieldapp.desk.approvals.models import Approval, ApprovalState
from fieldapp.desk.checks import reference
from fieldapp.desk.checks.models import DealCheck
from fieldapp.desk.checks.reference import Reference
from fieldapp.desk.checks.rules import Terms as PaidBy
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.territory.rules import chain
from fieldapp.people.audit.actions import record_each
from fieldapp.trade.ledger.models import Invoice, InvoiceLine
from fieldapp.trade.pricing.rules import PriceRow, RebateRow, best_price, concerning

from . import policy, rules
from .models import Breach, BreachCounter, BreachEntry, BreachInvoice
from .policy import BreachPolicy
from .rules import IN_ORDER, Line, Outcome, Permit, State, Terms, Verb

TOPIC = "floor"
_MARGIN_DAYS = 60  # read before the first day that matters, to find where a whole begins
_CHECKED_WITHIN = timedelta(days=31)  # a deal check belongs to an order so long after it
_ENDLESS = date(1, 1, 1)


@dataclass(frozen=True, slots=True)
class _Buyer:
    """A distributor as the matching needs it."""

    id: UUID
    key: str
    region: str | None
    tier: str | None
    rep: UUID | None


@dataclass(frozen=True, slots=True)
class _Run:
    """One call of the reader: what is the same for all its invoices."""

    policy: BreachPolicy
    book: Reference
    now: datetime
    today: date

    @property
    def oldest(self) -> date:
        """Invoices before this are not judged."""
        return self.today - timedelta(days=self.policy.look_back_days)


def read(invoice_ids: Sequence[UUID], now: datetime, today: date) -> int:
    """Judge the wholes in which these invoices stand; how many breaches were found or have changed."""
    run = _Run(policy.on(today), reference.read()[0], now, today)
    since = _since(invoice_ids, run)
    if not since:
        return 0
    buyers = _buyers(since)
    lines = _lines(buyers, since, run)
    permits = _permits(buyers, run.book)
    held = _held(since)
    changes = _Changes(run)
    for key, buyer in buyers.items():
        outcomes = rules.judge(lines[key], _prices(buyer, run.book), permits[key], run.policy.numbers)
        changes.settle(buyer, [one for one in outcomes if one.last >= since[key]], held[key])
    return changes.write()


def _since(invoice_ids: Sequence[UUID], run: _Run) -> dict[UUID, date]:
    """{distributor: the first day that may have changed}. Also those that the invoices belonged to before."""
    numbers = run.policy.numbers
    earlier = timedelta(days=numbers.delivery_days + numbers.window_days)
    found: dict[UUID, date] = {}
    now = sa.select(Invoice.distributor_id, sa.func.min(Invoice.date)).where(
        Invoice.id.in_(invoice_ids), Invoice.date >= run.oldest
    )
    for buyer, day in db.session.execute(now.group_by(Invoice.distributor_id)).tuples():
        found[buyer] = day - earlier
    before = (
        sa.select(Breach.distributor_id, sa.func.min(Breach.first_on))
        .join(BreachInvoice, BreachInvoice.breach_id == Breach.id)
        .where(BreachInvoice.invoice_id.in_(invoice_ids))
    )
    for buyer, day in db.session.execute(before.group_by(Breach.distributor_id)).tuples():
        found[buyer] = min(day, found.get(buyer, day))
    return found


def _buyers(ids: Iterable[UUID]) -> dict[UUID, _Buyer]:
    rows = db.session.execute(
        sa.select(
            Distributor.id, Distributor.code_key, Distributor.region_code, Distributor.tier, Distributor.rep_id
        ).where(Distributor.id.in_(list(ids)))
    )
    return {
        key: _Buyer(key, code, region, tier.casefold() if tier else None, rep) for key, code, region, tier, rep in rows
    }


_LINE = (
    Invoice.distributor_id,
    Invoice.id,
    Invoice.number,
    InvoiceLine.line_no,
    Invoice.date,
    Invoice.ordered_on,
    Invoice.due,
    InvoiceLine.ship_to,
    InvoiceLine.product_id,
    InvoiceLine.weight,
    InvoiceLine.amount,
)


def _lines(buyers: Mapping[UUID, _Buyer], since: Mapping[UUID, date], run: _Run) -> dict[UUID, list[Line]]:
    """What each ordered, from where its wholes can be told on."""
    numbers = run.policy.numbers
    margin = timedelta(days=max(_MARGIN_DAYS, 2 * numbers.credit_days) + numbers.delivery_days)
    start = min(since.values()) - margin
    found = _read(buyers, buyers, start, run)
    endless = []
    for key in buyers:
        days = sorted({line.day for line in found[key]})
        # A credit note, and what comes back, is held against what was bought in the days before it.
        earliest = since[key] - timedelta(days=numbers.credit_days)
        first = rules.certain_from(days, start, earliest, numbers)
        if first is None:
            endless.append(key)
        elif first < earliest:
            found[key] = [line for line in found[key] if line.day >= first]
    if endless:  # bought day after day: where the wholes begin is told by the first order of all
        found |= _read(endless, buyers, _ENDLESS, run)
    return found


def _read(keys: Iterable[UUID], buyers: Mapping[UUID, _Buyer], start: date, run: _Run) -> dict[UUID, list[Line]]:
    found: dict[UUID, list[Line]] = {key: [] for key in keys}
    statement = (
        sa.select(*_LINE)
        .join(InvoiceLine, InvoiceLine.invoice_id == Invoice.id)
        .where(Invoice.distributor_id.in_(list(found)), Invoice.date >= start)
    )
    for row in db.session.connection().execute(statement):
        buyer, invoice, number, line_no, day, ordered_on, due, ship_to, product, weight, amount = row
        ordered, old = rules.order_day(day, ordered_on, run.policy.numbers.delivery_days)
        found[buyer].append(
            Line(
                invoice=invoice,
                number=number,
                line_no=line_no,
                dated=day,
                day=ordered,
                ordered=ordered_on is not None,
                credit=None if due is None else due > day,
                place=ship_to or buyers[buyer].region or "",
                product=product,
                grams=weight,
                amount=amount,
                old_order=old,
            )
        )
    return found


# Prices ---------------------------------------------------------------------------------------------------------


def _by_region(book: Reference) -> dict[tuple[str, str], list[PriceRow]]:
    found: dict[tuple[str, str], list[PriceRow]] = defaultdict(list)
    for product, rows in book.prices.items():
        for row in rows:
            found[product, row.region].append(row)
    return found


def _by_id(book: Reference) -> dict[UUID, Any]:
    return {product.id: product for product in book.products.values()}


def _prices(buyer: _Buyer, book: Reference) -> Callable[[Line], Terms]:
    """What holds for a line of this distributor; remembered, as most lines are alike."""
    rows, products = book.once(_by_region), book.once(_by_id)
    rebates = book.rebates_for(buyer.key)
    candidates: dict[tuple[str, UUID], list[PriceRow]] = {}
    given: dict[UUID, tuple[RebateRow, ...]] = {}
    known: dict[tuple[str, UUID, date], Terms] = {}

    def of(line: Line) -> Terms:
        wanted = line.place, line.product, line.day
        if wanted in known:
            return known[wanted]
        product = products.get(line.product)
        if product is None:  # came after the snapshot was read: it has no price in it
            return Terms(None)
        key = product.code.casefold()
        if line.product not in given:
            given[line.product] = concerning(rebates, buyer.key, buyer.tier, product.line_key, key)
        place = wanted[:2]
        if place not in candidates:
            candidates[place] = [row for part in chain(line.place) for row in rows.get((key, part), ())]
        row = best_price(candidates[place], line.place, buyer.tier, line.day)
        known[wanted] = Terms.of(row, (one for one in given[line.product] if valid_on(one, line.day)))
        return known[wanted]

    return of


def _permits(buyers: Mapping[UUID, _Buyer], book: Reference) -> dict[UUID, list[Permit]]:
    """What was approved of each one's prices, in the order of the decisions."""
    found: dict[UUID, list[Permit]] = {key: [] for key in buyers}
    rows = db.session.execute(
        sa.select(
            DealCheck.distributor_id,
            DealCheck.id,
            DealCheck.ship_to,
            DealCheck.terms,
            DealCheck.inputs,
            DealCheck.findings,
            Approval.id,
            Approval.covers,
            Approval.decided_at,
            Approval.expires_at,
        )
        .join(Approval, Approval.check_id == DealCheck.id)
        .where(
            DealCheck.distributor_id.in_(list(buyers)),
            Approval.state == ApprovalState.APPROVED,
            Approval.decided_at.is_not(None),
            Approval.expires_at.is_not(None),
        )
        .order_by(Approval.decided_at, Approval.id)
    )
    for buyer, check, place, paid, inputs, findings, approval, covers, decided_at, expires_at in rows:
        nets = {one["line"]: one["facts"]["net"] for one in findings if one["code"].startswith("price.")}
        for code, number in covers:
            product = book.products.get(inputs["lines"][number - 1]["product"].casefold()) if number else None
            if not code.startswith("price.") or product is None:
                continue
            found[buyer].append(
                Permit(
                    approval=approval,
                    line=number,
                    check=check,
                    product=product.id,
                    place=place,
                    credit=paid == PaidBy.CREDIT,
                    grams=inputs["lines"][number - 1]["grams"],
                    net=nets[number],
                    first=decided_at.astimezone(SHANGHAI).date(),
                    last=expires_at.astimezone(SHANGHAI).date(),
                )
            )
    return found


# What comes of it -----------------------------------------------------------------------------------------------

_FIGURES = ("result", "first_on", "last_on", "grams", "amount", "net", "floor", "lost")
_Identity = tuple[UUID, str, date, rules.Result]


@dataclass(slots=True)
class _Kept:
    """A breach that is in the database, with its invoices."""

    row: Breach
    invoices: set[UUID]

    @property
    def identity(self) -> _Identity:
        return self.row.product_id, self.row.ship_to, self.row.first_on, self.row.result


def _held(since: Mapping[UUID, date]) -> dict[UUID, list[_Kept]]:
    """The breaches of these distributors that may be others now."""
    found: dict[UUID, list[_Kept]] = {key: [] for key in since}
    rows = db.session.scalars(
        sa.select(Breach).where(Breach.distributor_id.in_(list(since)), Breach.last_on >= min(since.values()))
    )
    kept = {row.id: _Kept(row, set()) for row in rows if row.last_on >= since[row.distributor_id]}
    keys = list(kept)
    for first in range(0, len(keys), 1000):
        pairs = sa.select(BreachInvoice.breach_id, BreachInvoice.invoice_id)
        wanted = BreachInvoice.breach_id.in_(keys[first : first + 1000])
        for breach, invoice in db.session.execute(pairs.where(wanted)).tuples():
            kept[breach].invoices.add(invoice)
    for one in kept.values():
        found[one.row.distributor_id].append(one)
    return found


def _identity(outcome: Outcome) -> _Identity:
    return outcome.product, outcome.place, outcome.first, outcome.result


class _Changes:
    """What is to be written, gathered over all distributors of a run."""

    def __init__(self, run: _Run) -> None:
        self._run = run
        self._new: list[tuple[_Buyer, Outcome]] = []
        self._entries: list[dict[str, Any]] = []
        self._pairs: list[dict[str, Any]] = []
        self._audit: dict[str, list[tuple[UUID, dict[str, Any]]]] = defaultdict(list)
        self._unpaired: list[UUID] = []

    def settle(self, buyer: _Buyer, outcomes: Iterable[Outcome], held: list[_Kept]) -> None:
        """What was found of a distributor against what is kept of it."""
        found = {_identity(one): one for one in outcomes if one.result not in IN_ORDER}
        left = {one.identity: one for one in held}
        pairs = [(found.pop(key), left.pop(key)) for key in list(left) if key in found]
        for outcome in list(found.values()):
            same = self._same(outcome, left.values())
            if same is not None:
                pairs.append((found.pop(_identity(outcome)), left.pop(same.identity)))
        for kept in left.values():
            if kept.row.state is not State.CORRECTED:
                self._correct(kept)
        db.session.flush()  # what moves may take the place of what went
        for outcome, kept in pairs:
            self._again(outcome, kept)
        self._new += [(buyer, one) for one in found.values() if one.last >= self._run.oldest]

    @staticmethod
    def _same(outcome: Outcome, left: Iterable[_Kept]) -> _Kept | None:
        """The breach that this is under another day or kind: of the same goods, with the most invoices in common."""
        invoices = {line.invoice for line in outcome.lines}
        alike = [
            (len(invoices & one.invoices), one.row.number, one)
            for one in left
            if (one.row.product_id, one.row.ship_to) == (outcome.product, outcome.place) and invoices & one.invoices
        ]
        return max(alike, key=lambda each: each[:2])[2] if alike else None

    def _again(self, outcome: Outcome, kept: _Kept) -> None:
        row, facts = kept.row, self._facts(outcome)
        figures = _figures(outcome)
        before = {name: getattr(row, name) for name in _FIGURES}
        state = rules.after_judging(row.state, row.lost, outcome.lost)
        if before == figures and row.facts["lines"] == facts["lines"] and state is row.state:
            return
        changes = {
            name: [_plain(before[name]), _plain(figures[name])] for name in _FIGURES if before[name] != figures[name]
        }
        if state is not row.state:
            changes["state"] = [row.state.value, state.value]
        for name, value in figures.items():
            setattr(row, name, value)
        row.facts, row.state = facts, state
        row.policy_version, row.judged_at = self._run.policy.version, self._run.now
        invoices = {line.invoice for line in outcome.lines}
        if invoices != kept.invoices:
            self._unpaired.append(row.id)
            self._pair(row.id, outcome)
        self._enter(row.id, Verb.JUDGE, changes)
        self._audit["breaches.judge"].append((row.id, changes))

    def _correct(self, kept: _Kept) -> None:
        row = kept.row
        changes = {"state": [row.state.value, State.CORRECTED.value]}
        row.state, row.judged_at = State.CORRECTED, self._run.now
        self._enter(row.id, Verb.CORRECT, changes)
        self._audit["breaches.correct"].append((row.id, changes))

    def write(self) -> int:
        """Everything, in a few statements; how many breaches."""
        db.session.flush()
        self._add_new()
        if self._unpaired:
            gone = sa.delete(BreachInvoice).where(BreachInvoice.breach_id.in_(self._unpaired))
            db.session.execute(gone.execution_options(synchronize_session=False))
        for model, rows in ((BreachInvoice, self._pairs), (BreachEntry, self._entries)):
            if rows:
                db.session.execute(sa.insert(model), rows)
        for action, changes in self._audit.items():
            record_each(None, action, "breach", self._run.now, changes)
        db.session.expunge_all()
        return len(self._entries)

    def _add_new(self) -> None:
        if not self._new:
            return
        count = len(self._new)
        taken = insert_into(BreachCounter).values(id=1, last=count)
        taken = taken.on_conflict_do_update(index_elements=["id"], set_={"last": BreachCounter.last + count})
        number = int(db.session.execute(taken.returning(BreachCounter.last)).scalar_one()) - count
        checks = _checks({buyer.id for buyer, _outcome in self._new})
        rows = []
        for buyer, outcome in self._new:
            number += 1
            key = uuid7()
            check = _check_of(checks.get((buyer.id, outcome.product), ()), outcome)
            rows.append(
                {
                    "id": key,
                    "number": number,
                    "distributor_id": buyer.id,
                    "region_code": buyer.region,
                    "product_id": outcome.product,
                    "ship_to": outcome.place,
                    "rep_id": buyer.rep,
                    "check_id": check[1] if check else None,
                    "checked_by_id": check[2] if check else None,
                    **_figures(outcome),
                    "facts": self._facts(outcome),
                    "policy_version": self._run.policy.version,
                    "found_at": self._run.now,
                    "judged_at": self._run.now,
                    "state": State.OPEN,
                }
            )
            self._pair(key, outcome)
            changes = {"state": [None, State.OPEN.value], "lost": [None, outcome.lost]}
            self._enter(key, Verb.FIND, changes)
            self._audit["breaches.find"].append((key, changes))
        db.session.execute(sa.insert(Breach), rows)

    def _pair(self, breach: UUID, outcome: Outcome) -> None:
        for invoice in {line.invoice for line in outcome.lines}:
            self._pairs.append({"breach_id": breach, "invoice_id": invoice})

    def _enter(self, breach: UUID, verb: Verb, values: Mapping[str, Any]) -> None:
        self._entries.append(
            {
                "id": uuid7(),
                "breach_id": breach,
                "verb": verb,
                "words": "",
                "values": dict(values),
                "by_id": None,
                "at": self._run.now,
            }
        )

    def _facts(self, outcome: Outcome) -> dict[str, Any]:
        numbers = self._run.policy.numbers
        return {
            "lines": [
                [
                    line.number,
                    line.line_no,
                    line.dated.isoformat(),
                    line.day.isoformat(),
                    line.grams,
                    line.amount,
                    line.place,
                ]
                for line in outcome.lines
            ],
            "marks": sorted(outcome.marks),
            "why": outcome.why,
            "used": [[str(approval), line, grams] for approval, line, grams in outcome.used],
            "window_days": numbers.window_days,
        }


def _figures(outcome: Outcome) -> dict[str, Any]:
    return {
        "result": outcome.result,
        "first_on": outcome.first,
        "last_on": outcome.last,
        "grams": outcome.grams,
        "amount": outcome.amount,
        "net": outcome.net,
        "floor": outcome.floor,
        "lost": outcome.lost,
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


_Checks = dict[tuple[UUID, UUID], list[tuple[date, UUID, UUID]]]


def _checks(buyers: Iterable[UUID]) -> _Checks:
    """{(distributor, product): its deal checks (day, key, who made it), the earliest first}."""
    products = reference.read()[0].products
    found: _Checks = defaultdict(list)
    rows = db.session.execute(
        sa.select(DealCheck.distributor_id, DealCheck.on, DealCheck.id, DealCheck.made_by_id, DealCheck.inputs)
        .where(DealCheck.distributor_id.in_(list(buyers)))
        .order_by(DealCheck.made_at, DealCheck.id)
    )
    for buyer, on, check, maker, inputs in rows:
        for code in {line["product"].casefold() for line in inputs["lines"]}:
            if code in products:
                found[buyer, products[code].id].append((on, check, maker))
    return found


def _check_of(checks: Sequence[tuple[date, UUID, UUID]], outcome: Outcome) -> tuple[date, UUID, UUID] | None:
    """The last one before the order; one for a later day counts for nothing."""
    fitting = [one for one in checks if outcome.first - _CHECKED_WITHIN <= one[0] <= outcome.last]
    return fitting[-1] if fitting else None
