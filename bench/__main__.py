"""`make bench`: every goal of the design that concerns what is built, with its figure, kept in bench/results.json.

make bench                      all of it (about 25 minutes; the large worlds are kept in a temporary folder)
make bench ARGS="deal weight"   some areas
make bench ARGS="--quick"       smaller worlds, for a look
"""

import argparse
import importlib
import tempfile
from pathlib import Path

from .goals import Goal, save, show
from .world import ROOT

AREAS = (
    "deal", "stale", "growth", "search", "lists", "rounds", "batch", "process", "imports", "breaches", "rooms",
    "exports", "weight", "merged", "outbox", "start",
)  # fmt: skip


def main() -> None:
    """Run the areas asked for, print the table, write the results."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("areas", nargs="*", metavar="area", help="of " + ", ".join(AREAS) + "; all when none is named")
    parser.add_argument("--quick", action="store_true", help="smaller worlds")
    # The large worlds are kept for the next run, as long as the schema is the one they were made with.
    schema = max(path.stem for path in (ROOT / "migrations" / "versions").glob("0*.py"))
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / f"fieldapp-bench-{schema}")
    asked = parser.parse_args()
    if unknown := set(asked.areas) - set(AREAS):
        parser.error(f"there is no area {', '.join(sorted(unknown))}: choose from {', '.join(AREAS)}")
    areas = asked.areas or AREAS
    goals: list[Goal] = []
    for area in areas:
        print(f"… {area}", flush=True)
        found = importlib.import_module(f"bench.{area}").run(asked.folder, asked.quick)
        if not asked.quick:
            save(found, Path(__file__).parent / "results.json")
        goals += found
    print(show(goals))


if __name__ == "__main__":
    main()
