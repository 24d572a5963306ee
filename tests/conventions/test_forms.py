"""Forms take what they declare and nothing else, from any body."""

import inspect
import pkgutil
from importlib import import_module
from pathlib import Path

import pytest
from flask import Flask
from wtforms import FileField, IntegerField, PasswordField, StringField

import fieldapp
from fieldapp.core.access import Access
from fieldapp.core.concern import SAFE_METHODS
from fieldapp.core.forms import Form, at_most, required
from tests.conventions.test_access import access_of, routes
from tests.conventions.world import World, make_world
from tests.visitor import Visitor

SOURCES = sorted(Path(fieldapp.__file__).parent.rglob("*.py"))


def forms() -> list[type[Form]]:
    """Every form of the app."""
    found = []
    for module in pkgutil.walk_packages(fieldapp.__path__, "fieldapp."):
        if module.name.endswith(".forms"):
            members = inspect.getmembers(import_module(module.name), inspect.isclass)
            found += [one for _name, one in members if issubclass(one, Form) and one.__module__ == module.name]
    return found


def test_every_form_stands_on_our_base_and_takes_nothing_that_the_server_decides() -> None:
    """`role` is a field of the administrators' forms of users alone."""
    decided = {
        "id",
        "owner",
        "made_by",
        "asked_by",
        "decided_by",
        "user_id",
        "active",
        "state",
        "verdict",
        "policy",
        "created_at",
    }
    allowed = {
        ("UserFilterForm", "active"),  # a filter of a list, not a change
        ("OutletForm", "active"),  # whether an outlet still sells: the rep is who knows
    }
    seen = 0
    for form in forms():
        fields = {name for name, value in inspect.getmembers(form) if hasattr(value, "field_class")}
        seen += len(fields)
        taken = {name for name in fields & decided if (form.__name__, name) not in allowed}
        assert not taken, f"{form.__name__} takes {taken} from the browser"
    assert seen > 10


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.relative_to(SOURCES[0].parent).as_posix())
def test_nothing_is_assigned_wholesale_from_a_body(source: Path) -> None:
    text = source.read_text(encoding="utf-8")
    for forbidden in ("populate_obj(", "**request.form", "**request.json", "request.values", "form.to_dict("):
        assert forbidden not in text, f"{forbidden} in {source.name}: name the fields that are meant"
    if source.name != "forms.py" or source.parent.name != "core":
        assert "FlaskForm" not in text, "use fieldapp.core.forms.Form"


def test_texts_are_cleaned_and_passwords_are_not(app: Flask) -> None:
    class Example(Form):
        name = StringField(validators=[required(), at_most(5)], filters=[lambda text: text and text.upper()])
        password = PasswordField()
        number = IntegerField()
        file = FileField()

    with app.test_request_context(method="POST", data={"name": " a\x00b\x1f ", "password": " p\x00 ", "number": "3"}):
        form = Example()
        assert form.validate()
        assert (form.name.data, form.password.data, form.number.data) == ("AB", " p\x00 ", 3)
    with app.test_request_context(method="POST", data={"name": " \x00 "}, headers={"Accept-Language": "en"}):
        form = Example()
        assert not form.validate()
        assert form.name.errors == ["Fill this in."]


def test_odd_bodies_never_break_a_route(app: Flask) -> None:
    """Numbers where texts are expected, lists, nothing, broken charsets, huge and nested values: never a 500."""
    world: World = make_world(app)
    bodies = [
        {"json": {"username": 1, "password": None, "name": [1], "reason": {"a": 1}, "lines": 5, "note": 1.5}},
        {"json": [1, 2, 3]},
        {"data": b"\xff\xfe=\xff&reason=%FF%00&name=%ED%A0%80", "content_type": "application/x-www-form-urlencoded"},
        {"data": b"--x\r\nnot a part", "content_type": "multipart/form-data; boundary=x"},
        {"data": {"reason": "x" * 100_000, "name": "\x00", "note": "😀" * 5000, "seen": "9" * 5000, "id": "x"}},
    ]
    for rule, method in routes(app):
        access = access_of(app, rule)
        if not isinstance(access, Access) or access.token or method in SAFE_METHODS:
            continue
        for body in bodies:
            visitor = Visitor(app, "boss" if access.roles == frozenset({"supervisor"}) else "admin")
            headers = {"X-CSRFToken": visitor.csrf()}
            status = visitor.client.open(world.address(rule), method=method, headers=headers, **body).status_code
            assert status < 500, (rule.rule, body)
