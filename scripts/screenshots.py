"""Take the documents' pictures of pages: `python scripts/screenshots.py RUN.html GAME.html`.

RUN.html is the page of a run, GAME.html is written by `mnist-gan lab play`. Needs Chromium
(`apt-get install chromium`); writes below docs/images.
"""

import re
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Page, expect, sync_playwright

IMAGES = Path(__file__).parents[1] / "docs" / "images"
TAKE = "document.querySelector('#strip li:nth-child(3) button').click()"
SEVEN = ((0.3, 0.2), (0.7, 0.2), (0.55, 0.5), (0.45, 0.85))  # corners, as shares of the paper
ROUNDS = 300  # of the game


class Shot(NamedTuple):
    """A picture of one section of a page."""

    name: str
    place: int  # of the page on the command line
    section: str
    width: int
    scheme: str


SHOTS = (
    Shot("time", 1, "#time", 1100, "light"),
    Shot("playground", 1, "#playground", 1200, "dark"),
    Shot("game", 2, "section[aria-labelledby=game-title]", 1200, "light"),
)


def main() -> None:
    """Open the pages, one shot after the other."""
    prepare = {"time": _choose, "playground": _draw, "game": _play}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for shot in SHOTS:
            size = {"width": shot.width, "height": 900}
            page = browser.new_page(viewport=size, color_scheme=shot.scheme)
            page.goto(Path(sys.argv[shot.place]).resolve().as_uri())
            page.wait_for_timeout(1000)
            prepare[shot.name](page)
            page.locator(shot.section).screenshot(path=IMAGES / f"page-{shot.name}.png")
        browser.close()


def _choose(page: Page) -> None:
    """Choose a digit of the grid."""
    page.evaluate("sheet.buttons[13].click()")
    page.wait_for_timeout(5000)


def _draw(page: Page) -> None:
    """Draw new sevens, and one by hand whose latent is found."""
    page.evaluate("byId('wanted').value = 7; byId('new').click()")
    page.wait_for_timeout(5000)
    paper = page.locator("#paper")
    paper.scroll_into_view_if_needed()
    box = paper.bounding_box()
    corners = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in SEVEN]
    page.mouse.move(*corners[0])
    page.mouse.down()
    for corner in corners[1:]:
        page.mouse.move(*corner, steps=5)
    page.mouse.up()
    page.locator("#find").click()
    expect(page.locator("#near")).to_have_text(re.compile(r"^\d.* away$"), timeout=60_000)
    page.evaluate(TAKE)


def _play(page: Page) -> None:
    """Play some rounds of the first preset."""
    page.evaluate(f"for (let round = 0; round < {ROUNDS}; round++) step(trainBoth, true)")


if __name__ == "__main__":
    main()
