"""The Chromium that the browser tests drive: found on this machine, or installed.

python tools/browser.py          # prints its path; installs one when there is none
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
REMEDY = (
    "The browser tests need Chromium, and none could be installed. Install it by hand (Debian: apt-get install "
    "chromium; elsewhere: .venv/bin/playwright install chromium) or name one: CHROMIUM=/path/to/chromium make test"
)


class NoBrowserError(RuntimeError):
    """There is no Chromium here; the message says how to get one."""


def find() -> str:
    """The path of a Chromium that starts: $CHROMIUM, one on PATH, or Playwright's own. Raises NoBrowserError."""
    if named := os.environ.get("CHROMIUM"):
        if starts(named):
            return named
        raise NoBrowserError(f"CHROMIUM is {named!r}, which does not start as a browser")
    for path in filter(None, (*map(shutil.which, NAMES), playwrights_own())):
        if starts(path):
            return path
    raise NoBrowserError(REMEDY)


def starts(path: str) -> bool:
    try:
        done = subprocess.run([path, "--version", "--no-sandbox"], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and b"Chrom" in done.stdout


def playwrights_own() -> str | None:
    """Where Playwright keeps (or would keep) its Chromium."""
    ask = (
        "from playwright.sync_api import sync_playwright as begin\n"
        "with begin() as playwright: print(playwright.chromium.executable_path)"
    )
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=False)
    path = done.stdout.strip()
    return path if path and Path(path).exists() else None


def install() -> str:
    """Install Chromium with apt as root, otherwise Playwright's own; its path. Raises NoBrowserError."""
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    root = os.geteuid() == 0
    if root and shutil.which("apt-get"):
        print("Installing Chromium with apt-get", flush=True)
        apt = ["apt-get", "-o", "DPkg::Lock::Timeout=300", "-qq"]
        subprocess.run([*apt, "update"], env=quiet, check=False)
        subprocess.run([*apt, "install", "-y", "--no-install-recommends", "chromium"], env=quiet, check=False)
        try:
            return find()
        except NoBrowserError:
            pass
    print("Installing Playwright's Chromium", flush=True)
    playwright = [sys.executable, "-m", "playwright"]
    subprocess.run([*playwright, "install", *(["--with-deps"] if root else []), "chromium"], env=quiet, check=False)
    return find()


def main() -> int:
    try:
        try:
            path = find()
        except NoBrowserError:
            if "CHROMIUM" in os.environ:
                raise
            path = install()
    except NoBrowserError as problem:
        print(problem, file=sys.stderr)
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
