"""Who may use which route: the golden table access.txt, swept by really asking for every route as everybody.

A route that is not in the table fails here, with the line to add. Read that line before adding it.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from fieldapp.core.access import Access
from fieldapp.core.concern import SAFE_METHODS
from tests.conventions.world import BODIES, TOKEN, World, make_world
from tests.visitor import Visitor

GOLDEN = Path(__file__).with_name("access.txt")
# Nobody, the owner, a rep elsewhere, a supervisor over both, one elsewhere, an administrator, one shut out.
VISITORS = ("nobody", "rep", "colleague", "boss", "stranger", "admin", "closed")
ROLES = {"rep": "rep", "colleague": "rep", "boss": "supervisor", "stranger": "supervisor", "admin": "admin"}
HEAD = ("route", "method", "access", *VISITORS)


@pytest.fixture
def world(app: Flask) -> World:
    return make_world(app)


def routes(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Every route with each of its methods."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, sorted(rule.methods or ()))):
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, method


def access_of(app: Flask, rule: Rule) -> Access | None:
    return getattr(app.view_functions[rule.endpoint], "access", None)


def ask(world: World, rule: Rule, method: str, access: Access, who: str) -> TestResponse:
    """Ask for a route as somebody: with his session, or where tokens are wanted with his token."""
    url, body = world.address(rule), BODIES.get(rule.endpoint, {})
    if access.token:
        headers = {} if who == "nobody" else {"Authorization": f"Bearer {TOKEN.format(who)}"}
        return world.app.test_client().open(url, method=method, json=body, headers=headers)
    visitor = Visitor(world.app, None if who == "nobody" else who)
    return visitor.get(url) if method == "GET" else visitor.post(url, body, method=method)


def outcome(response: TestResponse) -> str:
    """One word: `ok` (let in, even if the empty form is refused), `sign-in`, `401`, `403` or `404`."""
    if response.status_code == 303 and (response.location or "").startswith("/sign-in?next") | (
        response.location == "/sign-in"
    ):
        return "sign-in"
    if response.status_code in {200, 201, 303, 409, 410, 422}:
        return "ok"
    return str(response.status_code)


def line(*cells: str) -> str:
    widths = (62, 6, 16, *(9 for _ in VISITORS))
    return " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def test_every_route_says_who_may_use_it(app: Flask) -> None:
    without = [rule.rule for rule, _method in routes(app) if access_of(app, rule) is None]
    assert not without, f"declare these with @concern.route(…, allow=…): {without}"


def test_the_table_is_what_really_happens(world: World) -> None:
    """Also the review of a change: whoever opens a route to more people changes a line of the table."""
    found = [line(*HEAD)]
    for rule, method in routes(world.app):
        access = access_of(world.app, rule)
        assert access is not None
        answers = []
        for who in VISITORS:
            word = outcome(ask(world, rule, method, access, who))
            # Signing out leads to the sign-in page like a refusal does; what tells them apart is that it was let in.
            answers.append("ok" if rule.endpoint == "accounts.sign_out" and who in ROLES else word)
        found.append(line(rule.rule, method, access.name, *answers))
    golden = GOLDEN.read_text(encoding="utf-8").splitlines()
    gone, new = [row for row in golden if row not in found], [row for row in found if row not in golden]
    told = ["", *(f"- {row}" for row in gone), *(f"+ {row}" for row in new)]
    assert not gone, "\n".join([f"no longer so; correct {GOLDEN.name} if it should not be:", *told])
    assert not new, "\n".join([f"not in {GOLDEN.name}; add these lines if they are right:", *told])
    assert golden == found, f"{GOLDEN.name} is in another order"


def test_the_table_says_what_the_routes_declare() -> None:
    """The table itself, against the plain meaning of each kind of access."""
    allowed = {
        "signed in": set(ROLES.values()),
        "field": {"rep", "supervisor"},
        "supervisors": {"supervisor"},
        "supervisors and administrators": {"supervisor", "admin"},
        "administrators": {"admin"},
        "bearer token": set(ROLES.values()),
    }
    head, *rows = [[cell.strip() for cell in row.split("|")] for row in GOLDEN.read_text("utf-8").splitlines()]
    assert tuple(head) == HEAD
    assert rows
    for rule, method, access, *words in rows:
        if access == "anyone":
            assert set(words) <= {"ok", "404"}, rule
            continue
        word = dict(zip(VISITORS, words, strict=True))
        refused = "401" if access == "bearer token" else "sign-in"
        assert word["nobody"] == word["closed"] == refused, (rule, method)
        for who, role in ROLES.items():
            assert (word[who] != "403" or rule.count("<") > 0) if role in allowed[access] else word[who] == "403", (
                rule,
                method,
                who,
            )
            assert word[who] in {"ok", "403", "404"}, (rule, method, who)


def test_what_lies_outside_a_patch_is_not_found(world: World) -> None:
    """404, and the very answer that something gets which does not exist: nobody learns that it is there."""
    business = {"check_id", "approval_id", "distributor_id", "contact_id", "task_id", "visit_id", "photo_id"}
    business |= {"remark_id", "picture_id", "observation_id"}
    swept = 0
    for rule, method in routes(world.app):
        access = access_of(world.app, rule)
        names = business & set(rule.arguments)
        if not names or access is None:
            continue
        for who in ("colleague", "stranger"):
            if access.roles is not None and ROLES[who] not in access.roles:
                continue
            foreign = ask(world, rule, method, access, who)
            unknown = World(world.app, world.examples | dict.fromkeys(names, "01930000-0000-7000-8000-000000000000"))
            assert foreign.status_code == 404, (rule.rule, method, who)
            assert ask(unknown, rule, method, access, who).status_code == 404
            swept += 1
    assert swept >= 8


def test_no_list_search_export_or_fragment_leaks_what_lies_outside_a_patch(world: World) -> None:
    """Every page without an object in its address, asked in many ways: the distributor's name is only for its own."""
    queries = (
        "",
        "?q=D001",
        "?q=Distributor",
        "?q=13800000000",
        "?status=active&sort=name",
        "?near=34.7,113.6",
        "?mine=0",
    )
    shown = dict.fromkeys(VISITORS, 0)
    for rule, method in routes(world.app):
        access = access_of(world.app, rule)
        if (
            method != "GET"
            or access is None
            or access.token
            or {
                "check_id",
                "distributor_id",
                "contact_id",
                "task_id",
                "visit_id",
                "photo_id",
                "picture_id",
                "observation_id",
            }
            & set(rule.arguments)
        ):
            continue
        for who in VISITORS:
            visitor = Visitor(world.app, None if who == "nobody" else who)
            # Who is let in and must not see it is asked everything; the others show that there is something to see.
            for query in queries if who in ("colleague", "stranger") else queries[:2]:
                for look in (visitor.get, visitor.fragment):
                    shown[who] += "Distributor D001" in look(world.address(rule) + query).text
    assert shown["colleague"] == shown["stranger"] == shown["nobody"] == shown["closed"] == 0, shown
    assert min(shown["rep"], shown["boss"], shown["admin"]) > 10, shown


def test_a_post_needs_a_csrf_token_but_access_is_decided_first(world: World) -> None:
    for rule, method in routes(world.app):
        access = access_of(world.app, rule)
        if method in SAFE_METHODS or access is None or access.token:
            continue
        url = world.address(rule)
        for who in VISITORS:
            visitor = Visitor(world.app, None if who == "nobody" else who)
            response = visitor.client.open(url, method=method, data=BODIES.get(rule.endpoint, {}))
            if not access.anonymous and who not in ROLES:
                assert outcome(response) == "sign-in", (rule.rule, who)
            elif access.roles is not None and ROLES[who] not in access.roles:
                assert response.status_code == 403, (rule.rule, who)
            else:
                assert response.status_code == 400, (rule.rule, who)


def test_a_cookie_is_no_token_and_a_token_no_cookie(world: World) -> None:
    for rule, method in routes(world.app):
        access = access_of(world.app, rule)
        if access is None or access.anonymous:
            continue
        url, body = world.address(rule), BODIES.get(rule.endpoint, {})
        if access.token:
            response = Visitor(world.app, "admin").client.open(url, method=method, json=body)
            assert response.status_code == 401, rule.rule
        else:
            bearer = {"Authorization": f"Bearer {TOKEN.format('admin')}"}
            response = world.app.test_client().open(url, method=method, data=body, headers=bearer)
            assert outcome(response) == "sign-in", rule.rule


def test_htmx_is_told_to_go_to_the_sign_in_page(world: World) -> None:
    """A redirect would be swapped into the page."""
    for rule, method in routes(world.app):
        access = access_of(world.app, rule)
        if access is None or access.anonymous or access.token:
            continue
        response = world.app.test_client().open(world.address(rule), method=method, headers={"HX-Request": "true"})
        assert response.status_code == 401, rule.rule
        assert response.headers["HX-Redirect"].startswith("/sign-in"), rule.rule
