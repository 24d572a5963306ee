"""`make bench`: every goal of the design that concerns what is built, with its figure; also bench/results.json.

make bench                      all of it (about 10 minutes; the large worlds are kept in a temporary folder)
make bench ARGS="deal weight"   some areas
make bench ARGS="--quick"       smaller worlds, for a look
"""

import argparse
import importlib
import tempfile
from pathlib import Path

from .goals import Goal, save, show

AREAS = ("deal", "stale", "growth", "search", "lists", "imports", "weight", "outbox", "start")


def main() -> None:
    """Run the areas asked for, print the table, write the results."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("areas", nargs="*", choices=[*AREAS, []], default=list(AREAS))
    parser.add_argument("--quick", action="store_true", help="smaller worlds")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "fieldapp-bench")
    asked = parser.parse_args()
    goals: list[Goal] = []
    for area in asked.areas or AREAS:
        print(f"… {area}", flush=True)
        goals += importlib.import_module(f"bench.{area}").run(asked.folder, asked.quick)
    print(show(goals))
    if set(asked.areas) == set(AREAS) and not asked.quick:
        save(goals, Path(__file__).parent / "results.json")


if __name__ == "__main__":
    main()
