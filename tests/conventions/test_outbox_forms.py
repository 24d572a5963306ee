"""A form that the phone may keep and send later must meet a route that receives it once."""

import re

import pytest
from flask import Flask

from tests.conventions.world import World, make_world
from tests.visitor import Visitor

PAGES = ("/visits", "/visits/week", "/tasks", "/deals/offline")
_FORM = re.compile(r"<form\b[^>]*\bdata-outbox=[^>]*>")
_ACTION = re.compile(r'\baction="([^"]*)"')


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_marked_form_posts_to_a_route_that_keeps_receipts(app: Flask) -> None:
    world: World = make_world(app)
    rep = Visitor(app, "rep")
    store = world.examples["distributor_id"]
    visit = world.examples["visit_id"]
    ticket = world.examples["ticket_id"]
    addresses = app.url_map.bind("localhost")
    found: set[str] = set()
    for page in (
        "/visits",
        "/visits/week",
        "/tasks",
        f"/distributors/{store}/visit",
        f"/visits/{visit}",
        "/deals/offline",
        f"/tickets/{ticket}",
        f"/surveys/{world.examples['survey_id']}",
        "/feedback/new?distributor=D001",
        "/tickets/new?distributor=D001",
        "/cross-area/new?distributor=D001",
        f"/cross-area/{world.examples['case_id']}",
        f"/breaches/{world.examples['breach_id']}",
        "/prices/retail/new?distributor=D001",
        f"/conflicts/{world.examples['conflict_id']}",
        "/conflicts/new?distributor=D001",
    ):
        for form in _FORM.findall(rep.get(page).text):
            action = _ACTION.search(form)
            assert action is not None, (page, form)
            endpoint, _arguments = addresses.match(action[1], method="POST")
            assert getattr(app.view_functions[endpoint], "outbox", False), f"{page}: {endpoint} lacks outbox=True"
            found.add(endpoint)
    assert found >= {
        "breaches.explain",
        "conflicts.create",
        "conflicts.note",
        "conflicts.hold_meeting",
        "visits.check_in",
        "visits.note",
        "visits.check_out",
        "offline.create",
        "crossarea.comment",
        "crossarea.create",
        "feedback.create",
        "pricebook.note_retail",
        "rounds.unplan",
        "asking.answered",
        "surveys.answer",
        "tasks.finish",
        "tickets.answer",
        "tickets.create",
    }
