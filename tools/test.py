"""`make test`: a browser if there is none, `make check`, and the whole suite on SQLite and PostgreSQL.

With arguments (make test ARGS="tests/core -k money") only pytest runs, with these.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str]) -> int:
    os.chdir(ROOT)
    surroundings = os.environ | {"PYTHONPATH": str(ROOT)}
    if (path := browser()) is None:
        return 1
    surroundings["CHROMIUM"] = path
    checked = 0 if arguments else subprocess.run([sys.executable, "tools/check.py"], check=False).returncode
    pytest = [sys.executable, "-m", "pytest", *(arguments or ["-n", "3", "--dist", "worksteal"])]
    tested = subprocess.run(pytest, env=surroundings, check=False).returncode
    if checked and not tested:
        print("The tests passed, but `make check` failed above", file=sys.stderr)
    return tested or checked


def browser() -> str | None:
    """The path of Chromium, one installation at a time; None after a message when there is none to be had."""
    (ROOT / ".setup").mkdir(exist_ok=True)
    with (ROOT / ".setup" / "browser.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = subprocess.run([sys.executable, "tools/browser.py"], stdout=subprocess.PIPE, text=True, check=False)
    *said, path = done.stdout.splitlines() or [""]
    for line in said:
        print(line)
    return path if done.returncode == 0 else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
