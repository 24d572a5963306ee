"""How to talk with the main contact, on the deal check: in a fold at the end, and free of charge."""

import sqlalchemy as sa
from sqlalchemy import event

from fieldapp.core.db import db
from fieldapp.network.distributors.models import Contact, Distributor
from tests.desk.conftest import Desk


def contact(desk: Desk) -> Contact:
    found = desk.one(
        Contact, Contact.main, Contact.distributor_id.in_(sa.select(Distributor.id).where(Distributor.code == "D001"))
    )
    assert found is not None
    return found


def classify(desk: Desk, kind: str = "quiet") -> None:
    assert desk.as_("rep").post(f"/contacts/{contact(desk).id}/type", {"type": kind, "was": ""}).status_code == 303


def test_the_whole_page_has_it_closed_after_everything_that_decides(desk: Desk) -> None:
    assert "How to talk" not in desk.as_("rep").get("/deals/new", query_string=desk.deal()).text
    classify(desk)
    page = desk.as_("rep").get("/deals/new", query_string=desk.deal()).text
    place = page.index("How to talk with the main contact: Quiet")
    assert page.rindex("<details", 0, place) == page.rindex('<details class="disclosure">', 0, place), "closed"
    assert place > page.index("data-verdict")
    assert place > page.index("deal-record")
    for piece in ("Invite questions", "Do not fill every silence", 'href="/playbook/quiet"'):
        assert page.index(piece) > place, piece


def test_the_answer_while_typing_is_the_same_byte_for_byte_but_for_its_key(desk: Desk) -> None:
    rep, query = desk.as_("rep"), {**desk.deal("3190.00"), "was": "3190.00|tonne|P10"}
    before = rep.fragment("/deals/new", query_string=query).text
    classify(desk)
    after = rep.fragment("/deals/new", query_string=query).text
    assert len(after) == len(before)
    assert "How to talk" not in after


def test_it_asks_no_statement_more(desk: Desk) -> None:
    visitor, query = desk.as_("rep"), desk.deal("3190.00")
    seen: list[str] = []

    def count() -> int:
        seen.clear()
        visitor.get("/deals/new", query_string=query)
        return len(seen)

    count()
    with desk.app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    before = count()
    classify(desk)
    count()
    assert count() == before


def test_none_fits_and_a_new_name_show_nothing(desk: Desk) -> None:
    classify(desk, "none")
    assert "How to talk" not in desk.as_("rep").get("/deals/new", query_string=desk.deal()).text
    desk.as_("rep").post(f"/contacts/{contact(desk).id}/type/erasure")
    classify(desk)
    desk.change(sa.update(Contact).values(name="Zhao"))
    assert "How to talk" not in desk.as_("rep").get("/deals/new", query_string=desk.deal()).text
