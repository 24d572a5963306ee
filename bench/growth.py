"""Does the deal check page stay as quick when the company is a hundred times larger?"""

import statistics
from pathlib import Path

from .deal import page_requests, session_cookie
from .goals import Goal
from .load import SERVER, measure, serve
from .world import build

ROUNDS, SECONDS = 5, 3.0


def run(folder: Path, quick: bool) -> list[Goal]:
    """Median latency of one client on a small and on a large company, in turns."""
    sizes = ((1_000, 200), (20_000, 20)) if quick else ((10_000, 200), (1_000_000, 20))
    names = ("quick", "quick-large") if quick else ("10k", "1m")
    worlds = [build(folder / name, count, lines) for name, (count, lines) in zip(names, sizes, strict=True)]
    payloads = [page_requests(world, False, session_cookie(world)) for world in worlds]
    taken: list[list[float]] = [[], []]
    with serve(worlds[0]) as small, serve(worlds[1]) as large:
        for server, requests in zip((small, large), payloads, strict=True):
            measure(server, requests, 1.0, connections=1)
        for _round in range(ROUNDS):
            for place, (server, requests) in enumerate(zip((small, large), payloads, strict=True)):
                taken[place].append(measure(server, requests, SECONDS, connections=1).p50)
    before, after = (statistics.median(values) for values in taken)
    rows = [f"{count:,} distributors/{count * lines:,} rows" for count, lines in sizes]
    return [
        Goal(
            "growth",
            f"deal check page p50, {rows[1]} against {rows[0]}",
            "≤ 1.15",
            f"{after / before:.2f}",
            after / before <= 1.15,
            f"{before:.2f} → {after:.2f} ms, 1 client; {SERVER}",
        )
    ]
