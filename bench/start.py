"""How soon a server is ready, and what a worker weighs."""

import statistics
import time
from pathlib import Path

from .deal import page_requests, session_cookie, world
from .goals import Goal
from .load import ask, measure, request, serve


def run(folder: Path, quick: bool) -> list[Goal]:
    """Start to /readyz three times; memory of a worker after deal checks for 2 s."""
    there = world(folder, quick)
    payloads = page_requests(there, False, session_cookie(there))
    ready = []
    for _round in range(3):
        start = time.perf_counter()
        with serve(there, workers=2, threads=2) as server:
            while ask(server.port, request("/readyz"))[0] != 200:
                time.sleep(0.01)
            ready.append(time.perf_counter() - start)
            measure(server, payloads, 2.0)
            memory = max(server.memory_mb().values())
    took = statistics.median(ready)
    return [
        Goal("start", "start to ready", "≤ 2 s", f"{took:.2f} s", took <= 2, "granian, 2 workers"),
        Goal(
            "start",
            "memory of a worker",
            "≤ 70 MB",
            f"{memory:.0f} MB",
            memory <= 70,
            "resident, after 2 s of deal checks",
        ),
    ]
