"""How many frames and rounds a second the game reaches: `python -m benchmarks.frames`.

Needs Chromium (`apt-get install chromium`), which draws without a GPU here. The presets run one
after the other at 60 rounds a second. The processor time of a frame (all processes of the browser)
does not depend on what else the machine does: below 16.7 ms, an idle core draws 60 frames a second.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from mnist_gan.lab.play.page import game_page

SECONDS = 5
COUNT = """(seconds) => new Promise((done) => {
  let frames = 0;
  const began = performance.now(), first = game.round;
  const count = () => {
    frames++;
    const passed = (performance.now() - began) / 1000;
    if (passed < seconds) requestAnimationFrame(count);
    else done([frames / passed, (game.round - first) / passed]);
  };
  requestAnimationFrame(count);
})"""


def main() -> None:
    """Print a line for each preset: frames and rounds a second, and processor time."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "play.html"
        path.write_text(game_page(), "utf-8")
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        flags = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(path.as_uri())
        names = page.locator("#preset option").all_inner_texts()[:-1]
        session = browser.new_browser_cdp_session()
        for place, name in enumerate(names):
            page.locator("#preset").select_option(str(place))
            page.evaluate("play(true)")
            page.evaluate(COUNT, 1)  # until the code is compiled
            before = _processor_time(session)
            frames, rounds = page.evaluate(COUNT, SECONDS)
            used = 1000 * (_processor_time(session) - before) / (frames * SECONDS)
            page.evaluate("play(false)")
            print(
                f"{name:28} {frames:5.0f} frames/s {rounds:6.0f} rounds/s {used:6.1f} ms a frame",
                flush=True,
            )
        browser.close()


def _processor_time(session: Any) -> float:
    """Return the seconds of processor time that the browser has used."""
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    return float(sum(process["cpuTime"] for process in processes))


if __name__ == "__main__":
    main()
