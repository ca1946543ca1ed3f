"""Targets and settings that a person gives to `lab gaussian`."""

import json

import numpy as np
import pytest
from scipy import integrate

from mnist_gan.lab.gaussian.recipes import RECIPES, changed
from mnist_gan.lab.gaussian.targets import open_target
from mnist_gan.support.errors import UserError
from tests.conftest import installed, refusal

FORMULA = "0.3*N(0,1)+0.7*N(4,0.5)"


def check_moments(target, low: float, high: float) -> None:
    """Check density, samples and stated moments of a target against each other."""
    x = np.linspace(low, high, 400_001)
    density = target.density(x)
    mean, std = target.moments["mean"], target.moments["std"]
    found = [
        float(integrate.simpson(density * ((x - mean) / std) ** power, x=x)) for power in range(5)
    ]
    expected = [1, 0, 1, target.moments["skew"], target.moments["kurtosis"] + 3]
    np.testing.assert_allclose(found, expected, atol=0.02)
    drawn = target.draw(np.random.default_rng(0), 400_000)
    assert drawn.mean() == pytest.approx(mean, abs=0.02 * std)
    assert drawn.std() == pytest.approx(std, rel=0.02)
    assert np.mean(((drawn - mean) / std) ** 3) == pytest.approx(expected[3], abs=0.05)


def test_a_formula_is_the_mixture_that_it_says():
    """Its mean is 2.8, and density, samples and moments agree."""
    target = open_target(FORMULA)
    assert target.mean == pytest.approx(2.8)
    assert target.std == pytest.approx((0.3 * (1 + 2.8**2) + 0.7 * (0.25 + 1.2**2)) ** 0.5)
    assert str(target) == FORMULA
    assert target.density(np.array([4.0]))[0] == pytest.approx(0.7 / 0.5 / (2 * np.pi) ** 0.5, 1e-3)
    check_moments(target, -8, 12)
    assert open_target(" N( -2 , .5e0 ) ").moments["std"] == pytest.approx(0.5)


def test_a_file_is_drawn_again_and_again(tmp_path):
    """Its samples are numbers of the file, a heading is skipped, and the density is a histogram."""
    numbers = np.random.default_rng(3).gamma(2, 3, 20_000)
    path = tmp_path / "waits.csv"
    path.write_text("minutes\r\n" + "\r\n".join(map(repr, numbers.tolist())) + "\n\n")
    target = open_target(str(path))
    assert str(target) == "waits.csv"
    drawn = target.draw(np.random.default_rng(0), 1000)
    assert np.abs(np.subtract.outer(drawn, numbers)).min(1).max() < 1e-9
    check_moments(target, -1, 60)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0.3*N(0,1)+0.6*N(4,0.5)", "sum to 1"),
        ("1.5*N(0,1)+-0.5*N(4,0.5)", "above 0"),
        ("N(0,0)", "standard deviation above 0"),
        ("N(1e9,1)", "numbers up to 1,000,000"),
        ("N(0,1)+", "is no sum of terms"),
        ("N(0)", "is no sum of terms"),
        ("N(" * 5000, "is no sum of terms"),
        ("missing.csv", "cannot be read"),
    ],
)
def test_what_is_no_target_is_refused(text, message):
    """One sentence says what is allowed."""
    with pytest.raises(UserError, match=message.replace("(", r"\(")) as refused:
        open_target(text)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 250


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"1\n2\nthree\n", "Line 3 of .* is 'three'"),
        (b"1,2\n3,4\n", "Line 2"),
        (b"1\n" * 50, "holds 50 numbers"),
        (b"1\n" * 500, "should differ"),
        (b"1\n" * 500 + b"nan\n", "finite"),
        (b"\xff\xfe\x00", "damaged or no file of numbers"),
        (b"", "holds 0 numbers"),
    ],
)
def test_a_file_without_numbers_is_refused(tmp_path, content, message):
    """It is untrusted: whatever it holds, one sentence says what is wrong."""
    path = tmp_path / "some.csv"
    path.write_bytes(content)
    with pytest.raises(UserError, match=message):
        open_target(str(path))


def test_a_setting_of_a_recipe_is_changed():
    """Each of our recipe's changes can be taken back alone; other values are refused."""
    ours = RECIPES["sorted"]
    assert changed(ours, {"objective": "minimax", "sets": 8})._asdict() == {
        **ours._asdict(),
        "objective": "minimax",
        "sets": 8,
    }
    assert changed(ours, {"penalty": [0, 0]}).penalty == (0, 0)
    assert not changed(ours, {"is_averaged": False}).is_averaged
    for name, value, message in (
        ("objective", "hinge", "objective is 'hinge'"),
        ("sets", 0, "sets is 0"),
        ("sets", True, "sets is True"),
        ("penalty", [1, 0], "both should be above 0, or both 0"),
        ("penalty", "much", "penalty is 'much'"),
        ("generator", ["relu", "elu"], "generator is"),
        ("set", 3, "did you mean 'sets'"),
        ("colour", 3, "Unknown setting 'colour'; there are rounds"),
    ):
        with pytest.raises(UserError, match=message):
            changed(ours, {name: value})


@pytest.mark.slow
def test_the_command_takes_a_formula_and_settings(tmp_path):
    """They are in the results, in the record, and in the page's start."""
    result = installed(
        *("lab", "gaussian", "--target", FORMULA, "--set", "objective=minimax"),
        *("--set", "sets=4", "--rounds", 50, "--json", "--quiet"),
        cwd=tmp_path,
    )
    assert (result.returncode, result.stderr) == (0, "")
    about = json.loads(result.stdout)
    assert about["changes"] == {"objective": "minimax", "sets": 4}
    assert about["mean"] == pytest.approx(2.8)
    folder = tmp_path / about["folder"]
    assert "objective: minimax" in (folder / "config.yaml").read_text()
    text = (folder / "page.html").read_text()
    own = json.loads(text.split('id="data">')[1].split("</script>")[0])["own"]
    assert (own["settings"]["objective"], own["settings"]["sets"]) == ("minimax", 4)
    assert own["name"].startswith(FORMULA)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--target", "N(0,1)", "--mean", "3"], "leave out --mean"),
        (["--target", "N(0,1"], "is no sum of terms"),
        (["--set", "sets=many"], "sets is 'many'"),
    ],
)
def test_wrong_targets_and_settings_write_nothing(tmp_path, arguments, message):
    """The exit code is 2 and stderr has one line."""
    assert message in refusal("lab", "gaussian", *arguments, cwd=tmp_path)
