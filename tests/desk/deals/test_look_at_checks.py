"""Recorded checks: one as it was, the list, and checking again."""

from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit

import sqlalchemy as sa

from fieldapp.core.db import db, uuid7
from fieldapp.desk.checks.models import DealCheck
from fieldapp.people.policy.models import PolicyVersion
from fieldapp.trade.pricing.models import Price
from tests.desk.conftest import Desk


def test_it_shows_the_facts_as_they_were(desk: Desk) -> None:
    check_id = desk.record("3150.00")
    desk.change(sa.update(Price).values(list_price=400_000, floor_price=390_000))
    page = desk.as_("rep").get(f"/deals/{check_id}").text
    for fact in (
        "Needs approval",
        "¥15,750.00",
        "¥3,190.00/t",
        "List",
        "¥3,200.00",
        "Rep",
        "Policy version",
        "5000 kg",
    ):
        assert fact in page, fact
    assert "4,000.00" not in page


def test_checking_again_goes_through_the_same_gate_with_the_facts_of_now(desk: Desk) -> None:
    check_id = desk.record("3190.00", kg="5000")
    page = desk.as_("rep").get(f"/deals/{check_id}").text
    url = page.split('class="button button-secondary button-block" href="')[1].split('"')[0].replace("&amp;", "&")
    assert parse_qs(urlsplit(url).query) == {
        "distributor": ["D001"],
        "ship_to": ["410102"],
        "terms": ["credit"],
        "product": ["P10"],
        "kg": ["5000"],
        "price": ["3190.00"],
    }
    assert 'data-verdict="go"' in desk.as_("rep").get(url).text
    desk.freeze()
    assert 'data-verdict="stop"' in desk.as_("rep").get(url).text


def test_who_may_see_it(desk: Desk) -> None:
    check_id = desk.record(who="boss")
    seen = {who: desk.as_(who).get(f"/deals/{check_id}").status_code for who in ("rep", "deputy", "admin", "boss")}
    assert set(seen.values()) == {200}
    assert desk.as_("colleague").get(f"/deals/{check_id}").status_code == 404
    assert desk.as_("stranger").get(f"/deals/{check_id}").status_code == 404
    assert desk.as_("rep").get(f"/deals/{uuid7()}").status_code == 404


def test_the_policy_says_who_sees_floors_in_stored_checks_too(desk: Desk) -> None:
    check_id = desk.record("3160.00")
    assert "¥3,150.00" not in desk.as_("rep").get(f"/deals/{check_id}").text
    with desk.app.app_context():
        db.session.add(
            PolicyVersion(
                version=2,
                valid_from=date(2026, 11, 1),
                settings={"visibility": {"floor_roles": ["rep", "supervisor", "admin"]}},
                published_at=db.session.scalars(sa.select(PolicyVersion.published_at)).first(),
            )
        )
        db.session.commit()
    assert "¥3,150.00" in desk.as_("rep").get(f"/deals/{check_id}").text


def test_a_rep_lists_his_own_a_supervisor_his_patch(desk: Desk) -> None:
    mine, others = str(desk.record()), str(desk.record(who="mate"))
    lists = {who: desk.as_(who).get("/deals").text for who in ("rep", "boss", "stranger")}
    assert (mine in lists["rep"], others in lists["rep"]) == (True, False)
    assert (mine in lists["boss"], others in lists["boss"]) == (True, True)
    assert (mine in lists["stranger"], others in lists["stranger"]) == (False, False)
    assert mine not in desk.as_("boss").get("/deals?mine=1").text


def test_by_verdict(desk: Desk) -> None:
    keys = {
        verdict: str(desk.record(price))
        for verdict, price in {"go": "3190", "approval": "3150", "stop": "3000"}.items()
    }
    for verdict, key in keys.items():
        page = desk.as_("rep").get("/deals", query_string={"verdict": verdict}).text
        assert [other for other in keys.values() if other in page] == [key]
    assert desk.as_("rep").get("/deals", query_string={"verdict": "maybe", "before": "x"}).status_code == 200


def test_a_key_from_a_slow_clock_does_not_sink_a_check(desk: Desk) -> None:
    """The phone's clock stood two years back when it made the key; the check was recorded last all the same."""
    first = str(desk.record("3190.00"))
    last = desk.record("3160.00", id="0190a000-0000-7000-8000-000000000001")
    assert str(last) < first
    page = desk.as_("rep").get("/deals").text
    assert page.index(str(last)) < page.index(first)


def test_a_long_list_goes_on_without_gap_or_double(desk: Desk) -> None:
    desk.record()
    with desk.app.app_context():
        row = db.session.scalars(sa.select(DealCheck)).one()
        values = {column.key: getattr(row, column.key) for column in sa.inspect(DealCheck).column_attrs}
        # Some at the same moment, and keys in another order than the moments.
        rows = [{**values, "id": uuid7(), "made_at": values["made_at"] - timedelta(seconds=n // 3)} for n in range(64)]
        db.session.execute(sa.insert(DealCheck), rows)
        db.session.commit()
        by_time = sa.select(DealCheck.id).order_by(DealCheck.made_at.desc(), DealCheck.id.desc())
        keys = [str(key) for key in db.session.scalars(by_time)]
    seen: list[str] = []
    url = "/deals"
    for _page in range(3):
        page = desk.as_("rep").get(url).text
        seen += [part.split('"')[0] for part in page.split('class="row-main" href="/deals/')[1:]]
        url = page.split('rel="next"')[0].rsplit('href="', 1)[-1].split('"')[0].replace("&amp;", "&")
    assert len(seen) == 65
    assert seen == keys
