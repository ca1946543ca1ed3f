"""Take the README's pictures of a page: `python scripts/screenshots.py PAGE.html`.

Needs Chromium (`apt-get install chromium`); writes below docs/images.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

IMAGES = Path(__file__).parents[1] / "docs" / "images"
SHOTS = (  # section, width, scheme, what is done before
    ("time", 1100, "light", "sheet.buttons[13].click()"),
    ("playground", 1200, "dark", "byId('wanted').value = 7; byId('new').click()"),
)
TAKE = "document.querySelector('#strip li:nth-child(3) button').click()"


def main() -> None:
    """Open the page, one shot after the other."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for section, width, scheme, action in SHOTS:
            page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
            page.goto(Path(sys.argv[1]).resolve().as_uri())
            page.wait_for_timeout(1000)
            page.evaluate(action)
            page.wait_for_timeout(5000)
            page.evaluate(TAKE)
            page.locator(f"#{section}").screenshot(path=IMAGES / f"page-{section}.png")
        browser.close()


if __name__ == "__main__":
    main()
