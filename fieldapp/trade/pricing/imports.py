"""What a row of `prices` and of `rebates` means; what a file does to the book's history, or to a draft instead."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.clock import SHANGHAI
from fieldapp.core.db import db
from fieldapp.core.sheets import N_, Message, SheetError, kinds
from fieldapp.network.distributors.imports import A_DISTRIBUTOR
from fieldapp.network.territory.imports import A_REGION
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.trade.products.imports import A_PRODUCT

from . import actions, queries
from .change_rules import PRICES as MONEY
from .change_rules import Held, LineKind, Step
from .models import TITLE_LENGTH, Price, PriceSource, Rebate, RebateKind
from .policy import Rights

_ONE_DAY = timedelta(days=1)
_Trace = tuple[UUID, str, str, str, Step]  # product, region, tier_key, tier


def _trace(plan: kinds.Planned) -> _Trace:
    """A row of the file as a change of the book."""
    before, after = plan.before[0], plan.after[0]
    key = after["product_id"], after["region_code"], after["tier_key"], after["tier"]
    return (*key, Step(_held(before) if before else None, _held(after)))


def _held(row: Mapping[str, Any]) -> Held:
    return Held(row["id"], row["valid_from"], row["valid_to"], *(row[name] for name in MONEY))


def _book_was_empty() -> bool:
    """The first file fills the book: there is no history of it before."""
    return not db.session.scalar(sa.select(sa.exists(sa.select(Price.id))))


def _finish_prices(written: kinds.Written) -> None:
    """Whatever a file changes in the book stays visible: what was before it, and that it spoke of days gone by."""
    if written.noted:
        return
    steps = [((product, region, tier), step) for product, region, tier, _tier, step in written.traces]
    tiers = {tier: as_written for _product, _region, tier, as_written, _step in written.traces}
    today = written.at.astimezone(SHANGHAI).date()
    actions.keep_history(steps, tiers, written.actor_id, written.at, today, PriceSource.FILE)


PRICES = kinds.Kind(
    "prices",
    Message(N_("Prices")),
    columns=(
        kinds.reference("product", "product_id", A_PRODUCT, identity=True),
        kinds.reference("region", "region_code", A_REGION, identity=True),
        kinds.code("tier", wildcard=True, folded="tier_key", identity=True),
        kinds.day("valid_from", identity=True),
        kinds.day("valid_to"),
        kinds.money("list_price"),
        kinds.money("floor_price"),
        kinds.money("retail_price"),
    ),
    parts=(kinds.Part(Price, ("product_id", "region_code", "tier_key", "valid_from")),),
    check=kinds.valid_window,
    note=_book_was_empty,
    trace=_trace,
    finish=_finish_prices,
)


# Who and what a rebate is for must be said in so many words: an empty cell that meant `*` would lower the net price
# of everybody. A column that isn't there at all means `*` for a new rebate.
REBATES = kinds.Kind(
    "rebates",
    Message(N_("Rebates")),
    columns=(
        kinds.own_code("code"),
        kinds.choice("kind", RebateKind, required=True, default=kinds.NEEDED),
        kinds.reference("distributor", "distributor_id", A_DISTRIBUTOR, wildcard=True, required=True),
        kinds.code("tier", wildcard=True, any_is_none=True, required=True),
        kinds.code("line", wildcard=True, any_is_none=True, required=True),
        kinds.reference("product", "product_id", A_PRODUCT, wildcard=True, required=True),
        kinds.money("per_tonne"),
        kinds.number("percent", 6, 0, 100),
        kinds.day("valid_from", required=True, default=kinds.NEEDED),
        kinds.day("valid_to"),
    ),
    parts=(kinds.Part(Rebate, ("code_key",)),),
    check=kinds.valid_window,
)


# Into a draft -------------------------------------------------------------------------------------------------------


def into_draft(kind: kinds.Kind, viewer: Viewer, may: Rights, draft_id: UUID, title: str, today: date) -> kinds.Kind:
    """The kind as the page reads it: the rows that differ from the book become lines of a draft, and nothing else.

    The draft is begun if it is not there yet.
    """

    def finish(written: kinds.Written) -> None:
        lines = [_line(trace, today) for trace in written.traces]
        if not lines:
            return
        actions.begin(viewer, draft_id, title[:TITLE_LENGTH], today + _ONE_DAY, written.at)
        draft = queries.find_draft(viewer, may, draft_id)
        try:
            if draft is None:
                raise actions.RefusedError(actions.Refusal.NOT_YOURS)
            actions.put(viewer, may, draft, lines, written.at)
        except actions.RefusedError:
            raise SheetError(Message(N_("The draft is not open any more; nothing was written."))) from None
        except actions.TooManyError:
            most = Message(N_("A draft takes %(most)s changes at most."), {"most": f"{actions.MOST_LINES:,}"})
            raise SheetError(most, Message(N_("Split it into several files."))) from None

    def check_batch(rows: Sequence[kinds.Planned]) -> Iterator[tuple[kinds.Planned, str, Message]]:
        for row in rows:
            before, after = row.before[0], row.after[0]
            if before is None or any(before[name] != after[name] for name in ("valid_to", *MONEY)):
                for column, reason in _faults(before, after, today):
                    yield row, column, reason

    return replace(kind, writes=False, note=None, check_batch=check_batch, finish=finish)


def _faults(before: Mapping[str, Any] | None, after: Mapping[str, Any], today: date) -> Iterable[kinds.Fault]:
    """Why a row that differs from the book cannot be a line of a draft, cell by cell."""
    same_prices = before is not None and all(before[name] == after[name] for name in MONEY)
    if after["valid_from"] <= today and not same_prices:
        yield (
            "valid_from",
            Message(N_("past days keep their price: give tomorrow, %(day)s, or later"), _day(today + _ONE_DAY)),
        )
    if same_prices and after["valid_from"] <= today:
        for end in (before["valid_to"], after["valid_to"]) if before else ():
            if end is not None and end < today:
                yield (
                    "valid_to",
                    Message(N_("past days keep their price: end it today, %(day)s, or later"), _day(today)),
                )
                break
        if before and after["valid_to"] is None and before["valid_to"] is not None:
            yield "valid_to", Message(N_("a price goes on as a new row that begins after this one's last day"))
    for name in MONEY:
        if after[name] == 0:
            yield name, Message(N_("0 is no price: leave the cell empty where none is set"))
    if after["list_price"] and after["floor_price"] and after["floor_price"] > after["list_price"]:
        yield "floor_price", Message(N_("lies above the list price"))


def _line(trace: _Trace, today: date) -> actions.Typed:
    product, region, _key, tier, step = trace
    after = step.after
    if after is None:
        raise ValueError("a file takes no row away")
    if after.valid_from <= today:  # only its end is new (_faults)
        return actions.Typed(LineKind.END, product, region, tier, after.valid_from, after.valid_to)
    return actions.Typed(LineKind.PRICE, product, region, tier, after.valid_from, after.valid_to, *after.prices())


def _day(day: date) -> dict[str, str]:
    return {"day": day.isoformat()}
