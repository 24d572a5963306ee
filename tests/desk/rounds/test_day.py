"""Today's page: what is in progress, planned, promised, due and done, in that order, with one tap to each."""

from datetime import timedelta
from uuid import UUID

import pytest

from fieldapp.core.db import db
from fieldapp.desk.rounds.rules import ways
from fieldapp.desk.rounds.views import round_pages
from tests import cast
from tests.cast import TODAY
from tests.desk.portfolio.conftest import counted
from tests.desk.rounds.conftest import Round

DAY = timedelta(days=1)


def test_planned_first_then_promised_then_who_is_due_the_longest_first(rounds: Round) -> None:
    planned = rounds.store("Planned", since=TODAY)
    promised = rounds.store("Promised", since=TODAY + 9 * DAY)
    for name, days in (("Due a little", 10), ("Due long", 40), ("Not due", 3)):
        rounds.make(cast.make_visit, rounds.store(name), TODAY - days * DAY)
    rounds.make(cast.make_plan, planned, TODAY)
    rounds.make(cast.make_task, promised, TODAY - DAY, text="Bring the scale")
    text = rounds.as_("rep").get("/visits").text
    order = (
        "Planned for today",
        ">Planned<",
        "Promised or asked for by today",
        "Bring the scale",
        "Due long",
        "Due a little",
    )
    places = [text.index(word) for word in order]
    assert places == sorted(places)
    assert "Due for 33 days" in text
    assert "Due for 3 days" in text
    assert "Promise late" in text
    rounds.make(cast.make_task, planned, TODAY, text="Hang up the poster", kind="promotion")
    assert "Promotion due" in rounds.as_("rep").get("/visits").text
    assert "Not due" not in text
    assert text.count(">Planned</span><span") == text.count(">Promised</span><span") == 1, "nobody stands there twice"


def test_each_row_calls_navigates_and_leads_to_the_visit(rounds: Round) -> None:
    key = rounds.store("Store", lat=34.7466, lng=113.6253)
    text = rounds.as_("rep").get("/visits").text
    assert f'href="/distributors/{key}/visit"' in text
    assert 'href="tel:13800000000"' in text
    for address in (
        "https://uri.amap.com/navigation?to=113.63",
        "https://api.map.baidu.com/marker?",
        'href="geo:34.74660,',
    ):
        assert address in text


def test_each_map_gets_the_place_as_it_draws_it() -> None:
    found = ways("丰禾,饲料", 39.907333, 116.391083, None)
    assert found is not None
    assert found.amap.startswith("https://uri.amap.com/navigation?to=116.3973")
    assert "coordinate=gaode" in found.amap
    assert "%2C39.9087" in found.amap
    assert "location=39.915" in found.baidu
    assert "coord_type=bd09ll" in found.baidu
    assert found.system.startswith("geo:39.90733,116.39108?q=39.90733,116.39108(")
    searched = ways("Store", None, None, " 中原路 1 号 ")
    assert searched is not None
    assert "uri.amap.com/search" in searched.amap
    assert ways("Store", 1.0, None, "  ") is None


def test_a_visit_in_progress_stands_on_top_with_the_way_back(rounds: Round) -> None:
    key = rounds.store("Store")
    rounds.make(cast.make_visit, key, TODAY - DAY, minutes=None)
    rounds.make(cast.make_plan, key, TODAY)
    text = rounds.as_("rep").get("/visits").text
    assert text.index("Visit in progress") < text.index("Back to the visit") < text.index("Due for a visit")
    assert text.count('class="row-title"') == 0, "whoever is being visited is neither planned nor due"
    assert "Visit in progress" not in rounds.as_("mate").get("/visits").text
    assert "Visit in progress" in rounds.as_("rep").get("/").text


def test_what_was_made_today_shows_its_times_and_is_due_no_more(rounds: Round) -> None:
    key = rounds.store("Store")
    rounds.make(cast.make_plan, key, TODAY)
    visit = rounds.make(cast.make_visit, key, TODAY, arrived="09:05", minutes=40)
    text = rounds.as_("rep").get("/visits").text
    assert "Made today" in text
    assert "09:05 to 09:45" in text
    assert f"/visits/{visit}" in text
    assert "Planned for today" not in text


def test_others_distributors_of_the_patch_are_a_tap_away_and_foreign_ones_never(rounds: Round) -> None:
    for name, who, region in (
        ("Own", "rep", "410102"),
        ("Mates", "mate", "410105"),
        ("Foreign", "colleague", "420106"),
    ):
        rounds.store(name, who=who, region=region)
    own, everybody = rounds.as_("rep").get("/visits").text, rounds.as_("rep").get("/visits?all=1").text
    assert ("Own" in own, "Mates" in own, "Foreign" in own) == (True, False, False)
    assert ("Own" in everybody, "Mates" in everybody, "Foreign" in everybody) == (True, True, False)
    boss = rounds.as_("boss").get("/visits").text
    assert ("Own" in boss, "Mates" in boss, "Foreign" in boss) == (True, True, True)


def test_the_nearest_come_first_and_the_place_is_only_in_this_request(rounds: Round) -> None:
    for name, lat in (("Far", 34.9), ("Near", 34.75), ("Beyond", 38.0), ("Nowhere", None)):
        rounds.store(name, lat=lat, lng=113.6 if lat else None)
    planned = rounds.store("Planned", lat=34.751, lng=113.6)
    rounds.make(cast.make_plan, planned, TODAY)
    visitor = rounds.as_("rep")
    text = visitor.get("/visits?lat=34.7466&lng=113.6").text
    assert text.index("Planned") < text.index("380 m") < text.index("Far")
    assert "17 km" in text
    assert "Beyond" not in text
    assert "Nowhere" not in text
    assert "34.7466" not in text
    assert "Nearest first" in visitor.get("/visits?lat=x&lng=").text


def test_many_due_are_walked_in_pages(rounds: Round) -> None:
    with rounds.app.app_context():
        for number in range(45):
            cast.make_distributor(f"D{number:03}", rep_id=rounds.people["rep"].id, since=TODAY - number * DAY)
        db.session.commit()
    visitor, seen, url = rounds.as_("rep"), [], "/visits"
    while url:
        text = visitor.get(url).text
        seen += [piece[:16] for piece in text.split('row-title">')[1:]]
        url = text.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0] if 'rel="next"' in text else ""
        url = url.replace("&amp;", "&")
    assert len(seen) == len(set(seen)) == 45
    assert "45 distributors are due" in visitor.get("/visits").text


@pytest.mark.parametrize(
    ("who", "url"),
    [
        ("rep", "/visits"),
        ("boss", "/visits"),
        ("rep", "/"),
        ("boss", "/"),
        ("boss", "/visits/week"),
        ("rep", "/visits/week?q=D0"),
        ("boss", "/tasks?part=team"),
    ],
)
def test_a_page_takes_ten_statements_at_most(rounds: Round, who: str, url: str) -> None:
    with rounds.app.app_context():
        for number in range(40):
            row = cast.make_distributor(f"D{number:03}", rep_id=rounds.people["rep"].id, since=TODAY - number * DAY)
            if number < 5:
                cast.make_plan(row, rounds.people["rep"], TODAY)
                cast.make_task(row, rounds.people["rep"], TODAY - DAY)
        db.session.commit()
    visitor = rounds.as_(who)
    visitor.get(url)
    with counted(rounds.app) as statements:
        assert visitor.get(url).status_code == 200
    assert len(statements) <= 10, "\n".join(statements)


def test_an_ended_distributor_is_never_due_and_nobody_due_is_said(rounds: Round) -> None:
    rounds.store("Gone", status="ended")
    text = rounds.as_("rep").get("/visits").text
    assert "Gone" not in text
    assert "Nobody is due" in text


def test_the_phone_keeps_the_pages_of_the_day(rounds: Round) -> None:
    planned = rounds.store("Planned")
    rounds.make(cast.make_plan, planned, TODAY)
    others: list[UUID] = [rounds.store(f"Due {number}", since=TODAY - DAY * number) for number in range(35)]
    foreign = rounds.store("Foreign", who="colleague", region="420106")
    with rounds.app.test_request_context():
        pages = round_pages(rounds.viewer("rep"), TODAY)
        office = round_pages(rounds.viewer("admin"), TODAY)
    assert pages[:5] == ["/", "/visits", "/visits/week", "/tasks", f"/distributors/{planned}/visit"]
    assert len(pages) == 4 + 30
    assert f"/distributors/{others[-1]}/visit" in pages, "the longest due"
    assert f"/distributors/{foreign}/visit" not in pages
    assert office == pages[:4]


def test_home_names_what_comes_next(rounds: Round) -> None:
    planned = rounds.store("Planned", since=TODAY)
    rounds.make(cast.make_plan, planned, TODAY)
    rounds.make(cast.make_task, planned, TODAY - DAY)
    for number in range(4):
        rounds.store(f"Due {number}", since=TODAY - DAY * number)
    text = rounds.as_("rep").get("/").text
    day = text.partition("Your day</h2>")[2].partition("</section>")[0]
    assert [name in day for name in ("Planned", "Due 3", "Due 2", "Due 1")] == [True, True, True, False]
    assert "1 task is late" in day
    assert text.index("May this deal go?") < text.index("Your day</h2>")
