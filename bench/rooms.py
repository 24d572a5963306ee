"""The map and the calendar of promises: CPU of a page among 100,000 areas and among 100,000 promises of a year.

python -m bench.rooms [--folder FOLDER] [--url URL]       (URL: an empty PostgreSQL database)
"""

import argparse
import contextlib
import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import brotli
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import EnvironBuilder, run_wsgi_app

from fieldapp.core.db import Base, db
from fieldapp.fieldwork.feedback.models import Remark
from fieldapp.fieldwork.feedback.rules import RemarkKind, RemarkState
from fieldapp.fieldwork.remediation.models import Remedy, Ticket
from fieldapp.fieldwork.remediation.rules import RemedyKind, Severity, TicketKind, TicketState
from fieldapp.fieldwork.surveys.models import FormVersion, Survey
from fieldapp.fieldwork.surveys.rules import Purpose, SurveyState
from fieldapp.fieldwork.tasks.models import Task
from fieldapp.fieldwork.tasks.rules import TaskKind, TaskState
from fieldapp.fieldwork.visits.models import VisitPlan
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.territory.models import Area, Region
from fieldapp.people.accounts.models import Role, User
from fieldapp.trade.products.models import Product

from .goals import Goal
from .lists import signed_in
from .search import open_app
from .world import TODAY

ROWS, QUICK = 100_000, 10_000
WANTED_MS = 100
WANTED_KB = 14
LINES = ("pig", "poultry", "aqua", "ruminant")
# Of a hundred promises; the two kinds of conflicts are few in life.
KINDS = {"task": 40, "plan": 25, "remark": 15, "remedy": 10, "survey": 10}
OPEN = 30  # one of so many of what is past is still open
PAGES = {
    "map, the country": ("admin", "/coverage?region=all"),
    "map, the country, one line": ("admin", "/coverage?region=all&line=pig"),
    "map, a province": ("supervisor", "/coverage?region=41"),
    "map, a province, one line": ("supervisor", "/coverage?region=41&line=pig"),
    "map, a city": ("rep", "/coverage?region=4101"),
    "white spots": ("supervisor", "/coverage/white-spots"),
    "white spots, the country": ("admin", "/coverage/white-spots"),
    "promises, a rep": ("rep", "/promises"),
    "promises, a rep's patch": ("rep", "/promises?part=team"),
    "promises, a supervisor": ("supervisor", "/promises"),
    "promises, an administrator": ("admin", "/promises"),
    "promises, a day": ("admin", "/promises?day=2026-11-20"),
}


class Measured(NamedTuple):
    """A page: median milliseconds of CPU of the app and, on PostgreSQL, of the database; kilobytes as sent."""

    page: str
    app: float
    database: float
    kilobytes: float


def build(folder: Path, rows: int, url: str | None = None) -> Path:
    """The world in its folder, or the one that an earlier run left there."""
    place = folder / f"rooms-{rows}{'-postgresql' if url else ''}"
    done = place / "complete"
    if not done.exists():
        place.mkdir(parents=True, exist_ok=True)
        app = open_app(str(place), url)
        for username in ("rep", "supervisor", "admin"):
            signed_in(app, username)
        with app.app_context():
            _fill(rows)
            db.session.commit()
            db.session.execute(sa.text("ANALYZE"))
            db.session.commit()
            db.session.remove()
            db.engine.dispose()
        done.touch()
    return place


def _fill(rows: int) -> None:
    chance = random.Random(1)
    codes = db.session.scalars(
        sa.select(Region.code).where(sa.func.length(Region.code).in_((6, 9))).order_by(Region.code)
    ).all()
    counties = [code for code in codes if len(code) == 6]
    at = datetime(2025, 11, 1, tzinfo=UTC)
    version = UUID(int=1)
    made = {"id": version, "form": "bench", "number": 1, "content": {}, "made_by_id": None, "made_at": at}
    db.session.execute(sa.insert(FormVersion), [made])
    rep = db.session.scalars(sa.select(User.id).where(User.username_key == "rep")).one()
    reps = [rep, *(UUID(int=1000 + number) for number in range(99))]
    _insert(User, (_user(key, number, at) for number, key in enumerate(reps) if key != rep))
    _insert(
        Product,
        (
            {"id": UUID(int=n + 1), "code": f"P{n}", "code_key": f"p{n}", "name": line, "line": line}
            for n, line in enumerate(LINES)
        ),
    )
    people = rows // 4
    # Counties lie together under one rep; the first's are those of his patch.
    whose = {code: reps[0] if code < "4102" and code >= "4101" else reps[1 + n % 99] for n, code in enumerate(counties)}
    homes = [counties[number * 1009 % len(counties)] for number in range(people)]
    _insert(
        Distributor,
        (
            {
                "id": UUID(int=number + 1), "code": f"D{number:06}", "code_key": f"d{number:06}",
                "name": f"丰收农牧饲料经营部{number}", "pinyin": f"fengshounongmu{number:06}", "region_code": home,
                "rep_id": whose[home], "updated_at": at,
            }
            for number, home in enumerate(homes)
        ),
    )  # fmt: skip
    _insert(Area, _areas(rows, people, codes, chance))
    _promises(rows, homes, whose, version, chance)


def _user(key: UUID, number: int, at: datetime) -> dict[str, Any]:
    name = f"rep{number:03}"
    return {
        "id": key, "username": name, "username_key": name, "name": name, "role": Role.REP, "patch": [], "created_at": at
    }  # fmt: skip


def _areas(rows: int, people: int, codes: list[str], chance: random.Random) -> Iterator[dict[str, Any]]:
    """Counties and townships of a distributor; a third of one product line, a fifth over."""
    seen = set()
    for number in range(rows):
        line = chance.choice(LINES) if chance.random() < 0.33 else "*"
        area = number % people, codes[number * 7919 % len(codes)], line
        if area in seen:
            continue
        seen.add(area)
        over = chance.random() < 0.2
        yield {
            "id": UUID(int=number + 1), "distributor_id": UUID(int=area[0] + 1), "region_code": area[1], "line": line,
            "line_key": line, "valid_from": TODAY - timedelta(days=chance.randrange(400, 900)),
            "valid_to": TODAY + timedelta(days=chance.randrange(-300, 0) if over else 200)
            if over or number % 3 == 0 else None, "shared": True,
        }  # fmt: skip


def _promises(rows: int, homes: list[str], whose: dict[str, UUID], version: UUID, chance: random.Random) -> None:
    """A year's, to a month from today."""
    kinds = [kind for kind, many in KINDS.items() for _ in range(many)]
    made: dict[str, list[dict[str, Any]]] = {kind: [] for kind in (*KINDS, "ticket")}
    text = "答应月底前把试验料送到，并看一次猪场" * 2
    for number in range(rows):
        kind = kinds[number % 100]
        place = number * 31 % len(homes)
        key, distributor, home = UUID(int=number + 1), UUID(int=place + 1), homes[place]
        rep = whose[home]
        day = TODAY + timedelta(days=number * 7919 % 365 - 335)
        still = day >= TODAY or chance.randrange(OPEN) == 0
        at = datetime.combine(day - timedelta(days=9), datetime.min.time(), UTC)
        if kind == "task":
            state = TaskState.OPEN if still else TaskState.DONE
            made[kind].append(
                {
                    "id": key, "kind": TaskKind.PROMISE, "distributor_id": distributor, "owner_id": rep, "text": text,
                    "due": day, "made_by_id": rep, "made_at": at, "state": state,
                    "done_at": None if still else at, "done_by_id": None if still else rep,
                }
            )  # fmt: skip
        elif kind == "plan":
            made[kind].append(
                {
                    "id": key, "rep_id": rep, "distributor_id": distributor, "day": day, "made_by_id": rep,
                    "made_at": at,
                }
            )  # fmt: skip
        elif kind == "remark":
            state = RemarkState.OPEN if still else RemarkState.CLOSED
            over = None if still else at
            made[kind].append(
                {
                    "id": key, "distributor_id": distributor, "region_code": home, "kind": RemarkKind.PRAISE,
                    "text": text, "made_by_id": rep, "made_at": at, "recorded_at": at, "state": state,
                    "owner_id": rep, "due_at": at + timedelta(days=9, hours=number % 24), "answered_at": over,
                    "told_at": over,
                }
            )  # fmt: skip
        elif kind == "remedy":
            state = TicketState.APPROVED if still else TicketState.CLOSED
            made["ticket"].append(
                {
                    "id": key, "number": number + 1, "distributor_id": distributor, "region_code": home,
                    "kind": TicketKind.QUALITY, "severity": Severity.NORMAL, "story": text, "state": state,
                    "rep_id": rep, "made_by_id": rep, "made_at": at, "recorded_at": at, "first_due_at": at,
                    "solve_due_at": at,
                }
            )  # fmt: skip
            made[kind].append(
                {
                    "id": key, "ticket_id": key, "round": 1, "kind": RemedyKind.APOLOGY, "amount": 0, "asked": 0,
                    "by_day": day, "words": text, "proposed_by_id": rep, "proposed_at": at, "approved": True,
                }
            )  # fmt: skip
        else:
            made[kind].append(
                {
                    "id": key, "version_id": version, "purpose": Purpose.PERIODIC, "distributor_id": distributor,
                    "region_code": home, "rep_id": rep, "made_at": at, "due": day,
                    "state": SurveyState.OPEN if still else SurveyState.ANSWERED, "answered_at": None if still else at,
                }
            )  # fmt: skip
    models: dict[str, type[Base]] = {
        "task": Task, "plan": VisitPlan, "remark": Remark, "ticket": Ticket, "remedy": Remedy, "survey": Survey
    }  # fmt: skip
    for kind, model in models.items():
        _insert(model, made[kind])


def _insert(model: type[Base], rows: Iterable[dict[str, Any]]) -> None:
    remaining = iter(rows)
    while batch := list(islice(remaining, 2000)):
        db.session.execute(sa.insert(model), batch)


def measure(app: Flask, repeat: int = 15) -> list[Measured]:
    """Each page through the whole app, the pages interleaved."""
    with app.app_context():
        cookies = {name: _cookie(signed_in(app, name)) for name in ("rep", "supervisor", "admin")}
        server = db.engine.dialect.name == "postgresql"
    mine: dict[str, list[float]] = {name: [] for name in PAGES}
    theirs: dict[str, list[float]] = {name: [] for name in PAGES}
    size: dict[str, float] = {}
    for turn in range(repeat + 1):
        for name, (who, path) in PAGES.items():
            environ = EnvironBuilder(path, headers=[("Cookie", cookies[who])]).get_environ()
            before, started = _database(app) if server else 0.0, time.process_time()
            body, status, _headers = run_wsgi_app(app, environ)
            took = (time.process_time() - started) * 1000
            assert status == "200 OK", (path, status)
            size[name] = len(brotli.compress(b"".join(body), quality=6)) / 1000
            if turn:  # the first only warms
                mine[name].append(took)
                theirs[name].append(_database(app) - before if server else 0.0)
    return [Measured(n, statistics.median(mine[n]), statistics.median(theirs[n]), size[n]) for n in PAGES]


def _cookie(client: FlaskClient) -> str:
    return "; ".join(f"{kept.key}={kept.value}" for kept in (client._cookies or {}).values())


def _database(app: Flask) -> float:
    """Milliseconds of CPU that PostgreSQL's processes for this database (on this machine) have taken."""
    with app.app_context():
        pids = db.session.scalars(
            sa.text("SELECT pid FROM pg_stat_activity WHERE datname = current_database() ORDER BY pid")
        ).all()
        db.session.rollback()
    taken = 0.0
    for pid in pids:
        with contextlib.suppress(OSError):
            taken += int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1_000_000
    return taken


def report(folder: Path, rows: int, url: str | None) -> list[Measured]:
    """Build, measure, print."""
    app = open_app(str(build(folder, rows, url)), url)
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stderr(nowhere):  # the log, a line for each request
        found = measure(app)
    print(f"\n{rows:,} areas, {rows:,} promises, {'PostgreSQL' if url else 'SQLite'}    CPU ms   database    kB")
    for line in found:
        print(f"  {line.page:44} {line.app:8.1f} {line.database:8.1f} {line.kilobytes:8.1f}")
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    return found


def run(folder: Path, quick: bool) -> list[Goal]:
    """For `make bench`, on SQLite."""
    rows = QUICK if quick else ROWS
    goals = []
    found = report(folder, rows, None)
    for line in found:
        what = "promises" if line.page.startswith("promises") else "areas"
        figure = f"{line.app:.0f} ms CPU"
        goals.append(Goal("rooms", f"{line.page}, {rows:,} {what}", f"≤ {WANTED_MS} ms", figure, line.app <= WANTED_MS))
    heavy = max(found, key=lambda line: line.kilobytes)
    goals.append(
        Goal(
            "rooms", "the heaviest of these pages, Brotli", f"≤ {WANTED_KB} kB", f"{heavy.kilobytes:.1f} kB",
            heavy.kilobytes <= WANTED_KB, heavy.page,
        )
    )  # fmt: skip
    return goals


def main() -> None:
    """Build, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--url")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-rooms-") as folder:
        report(options.folder or Path(folder), QUICK if options.quick else ROWS, options.url)


if __name__ == "__main__":
    main()
