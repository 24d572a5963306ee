"""The deal check: page and fragment against a bare view on the same server, and the recorded check."""

import json
import sqlite3
import statistics
import time
from pathlib import Path

from .goals import Goal
from .load import SERVER, Sample, measure, request, serve
from .world import World, build

ROUNDS, SECONDS = 5, 3.0
PATCH = 1_000  # different distributors asked for


def world(folder: Path, quick: bool) -> World:
    """10,000 distributors and 2,000,000 ledger rows (quick: a tenth)."""
    return build(folder / ("quick" if quick else "10k"), 1_000 if quick else 10_000, 200)


def page_requests(world: World, fragment: bool, cookie: str) -> list[bytes]:
    """The deal check page (or its verdict alone) for distributors of the rep's patch."""
    headers = {"Cookie": cookie} | ({"HX-Request": "true", "HX-Target": "verdict"} if fragment else {})
    found = []
    connection = sqlite3.connect(world.folder / "fieldapp.db")
    codes = connection.execute(
        "SELECT code FROM distributor WHERE region_code >= '41' AND region_code < '42' LIMIT ?", (PATCH,)
    ).fetchall()
    connection.close()
    for (code,) in codes:
        query = f"distributor={code}&terms=credit&product=P4&kg=5000&price=3150.00&unit=tonne"
        found.append(request(f"/deals/new?{query}", headers))
    return found


def session_cookie(world: World) -> str:
    """The signed cookie of the rep's session, as the page after signing in leaves it."""
    import os

    for name, value in world.environ.items():
        os.environ[name] = value
    from fieldapp import create_app

    app = create_app()
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    content = {"_user_id": world.secret, "_fresh": True, "csrf_token": "0" * 40}
    return f"{app.config['SESSION_COOKIE_NAME']}={serializer.dumps(content)}"


def run(folder: Path, quick: bool) -> list[Goal]:
    """Interleaved rounds of bare, page and fragment; medians."""
    there = world(folder, quick)
    cookie = session_cookie(there)
    kinds = {
        "bare": [request("/bare")],
        "page": page_requests(there, False, cookie),
        "fragment": page_requests(there, True, cookie),
    }
    taken: dict[str, list[Sample]] = {kind: [] for kind in kinds}
    with serve(there) as server:
        for payloads in kinds.values():
            measure(server, payloads, 0.5)
        for _round in range(2 if quick else ROUNDS):
            for kind, payloads in kinds.items():
                taken[kind].append(measure(server, payloads, 1.0 if quick else SECONDS))
    rate = {kind: statistics.median(s.rate for s in samples) for kind, samples in taken.items()}
    cpu = {kind: statistics.median(s.cpu for s in samples) for kind, samples in taken.items()}
    p50 = {kind: statistics.median(s.p50 for s in samples) for kind, samples in taken.items()}
    goals = [
        Goal(
            "deal",
            f"deal check {kind} against a bare view",
            f"≥ {wanted:.2f}",
            f"{rate[kind] / rate['bare']:.3f}",
            rate[kind] / rate["bare"] >= wanted,
            f"{rate[kind]:.0f}/s, p50 {p50[kind]:.1f} ms, {cpu[kind]:.0f} µs CPU; bare {rate['bare']:.0f}/s; {SERVER}",
        )
        for kind, wanted in (("page", 0.20), ("fragment", 0.23))
    ]
    return [*goals, _recorded(there, quick)]


def _recorded(there: World, quick: bool) -> Goal:
    """Recorded checks through the interface against one-row inserts, each its own fsynced commit, same database."""
    body = json.dumps(
        {"distributor": "D0000001", "ship_to": "410102", "terms": "credit",
         "lines": [{"product": "P4", "kg": "5000", "price": "3150.00"}]}
    ).encode()  # fmt: skip
    codes = sqlite3.connect(there.folder / "fieldapp.db").execute(
        "SELECT code FROM distributor WHERE region_code >= '41' AND region_code < '42' LIMIT 1"
    )
    body = body.replace(b"D0000001", codes.fetchone()[0].encode())
    headers = {"Authorization": f"Bearer {there.token}", "Content-Type": "application/json"}
    payload = request("/api/v1/deal-checks", headers, "POST", body)
    rates, bare = [], []
    with serve(there) as server:
        measure(server, [payload], 0.5)
        for _round in range(2 if quick else ROUNDS):
            rates.append(measure(server, [payload], 1.0 if quick else SECONDS).rate)
            bare.append(_bare_inserts(there, 1.0))
    ratio = statistics.median(rates) / statistics.median(bare)
    return Goal(
        "deal",
        "recorded check against a bare one-row insert",
        "≥ 0.50",
        f"{ratio:.2f}",
        ratio >= 0.5,
        f"{statistics.median(rates):.0f}/s against {statistics.median(bare):.0f}/s fsynced inserts; no locked error",
    )


def _bare_inserts(there: World, seconds: float) -> float:
    connection = sqlite3.connect(there.folder / "fieldapp.db", isolation_level=None)
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS bench_row (id INTEGER PRIMARY KEY, text TEXT)")
    done, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO bench_row (text) VALUES (?)", ("x" * 1000,))
        connection.execute("COMMIT")
        done += 1
    connection.close()
    return done / seconds
