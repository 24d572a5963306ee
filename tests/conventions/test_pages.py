"""Every page and fragment that a sweep can reach, linted: nothing inline, tokens in forms, names on inputs."""

from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask

from fieldapp.core.access import Access
from tests.conventions.test_access import access_of, ask, routes
from tests.conventions.world import World, make_world
from tests.visitor import Visitor

TEMPLATES = Path(__file__).parents[2] / "templates"
EMPTY = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


class Lint(HTMLParser):
    """Collects what is wrong with a document or a part of one."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.problems: list[str] = []
        self.ids: Counter[str] = Counter()
        self.labels: set[str] = set()
        self.inputs: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.forms: list[dict[str, object]] = []
        self.feed(text)
        self.close()
        self.problems += [f"id {name!r} stands {times} times" for name, times in self.ids.items() if times > 1]
        for tag, attributes in self.inputs:
            named = attributes.get("id") in self.labels or any(
                attributes.get(name) for name in ("aria-label", "aria-labelledby", "aria-hidden")
            )
            if not named:
                self.problems.append(f"{tag} {attributes.get('name')!r} has no label")
        self.problems += [f"unclosed: {self.open}"] if self.open else []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if len(attributes) != len(attrs):
            self.problems.append(f"{tag} has an attribute twice: {attrs}")
        if "id" in attributes:
            self.ids[str(attributes["id"])] += 1
        for name, value in attrs:
            if name == "style" or name.startswith(("on", "hx-on")):
                self.problems.append(f"{tag} has an inline {name}")
            if (value or "").strip().lower().startswith(("javascript:", "js:")):
                self.problems.append(f"{tag} has a script in {name}")
        if tag == "script" and not attributes.get("src"):
            self.problems.append("inline script")
        if tag == "form":
            post = (attributes.get("method") or "get").lower() == "post"
            self.forms.append({"post": post, "token": False, "action": attributes.get("action")})
        if tag == "label" and attributes.get("for"):
            self.labels.add(str(attributes["for"]))
        typed = tag in {"input", "select", "textarea"} and attributes.get("type") not in {"hidden", "submit"}
        if typed and "label" not in self.open:
            self.inputs.append((tag, attributes))
        if tag == "input" and attributes.get("name") == "csrf_token" and self.forms:
            self.forms[-1]["token"] = True
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1] != tag:
            self.problems.append(f"</{tag}> closes {self.open[-1:] or 'nothing'}")
        if tag in self.open:
            while self.open.pop() != tag:
                pass
        if tag == "form" and self.forms:
            form = self.forms.pop()
            if form["post"] and not form["token"]:
                self.problems.append(f"the form to {form['action']} has no CSRF token")


@pytest.fixture
def world(app: Flask) -> World:
    return make_world(app)


@pytest.mark.parametrize("who", ["nobody", "rep", "boss", "admin"])
def test_every_page_is_clean(world: World, who: str) -> None:
    seen = 0
    for rule, method in routes(world.app):
        access = access_of(world.app, rule)
        if not isinstance(access, Access) or access.token:
            continue
        response = ask(world, rule, method, access, who)
        if response.mimetype != "text/html" or not response.data or 300 <= response.status_code < 400:
            continue
        seen += 1
        assert Lint(response.text).problems == [], (rule.rule, method)
    assert seen >= 4


def test_a_failed_fragment_brings_words_for_a_toast(world: World) -> None:
    visitor = Visitor(world.app, "rep")
    for url, status in (("/deals/01930000-0000-7000-8000-000000000000", 404), ("/users", 403), ("/nowhere", 404)):
        response = visitor.fragment(url)
        assert response.status_code == status
        assert "<p data-error>" in response.text
        assert "<html" not in response.text


def test_the_lint_sees_what_it_looks_for() -> None:
    for text, problem in {
        '<p style="color: red">': "inline style",
        '<p onclick="x()"></p>': "inline onclick",
        "<script>alert(1)</script>": "inline script",
        '<a href="javascript:x()"></a>': "script in href",
        '<form method="post" action="/x"></form>': "no CSRF token",
        '<input name="q">': "has no label",
        '<i id="a"></i><i id="a"></i>': "2 times",
        "<p><b></p>": "closes",
        '<p class="a" class="b"></p>': "twice",
    }.items():
        assert any(problem in found for found in Lint(text).problems), text


def test_every_template_compiles(app: Flask) -> None:
    names = sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html"))
    assert len(names) > 10
    for name in names:
        app.jinja_env.get_template(name)


@pytest.mark.parametrize(
    "template", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.relative_to(TEMPLATES).as_posix()
)
def test_no_template_has_anything_inline(template: Path) -> None:
    """What no sweep reaches is read as text. The one style element, whose hash the policy allows, is base.html's."""
    text = template.read_text(encoding="utf-8").lower()
    for forbidden in (
        ' style="',
        " style='",
        "<script>",
        "javascript:",
        "hx-on",
        "|safe",
        "autoescape false",
        "hx-vals='js",
    ):
        assert forbidden not in text, f"{forbidden!r} in {template.name}"
    for handler in ("onclick", "onchange", "onsubmit", "oninput", "onload", "onkeyup", "onerror"):
        assert f" {handler}=" not in text, f"{handler} in {template.name}"
    assert text.count("<style") == (1 if template.name == "base.html" else 0)


def test_no_template_holds_chinese() -> None:
    for template in TEMPLATES.rglob("*.html"):
        chinese = [sign for sign in template.read_text(encoding="utf-8") if "\u4e00" <= sign <= "\u9fff"]
        assert not chinese, f"{template.name}: {''.join(chinese)[:20]} belongs in the catalogue"


def test_every_page_answers_when_a_part_is_asked_for(world: World) -> None:
    """A region that a view names has to be in its template."""
    seen = 0
    for who in ("rep", "boss", "admin"):
        visitor = Visitor(world.app, who)
        for rule, method in routes(world.app):
            access = access_of(world.app, rule)
            if method != "GET" or not isinstance(access, Access) or access.token:
                continue
            assert visitor.fragment(world.address(rule)).status_code < 500, (rule.rule, who)
            seen += 1
    assert seen > 60
