"""Every page: nothing that axe calls serious, in both languages and all themes; and usable at 200 % zoom."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser import DESK, PHONE

from .sweep import Sweep, served

pytestmark = pytest.mark.browser

ZOOMED = {"width": 195, "height": 422}  # a phone of 390 px at 200 %
LANDSCAPE = {"width": 640, "height": 400}  # a desk of 1280 px at 200 %
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# What a theme changes is colours.
LOOKS = {
    "en": [("light", PHONE, None), ("dark", PHONE, ["color-contrast"]), ("sun", PHONE, ["color-contrast"])],
    "zh": [("light", DESK, WCAG)],
}

# What does not fit: the page wider than the screen; a control that is cut off, or that lies on another one. What may be
# scrolled sideways (a table, tabs), what is hidden, and what floats over the page (bars, toasts) is left aside.
MISFITS = """() => {
  const root = document.documentElement, width = root.clientWidth, found = [];
  const short = (e) => e.outerHTML.replace(/\\s+/g, " ").slice(0, 110);
  const say = (what, e) => found.push(`${what}: ${short(e)}`);
  const style = (e) => getComputedStyle(e);
  const within = (e, holds) => { for (; e; e = e.parentElement) if (holds(style(e))) return e; };
  const scrolls = (e) => within(e.parentElement, ({ overflowX }) => ["auto", "scroll"].includes(overflowX));
  const floats = (e) => within(e, ({ position }) => ["fixed", "sticky"].includes(position));
  const control = "a[href], button, select, textarea, summary, input:not([type=hidden])";
  const boxes = [];
  for (const e of document.querySelectorAll(control)) {
    const box = e.getBoundingClientRect(), { overflow, textOverflow, clipPath } = style(e);
    const shown = e.checkVisibility({ checkVisibilityCSS: true }) && box.width > 2 && clipPath === "none";
    if (!shown || scrolls(e) || e.closest(".skip")) continue;
    if (box.left < -1 || box.right > width + 1) say(`beyond the edge (${box.left}…${box.right})`, e);
    if (e.matches("[type=checkbox], [type=radio]")) { /* as wide as it is */ }
    else if (e.matches("input, textarea, select")) { if (box.width < 40) say(`${box.width} px to type in`, e); }
    else {
      const cut = overflow !== "visible" && textOverflow !== "ellipsis" && e.scrollWidth > e.clientWidth + 1;
      const out = [...e.querySelectorAll("*")].some((part) => {
        const { left, right } = part.getBoundingClientRect();
        return left < right && (left < box.left - 2 || right > box.right + 2) && style(part).position !== "absolute";
      });
      if (cut || out) say("its text is cut or sticks out", e);
    }
    if (!floats(e)) boxes.push([e, box]);
  }
  boxes.forEach(([e, a], n) => boxes.slice(n + 1).forEach(([f, b]) => {
    const x = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const y = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    const one = e.contains(f) || f.contains(e) || (e.closest("label") && e.closest("label") === f.closest("label"));
    if (x > 2 && y > 2 && !one) say(`on ${short(f)}`, e);
  }));
  if (root.scrollWidth > width) {
    const wide = [...document.querySelectorAll("main *")].filter((e) => e.getBoundingClientRect().right > width + 1);
    found.push(`${root.scrollWidth} wide: ${wide.filter((e) => !scrolls(e)).slice(0, 3).map(short)}`);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sweep]:
    with served(tmp_path_factory.mktemp("sweep")) as made:
        yield made


@pytest.mark.parametrize("language", LOOKS)
def test_everybody_can_use_every_page(sweep: Sweep, browser: Browser, language: str) -> None:
    """Nothing that axe calls serious or critical, and at twice the size nothing is cut or lies on something else."""
    axe, found, pages = Axe().axe_script, [], 0
    for page in sweep.look(browser, language, device_scale_factor=2, reduced_motion="reduce"):
        page.evaluate(axe)
        for theme, size, rules in LOOKS[language]:
            page.set_viewport_size(size)
            page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
            found += [f"{theme}, {text}" for text in serious(page, rules)]
        page.evaluate("document.documentElement.dataset.theme = 'light'")
        for size in (ZOOMED, LANDSCAPE):
            page.set_viewport_size(size)
            found += [f"{size['width']} px, {page.url}: {misfit}" for misfit in page.evaluate(MISFITS)]
        pages += 1
    assert pages > 35
    assert not found, "\n".join(found)


def serious(page: Page, rules: list[str] | None) -> list[str]:
    """What axe finds serious or critical on a page as it stands."""
    options = {"resultTypes": ["violations"], "preload": False, **({"runOnly": rules} if rules else {})}
    return [
        f"{page.url} ({violation['id']}): {node['html'][:200]} {node['any'][:1] and node['any'][0]['message']}"
        for violation in page.evaluate("options => axe.run(options)", options)["violations"]
        if violation["impact"] in {"serious", "critical"}
        for node in violation["nodes"][:3]
    ]
