"""Signing out: POST /sign-out."""

from collections.abc import Callable

from fieldapp.people.audit.models import AuditEntry
from tests.visitor import Visitor


def test_the_session_ends_and_its_cookie_is_worth_nothing(
    visit: Callable[..., Visitor], audit: Callable[[], list[AuditEntry]]
) -> None:
    visitor = visit("rep")
    secret = visitor.secret
    response = visitor.post("/sign-out")
    assert (response.status_code, response.location) == (303, "/sign-in")
    assert "You are signed out." in visitor.get("/sign-in").text
    assert not visitor.is_signed_in()
    kept = visit()
    kept.take_session(str(secret))
    assert not kept.is_signed_in()
    assert [entry.action for entry in audit()] == ["accounts.sign_out"]


def test_other_devices_stay_signed_in(visit: Callable[..., Visitor]) -> None:
    phone, desk = visit("rep"), visit("rep")
    phone.post("/sign-out")
    assert desk.is_signed_in()


def test_a_link_cannot_do_it(visit: Callable[..., Visitor]) -> None:
    visitor = visit("rep")
    assert visitor.get("/sign-out").status_code == 405
    assert visitor.client.post("/sign-out").status_code == 400
    assert visitor.is_signed_in()
