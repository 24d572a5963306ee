"""Invoices of the demo that try what invoices may try, read in through the ERP's door, and what was said about some.

Whatever else the company sold lately is held against the floor too; what lies further back was before that rule.
"""

import csv
import tempfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from fieldapp.core.db import begin_writing, db
from fieldapp.core.money import format_yuan
from fieldapp.desk.breaches import actions, matching
from fieldapp.desk.breaches.models import Breach, BreachInvoice
from fieldapp.desk.breaches.rules import Verb
from fieldapp.desk.checks import reference
from fieldapp.desk.imports.engine import Order, read
from fieldapp.desk.imports.registry import kinds
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.distributors.rules import Status
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.trade.ledger import fresh
from fieldapp.trade.ledger.models import FreshInvoice, Invoice
from fieldapp.trade.pricing.rules import applying, best_price, lowest_ok_price

from .catalogue import Row

JUDGED_DAYS = 45
MOST = 1000  # distributors; a larger company is for measuring
BUYERS = 5  # the last of the customers of the rep, of whom nothing else is prescribed
# (buyer, days ago, [(invoice, days later, kilograms, price as a share of the lowest one that goes, extra yuan)])
_Piece = tuple[str, int, int, str, int]
TRICKS: tuple[tuple[int, int, tuple[_Piece, ...]], ...] = (
    (0, 40, (("A", 0, 6000, "0.97", 0),)),  # simply below
    (0, 26, (("B", 0, 10000, "1", 0), ("B", 0, 1000, "0", 0))),  # ten and one free
    (1, 38, (("C", 0, 8000, "1", 0), ("D", 2, 800, "0", 0))),  # the free one two days later
    (1, 24, (("E", 0, 9000, "1.005", 0), ("E", 0, 0, "0", -900))),  # a discount line over all of it
    (2, 36, (("F", 0, 5000, "1", 0), ("G", 1, 5000, "0.95", 0))),  # cut in two, the second one cheap
    (2, 22, (("H", 0, 12000, "1", 0), ("I", 16, 0, "0", -1800))),  # money back weeks later
    (3, 34, (("J", 0, 3000, "0", 0),)),  # price 0
    (3, 20, (("K", 0, 125, "40", 0),)),  # 125 bags of 40 kg, written as kilograms
    (4, 32, (("L", 0, 7000, "1", 0), ("L", 0, -500, "1.6", 0))),  # credited dearer than sold
    (4, 18, (("M", 0, 20000, "0.985", 0),)),
)
SAID = {
    0: (Verb.ACCEPT, "客户当月包销 200 吨，已补办价格申请，认可这一笔。"),
    1: (Verb.RECOVER, "下次发货按原价补收赠送的一吨。"),
    8: (Verb.DISMISS, "退货单价录错，财务已通知更正。"),
}
EXPLAINED = {2: "送货时口头答应送 20 包，忘了走审批。", 4: "第二张是仓库按旧价开的，已请财务核对。"}


def write(rep: str, supervisor: str, at: datetime, today: date, distributors: int) -> None:
    """Read the tricks in, have the last weeks judged, say something about some. Commits by itself."""
    begin_writing()
    old = sa.select(Invoice.id).where(Invoice.date < today - timedelta(days=JUDGED_DAYS))
    before = FreshInvoice.topic == matching.TOPIC, FreshInvoice.invoice_id.in_(old)
    db.session.execute(sa.delete(FreshInvoice).where(*before).execution_options(synchronize_session=False))
    db.session.commit()
    rows = list(_rows(rep, today))
    if not rows or distributors > MOST:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "invoices.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        outcome = read(Order(kinds()["invoices"], path, path.name, None, at), lambda error: _refuse(str(error)))
    if not outcome.written:
        raise RuntimeError("the invoices of the demo were refused")
    fresh.work(at, today)
    begin_writing()
    _say(rep, supervisor, at, today)
    db.session.commit()


def _refuse(problem: str) -> None:
    raise RuntimeError(f"the invoices of the demo were refused: {problem}")


def _rows(rep: str, today: date) -> Iterator[Row]:
    """The lines of the invoices, as the ERP writes them."""
    mine = sa.select(User.id).where(User.username == rep).scalar_subquery()
    found = sa.select(Distributor).where(Distributor.rep_id == mine, Distributor.status == Status.ACTIVE)
    buyers = list(db.session.scalars(found.order_by(Distributor.code)))[-BUYERS:]
    for number, (buyer, ago, pieces) in enumerate(TRICKS):
        if buyer >= len(buyers):
            continue
        sold = _sold(buyers[buyer], today - timedelta(days=ago), number)
        if sold is None:
            continue
        product, price = sold
        for line, (invoice, later, kg, share, extra) in enumerate(pieces, start=1):
            day = today - timedelta(days=ago - later)
            amount = round(price * float(share)) * kg // 1000 + extra * 100
            yield {
                "number": f"JY{today:%y%m}{invoice}",
                "line_no": str(line),
                "distributor": buyers[buyer].code,
                "ship_to": buyers[buyer].region_code or "",
                "date": day.isoformat(),
                "due": (day + timedelta(days=60)).isoformat(),
                "ordered_on": day.isoformat(),
                "product": product,
                "kg": str(kg),
                "amount": format_yuan(amount),
            }


def _sold(buyer: Distributor, on: date, number: int) -> tuple[str, int] | None:
    """A product with a floor where the buyer is, and the lowest price that goes; not the same one each time."""
    book = reference.read()[0]
    key, tier = buyer.code_key, buyer.tier.casefold() if buyer.tier else None
    found = []
    for code, product in book.products.items():
        row = best_price(book.prices.get(code, ()), buyer.region_code or "", tier, on)
        rebates = applying(book.rebates_for(key), key, tier, product.line_key, code, on)
        lowest = lowest_ok_price(row.floor_price if row else None, rebates)
        if lowest is not None:
            found.append((product.code, lowest))
    return found[number * 7 % len(found)] if found else None


def _say(rep: str, supervisor: str, at: datetime, today: date) -> None:
    """Explanations of the rep, decisions of his supervisor."""
    seller, boss = (
        viewer_of(db.session.scalars(sa.select(User).where(User.username == name)).one()) for name in (rep, supervisor)
    )
    for number, breach in enumerate(_planted(today)):
        if breach is None:
            continue
        if number in EXPLAINED:
            actions.explain(seller, breach, EXPLAINED[number], at)
        if number in SAID:
            verb, words = SAID[number]
            due = today + timedelta(days=14) if verb is Verb.RECOVER else None
            actions.decide(boss, breach, verb, words, at, due_on=due)


def _planted(today: date) -> Iterator[Breach | None]:
    """The breach that each trick came to."""
    for _buyer, _ago, pieces in TRICKS:
        number = f"JY{today:%y%m}{pieces[-1][0]}"
        invoice = sa.select(Invoice.id).where(Invoice.number == number).scalar_subquery()
        inside = sa.select(BreachInvoice.breach_id).where(BreachInvoice.invoice_id == invoice)
        yield db.session.scalars(sa.select(Breach).where(Breach.id.in_(inside)).order_by(Breach.lost.desc())).first()
