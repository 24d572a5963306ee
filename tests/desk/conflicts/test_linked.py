"""Conflicts about a cross-area case, a floor breach, merged accounts or an area: opened from its page, shown on it."""

import html
import re
from uuid import UUID

import pytest
import sqlalchemy as sa

from fieldapp.core.db import begin_writing, db
from fieldapp.fieldwork.conflicts import links
from fieldapp.fieldwork.conflicts.models import Conflict, ConflictLink, ConflictParty
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.territory.models import Area
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.queries import viewer_of
from tests import cast
from tests.desk.conftest import Desk, desk
from tests.standing.merged.test_decide import make_pair

__all__ = ["desk"]

ABOUT = ("area", "breach", "crossarea", "merged")


@pytest.fixture
def things(desk: Desk) -> dict[str, tuple[str, UUID]]:
    """{kind: (address of its page, key)}: all are about D001, or D001 and its neighbour D007."""
    with desk.app.app_context():
        begin_writing()
        rep = db.session.scalars(sa.select(User).where(User.username == "rep")).one()
        one = db.session.scalars(sa.select(Distributor).where(Distributor.code == "D001")).one()
        other = cast.make_distributor("D007", "410103", name="Neighbour", rep_id=rep.id)
        area = db.session.scalars(sa.select(Area).where(Area.distributor_id == one.id)).first() or cast.make_area(
            one, "4101"
        )
        keys = {
            "area": area.id,
            "breach": cast.make_breach(one, rep).id,
            "crossarea": cast.make_case(rep, seller_id=other.id, harmed_id=one.id).id,
            "merged": make_pair(one, other).row.id,
        }
        db.session.commit()
    pages = {"area": "/areas", "breach": "/breaches", "crossarea": "/cross-area", "merged": "/merged-accounts"}
    return {kind: (f"{pages[kind]}/{key}", key) for kind, key in keys.items()}


def offered(desk: Desk, page: str, kind: str, who: str) -> str | None:
    """Where the page's button to open a conflict leads."""
    found = re.search(rf'href="(/conflicts/new\?link={kind}(?::|%3A)[^"]*)"', desk.as_(who).get(page).text)
    return html.unescape(found[1]) if found else None


@pytest.mark.parametrize("kind", ABOUT)
def test_opened_from_the_page_of_what_it_is_about(desk: Desk, things: dict[str, tuple[str, UUID]], kind: str) -> None:
    page, key = things[kind]
    address = offered(desk, page, kind, "boss")
    assert address is not None
    form = desk.as_("boss").get(address)
    assert form.status_code == 200
    parties = re.findall("party=([^&]*)", address)
    for code in parties:
        assert f'value="{code}"' in form.text, code
    answer = desk.as_("boss").post(
        "/conflicts",
        {"kind": "area", "story": "They quarrel", "party": parties, "link": f"{kind}:{key}"},
    )
    assert answer.status_code == 303, answer.text
    conflict = desk.one(Conflict)
    link = desk.one(ConflictLink)
    assert (link.kind, link.key) == (kind, str(key))
    assert desk.count(ConflictParty) == (2 if kind in ("crossarea", "merged") else 1)
    assert conflict.shown_number in desk.as_("boss").get(page).text
    assert f'href="{page}"' in desk.as_("boss").get(f"/conflicts/{conflict.id}").text


def test_offered_to_a_conflict_of_its_parties(desk: Desk, things: dict[str, tuple[str, UUID]]) -> None:
    address = offered(desk, things["area"][0], "area", "boss")
    assert address is not None
    sent = {"kind": "area", "story": "They quarrel", "party": ["D001", "D007"]}
    assert desk.as_("boss").post("/conflicts", sent).status_code == 303
    text = desk.as_("boss").get(f"/conflicts/{desk.one(Conflict).id}").text
    for kind, (_page, key) in things.items():
        assert f'value="{kind}:{key}"' in text, kind


def test_a_rep_learns_nothing_of_merged_accounts(desk: Desk, things: dict[str, tuple[str, UUID]]) -> None:
    page, key = things["merged"]
    sent = {"kind": "area", "story": "Two names", "party": ["D001", "D007"], "link": f"merged:{key}"}
    assert desk.as_("boss").post("/conflicts", sent).status_code == 303
    text = desk.as_("rep").get(f"/conflicts/{desk.one(Conflict).id}").text
    assert page not in text
    assert "outside your patch, or gone" in text
    assert f"merged:{key}" not in desk.as_("rep").get(f"/conflicts/new?link=merged:{key}&party=D001").text


def test_a_price_is_found_by_whom_it_holds_for(desk: Desk) -> None:
    """A row with a floor and no list price reads as one; of another province nobody here finds it."""
    with desk.app.app_context():
        begin_writing()
        product = cast.make_product("P77")
        here, there = (cast.make_price(product, region, None, 300_000) for region in ("41", "65"))
        db.session.commit()
        rep = viewer_of(db.session.scalars(sa.select(User).where(User.username == "rep")).one())
        with desk.app.test_request_context():
            found = links.find(rep, [("price", str(row.id)) for row in (here, there)])
        assert [key for _kind, key in found] == [str(here.id)]
        title = found["price", str(here.id)].title
        assert "P77" in title or product.name in title
        assert "3,000" not in title
