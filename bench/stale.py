"""Can a worker answer from a price that was already changed? Reads against edits, two workers."""

import http.client
import re
import sqlite3
import threading
import time
from pathlib import Path

from .deal import session_cookie, world
from .goals import Goal
from .load import serve

READERS = 4
_LOWEST = re.compile(rb'data-value="(\d+)\.(\d\d)"')


def run(folder: Path, quick: bool) -> list[Goal]:
    """Edits raise the floor by a fen; a read that began after a commit must not show a lower one."""
    there = world(folder, quick)
    reads, edits = (4_000, 100) if quick else (40_000, 600)
    database = sqlite3.connect(there.folder / "fieldapp.db", isolation_level=None, timeout=10, check_same_thread=False)
    code = database.execute(
        "SELECT code FROM distributor WHERE region_code >= '41' AND region_code < '42' AND tier = 'A' LIMIT 1"
    ).fetchone()[0]
    database.execute("UPDATE price SET floor_price = 310000")
    path = f"/deals/new?distributor={code}&terms=credit&product=P4&kg=5000&price=3000.00&unit=tonne"
    headers = {"Cookie": session_cookie(there), "HX-Request": "true", "HX-Target": "verdict"}
    committed, stale, errors, done = [0], [0], [0], [0]
    first = [0]
    lock = threading.Lock()

    with serve(there, workers=2, threads=2) as server:
        finished = threading.Event()

        def read() -> None:
            connection = http.client.HTTPConnection("127.0.0.1", server.port)
            while not finished.is_set():
                floor = committed[0]
                connection.request("GET", path, headers=headers)
                answer = connection.getresponse()
                body = answer.read()
                shown = _LOWEST.search(body)
                with lock:
                    done[0] += 1
                    if answer.status != 200 or not shown:
                        errors[0] += 1
                        continue
                    lowest = int(shown[1]) * 100 + int(shown[2])
                    # With 1.5 % of rebate the lowest price rises with the floor, never faster than 2 fen a fen.
                    first[0] = first[0] or lowest
                    if round((lowest - first[0]) * 0.985) < floor - 1:
                        stale[0] += 1

        readers = [threading.Thread(target=read) for _ in range(READERS)]
        for reader in readers:
            reader.start()
        while not first[0] and not errors[0]:
            time.sleep(0.01)
        for number in range(1, edits + 1):
            database.execute("UPDATE price SET floor_price = floor_price + 1")
            committed[0] = number
            while done[0] < reads * number // edits:
                time.sleep(0.001)
        finished.set()
        for reader in readers:
            reader.join()
    return [
        Goal(
            "stale",
            f"stale verdicts in {done[0]:,} reads during {edits} edits, 2 workers, SQLite",
            "0",
            str(stale[0]),
            stale[0] == 0 and errors[0] == 0,
            f"{errors[0]} errors",
        )
    ]
