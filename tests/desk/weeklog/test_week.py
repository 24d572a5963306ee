"""The page of a week, filled by itself: what stands in it, and for whom."""

from datetime import timedelta

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.desk.weeklog import queries
from fieldapp.desk.weeklog.figures import gather
from fieldapp.trade.targets.models import Target
from tests import cast
from tests.desk.weeklog.conftest import MONDAY, TUESDAY, WEEK, Office, Stub


def test_the_figures_of_a_week(busy: Office) -> None:
    with busy.app.app_context():
        figures = gather(busy.people["rep"].id, MONDAY, cast.TODAY, cast.NOW)
    totals = figures["totals"]
    assert (totals["visits"], totals["planned"], totals["kept"], totals["distributors"]) == (2, 2, 1, 1)
    assert totals["minutes"] == 60
    assert 11_000 < totals["metres"] < 11_250
    assert (totals["made"], totals["done"], totals["late"]) == (1, 1, 1)
    assert totals["weight"] == 5_000_000
    assert totals["month"] == {"period": "2026-11", "weight": 12_000_000, "target": 40_000_000}
    assert totals["money"] == 123_400
    assert (totals["overdue"], totals["overdue_count"]) == (7_000_000 * 3200 // 10_000 - 123_400, 1)
    monday, tuesday = figures["days"][:2]
    assert [visit["flags"] for visit in monday["visits"]] == [[], ["far", "forgotten"]]
    assert [(plan["kept"], plan["missed"]) for plan in monday["planned"] + tuesday["planned"]] == [
        (True, False),
        (False, False),
    ]
    assert [plan["day"] for plan in figures["next"]] == [(MONDAY + timedelta(days=8)).isoformat()]
    assert [note["subject"] for note in figures["notes"]] == ["Hope 510", "Our 551"]


def test_targets_of_lines_are_added_where_none_is_for_all(busy: Office) -> None:
    with busy.app.app_context():
        db.session.execute(sa.update(Target).where(Target.line_key == "*").values(line="cow", line_key="cow"))
        figures = gather(busy.people["rep"].id, MONDAY, cast.TODAY, cast.NOW)
        assert figures["totals"]["month"]["target"] == 139_000_000
        db.session.execute(sa.delete(Target))
        assert gather(busy.people["rep"].id, MONDAY, cast.TODAY, cast.NOW)["totals"]["month"]["target"] is None


def test_the_rep_sees_it_on_one_page(busy: Office) -> None:
    text = busy.as_("rep").get("/week").text
    for shown in (
        "Golden Grain", "09:00–09:40", "86 m from the store", "far from the store", "check-out forgotten", "11.1 km",
        "5 t", "12 t", "30 % of 40 t", "¥1,234.00", "Hope 510", "¥148.00", "Our 551", "Bring samples", "Call the vet",
        "New price list", "check-in to check-in, straight", "What went well",
    ):  # fmt: skip
        assert shown in text, shown
    assert "River Feed" not in text
    assert "Our stock" not in text
    assert "Long done" not in text


def test_another_week(busy: Office) -> None:
    text = busy.as_("rep").get("/week?week=2026-11-20").text  # any day of it
    assert "2026-11-16 – 2026-11-22" in text
    assert "10:00–11:00" in text
    for odd in ("2027-01-01", "1999-12-31", "9999-12-31", "0001-01-01", "x", "2026-W48-1"):
        assert "2026-11-23 – 2026-11-29" in busy.as_("rep").get(f"/week?week={odd}").text, odd


def test_a_supervisor_sees_his_team_and_nobody_else_does(busy: Office) -> None:
    rep = f"{WEEK}&rep={busy.people['rep'].id}"
    assert "Golden Grain" in busy.as_("boss").get(rep).text
    assert "Golden Grain" in busy.as_("admin").get(rep).text
    for who in ("colleague", "stranger"):
        assert busy.as_(who).get(rep).status_code == 404, who
    boss = f"{WEEK}&rep={busy.people['boss'].id}"
    assert busy.as_("rep").get(boss).status_code == 404
    assert busy.as_("rep").get(f"{WEEK}&rep=x").status_code == 404


def test_somebody_whose_patch_reaches_out_of_a_supervisors_is_not_of_his_team(busy: Office) -> None:
    with busy.app.app_context():
        wide = cast.make_user("wide", patch=["4101", "13"])
        nowhere = cast.make_user("nowhere", patch=[])
        db.session.commit()
        for person in (wide, nowhere):
            assert queries.find_rep(busy.viewer("boss"), person.id) is None
            assert queries.find_rep(busy.viewer("admin"), person.id) is not None
            assert queries.find_rep(busy.viewer("rep"), person.id) is None


def test_what_lies_outside_the_readers_patch_is_counted_and_not_named(busy: Office) -> None:
    """The rep was once in another province; his supervisor here learns of it, not of the distributor."""
    with busy.app.app_context():
        away = cast.make_distributor("D003", "650102", name="Far Oasis")
        cast.make_visit(away, busy.people["rep"], TUESDAY)
        db.session.commit()
    url = f"{WEEK}&rep={busy.people['rep'].id}"
    text = busy.as_("boss").get(url).text
    assert "Far Oasis" not in text
    assert "1 entry lies outside your patch" in text
    assert "Far Oasis" in busy.as_("rep").get(WEEK).text
    busy.submit()
    assert "Far Oasis" not in busy.as_("boss").get(url).text, "kept figures are cut to their reader too"
    assert "Far Oasis" in busy.as_("admin").get(url).text


def test_a_week_with_nothing_in_it(office: Office) -> None:
    text = office.as_("rep").get("/week").text
    assert "No visits in this week" in text
    assert "Nothing is planned yet." in text


def test_a_visit_under_way_has_no_minutes(office: Office) -> None:
    with office.app.app_context():
        cast.make_visit(Stub(office.golden), office.people["rep"], MONDAY, minutes=None)
        db.session.commit()
        totals = gather(office.people["rep"].id, MONDAY, cast.TODAY, cast.NOW)["totals"]
    assert (totals["visits"], totals["minutes"]) == (1, 0)
    assert "under way" in office.as_("rep").get("/week").text


def test_the_teams_list(busy: Office) -> None:
    busy.submit()
    text = busy.as_("boss").get(f"/week/team?week={MONDAY.isoformat()}").text
    assert "1 / 2" in text
    assert "waits for you" in text
    assert "2 visits · 1 h · 5 t" in text
    assert "1 visit · 15 min · 1 t" in text
    assert busy.as_("rep").get("/week/team").status_code == 403
    assert "You have no team yet" in busy.as_("stranger").get("/week/team").text


def test_sums_of_the_team_are_of_the_supervisors_patch(busy: Office) -> None:
    with busy.app.app_context():
        away = cast.make_distributor("D003", "650102", name="Far Oasis", rep_id=busy.people["rep"].id)
        cast.make_visit(away, busy.people["rep"], TUESDAY)
        db.session.commit()
        members = {one.username: one for one in queries.team(busy.viewer("boss"), MONDAY)}
        assert {name: one.visits for name, one in members.items()} == {"rep": 2, "colleague": 1}
        every = {one.username: one.visits for one in queries.team(busy.viewer("admin"), MONDAY)}
        assert every == {"rep": 3, "colleague": 1, "boss": 0, "stranger": 0}


def test_who_left_the_company_stays_in_the_weeks_that_he_logged(busy: Office) -> None:
    busy.submit()
    with busy.app.app_context():
        db.session.get_one(type(busy.people["rep"]), busy.people["rep"].id).active = False
        db.session.commit()
        assert "rep" in {one.username for one in queries.team(busy.viewer("boss"), MONDAY)}
        before = queries.team(busy.viewer("boss"), MONDAY - timedelta(days=7))
        assert "rep" not in {one.username for one in before}
