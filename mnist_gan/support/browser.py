"""Shows a page in the browser."""

import os
import sys
import webbrowser
from pathlib import Path

from mnist_gan.support.console import say


def show_page(path: Path) -> None:
    """Show a page in the browser, or say why not."""
    screens = (os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    if sys.platform == "linux" and not any(screens):
        say("There is no display here; open the file in a browser.")
    elif not webbrowser.open(path.resolve().as_uri()):
        say("No browser was found; open the file in one.")
