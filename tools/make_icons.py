"""The icons of the installed app, drawn once by a browser from the mark of the app: static/icons/*.png.

python tools/make_icons.py       # after a change of the mark
"""

from __future__ import annotations

import sys
from pathlib import Path

from browser import find
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
# (file, pixels, how far the mark shrinks: launchers may cut away all but the middle 80 % of a maskable icon, round?)
ICONS = (
    ("32", 32, 1.0, True),
    ("180", 180, 1.0, False),
    ("192", 192, 1.0, True),
    ("512", 512, 1.0, True),
    ("512-maskable", 512, 0.72, False),
)
MARK = "M16 27V13m0 3c0-5 3-8 8-8 0 5-3 8-8 8Zm0 7c0-5-3-8-8-8 0 5 3 8 8 8Z"
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="{size}" height="{size}">'
    '<rect width="32" height="32" rx="{radius}" fill="#0b5263"/>'
    '<path transform="translate(16 16) scale({scale}) translate(-16 -17.5)" d="{mark}" fill="none" stroke="#fff"'
    ' stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round"/></svg>'
)


def main() -> int:
    folder = ROOT / "static" / "icons"
    folder.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=["--no-sandbox", "--disable-gpu"])
        for name, size, scale, rounded in ICONS:
            page = browser.new_page(viewport={"width": size, "height": size})
            drawn = SVG.format(size=size, radius=7 if rounded else 0, scale=scale, mark=MARK)
            page.set_content(f'<body style="margin:0">{drawn}')
            page.locator("svg").screenshot(path=folder / f"{name}.png", omit_background=True)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
