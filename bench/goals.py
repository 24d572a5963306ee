"""A goal of the design, its figure here, and whether it is met."""

import json
import os
import platform
import statistics
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from flask import Flask
from werkzeug.test import EnvironBuilder, run_wsgi_app


@dataclass(frozen=True)
class Goal:
    """`figure` is what was measured, as text with its unit; `met` None where there is nothing to hold it against."""

    area: str
    goal: str
    wanted: str
    figure: str
    met: bool | None
    note: str = ""


def show(goals: list[Goal]) -> str:
    """A table for a terminal."""
    rows = [("area", "goal", "wanted", "figure", "", "note")]
    rows += [
        (g.area, g.goal, g.wanted, g.figure, {True: "met", False: "MISSED", None: "—"}[g.met], g.note) for g in goals
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, [*widths, 0], strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)


def save(goals: list[Goal], path: Path) -> None:
    """Put these goals into bench/results.json in place of their areas' earlier figures; other areas keep theirs."""
    machine = {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "bare_view_us": yardstick(),
    }
    kept = json.loads(path.read_text(encoding="utf-8"))["goals"] if path.exists() else []
    fresh = {goal.area for goal in goals}
    rows = [row for row in kept if row["area"] not in fresh] + [asdict(goal) for goal in goals]
    path.write_text(
        json.dumps({"machine": machine, "goals": rows}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )


def yardstick() -> int:
    """Microseconds of CPU that a bare Flask view takes in this process: how fast the machine is, as milliseconds of
    another one say little."""
    app = Flask("yardstick")
    app.add_url_rule("/", view_func=lambda: "ok")
    taken = []
    for _ in range(300):
        environ = EnvironBuilder("/").get_environ()
        started = time.process_time()
        body, _status, _headers = run_wsgi_app(app, environ)
        b"".join(body)
        taken.append(time.process_time() - started)
    return round(statistics.median(taken) * 1_000_000)
