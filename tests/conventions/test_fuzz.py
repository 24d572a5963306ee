"""Thousands of odd requests, the same at every run: whatever comes in, the app answers, and never with a 500.

Each request starts from one that is right (world.py) and has a few of its parts replaced: parts of the address, the
query, the form, the JSON body, a file and its name, headers. A failure names the request by its number; `SEED` and
that number make it again.
"""

import json
import random
import re
from collections import Counter
from io import BytesIO
from typing import Any
from urllib.parse import quote, quote_from_bytes

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from fieldapp.core.access import Access
from fieldapp.core.db import db
from fieldapp.desk.imports import runs
from tests.conventions.test_access import ROLES, access_of, routes
from tests.conventions.world import BODIES, DEAL, TOKEN, World, make_world
from tests.visitor import Visitor

SEED = 20261123
REQUESTS = 2600  # on each of the two databases, and not the same ones
OFTEN = {"api.create_deal_check": 8, "deals.new": 4, "deals.create": 4}  # these take the most from outside
WHO = (None, *ROLES)

# fmt: off
NAMES = (
    "q", "lat", "lng", "near", "distributor", "on", "ship_to", "terms", "unit", "place", "product", "kg", "price",
    "was", "add", "remove", "id", "seen", "ask", "reason", "decision", "before", "after", "status", "grade",
    "overdue", "mine", "sort", "verdict", "from", "kind", "file", "dry_run", "partial", "username", "password",
    "again", "current", "next", "locale", "theme", "name", "role", "regions", "region", "active", "note",
    "valid_from", "form", "csrf_token", "copied", "onto", "reset",
    "week", "day", "to", "rep", "county", "all", "open", "part", "tier", "text", "due", "expected", "outcome",
    "deal_check.tolerance_percent", "deal_check.overdue_days", "deal_check.levels.price.ok", "visibility.floor_roles",
)
# fmt: on
TEXTS = (
    "",
    " ",
    "0",
    "-1",
    "1e5",
    "NaN",
    "inf",
    "9" * 19,
    "9" * 5000,
    "9999999999999.99",
    "999999999999",
    "0.001",
    "1" * 12 + "." + "9" * 400,
    "\x00",
    "a\x00b",
    "\x1b[31m",
    "\u202e\u200b\ufeff",
    "😀" * 300,
    "中文" * 100,
    "ﷺ" * 50,
    "ß" * 70,
    "١٢٣",
    "５０００",
    "x" * 3000,
    "'",
    '"',
    "' OR 1=1 --",
    '"*" NEAR(a b',
    "a* AND (b OR",
    "%",
    "_%\\",
    "{{ 7*7 }}",
    "%(name)s %s %d",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "//evil.example",
    "/\\evil.example",
    "/中文?q=\r\nX-Odd: 1",
    "/distributors?q=中文",
    "a\r\nX-Odd: 1",
    "2026-11-23",
    "2026-W48-1",
    "0001-01-01",
    "9999-12-31",
    "2026-02-30",
    "D001",
    "d001 ",
    "P10",
    "41",
    "4101",
    "410102",
    "credit",
    "approve",
    "W10",
    "WzAsImEiXQ",
    "WzAsIlx1ZDgwMCIsIjAxOTMwMDAwLTAwMDAtNzAwMC04MDAwLTAwMDAwMDAwMDAwMCJd",
    "01930000-0000-7000-8000-000000000000",
    "tonne|3150.00|P10",
    "[" * 2000,
)
VALUES: tuple[Any, ...] = (
    *TEXTS,
    None,
    True,
    0,
    -1,
    3150,
    1.5,
    float("nan"),
    float("inf"),
    10**400,
    2**63,
    [],
    {},
    [[]],
    {"a": {"b": []}},
    "\ud800",
    "D\udcff",
)
RAW = (
    b"",
    b"\x00",
    b"\xff\xfe=\xff&reason=%FF%00&name=%ED%A0%80&q=%C0%80",
    b"{",
    b"[" * 30_000,
    b'{"lines": ' + b"9" * 5000 + b"}",
    b'{"distributor": "\xff"}',
    b"\xef\xbb\xbf{}",
    '{"distributor": "D001"}'.encode("utf-16"),
    b"--x\r\nContent-Disposition: form-data; name=file; filename=a\r\n\r\nb",
    b"&" * 5000,
    b"reason=" + b"%00" * 2000,
)
TYPES = (
    "application/x-www-form-urlencoded",
    "application/json",
    "multipart/form-data",
    "multipart/form-data; boundary=x",
    "text/plain",
    "application/x-www-form-urlencoded; charset=utf-7",
    "\x80",
    "",
)
FILENAMES = (
    "p.csv",
    "",
    "../../../p.csv",
    "a\x00.csv",
    "a\"b'; c=d.csv",
    "价格 2026.xlsx",
    "a" * 400 + ".csv",
    "a\nX-Odd: 1.csv",
    "=1+1.csv",
)
HEADERS = (
    ("HX-Request", "true"),
    ("HX-Boosted", "true"),
    ("HX-History-Restore-Request", "true"),
    ("HX-Current-URL", "http://localhost/deals/new?distributor=D001"),
    ("HX-Current-URL", "http://[::1"),
    ("HX-Current-URL", "\xff//"),
    ("Referer", "http://[::1/"),
    ("Referer", "http://localhost/distributors?q=\xff"),
    ("Accept-Language", "zh;q=x, \xff, en-GB;q=0.5, *"),
    ("Accept-Language", "-" * 3000),
    ("Accept", "application/json"),
    ("User-Agent", "\xff" * 500),
    ("X-Request-ID", "\xff'<x>"),
    ("X-Forwarded-For", "1.2.3.4, \xff"),
    ("Range", "bytes=9-1"),
    ("If-None-Match", '"' * 50),
    ("If-Modified-Since", "Mon, 99 Nov 99999 99:99:99 GMT"),
    ("Accept-Encoding", "br;q=x, gzip;q=9"),
    ("Cookie", "fieldapp=\xff; fieldapp=.e30.x.y"),
    ("Authorization", "Bearer \xff"),
    ("Authorization", "Bearer"),
    ("Host", "evil.example"),
)


class Odd:
    """Makes the requests, from one seed."""

    def __init__(self, world: World) -> None:
        with world.app.app_context():
            self.dice = random.Random(f"{SEED} {db.engine.dialect.name}")
        self.world = world
        self.routes = [
            (rule, method, access)
            for rule, method in routes(world.app)
            if isinstance(access := access_of(world.app, rule), Access)
            for _ in range(OFTEN.get(rule.endpoint, 1))
        ]
        self.visitors = {who: Visitor(world.app, who) for who in WHO}

    def request(self, number: int) -> tuple[str, str | None, TestResponse]:
        """Send one; (what it was, who sent it, the answer). Every route comes in its turn."""
        rule, method, access = self.routes[number % len(self.routes)]
        who = self.dice.choice(WHO)
        # Mostly somebody who is let in: what stands behind the door is what we are after.
        if access.roles is not None and self.dice.random() < 0.8:
            who = self.dice.choice([name for name, role in ROLES.items() if role in access.roles])
        elif not access.anonymous and who is None and self.dice.random() < 0.8:
            who = "rep"
        visitor = self.visitors[None if access.token else who]  # a cookie beside the token would win
        options: dict[str, Any] = {"headers": self.headers(access, who)}
        if method != "GET":
            options |= self.body(rule, access, visitor)
        response = visitor.client.open(self.address(rule), method=method, buffered=True, **options)
        if who is not None and not access.token and method != "GET" and rule.endpoint in ENDS_SESSIONS:
            self.visitors[who] = Visitor(self.world.app, who)
        return f"{method} {rule.rule} {options}"[:2000], who, response

    def address(self, rule: Rule) -> str:
        path = self.world.address(rule)
        chance = self.dice.random()
        if rule.arguments and chance < 0.15:
            path = f"{path.rpartition('/')[0]}/{quote(self.dice.choice(TEXTS)[:300], safe='')}"
        elif chance < 0.2 and path != "/":  # two slashes at the beginning are a host to the test's client
            path += self.dice.choice(("/", "//", "%00", "%FF", "%2e%2e%2f", ";x", "/../users", "%F0%9F"))
        pairs = [
            f"{name}={quote(self.dice.choice(TEXTS)[:3000])}"
            for name in self.dice.choices(NAMES, k=self.dice.choice((0, 1, 1, 2, 3, 6)))
        ]
        if rule.endpoint == "deals.new" and self.dice.random() < 0.8:
            pairs += ["distributor=D001", "product=P10"]
        if self.dice.random() < 0.05:
            pairs.append(f"q={quote_from_bytes(self.dice.randbytes(12))}")
        return path + ("?" + "&".join(pairs) if pairs else "")

    def headers(self, access: Access, who: str | None) -> list[tuple[str, str]]:
        given = self.dice.sample(HEADERS, k=self.dice.choice((0, 0, 1, 2)))
        if access.token and who is not None and self.dice.random() < 0.9:
            given = [(name, value) for name, value in given if name != "Authorization"]
            given.append(("Authorization", f"Bearer {TOKEN.format(who)}"))
        return given

    def body(self, rule: Rule, access: Access, visitor: Visitor) -> dict[str, Any]:
        if access.token:
            return self.json_body()
        kind, token = self.dice.random(), visitor.csrf()
        if kind < 0.1:
            raw = self.dice.choice(RAW)
            return {"data": raw, "content_type": self.dice.choice(TYPES), "query_string": None}
        form: dict[str, Any] = dict(BODIES.get(rule.endpoint, {}))
        form |= FORMS.get(rule.endpoint, {})
        for name in self.dice.choices([*form, *NAMES], k=self.dice.choice((0, 1, 2, 4))):
            form[name] = self.dice.choice(TEXTS)
        if "file" in form or rule.endpoint == "imports.upload":
            form["file"] = (BytesIO(self.dice.choice((b"code,name\nP1,x\n", *RAW))), self.dice.choice(FILENAMES))
        if kind > 0.05:
            form["csrf_token"] = token
        return {"data": form}

    def json_body(self) -> dict[str, Any]:
        if self.dice.random() < 0.1:
            return {"data": self.dice.choice(RAW), "content_type": self.dice.choice(TYPES)}
        deal = json.loads(json.dumps(DEAL))
        for _ in range(self.dice.choice((0, 1, 1, 2, 3))):
            target = self.dice.choice((deal, deal, *(line for line in as_list(deal.get("lines")) if line)))
            if isinstance(target, dict):
                target[self.dice.choice((*target, "extra", "\ud800", "x" * 500))] = self.dice.choice(VALUES)
        if isinstance(deal.get("lines"), list) and self.dice.random() < 0.2:
            deal["lines"] *= self.dice.choice((0, 2, 100, 101, 1000))
        return {"data": json.dumps(deal), "content_type": "application/json"}


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


LOCAL = re.compile(r"/(?![/\\])")
ENDS_SESSIONS = {"accounts.sign_out", "accounts.change_password", "accounts.set_password"}
FORMS: dict[str, dict[str, Any]] = {
    "accounts.try_sign_in": {"username": "rep", "password": "x", "next": "/"},
    "accounts.create_user": {"username": "new", "name": "New", "role": "rep", "regions": "4101"},
    "accounts.edit_user": {"name": "Target", "role": "rep", "regions": "4101", "seen": ""},
    "accounts.language": {"locale": "en", "next": "/"},
    "approvals.decide": {"decision": "decline", "reason": "No"},
    "deals.create": {"on": "2026-11-23", "ship_to": "410102", "ask": "1", "reason": "Why not", "seen": "", "id": ""},
    "deals.ask": {"reason": "Once more"},
    "policy.draft": {"key": "", "copied": ""},
    "policy.keep": {"valid_from": "2026-11-23", "note": "Tried", "seen": "1"},
    "policy.publish": {"valid_from": "2026-11-23", "note": "Tried", "seen": "1"},
    "policy.rebase": {"onto": "1", "take.deal_check.tolerance_percent": "published"},
    "policy.save": {"seen": "1", "reset": "", "deal_check.tolerance_percent": "1.5"},
    "imports.upload": {"kind": "", "dry_run": "y"},
}


@pytest.fixture
def world(app: Flask, monkeypatch: pytest.MonkeyPatch) -> World:
    # What a reading does with odd files is examined where sheets are; here it would start hundreds of processes.
    monkeypatch.setattr(runs, "start", lambda _run_id: None)
    return make_world(app)


# A body that is cut off within a file leaves Werkzeug's spool to the garbage collector, which is right and would warn.
@pytest.mark.filterwarnings("ignore:Unclosed file:ResourceWarning")
def test_no_request_breaks_the_app(world: World) -> None:
    odd = Odd(world)
    statuses: Counter[int] = Counter()
    let_in: Counter[str] = Counter()
    broken = []
    for number in range(REQUESTS):
        what, who, response = odd.request(number)
        statuses[response.status_code] += 1
        if response.status_code < 400 or response.status_code in {409, 410, 422}:
            let_in[what.split(" ")[1]] += 1
        if response.status_code >= 500:
            broken.append(f"{number}: {who}: {response.request.url[:300]}: {what}")
        assert "X-Odd" not in response.headers, (number, what)
        location = response.headers.get("Location") or response.headers.get("HX-Redirect") or "/"
        stays = location.startswith(response.request.host_url) or LOCAL.match(location)
        assert stays, (number, what, location)
    assert not broken, "\n".join(broken)
    # It got past the doors: nearly every route did its work, and every kind of answer was given.
    assert len(let_in) >= 0.95 * len({rule.rule for rule, _method, _access in odd.routes}), let_in
    assert {200, 201, 303, 400, 401, 403, 404, 422} <= set(statuses), statuses
