"""A change of the price book on its way: drafted, submitted, decided by a second person, published."""

import threading
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldapp.core.db import begin_writing, db, uuid7
from fieldapp.people.accounts.models import Role, User
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.people.audit.models import AuditEntry
from fieldapp.people.notices.models import Notice
from fieldapp.trade.pricing import actions, policy, queries
from fieldapp.trade.pricing.actions import BlockedError, ChangedError, Edited, RefusedError, Typed
from fieldapp.trade.pricing.change_rules import DraftState, Fault, LineKind, Raise, Refusal
from fieldapp.trade.pricing.models import Price, PriceChange, PriceDraft, PriceDraftLine
from tests import cast

TOMORROW = cast.TODAY + timedelta(days=1)


class Office:
    """Two administrators and a draft of the first for P10 in 41: ¥3,250 with the floor at ¥3,180 from tomorrow."""

    def __init__(self, people: dict[str, User]) -> None:
        begin_writing()
        self.one = viewer_of(people["admin"])
        self.other = viewer_of(cast.make_user("second", Role.ADMIN))
        self.may = policy.rights(self.one, cast.TODAY)
        self.held = policy.on(cast.TODAY)
        self.product = cast.make_product()
        self.price = cast.make_price(self.product, "41", 320_000, 315_000)
        key = actions.begin(self.one, uuid7(), "December", TOMORROW, cast.NOW)
        self.draft = db.session.get_one(PriceDraft, key)
        self.line = actions.add(self.one, self.may, self.draft, self.typed(), cast.NOW)

    def typed(self, **other: Any) -> Typed:
        values = {"valid_from": TOMORROW, "list_price": 325_000, "floor_price": 318_000, **other}
        return Typed(LineKind.PRICE, self.product.id, values.pop("region", "41"), "*", **values)

    def submit(self) -> None:
        actions.submit(self.one, self.may, self.draft, self.held, cast.TODAY, cast.NOW)

    @property
    def seal(self) -> str:
        return actions.seal(queries.plans(self.draft.id, cast.TODAY, self.held.jump_percent)[0])

    def approve(self, by: Any = None, seen: str | None = None) -> int:
        by = by or self.other
        return actions.approve(by, self.may, self.draft, seen or self.seal, self.held, cast.TODAY, cast.NOW)

    def rows(self) -> list[tuple[date, date | None, int | None]]:
        select = sa.select(Price.valid_from, Price.valid_to, Price.floor_price).order_by(Price.valid_from)
        return [tuple(row) for row in db.session.execute(select)]


@pytest.fixture
def office(app: Flask, people: dict[str, User]) -> Any:
    with app.app_context():
        yield Office(people)


def test_the_way_to_the_book(office: Office) -> None:
    office.submit()
    with pytest.raises(RefusedError) as refused:
        office.approve(office.one)
    assert refused.value.refusal is Refusal.OWN
    assert office.approve() == 2
    assert office.rows() == [(date(2024, 1, 1), cast.TODAY, 315_000), (TOMORROW, None, 318_000)]
    with pytest.raises(RefusedError) as refused:
        office.approve()
    assert refused.value.refusal is Refusal.CLOSED
    kept = db.session.scalars(sa.select(PriceChange).order_by(PriceChange.valid_from)).all()
    assert [(one.before and one.before["valid_to"], one.after and one.after["valid_to"]) for one in kept] == [
        (None, cast.TODAY.isoformat()),
        (None, None),
    ]
    assert [(one.by_id, one.draft_id, one.backdated) for one in kept] == [(office.other.id, office.draft.id, False)] * 2
    told = db.session.execute(sa.select(Notice.kind, Notice.user_id)).tuples().all()
    assert sorted(told) == [("prices.decided", office.one.id), ("prices.submitted", office.other.id)]
    verbs = db.session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert verbs == ["prices.draft", "prices.edit", "prices.submit", "prices.publish"]


def test_whoever_has_a_hand_in_it_is_no_second_person(office: Office) -> None:
    actions.describe(office.other, office.may, office.draft, "December", "Corn is dearer", TOMORROW, cast.NOW)
    office.submit()
    assert db.session.scalars(sa.select(Notice.user_id)).all() == []
    with pytest.raises(RefusedError) as refused:
        office.approve()
    assert refused.value.refusal is Refusal.OWN


def test_what_he_saw_is_what_is_published(office: Office) -> None:
    office.submit()
    seen = office.seal
    db.session.execute(sa.update(Price).values(floor_price=316_000))  # a file of the ERP meanwhile
    db.session.commit()
    with pytest.raises(ChangedError):
        office.approve(seen=seen)
    db.session.rollback()
    assert [floor for *_window, floor in office.rows()] == [316_000]
    actions.send_back(office.other, office.may, office.draft, "Look at it again", cast.NOW)
    assert (office.draft.state, office.draft.words) == (DraftState.OPEN, "Look at it again")
    office.submit()
    assert office.approve() == 2


def test_a_line_that_cannot_be_stops_the_draft(office: Office) -> None:
    low = office.typed(region="4101", floor_price=0)
    cast.make_region("4101")
    actions.add(office.one, office.may, office.draft, low, cast.NOW)
    db.session.commit()
    with pytest.raises(BlockedError) as blocked:
        office.submit()
    assert [one.fault for one in blocked.value.problems] == [Fault.ZERO]
    db.session.rollback()
    assert db.session.get_one(PriceDraft, office.draft.id).state is DraftState.OPEN
    # Submitted in time, approved too late: its first day has passed.
    late = next(one for one in db.session.scalars(sa.select(PriceDraftLine)) if one.floor_price == 0)
    actions.remove(office.one, office.may, office.draft, late.id, cast.NOW)
    office.submit()
    db.session.commit()
    with pytest.raises(BlockedError) as blocked:
        actions.approve(office.other, office.may, office.draft, office.seal, office.held, TOMORROW, cast.NOW)
    assert [one.fault for one in blocked.value.problems] == [Fault.PAST]


def test_two_editors_lose_nothing(office: Office) -> None:
    seen = {name: getattr(db.session.get_one(PriceDraftLine, office.line), name) for name in actions.FIELDS}
    floor = Edited(office.line, seen, {**seen, "floor_price": 319_000})
    listed = Edited(office.line, seen, {**seen, "list_price": 326_000})
    assert actions.edit(office.one, office.may, office.draft, [floor], cast.NOW) == 1
    assert actions.edit(office.other, office.may, office.draft, [listed], cast.NOW) == 1
    stored = db.session.get_one(PriceDraftLine, office.line)
    assert (stored.list_price, stored.floor_price) == (326_000, 319_000)
    db.session.commit()
    lower = Edited(office.line, seen, {**seen, "floor_price": 317_000})
    with pytest.raises(ChangedError) as changed:
        actions.edit(office.one, office.may, office.draft, [lower], cast.NOW)
    assert changed.value.clashes == {office.line: ["floor_price"]}


def test_all_floors_of_a_line_in_a_province_go_up(office: Office) -> None:
    cast.make_price(office.product, "4101", 321_000, 316_000)
    cast.make_price(office.product, "4102", 321_000, None)
    cast.make_price(office.product, "42", 321_000, 316_000)
    cast.make_price(cast.make_product("P20", line="aqua"), "41", 400_000, 390_000)
    asked = queries.Asked(day=TOMORROW, line="pig", region="41")
    by = Raise("floor_price", fen=2_000)
    assert actions.raise_prices(office.one, office.may, office.draft, asked, by, cast.NOW) == 2
    found = {
        one.line.region_code: (one.line.list_price, one.line.floor_price) for one in queries.lines(office.draft.id)
    }
    # Of what the draft has already it goes up from there; where no floor is set, none is made.
    assert found == {"41": (325_000, 320_000), "4101": (321_000, 318_000)}


def test_a_change_that_waited_too_long_is_put_off_in_one_place(office: Office) -> None:
    later = TOMORROW + timedelta(days=5)
    ended = Typed(LineKind.END, office.product.id, "41", "*", date(2024, 1, 1), cast.TODAY)
    actions.add(office.one, office.may, office.draft, ended, cast.NOW)
    actions.describe(office.one, office.may, office.draft, "December", "", later, cast.NOW)
    days = {one.line.kind: (one.line.valid_from, one.line.valid_to) for one in queries.lines(office.draft.id)}
    assert days == {
        LineKind.PRICE: (later, None),
        LineKind.END: (date(2024, 1, 1), later - timedelta(days=1)),
    }


def test_a_supervisor_only_where_the_policy_and_his_patch_let_him(office: Office, people: dict[str, User]) -> None:
    boss, stranger, rep = (viewer_of(people[name]) for name in ("boss", "stranger", "rep"))
    assert not policy.rights(boss, cast.TODAY).changes
    assert queries.find_draft(boss, policy.rights(boss, cast.TODAY), office.draft.id) is None
    may = policy.Rights(floors=True, drafts=True, approves=True)
    assert queries.find_draft(boss, may, office.draft.id) is not None
    assert queries.find_draft(stranger, may, office.draft.id) is None
    assert [row.region for row in queries.book(rep, queries.Asked(cast.TODAY), None)] == ["41"]
    assert queries.book(stranger, queries.Asked(cast.TODAY), None) == []


def test_history_only_grows(office: Office) -> None:
    office.submit()
    office.approve()
    db.session.commit()
    for statement in (sa.update(PriceChange).values(backdated=True), sa.delete(PriceChange)):
        with pytest.raises(sa.exc.DatabaseError, match="only grows"):
            db.session.execute(statement)
        db.session.rollback()


def race(app: Flask, *acts: Callable[[], Any]) -> list[str]:
    """Run these at the same instant, each in its own session; the names of the errors, '' for none."""
    ready, said = threading.Barrier(len(acts)), [""] * len(acts)

    def run(number: int, act: Callable[[], Any]) -> None:
        with app.app_context():
            begin_writing()
            ready.wait()
            try:
                act()
                db.session.commit()
            except (RefusedError, ChangedError) as error:
                db.session.rollback()
                said[number] = str(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return said


def test_approved_twice_or_edited_meanwhile_one_wins(app: Flask, people: dict[str, User]) -> None:
    with app.app_context():
        office = Office(people)
        third = viewer_of(cast.make_user("third", Role.ADMIN))
        office.submit()
        seal, draft_id = office.seal, office.draft.id
        db.session.commit()
        one, other, may, held = office.one, office.other, office.may, office.held

    def draft() -> PriceDraft:
        return db.session.get_one(PriceDraft, draft_id)

    def approve(by: Any) -> Callable[[], Any]:
        return lambda: actions.approve(by, may, draft(), seal, held, cast.TODAY, cast.NOW)

    said = race(app, approve(other), approve(third), lambda: actions.withdraw(one, may, draft(), cast.NOW))
    assert said.count("") == 1, said
    with app.app_context():
        published = draft().state is DraftState.PUBLISHED
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Price)) == (2 if published else 1)
        assert db.session.scalar(sa.select(sa.func.count()).select_from(PriceChange)) == (2 if published else 0)
