"""Make the checkout ready to run: a virtual environment with the locked packages, and compiled translations.

    python3 tools/setup.py runtime|development [-- ARGUMENTS FOR THE ENVIRONMENT'S PYTHON]

Standard library only, because it runs before anything is installed. Any number of these may run side by
side: one at a time does the work, the others wait and find it done. An install that was cut off (power,
Ctrl-C, kill) leaves no stamp; the next run looks for packages whose files are incomplete and installs
those again.
"""

from __future__ import annotations

import contextlib
import csv
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
WORKSHOP = ROOT / ".setup"
LOCKS = {
    "runtime": ROOT / "requirements.txt",
    "development": ROOT / "requirements" / "development.txt",
}
CATALOGUES = ROOT / "fieldapp" / "translations"

# One open file for this process and the installers it starts: if this process is killed, an installer that
# lives on still holds the lock, and the next run waits for it instead of writing into the same folders.
_lock_fd = -1


def main(arguments: list[str]) -> int:
    """Set up for `arguments[0]`, then become the environment's Python with what follows `--`."""
    kind, *rest = arguments or ["?"]
    if kind not in LOCKS or (rest and rest[0] != "--"):
        print(__doc__, file=sys.stderr)
        return 2
    if Path(sys.prefix).resolve() == VENV:
        # An activated environment of ours cannot rebuild itself: start again from the Python it was made of.
        base = getattr(sys, "_base_executable", sys.executable)
        os.execv(base, [base, *sys.argv])  # noqa: S606
    # SIGTERM unwinds as an exception does, so that a running installer is ended too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.chdir(ROOT)
    if not (installed(kind) and translated()):
        with one_at_a_time():
            if not installed(kind):
                install(kind)
            if not translated():
                translate()
    if rest[1:]:
        os.execv(PYTHON, [str(PYTHON), *rest[1:]])  # noqa: S606
    return 0


# What is done already


def installed(kind: str) -> bool:
    """Whether the stamp was written for exactly this lock file, and the environment is still there."""
    with contextlib.suppress(OSError):
        return os.access(PYTHON, os.X_OK) and stamp(kind).read_text() == fingerprint(LOCKS[kind])
    return False


def stamp(kind: str) -> Path:
    return VENV / f".installed-{kind}"


def translated() -> bool:
    """Whether every compiled catalogue was made from the text that lies beside it."""
    texts = catalogues()
    with contextlib.suppress(OSError):
        compiled = all(text.with_suffix(".mo").exists() for text in texts)
        return compiled and (not texts or translations_stamp().read_text() == fingerprint(*texts))
    return False


def translations_stamp() -> Path:
    return WORKSHOP / "translations"


def catalogues() -> list[Path]:
    return sorted(CATALOGUES.glob("*/LC_MESSAGES/*.po"))


def fingerprint(*files: Path) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


# One at a time


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    global _lock_fd
    WORKSHOP.mkdir(exist_ok=True)
    _lock_fd = os.open(WORKSHOP / "lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(_lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another set-up of this checkout is under way; waiting for it.")
            fcntl.flock(_lock_fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(_lock_fd)
        _lock_fd = -1


# Installing


def install(kind: str) -> None:
    """Install the locked packages of `kind`, repairing what an interrupted install left behind."""
    if not usable():
        say("Making the virtual environment in .venv")
        make_environment()
    for each in LOCKS:
        # Until this ends well nothing counts as installed: it may replace packages of the other kind too.
        stamp(each).unlink(missing_ok=True)
    began = time.monotonic()
    lock = LOCKS[kind]
    packages = sum(1 for line in lock.read_text().splitlines() if "==" in line and not line.startswith((" ", "#")))
    say(f"Installing {packages} packages from {lock.relative_to(ROOT)} (the first time takes a minute or two)")
    for tries_left in (1, 0):
        forget_incomplete_packages()
        if run([*installer(), "install", "--quiet", "--no-input", "--require-hashes", "-r", str(lock)]) == 0:
            break
        if not tries_left:
            give_up("The packages could not be installed; the lines above say why. Is there a network?")
        say("That did not work; trying once more.")
    if incomplete := [name for name, _ in incomplete_packages()]:
        give_up(f"Incomplete after installing: {', '.join(incomplete)}. Delete .venv and run this again.")
    stamp(kind).write_text(fingerprint(lock))
    if kind == "development":
        # It holds every package of the runtime lock in the same version (`make lock` sees to that).
        stamp("runtime").write_text(fingerprint(LOCKS["runtime"]))
    say(f"Installed in {time.monotonic() - began:.0f} s")


def usable() -> bool:
    """Whether .venv holds a Python new enough that runs, with a complete pip or with none by design."""
    probe = "import sys; sys.exit(sys.version_info < (3, 11))"
    if not PYTHON.exists() or run([str(PYTHON), "-I", "-c", probe], quiet=True) != 0:
        return False
    if without_pip().exists():
        return True
    incomplete = {name for name, _ in incomplete_packages()}
    return "pip" not in incomplete and run([str(PYTHON), "-I", "-m", "pip", "--version"], quiet=True) == 0


def make_environment() -> None:
    """`python -m venv`, also where Debian has left ensurepip out (python3-venv not installed)."""
    venv = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    if run(venv, quiet=True) == 0:
        return
    outer_pip = [sys.executable, "-m", "pip", "--python", sys.executable, "--version"]
    if run(outer_pip, quiet=True) == 0 and run([*venv, "--without-pip"], quiet=True) == 0:
        without_pip().touch()
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        say(f"This Python can make no virtual environment yet; installing {package}")
        run(["apt-get", "-o", "DPkg::Lock::Timeout=300", "-qq", "update"])
        run(["apt-get", "-o", "DPkg::Lock::Timeout=300", "-qq", "-y", "install", package])
        if run(venv) == 0:
            return
    give_up(
        f"{sys.executable} can make no virtual environment: it has neither ensurepip nor pip 22.3 or newer. "
        "Install them (Debian: apt-get install python3-venv) and run this again."
    )


def without_pip() -> Path:
    """Marks an environment without a pip of its own: the one beside the outer Python installs into it."""
    return VENV / ".without-pip"


def installer() -> list[str]:
    if without_pip().exists():
        return [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    return [str(PYTHON), "-I", "-m", "pip"]


def incomplete_packages() -> list[tuple[str, Path]]:
    """(name, metadata folder) of each package that lacks a file of its RECORD, or has one of another size.

    pip writes RECORD last, so a package whose install was cut off either has none or fails this comparison.
    """
    return [
        (info.name.split("-")[0].lower(), info)
        for site in VENV.glob("lib/python*/site-packages")
        for info in site.glob("*.dist-info")
        if not complete(site, info)
    ]


def complete(site: Path, info: Path) -> bool:
    try:
        with (info / "RECORD").open(newline="", encoding="utf-8") as record:
            files = [(name, int(size)) for name, _digest, size in csv.reader(record) if size]
        return bool(files) and all((site / name).stat().st_size == size for name, size in files)
    except (OSError, ValueError):
        return False


def forget_incomplete_packages() -> None:
    """Without its metadata a package counts as absent: pip then writes all its files anew."""
    for _, info in incomplete_packages():
        shutil.rmtree(info, ignore_errors=True)
    for leftover in VENV.glob("lib/python*/site-packages/~*"):  # what pip sets aside while it replaces a package
        shutil.rmtree(leftover, ignore_errors=True)


# Translations


def translate() -> None:
    WORKSHOP.mkdir(exist_ok=True)
    made_of = fingerprint(*catalogues())
    if run([str(PYTHON), "tools/translations.py", "compile"]) != 0:
        give_up("The translations could not be compiled; the lines above say why.")
    translations_stamp().write_text(made_of)


# Talking


def run(command: list[str], quiet: bool = False) -> int:
    """Run `command` to its end; its exit code. A quiet one says nothing."""
    silence = subprocess.DEVNULL if quiet else None
    surroundings = os.environ | {
        "DEBIAN_FRONTEND": "noninteractive",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_USER": "0",
    }
    return subprocess.run(
        command, stdout=silence, stderr=silence, pass_fds=[_lock_fd], env=surroundings, check=False
    ).returncode


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def give_up(reason: str) -> NoReturn:
    say(reason)
    sys.exit(1)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
