"""How many frames and rounds a second the game reaches: `python -m benchmarks.frames`.

Needs Chromium (`apt-get install chromium`), which draws without a GPU here. The presets run one
after the other, at 60 rounds a second and as fast as they go.
"""

import shutil
import tempfile
from pathlib import Path

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
    """Print a line for each preset: frames a second and rounds a second."""
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
        for speed in ("60", "0"):
            print("60 rounds a second" if speed == "60" else "as fast as it goes")
            for place, name in enumerate(names):
                page.locator("#preset").select_option(str(place))
                page.locator("#speed").select_option(speed)
                page.evaluate("play(true)")
                frames, rounds = page.evaluate(COUNT, SECONDS)
                page.evaluate("play(false)")
                print(f"{name:28} {frames:5.0f} frames/s {rounds:6.0f} rounds/s", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
