"""Every page that a route gives, opened in a real browser: for what has to hold on each of them.

The pages come from the routes themselves, with the example objects of tests/conventions/world.py, so a new page is
looked at without being named here. They are only read, so one server on one database serves a whole module.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from playwright.sync_api import Browser, BrowserContext, Page

from fieldapp import create_app
from fieldapp.core.access import Access
from fieldapp.core.db import db
from fieldapp.people.accounts.models import User
from tests.browser import serving
from tests.conftest import settings_for
from tests.conventions.test_access import ROLES, access_of, routes
from tests.conventions.world import World, make_world
from tests.databases import fresh_sqlite
from tests.visitor import Visitor

# Who looks at a page: the first of these whom it lets in.
WHO = ("boss", "admin", "rep")
# Pages whose address says more than their route does.
MORE = {
    "boss": (
        "/deals/new?distributor=D001&product=P10&kg=5000&price=3150&terms=credit",
        "/deals/new?distributor=D001&product=P10&kg=&price=abc&product=P10&kg=1&price=1",
        "/distributors?q=D001&status=active&overdue=y",
        "/distributors?q=nobody-has-this-name",
        "/feedback/new?distributor=D001",
        "/feedback?part=all",
        "/nowhere",
    ),
    "admin": ("/users?q=nobody-has-this-name",),
}


@dataclass
class Sweep:
    """A served world: who is to look at which addresses."""

    address: str
    world: World
    pages: dict[str | None, list[str]]

    def look(self, browser: Browser, language: str, **options: object) -> Iterator[Page]:
        """Every page, one after the other in one window for each visitor."""
        with self.world.app.app_context():
            db.session.execute(sa.update(User).values(locale=language))
            db.session.commit()
        for who, urls in self.pages.items():
            context = browser.new_context(locale={"zh": "zh-CN", "en": "en-GB"}[language], **options)  # type: ignore[arg-type]
            self._let_in(context, who)
            page = context.new_page()
            for url in urls:
                page.goto(self.address + url)
                yield page
            context.close()

    def _let_in(self, context: BrowserContext, who: str | None) -> None:
        cookie = Visitor(self.world.app, who).client.get_cookie("fieldapp")
        if cookie is not None:
            context.add_cookies([{"name": "fieldapp", "value": cookie.value, "url": self.address}])


@contextmanager
def served(folder: Path) -> Iterator[Sweep]:
    """The example world on SQLite behind the real server."""
    url = fresh_sqlite(folder)
    app = create_app(settings_for(folder, FIELDAPP_DATABASE_URL=url), TESTING=True)
    world = make_world(app)
    with serving(folder, FIELDAPP_DATABASE_URL=url) as address:
        yield Sweep(address, world, pages_of(world))
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def pages_of(world: World) -> dict[str | None, list[str]]:
    """{visitor: addresses of HTML pages}; None is who is not signed in."""
    found: dict[str | None, list[str]] = {who: [] for who in (None, *WHO)}
    for rule, method in routes(world.app):
        access = access_of(world.app, rule)
        if method != "GET" or not isinstance(access, Access) or access.token:
            continue
        who = None if access.anonymous else next(w for w in WHO if access.roles is None or ROLES[w] in access.roles)
        answer = Visitor(world.app, who).get(world.address(rule))
        if answer.status_code < 300 and answer.mimetype == "text/html" and "<html" in answer.text:
            found[who].append(world.address(rule))
    for who, more in MORE.items():
        found[who] += more
    return found
