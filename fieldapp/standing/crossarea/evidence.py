"""What the invoices say: lines gathered into suspicions, one for a buyer, county and product line, without a flood.

Called with the lines of some invoices after they were read in; a second time with the same changes nothing.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.clock import SHANGHAI
from fieldapp.core.db import db, insert_into, uuid7
from fieldapp.people.audit.actions import record_each
from fieldapp.people.notices.actions import tell

from . import told
from .actions import SUBJECT, next_numbers
from .models import CrossCase, CrossEntry, CrossLine
from .rules import OPEN, Actor, CaseState, CaseVerb, Facts, Into, Origin, Refusal, decide

_CHUNK = 500
_SYSTEM = Facts(Actor.SYSTEM)


class Evidence(NamedTuple):
    """A line of an invoice that went outside its buyer's area. `owner`: the one distributor whose area it is."""

    invoice_id: UUID
    line_no: int
    number: str
    buyer: UUID
    line: str
    county: str
    into: Into
    owner: UUID | None
    day: date
    ship_to: str
    product_id: UUID
    grams: int
    amount: int

    @property
    def suspicion(self) -> str:
        """What it is gathered under."""
        return f"{self.buyer}:{self.county}:{self.line}"


def take(invoices: Collection[UUID], found: Sequence[Evidence], now: datetime) -> int:
    """Take the suspicious lines of some invoices; what these invoices said before and say no longer is `gone`.

    How many lines are new. The supervisors of the places are told once a day that there are new suspicions.
    """
    held = _held(invoices)
    wanted = {(one.invoice_id, one.line_no): one for one in found}
    touched, again = _correct(held, wanted)
    new = [one for key, one in wanted.items() if key not in held or key in again]
    cases = _open_for(new, now)
    touched |= set(cases.values())
    for one in new:
        if row := again.get((one.invoice_id, one.line_no)):
            row.case_id = cases[one.suspicion]
    db.session.flush()
    rows = [_row(cases[one.suspicion], one) for one in new if (one.invoice_id, one.line_no) not in again]
    for start in range(0, len(rows), _CHUNK):
        db.session.execute(sa.insert(CrossLine), rows[start : start + _CHUNK])
    _sum_up(touched, now)
    return len(new)


_Key = tuple[UUID, int]


def _held(invoices: Collection[UUID]) -> dict[_Key, tuple[CrossLine, UUID | None]]:
    """The lines of these invoices that speak for a case already, each with who bought them then."""
    asked, found = list(invoices), dict[_Key, tuple[CrossLine, UUID | None]]()
    for start in range(0, len(asked), _CHUNK):
        rows = db.session.execute(
            sa.select(CrossLine, CrossCase.seller_id)
            .join(CrossCase, CrossCase.id == CrossLine.case_id)
            .where(CrossLine.invoice_id.in_(asked[start : start + _CHUNK]))
            .execution_options(populate_existing=True)
        )
        found |= {(row.invoice_id, row.line_no): (row, buyer) for row, buyer in rows}
    return found


def _correct(
    held: Mapping[_Key, tuple[CrossLine, UUID | None]], wanted: Mapping[_Key, Evidence]
) -> tuple[set[UUID], dict[_Key, CrossLine]]:
    """Bring known lines up to date: the cases that they spoke for, and the lines that speak for something else now:
    those that had gone, and those that went to another county or buyer than was said before."""
    touched, again = set[UUID](), dict[_Key, CrossLine]()
    for key, (row, buyer) in held.items():
        one = wanted.get(key)
        if one and (row.gone or one.buyer != buyer or one.county != row.ship_to[: len(one.county)]):
            again[key] = row
            touched.add(row.case_id)
        now = (False, one.day, one.ship_to, one.product_id, one.grams, one.amount) if one else (True, *_figures(row))
        if now != (row.gone, *_figures(row)):
            row.gone, row.day, row.ship_to, row.product_id, row.weight, row.amount = now
            touched.add(row.case_id)
    db.session.flush()
    return touched, again


def _figures(row: CrossLine) -> tuple[date, str, UUID, int, int]:
    return row.day, row.ship_to, row.product_id, row.weight, row.amount


def _open_for(new: Sequence[Evidence], now: datetime) -> dict[str, UUID]:
    """{suspicion: its case}: the one that gathers already, one that was dismissed and is opened again, or a new one."""
    groups: dict[str, list[Evidence]] = defaultdict(list)
    for one in new:
        groups[one.suspicion].append(one)
    cases = _locked(groups)
    fresh = [key for key in groups if key not in cases]
    made = _make({key: groups[key] for key in fresh}, now) if fresh else {}
    again = [key for key in fresh if key not in made]  # somebody else has just made it
    if again:
        cases |= _locked(again)
    entries, changes, regions = [], [], set[str]()
    for key, case in cases.items():
        verb = CaseVerb.REOPEN if case.state is CaseState.DISMISSED else CaseVerb.GATHER
        to = decide(case.state, verb, _SYSTEM)
        if isinstance(to, Refusal):  # a decided one keeps no key, so this cannot be
            raise ValueError(f"{case.state} cannot {verb}")
        if verb is CaseVerb.REOPEN:
            # What was decided about the earlier lines does not hold for these.
            case.decided_by_id = case.decided_at = case.seller_heard_at = case.harmed_heard_at = None
            regions.add(case.region_code)
        case.state, case.version = to, case.version + 1
        entries.append(_entry(case.id, verb, now, {"state": to.value, "lines": len(groups[key])}))
        changes.append((verb, case.id, {"state": [None, to.value], "lines": [None, len(groups[key])]}))
    db.session.flush()
    _write(entries)
    for verb in (CaseVerb.GATHER, CaseVerb.REOPEN):
        told_of = [(key, change) for which, key, change in changes if which is verb]
        record_each(None, f"crossarea.{verb.value}", SUBJECT, now, told_of)
    regions |= {groups[key][0].county for key in made}
    _announce(regions, now)
    return {key: case.id for key, case in cases.items()} | made


def _locked(keys: Collection[str]) -> dict[str, CrossCase]:
    asked, found = list(keys), dict[str, CrossCase]()
    for start in range(0, len(asked), _CHUNK):
        rows = db.session.scalars(
            sa.select(CrossCase)
            .where(CrossCase.suspicion_key.in_(asked[start : start + _CHUNK]))
            .order_by(CrossCase.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        found |= {str(row.suspicion_key): row for row in rows}
    return found


def _make(groups: dict[str, list[Evidence]], now: datetime) -> dict[str, UUID]:
    """New cases, those left out that somebody else makes at the same moment."""
    number = next_numbers(len(groups))
    rows: list[dict[str, Any]] = []
    for key, lines in groups.items():
        first = lines[0]
        owners = {one.owner for one in lines}
        products = {one.product_id for one in lines}
        rows.append(
            {
                "id": uuid7(),
                "number": number + len(rows),
                "origin": Origin.SUSPICION,
                "state": CaseState.SUSPECTED,
                "version": 1,
                "into": Into.FOREIGN if any(one.into is Into.FOREIGN for one in lines) else Into.WHITE,
                "region_code": first.county,
                "seller_id": first.buyer,
                "harmed_id": next(iter(owners)) if len(owners) == 1 else None,
                "seller_words": "",
                "product_id": next(iter(products)) if len(products) == 1 else None,
                "product_words": "",
                "line_key": first.line,
                **dict.fromkeys(("batch", "batch_key", "outlet", "note"), ""),
                "sold_on": max(one.day for one in lines),
                "suspicion_key": key,
                "made_at": now,
                "recorded_at": now,
            }
        )
    made: dict[str, UUID] = {}
    for start in range(0, len(rows), _CHUNK):
        chunk = rows[start : start + _CHUNK]
        statement = insert_into(CrossCase).values(chunk).on_conflict_do_nothing(index_elements=["suspicion_key"])
        done = db.session.execute(statement.returning(CrossCase.suspicion_key, CrossCase.id))
        made |= {str(key): case_id for key, case_id in done}
    _write([_entry(made[key], None, now, {"lines": len(groups[key])}) for key in groups if key in made])
    state = [None, CaseState.SUSPECTED.value]
    record_each(None, "crossarea.suspect", SUBJECT, now, [(case_id, {"state": state}) for case_id in made.values()])
    return made


def _row(case_id: UUID, one: Evidence) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "case_id": case_id,
        "invoice_id": one.invoice_id,
        "line_no": one.line_no,
        "number": one.number,
        "day": one.day,
        "ship_to": one.ship_to,
        "product_id": one.product_id,
        "weight": one.grams,
        "amount": one.amount,
        "gone": False,
    }


def _sum_up(cases: Collection[UUID], now: datetime) -> None:
    """What the lines of these cases come to; a suspicion of which no line is left is closed by itself."""
    asked = list(cases)
    for start in range(0, len(asked), _CHUNK):
        chunk = asked[start : start + _CHUNK]
        live = CrossLine.gone.is_(False)
        sums = {
            row.case_id: row
            for row in db.session.execute(
                sa.select(
                    CrossLine.case_id,
                    sa.func.sum(CrossLine.weight).filter(live).label("grams"),
                    sa.func.max(CrossLine.day).filter(live).label("last"),
                    sa.func.count(CrossLine.product_id.distinct()).label("products"),
                )
                .where(CrossLine.case_id.in_(chunk))
                .group_by(CrossLine.case_id)
            )
        }
        rows = db.session.scalars(
            sa.select(CrossCase)
            .where(CrossCase.id.in_(chunk), CrossCase.origin == Origin.SUSPICION, CrossCase.state.in_(OPEN))
            .with_for_update()
            .execution_options(populate_existing=True)
        ).all()
        for case in rows:
            found = sums.get(case.id)
            case.weight = int(found.grams) if found and found.grams else None
            if found and found.last:
                case.sold_on = found.last
                case.product_id = case.product_id if found.products == 1 else None
        db.session.flush()
        _close([case for case in rows if case.weight is None], now)


def _close(cases: Collection[CrossCase], now: datetime) -> None:
    closed = []
    for case in cases:
        to = decide(case.state, CaseVerb.CORRECT, _SYSTEM)
        if not isinstance(to, Refusal):  # somebody who looks into it already decides it himself
            case.state, case.version = to, case.version + 1
            closed.append(case.id)
    db.session.flush()
    _write([_entry(key, CaseVerb.CORRECT, now, {"state": CaseState.DISMISSED.value}) for key in closed])
    change = {"state": [None, CaseState.DISMISSED.value]}
    record_each(None, "crossarea.correct", SUBJECT, now, [(key, change) for key in closed])


def _entry(case_id: UUID, verb: CaseVerb | None, at: datetime, values: dict[str, Any]) -> dict[str, Any]:
    held = values if verb else {"state": CaseState.SUSPECTED.value, **values}
    return {"id": uuid7(), "case_id": case_id, "verb": verb, "words": "", "values": held, "by_id": None, "at": at}


def _write(entries: list[dict[str, Any]]) -> None:
    for start in range(0, len(entries), _CHUNK):
        db.session.execute(sa.insert(CrossEntry), entries[start : start + _CHUNK])


def _announce(regions: Collection[str], now: datetime) -> None:
    """Once a day, however many there are."""
    if regions:
        path = "/cross-area?part=new&origin=suspicion"
        about = f"suspected:{now.astimezone(SHANGHAI):%Y-%m-%d}"
        tell(told.nearest(sorted(regions)), f"{told.NAME}.suspected", about, {}, path, now)
