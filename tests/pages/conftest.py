"""What the tests of pages share: Chromium, pages that may not complain, and axe."""

import shutil
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import expect, sync_playwright

from tests.conftest import LIMIT

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text()
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
WAIT = 1000 * LIMIT / 5  # milliseconds for what a page should show
expect.set_options(timeout=WAIT)


@pytest.fixture(scope="module")
def browser():
    """Return a Chromium without network traffic of its own."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


def is_unexpected(request) -> bool:
    """Return whether a request is for anything but a page's own data or a file that was opened."""
    return not request.url.startswith("data:") and not request.is_navigation_request()


@pytest.fixture
def visit(browser):
    """Return a function that opens a page; the test fails on any message, error or request."""
    pages, trouble = [], []

    def visit(path: Path, **options):
        page = browser.new_page(**{"viewport": {"width": 1280, "height": 900}, **options})
        page.set_default_timeout(WAIT)
        page.on("console", lambda message: trouble.append(message.text))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("dialog", lambda dialog: trouble.append(dialog.message) or dialog.dismiss())
        page.goto(path.as_uri())
        page.on(
            "request",
            lambda request: trouble.append(request.url) if is_unexpected(request) else None,
        )
        pages.append(page)
        return page

    yield visit
    for page in pages:
        page.close()
    assert trouble == []


def until(page, condition) -> None:
    """Wait until a condition holds on a page; the time limit of the test ends the wait."""
    while not condition():
        page.wait_for_timeout(50)


def grave(page) -> list[tuple[str, str]]:
    """Return what axe-core finds serious or critical on a page: its rule, and an element."""
    page.evaluate(AXE + "; 0")
    found = page.evaluate("axe.run().then(results => results.violations)")
    return [
        (v["id"], v["nodes"][0]["html"][:200])
        for v in found
        if v["impact"] in ("serious", "critical")
    ]
