"""Noting what was seen and said: each section, the talk plan, promises, corrections, who may not."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from fieldapp.core.db import begin_writing, db, uuid7
from fieldapp.fieldwork.tasks.models import Task
from fieldapp.fieldwork.tasks.rules import TaskKind, TaskState
from fieldapp.fieldwork.visits.models import VisitNote
from fieldapp.network.dossier.models import Outlet
from fieldapp.network.dossier.rules import OutletKind
from fieldapp.network.playbook.book import playbook
from fieldapp.trade.products.models import Product
from tests import cast

from .conftest import Road, waited

# section, what is typed → the columns that hold it
NOTES = [
    ("stock", {"subject": "P10", "amount": "1,250", "unit": "bag"}, {"subject": "Product P10", "count": 1250}),
    ("stock", {"subject": "product p10", "amount": "812.5", "unit": "kg"}, {"weight": 812_500, "count": None}),
    ("order", {"subject": "Other", "amount": "5000", "unit": "kg", "on": "2026-12-01"}, {"on": date(2026, 12, 1)}),
    ("competitor", {"subject": "Rival 551", "price": "128.5", "per": "40"}, {"price": 12_850, "weight": 40_000}),
    ("competitor", {"subject": "Rival", "price": "¥3,200", "per": "1000"}, {"price": 320_000, "weight": 1_000_000}),
    ("retail", {"subject": "P10", "price": "135"}, {"price": 13_500, "weight": 40_000}),
    ("livestock", {"subject": "Sows", "amount": "120"}, {"subject": "Sows", "count": 120}),
    ("brand", {"subject": "Rival", "amount": "30%"}, {"count": 30}),
    ("brand", {"subject": "Rival", "amount": ""}, {"count": None}),
    ("other", {"text": "A new shop opens across the road"}, {"text": "A new shop opens across the road"}),
]


@pytest.mark.parametrize(("section", "typed", "stored"), NOTES, ids=lambda value: str(value)[:30])
def test_a_note_of_each_section(road: Road, section: str, typed: dict[str, str], stored: dict[str, object]) -> None:
    road.arrive()
    visit = road.visit()
    assert road.note(visit.id, section, **typed).status_code == 303
    (note,) = road.notes()
    assert note.section == section
    assert {name: getattr(note, name) for name in stored} == stored
    page = road.rep().get(f"/distributors/{road.store()}/visit").text
    assert (note.subject or note.text) in page
    assert road.actions() == ["check_in", "note"]


def test_our_own_products_are_known_by_name_or_code(road: Road) -> None:
    road.arrive()
    product: Product = road.desk.one(Product, Product.code == "P10")
    for typed in ("p10", "PRODUCT P10", "Rival 551"):
        road.note(road.visit().id, "order", subject=typed, amount="10", unit="bag")
    assert [note.product_id for note in road.notes()] == [product.id, product.id, None]
    assert road.rep().get("/visits/products").json == ["Product P10", "Product P30"]


@pytest.mark.parametrize(
    ("section", "typed", "remedy"),
    [
        ("stock", {"subject": "", "amount": "4"}, "Fill this in."),
        ("stock", {"subject": "P10", "amount": "many"}, "Give a whole number from 0"),
        ("stock", {"subject": "P10", "amount": "-5", "unit": "kg"}, "Give kilograms"),
        ("order", {"subject": "P10", "amount": "4", "on": "tomorrow"}, "Give a date"),
        ("retail", {"subject": "P10", "price": "0"}, "Give yuan"),
        ("brand", {"subject": "Rival", "amount": "101"}, "Give a whole number from 0 to 100"),
        ("other", {"text": " "}, "Fill this in."),
        ("stock", {"subject": "x" * 121, "amount": "4"}, "Use at most 120 characters."),
    ],
    ids=str,
)
def test_what_cannot_be_read_comes_back_with_a_remedy(
    road: Road, section: str, typed: dict[str, str], remedy: str
) -> None:
    road.arrive()
    answer = road.note(road.visit().id, section, **typed)
    assert answer.status_code == 422
    assert remedy in answer.text
    assert f'id="s-{section}" open' in answer.text
    assert all(f'value="{value}"' in answer.text for name, value in typed.items() if name == "subject" and value)
    assert road.notes() == []


def test_a_retail_price_is_said_to_be_an_observation(road: Road) -> None:
    road.arrive()
    assert "nothing follows from it" in road.rep().get(f"/distributors/{road.store()}/visit").text


def test_a_double_tap_is_one_note_and_a_foreign_key_is_not_found(road: Road) -> None:
    road.arrive()
    visit, key = road.visit().id, str(uuid7())
    for _tap in range(2):
        assert road.note(visit, subject="P10", amount="4", unit="bag", id=key).status_code == 303
    assert [str(note.id) for note in road.notes()] == [key]
    other = road.made("D002")
    assert road.note(other, subject="P10", amount="4", unit="bag", id=key).status_code == 404


def test_the_talk_plan_has_each_skill_with_its_points_and_the_types_prompt(road: Road) -> None:
    road.arrive()
    visit = road.visit().id
    page = road.rep().get(f"/distributors/{road.store()}/visit").text
    for skill in playbook("en").skills:
        assert all(line.text.replace("'", "&#39;") in page for line in skill.points)
        assert road.note(visit, "talk", step=skill.key, done="1", text=f"said {skill.key}").status_code == 303
    assert road.note(visit, "talk", step="ask", done="0").status_code == 303
    steps = {note.subject: note.count for note in road.notes()}
    assert steps == {"tell": 1, "ask": 0, "listen": 1, "understand": 1}
    assert len(road.notes()) == 4
    assert road.note(visit, "talk", step="shout", done="1").status_code == 422


def test_a_note_is_taken_back(road: Road) -> None:
    road.arrive()
    visit = road.visit().id
    road.note(visit)
    key = road.notes()[0].id
    assert road.rep().post(f"/visits/{visit}/notes/{key}/removal").status_code == 303
    assert road.notes() == []
    assert road.rep().post(f"/visits/{visit}/notes/{key}/removal").status_code == 404
    assert road.actions() == ["check_in", "note", "remove_note"]


def test_a_promise_says_to_whom(road: Road) -> None:
    """To an outlet of this distributor, and of no other."""
    stores = [(road.store("D001"), "Willow farm"), (road.store("D002"), "Far farm")]
    with road.desk.app.app_context():
        begin_writing()
        farms = [cast.add(Outlet(distributor_id=key, kind=OutletKind.FARM, name=name)).id for key, name in stores]
        db.session.commit()
    road.arrive()
    visit = road.visit().id
    assert "Willow farm" in road.rep().get(f"/visits/{visit}").text
    form = {"text": "Bring the vet", "due": cast.TODAY.isoformat()}
    refused = road.rep().post(f"/visits/{visit}/promises", {**form, "id": str(uuid7()), "outlet": str(farms[1])})
    assert (refused.status_code, "This outlet is no longer there" in refused.text) == (422, True)
    kept = road.rep().post(f"/visits/{visit}/promises", {**form, "id": str(uuid7()), "outlet": str(farms[0])})
    assert kept.status_code == 303
    task: Task = road.desk.one(Task)
    assert task.outlet_id == farms[0]
    assert "to Willow farm" in road.rep().get(f"/tasks/{task.id}").text


def test_a_promise_becomes_a_task(road: Road) -> None:
    road.arrive()
    visit, due = road.visit().id, cast.TODAY + timedelta(days=3)
    form = {"id": str(uuid7()), "text": "Bring the new price list", "due": due.isoformat()}
    for _tap in range(2):
        assert road.rep().post(f"/visits/{visit}/promises", form).status_code == 303
    task: Task = road.desk.one(Task)
    assert (task.kind, task.state, task.due, task.visit_id) == (TaskKind.PROMISE, TaskState.OPEN, due, visit)
    road.leave(visit)
    assert "Bring the new price list" in road.rep().get(f"/visits/{visit}").text
    assert "Bring the new price list" in road.rep().get(f"/distributors/{road.store()}/visit").text  # the next brief
    late = road.rep().post(f"/visits/{visit}/promises", {"text": "x", "due": "2020-01-01"})
    assert late.status_code == 422
    assert "That day is past" in late.text


def test_on_the_day_it_can_be_corrected_and_later_not(road: Road) -> None:
    today, earlier = road.made(), road.made(days_ago=1)
    assert road.note(today).status_code == 303
    answer = road.note(earlier)
    assert answer.status_code == 409
    assert "can be changed on its own day only" in answer.text
    assert "Note it" in road.rep().get(f"/visits/{today}").text
    assert "Note it" not in road.rep().get(f"/visits/{earlier}").text
    # What was written on that day without a signal counts.
    body = {"section": "stock", "subject": "P10", "amount": "4", "unit": "bag"}
    assert road.rep().post(f"/visits/{earlier}/notes", body, headers=waited(days=1)).status_code == 303
    assert len(road.notes()) == 2


def test_only_the_rep_himself_writes_and_only_his_patch_reads(road: Road) -> None:
    road.arrive()
    visit = road.visit().id
    road.note(visit)
    for who, status in (("mate", 403), ("boss", 403), ("admin", 403), ("colleague", 404), ("stranger", 404)):
        assert road.note(visit, who=who).status_code == status
        assert road.rep(who).get(f"/visits/{visit}").status_code == (200 if status == 403 else 404)
    assert road.desk.count(VisitNote) == 1
    assert road.rep().post(f"/visits/{visit}/notes", {"section": "odd"}).status_code == 404
    assert road.note(UUID(int=7)).status_code == 404
