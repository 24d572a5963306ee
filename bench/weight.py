"""What a cold visit weighs, and when a slow phone first sees it (slow 4G, 4× CPU)."""

import shutil
import sqlite3
from pathlib import Path
from uuid import UUID

from playwright.sync_api import sync_playwright

from .deal import IN_PATCH, session_cookie, world
from .goals import Goal
from .load import serve

SLOW_4G = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 750e3 / 8}
PAGES = {
    "deal check": "/deals/new",
    "deal check, offline": "/deals/offline",
    "distributors": "/distributors",
    "home": "/",
    "today's round": "/visits",
    "the week's plan": "/visits/week",
    "visit": "/distributors/{key}/visit",
    "tasks": "/tasks",
    "weekly log": "/week",
}
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def run(folder: Path, quick: bool) -> list[Goal]:
    """Each of a rep's pages in a fresh browser profile."""
    there = world(folder, quick)
    name, value = session_cookie(there).split("=", 1)
    with sqlite3.connect(there.folder / "fieldapp.db") as connection:
        key = UUID(connection.execute(f"SELECT id {IN_PATCH} LIMIT 1").fetchone()[0])
    goals: list[Goal] = []
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    with serve(there, workers=2, threads=4) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        for title, path in PAGES.items():
            context = browser.new_context(viewport={"width": 390, "height": 844})
            context.add_cookies([{"name": name, "value": value, "url": f"http://127.0.0.1:{server.port}"}])
            page = context.new_page()
            session = context.new_cdp_session(page)
            session.send("Network.enable")
            session.send("Network.emulateNetworkConditions", SLOW_4G)
            session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
            sizes: list[float] = []
            session.on("Network.loadingFinished", lambda event, into=sizes: into.append(event["encodedDataLength"]))
            page.goto(f"http://127.0.0.1:{server.port}{path.format(key=key)}", wait_until="load")
            first, total, requests = sizes[0] / 1000, sum(sizes) / 1000, len(sizes)
            page.wait_for_load_state("networkidle")  # what the phone keeps for later comes after the page
            later = f"{(sum(sizes) / 1000 - total):.0f} kB more in the background"
            paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
            goals += [
                Goal("weight", f"{title}: first response", "≤ 14 kB", f"{first:.1f} kB", first <= 14),
                Goal("weight", f"{title}: cold visit", "≤ 40 kB", f"{total:.1f} kB", total <= 40, later),
                Goal("weight", f"{title}: requests", "≤ 5", str(requests), requests <= 5),
                Goal(
                    "weight",
                    f"{title}: first paint, slow 4G, 4× CPU",
                    "≤ 1.1 s",
                    f"{paint / 1000:.2f} s",
                    paint <= 1100,
                ),
            ]
            context.close()
        browser.close()
    return goals
