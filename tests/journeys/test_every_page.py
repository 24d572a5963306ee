"""Every page: nothing that axe calls serious, in both languages and all themes; and usable at 200 % zoom."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser import DESK, PHONE

from .sweep import Sweep, served

pytestmark = pytest.mark.browser

RULES = {"resultTypes": ["violations"], "preload": False}
COLOURS = {**RULES, "runOnly": ["color-contrast"]}


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sweep]:
    with served(tmp_path_factory.mktemp("sweep")) as made:
        yield made


def problems(page: Page, options: dict[str, Any]) -> list[str]:
    """What axe finds serious or critical on a page as it stands."""
    found = page.evaluate("options => axe.run(options)", options)
    return [
        f"{page.url} ({violation['id']}): {node['html'][:200]} {node['any'][:1] and node['any'][0]['message']}"
        for violation in found["violations"]
        if violation["impact"] in {"serious", "critical"}
        for node in violation["nodes"][:3]
    ]


@pytest.mark.parametrize(("language", "viewport"), [("en", PHONE), ("zh", DESK)])
def test_nothing_serious_stands_in_the_way(
    sweep: Sweep, browser: Browser, language: str, viewport: dict[str, int]
) -> None:
    """Everything in the light theme; what a theme changes, its colours, in the others too."""
    axe, found, seen = Axe().axe_script, [], 0
    for page in sweep.look(browser, language, viewport=viewport, reduced_motion="reduce"):
        page.evaluate(axe)
        for theme in ("light", "dark", "sun"):
            page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
            found += [f"{theme}: {text}" for text in problems(page, RULES if theme == "light" else COLOURS)]
        seen += 1
    assert seen > 25
    assert not found, "\n".join(found)
