"""The picture of the curves shows what the history has."""

import numpy as np
from matplotlib.axes import Axes
from PIL import Image

from mnist_gan.lab.colours import DISCRIMINATOR, GENERATED, REAL
from mnist_gan.pages import plots
from mnist_gan.pages.plots import write_curves

ROWS = [
    {
        "epoch": epoch,
        "discriminator_loss": 0.6,
        "generator_loss": 1.1,
        "real_score": 0.6,
        "fake_score": 0.3,
    }
    for epoch in (1, 2, 3)
]


def drawn(monkeypatch, tmp_path, rows):
    """Write the curves of rows; return what was plotted, the marks, and the picture."""
    curves, marks = {}, []
    plot, line = Axes.plot, Axes.axhline
    monkeypatch.setattr(
        Axes,
        "plot",
        lambda self, x, y, *a, label, **k: (
            curves.update({label: (x, y)}) or plot(self, x, y, *a, label=label, **k)
        ),
    )
    monkeypatch.setattr(Axes, "axhline", lambda self, y, **k: marks.append(y) or line(self, y, **k))
    write_curves(tmp_path / "curves.png", rows, (0.69, 0.8))
    return curves, marks, np.asarray(Image.open(tmp_path / "curves.png"))


def test_curves_carry_the_marks_of_equilibrium(monkeypatch, tmp_path):
    """Losses and scores are drawn over the epochs, with a line for each loss at equilibrium."""
    curves, marks, picture = drawn(monkeypatch, tmp_path, ROWS)
    assert curves["generator"] == ((1, 2, 3), (1.1, 1.1, 1.1))
    assert set(curves) == {"discriminator", "generator", "real", "fake"}
    assert marks == [0.69, 0.8]
    assert picture.std() > 0


def test_losses_without_equilibrium_have_no_marks(tmp_path):
    """A critic's losses have no equilibrium: curves are drawn, dashed lines are not."""
    for name, equilibrium in (("with", (0.69, 0.8)), ("without", None)):
        write_curves(tmp_path / f"{name}.png", ROWS, equilibrium)
    pictures = [np.asarray(Image.open(tmp_path / f"{name}.png")) for name in ("with", "without")]
    assert pictures[0].shape == pictures[1].shape
    assert (pictures[0] != pictures[1]).any()


def test_online_evaluations_of_some_epochs_are_a_curve_of_their_own(monkeypatch, tmp_path):
    """Distances are drawn at the epochs that have one; the panel makes the picture taller."""
    plain = drawn(monkeypatch, tmp_path, ROWS)[2]
    rows = [ROWS[0] | {"frechet_distance": 9.0}, ROWS[1], ROWS[2] | {"frechet_distance": 4.0}]
    curves, _, picture = drawn(monkeypatch, tmp_path, rows)
    assert curves["to real images"] == ((1, 3), (9.0, 4.0))
    assert len(picture) > len(plain)


def test_networks_and_images_have_the_colours_of_the_lab():
    """D is green; G, and what it draws, orange; real images are blue; a distance is neither."""
    rows = [row | {"frechet_distance": 9.0} for row in ROWS]
    panels = [axes.get_lines() for axes in plots.curves(rows, None).axes]
    drawn = [[line.get_color() for line in lines] for lines in panels]
    assert drawn[:2] == [[DISCRIMINATOR, GENERATED], [REAL, GENERATED]]
    assert len({DISCRIMINATOR, GENERATED, REAL, *drawn[2]}) == 4
