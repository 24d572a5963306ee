"""Who sees which ticket, what waits for whom, what others cost, and photos that the sweep must leave alone."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from fieldapp.core import storage
from fieldapp.core.clock import When
from fieldapp.core.contents import JPEG, Content
from fieldapp.core.db import begin_writing, db, uuid7
from fieldapp.fieldwork.remediation import actions, queries
from fieldapp.fieldwork.remediation.actions import Proposal
from fieldapp.fieldwork.remediation.models import Ticket
from fieldapp.fieldwork.remediation.rules import RemedyKind, RootCause, Severity, TicketKind, TicketVerb
from fieldapp.people.accounts.models import Role
from fieldapp.people.accounts.queries import viewer_of
from tests import cast

WHEN = When(cast.NOW, cast.NOW, cast.TODAY)


@pytest.fixture
def known(app: Flask) -> Iterator[dict[str, Any]]:
    with app.app_context():
        begin_writing()
        people = cast.make_cast()
        users: dict[str, Any] = {name: viewer_of(user) for name, user in people.items()}
        users |= {"people": people, "store": cast.make_distributor(), "product": cast.make_product()}
        yield users
        db.session.rollback()


def proposed(known: dict[str, Any], amount: int = 40_000, **values: Any) -> Ticket:
    ticket = cast.make_ticket(known["store"], known["people"]["rep"], product_id=known["product"].id, **values)
    actions.propose(known["rep"], ticket, Proposal(RemedyKind.CREDIT_NOTE, amount, cast.TODAY, "Bags"), WHEN)
    return ticket


def seen(ticket: Ticket) -> UUID:
    remedy = actions.latest_remedy(ticket)
    assert remedy is not None
    return remedy.id


def test_who_sees_a_ticket(known: dict[str, Any]) -> None:
    ticket = proposed(known)
    sees = {who for who in cast.CAST if queries.find(known[who], ticket.id) is not None}
    assert sees == {"rep", "boss", "admin"}
    assert [row.id for row in queries.open_of(known["boss"], known["store"].id)] == [ticket.id]
    assert not queries.open_of(known["stranger"], known["store"].id)


def test_what_waits_for_whom(known: dict[str, Any]) -> None:
    ticket = proposed(known, 500_001)
    assert {who for who in cast.CAST if queries.waiting(known[who], cast.TODAY)} == {"boss"}
    actions.approve(known["boss"], ticket, "", WHEN, seen=seen(ticket))
    assert {who for who in cast.CAST if queries.waiting(known[who], cast.TODAY)} == {"admin"}


@pytest.mark.parametrize(
    ("amount", "values", "second"),
    [
        (50_001, {}, {"admin", "deputy"}),
        (50_001, {"severity": Severity.SEVERE}, {"admin"}),
        (50_000, {"severity": Severity.SEVERE}, {"admin", "deputy"}),
        (500_001, {"severity": Severity.MINOR}, {"admin"}),
    ],
)
def test_the_second_approval_waits_for_whom_the_table_lets_give_it(
    known: dict[str, Any], amount: int, values: dict[str, Any], second: set[str]
) -> None:
    known["deputy"] = viewer_of(cast.make_user("deputy", Role.SUPERVISOR, ["4101"]))
    everybody = (*cast.CAST, "deputy")
    ticket = proposed(known, amount, **values)
    assert {who for who in everybody if queries.waiting(known[who], cast.TODAY)} == {"boss", "deputy"}
    actions.approve(known["boss"], ticket, "", WHEN, seen=seen(ticket))
    assert {who for who in everybody if queries.waiting(known[who], cast.TODAY)} == second


def test_what_others_cost(known: dict[str, Any]) -> None:
    ticket = proposed(known)
    assert queries.alike(ticket) == queries.Cost(0, 0, 0, 0)
    for amount in (10_000, 20_000, 50_000):
        other = proposed(known, amount)
        actions.approve(known["boss"], other, "", WHEN, seen=seen(other))
    assert queries.alike(ticket) == queries.Cost(3, 80_000, 20_000, 50_000)
    assert queries.given_to(known["store"].id, cast.NOW).cases == 3
    assert queries.given_to(known["store"].id, cast.NOW + timedelta(days=1)).cases == 0


def test_a_standing_lesson_is_found_for_its_kind_and_product(known: dict[str, Any]) -> None:
    for standing in (True, False):
        ticket = proposed(known)
        actions.turn_down(known["boss"], ticket, TicketVerb.DECLINE, "Not ours", WHEN, seen=seen(ticket))
        actions.close(known["rep"], ticket, RootCause.USE, f"Standing: {standing}", standing, WHEN)
    found = queries.lessons(TicketKind.QUALITY, known["product"].id)
    assert [lesson.words for lesson in found] == ["Standing: True"]
    assert not queries.lessons(TicketKind.DELIVERY, known["product"].id)


def test_the_sweep_leaves_a_photo_of_a_ticket(known: dict[str, Any]) -> None:
    ticket, key = proposed(known), uuid7()
    for _tap in range(2):
        photo = actions.keep_photo(
            known["rep"], ticket, key=key, content=Content(b"jpeg", JPEG), caption="Wet bags", when=WHEN
        )
    lost = storage.keep(uuid7(), photo.sha256, b"jpeg")
    assert storage.sweep(cast.NOW + timedelta(days=3650)) == 1
    assert storage.path_of(key, photo.sha256).is_file()
    assert not lost.is_file()
    assert [row.id for row in queries.photos(ticket)] == [key]
    assert queries.find_photo(known["stranger"], key) is None
