"""The deal check: page and fragment against a bare view on the same server, and the recorded check."""

import json
import sqlite3
import statistics
from pathlib import Path

from .goals import Goal
from .load import SERVER, Sample, measure, request, serve
from .world import World, build

ROUNDS, SECONDS = 5, 3.0
PATCH = 1_000  # different distributors asked for
IN_PATCH = "FROM distributor WHERE region_code >= '41' AND region_code < '42'"


def world(folder: Path, quick: bool) -> World:
    """10,000 distributors and 2,000,000 ledger rows (quick: a tenth)."""
    return build(folder / ("quick" if quick else "10k"), 1_000 if quick else 10_000, 200)


def page_requests(world: World, fragment: bool, cookie: str) -> list[bytes]:
    """The deal check page (or its verdict alone) for distributors of the rep's patch."""
    headers = {"Cookie": cookie} | ({"HX-Request": "true", "HX-Target": "verdict"} if fragment else {})
    found = []
    connection = sqlite3.connect(world.folder / "fieldapp.db")
    codes = connection.execute(f"SELECT code {IN_PATCH} LIMIT ?", (PATCH,)).fetchall()
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
    taken = interleaved(there, kinds, quick)
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
            f"{rate[kind]:.0f}/s, p50 {p50[kind]:.1f} ms, {cpu[kind]:.0f} µs CPU; bare {rate['bare']:.0f}/s,"
            f" {cpu['bare']:.0f} µs; {SERVER}",
        )
        for kind, wanted in (("page", 0.20), ("fragment", 0.23))
    ]
    return [*goals, _recorded(there, quick)]


def _recorded(there: World, quick: bool) -> Goal:
    """Recorded checks through the interface against a bare view that inserts one row, each its own fsynced commit."""
    connection = sqlite3.connect(there.folder / "fieldapp.db")
    connection.execute("CREATE TABLE IF NOT EXISTS bench_row (id INTEGER PRIMARY KEY, text TEXT)")
    code = connection.execute(f"SELECT code {IN_PATCH} LIMIT 1").fetchone()[0]
    connection.close()
    deal = {"distributor": code, "ship_to": "410102", "terms": "credit"}
    body = json.dumps(deal | {"lines": [{"product": "P4", "kg": "5000", "price": "3150.00"}]}).encode()
    headers = {"Authorization": f"Bearer {there.token}", "Content-Type": "application/json"}
    kinds = {
        "bare row": [request("/bare/row", method="POST", body=b"-")],
        "check": [request("/api/v1/deal-checks", headers, "POST", body)],
    }
    taken = interleaved(there, kinds, quick)
    rate = {kind: statistics.median(s.rate for s in samples) for kind, samples in taken.items()}
    cpu = {kind: statistics.median(s.cpu for s in samples) for kind, samples in taken.items()}
    ratio = rate["check"] / rate["bare row"]
    return Goal(
        "deal",
        "recorded check against a bare view that inserts a row",
        "≥ 0.50",
        f"{ratio:.2f}",
        ratio >= 0.5,
        f"{rate['check']:.0f}/s, {cpu['check']:.0f} µs CPU, against {rate['bare row']:.0f}/s, {cpu['bare row']:.0f} µs;"
        f" each an fsynced commit; no locked error; {SERVER}",
    )


def interleaved(there: World, kinds: dict[str, list[bytes]], quick: bool) -> dict[str, list[Sample]]:
    """Each kind of request in turn, round after round, on one server that has been warmed."""
    taken: dict[str, list[Sample]] = {kind: [] for kind in kinds}
    with serve(there) as server:
        for payloads in kinds.values():
            measure(server, payloads, 0.5)
        for _round in range(2 if quick else ROUNDS):
            for kind, payloads in kinds.items():
                taken[kind].append(measure(server, payloads, 1.0 if quick else SECONDS))
    return taken
