"""Merged accounts among 100,000 with 2,400,000 invoice lines: how long a look takes, how much memory, what it finds.

python -m bench.merged [--folder FOLDER] [--url URL] [--seed SEED]     (URL: an empty PostgreSQL database)

The weights were chosen with SEED in sight; another seed plants another answer in another company.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.network.territory.models import Region
from fieldapp.standing.merged import actions
from fieldapp.standing.merged.models import MergedPair
from fieldapp.standing.merged.rules import Scoring
from fieldapp.trade.products.models import Product

from . import merged_world
from .goals import Goal
from .search import open_app
from .world import ROOT, TODAY

ACCOUNTS, QUICK = 98_000, 5_000  # and those that are planted among them
EACH, QUICK_EACH = 50, 10
SEED = 20261126
WANTED_S, WANTED_MB = 60, 500
LEAST = 0.9  # precision and recall


def build(folder: Path, quick: bool, url: str | None = None, seed: int = SEED) -> Path:
    """The world in its folder, or the one that an earlier run left there; the answer stands beside the database."""
    count, each = (QUICK, QUICK_EACH) if quick else (ACCOUNTS, EACH)
    place = folder / f"merged-{count}{f'-{seed}' if seed != SEED else ''}{'-postgresql' if url else ''}"
    done = place / "answer.json"
    if done.exists():
        return place
    place.mkdir(parents=True, exist_ok=True)
    with open_app(str(place), url).app_context():
        townships = db.session.scalars(
            sa.select(Region.code).where(sa.func.length(Region.code) == 9).order_by(Region.code)
        )
        company = merged_world.make(seed, count, each, townships.all())
        product = Product(code="P10", code_key="p10", name="P10", line="pig", pack_grams=40_000)
        db.session.add(product)
        db.session.flush()
        lines = merged_world.load(company, product, TODAY, 1)
        db.session.commit()
        db.session.execute(sa.text("ANALYZE"))
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    answers = [[one.kind, str(one.one), str(one.other), one.same] for one in company.answers]
    done.write_text(json.dumps({"accounts": len(company.accounts), "lines": lines, "answers": answers}))
    return place


def measure(place: Path, url: str | None) -> dict[str, Any]:
    """A first look at everything, in this process: {seconds, worked: those of them on a processor, megabytes, before:
    the look, found: [[one, other], …]}."""
    from datetime import UTC, datetime

    with open_app(str(place), url).app_context():
        for table in ("merged_entry", "merged_pair"):
            drop = table == "merged_entry" and db.engine.dialect.name == "sqlite"
            if drop:
                db.session.execute(sa.text("DROP TRIGGER IF EXISTS merged_entry_DELETE"))
            elif table == "merged_entry":
                db.session.execute(sa.text("ALTER TABLE merged_entry DISABLE TRIGGER ALL"))
            db.session.execute(sa.text(f"DELETE FROM {table}"))
        db.session.commit()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started, worked = time.perf_counter(), time.process_time()
        actions.refresh(datetime(2026, 11, 23, 1, tzinfo=UTC), TODAY, Scoring())
        seconds, worked = time.perf_counter() - started, time.process_time() - worked
        rows = db.session.execute(
            sa.select(MergedPair.one_id, MergedPair.other_id).where(MergedPair.score >= Scoring().show)
        )
        found = [[str(one), str(other)] for one, other in rows]
        db.session.remove()
        db.engine.dispose()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"seconds": seconds, "worked": worked, "megabytes": peak / 1024, "before": before / 1024, "found": found}


def judged(place: Path, took: dict[str, Any]) -> tuple[float, float, dict[str, tuple[int, int]], dict[str, Any]]:
    """(precision, recall, {kind: (found, of)}, what the world holds)."""
    from uuid import UUID

    known = json.loads((place / "answer.json").read_text())
    answers = [merged_world.Answer(kind, UUID(one), UUID(other), same) for kind, one, other, same in known["answers"]]
    found = {(UUID(one), UUID(other)) for one, other in took["found"]}
    kinds, hits, wrong = merged_world.judged(answers, found)
    true = sum(one.same for one in answers)
    return hits / max(1, hits + wrong), hits / true, kinds, known


def run(folder: Path, quick: bool) -> list[Goal]:
    """For `make bench`, on SQLite: built and measured each in a process of its own."""
    return goals(build_apart(folder, quick, None), None)


def build_apart(folder: Path, quick: bool, url: str | None, seed: int = SEED) -> Path:
    """Build in another process, whose memory is not ours."""
    more = [*(["--quick"] if quick else []), *(["--url", url] if url else [])]
    _apart("--build", "--seed", str(seed), "--folder", str(folder), *more)
    return build(folder, quick, url, seed)


def goals(place: Path, url: str | None) -> list[Goal]:
    """Measure a world that is there."""
    took = json.loads(_apart("--measure", "--folder", str(place), *(["--url", url] if url else [])))
    precision, recall, kinds, known = judged(place, took)
    where = f"{known['accounts']:,} accounts, {known['lines']:,} invoice lines, {'PostgreSQL' if url else 'SQLite'}"
    of = "; ".join(f"{kind} {hit}/{many}" for kind, (hit, many) in kinds.items())
    wall, worked, megabytes = (took[name] for name in ("seconds", "worked", "megabytes"))
    shown = f"precision of {len(took['found'])} shown ({of})"
    return [
        Goal("merged", f"a look at {where}", f"< {WANTED_S} s", f"{wall:.1f} s", wall < WANTED_S),
        Goal("merged", f"its work, {where}", f"< {WANTED_S} s CPU", f"{worked:.1f} s CPU", worked < WANTED_S),
        Goal("merged", f"its memory, {where}", f"< {WANTED_MB} MB", f"{megabytes:.0f} MB", megabytes < WANTED_MB),
        Goal("merged", shown, f"≥ {LEAST}", f"{precision:.3f}", precision >= LEAST),
        Goal("merged", "recall of what was planted", f"≥ {LEAST}", f"{recall:.3f}", recall >= LEAST),
    ]


def _apart(*arguments: str) -> str:
    command = [sys.executable, "-m", "bench.merged", *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def main() -> None:
    """Build, measure, print; or one of these alone, in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--url")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--build", action="store_true")
    parser.add_argument("--measure", action="store_true")
    options = parser.parse_args()
    if options.build:
        build(options.folder, options.quick, options.url, options.seed)
    elif options.measure:
        print(json.dumps(measure(options.folder, options.url)))
    else:
        with tempfile.TemporaryDirectory(prefix="bench-merged-") as folder:
            place = build_apart(options.folder or Path(folder), options.quick, options.url, options.seed)
            for goal in goals(place, options.url):
                print(goal)


if __name__ == "__main__":
    main()
