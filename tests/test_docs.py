"""README and configs tell the truth: every command, name and file in them exists."""

import ast
import configparser
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest

import mnist_gan
from mnist_gan.cli import commands
from mnist_gan.config.loading import differences, load_config, shipped_configs
from mnist_gan.config.schema import Config
from mnist_gan.runs import Evaluation

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
COMMAND_LINE = re.compile(r"^(?:.*/|#\s+)?(mnist-gan \w.*?)(?:\s+#.*)?$", re.MULTILINE)


def quoted(text: str) -> list[str]:
    """Return the command lines that a text shows."""
    return [match[1] for match in COMMAND_LINE.finditer(text)]


def documents() -> list[Path]:
    """Return README, the pages of docs/ and the configs."""
    return [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("configs/*.yaml")]


@pytest.mark.parametrize("document", documents(), ids=lambda path: path.name)
def test_every_quoted_command_parses(document):
    """A command line in README, docs or a config has real subcommands, options and values."""
    for line in quoted(document.read_text()):
        command, (name, *arguments) = commands, shlex.split(line)
        while isinstance(command, click.Group):
            command, (name, *arguments) = command.commands[arguments[0]], arguments
        command.make_context(name, arguments)


def test_readme_quotes_every_command():
    """Each subcommand has an example in the README and says in its help what it is for."""
    examples = {line.split()[1] for line in quoted(README)}
    assert examples == set(commands.commands)
    assert all(command.help for command in commands.commands.values())


def test_readme_has_the_two_commands_that_set_everything_up():
    """One line installs and trains, one installs and tests; CI runs the second as printed."""
    lines = [line for line in README.splitlines() if line.startswith("python3 -m venv")]
    assert [line.split("&& ")[-1] for line in lines] == [
        ".venv/bin/mnist-gan train --epochs 400",
        ".venv/bin/pytest -n 2 --dist worksteal",
    ]
    assert "README.md" in (ROOT / ".ci" / "run").read_text()


def test_readme_tree_is_the_tree():
    """README's tree names every folder and module with its docstring's first line, and no other."""
    tree = README.split("## The files")[1]
    assert dict(named(tree.split("    configs/")[0])) == dict(present(ROOT / "mnist_gan"))
    assert all(name in tree for name in shipped_configs())


def named(tree: str) -> Iterator[tuple[str, str]]:
    """Yield the path below mnist_gan/ and the sentence of each line of a tree that has both."""
    folders: list[str] = []
    for indent, name, sentence in re.findall(r"^    ( *)(\S+) +(\S.*)$", tree, re.MULTILINE):
        folders[len(indent) // 2 - 1 :] = [name]
        yield "".join(folders), sentence


def present(package: Path) -> Iterator[tuple[str, str]]:
    """Yield the same of the folders and modules that exist; a folder's stands in its __init__."""
    for module in package.rglob("*.py"):
        path = str(module.relative_to(package)).removesuffix("__init__.py")
        if path:
            yield path, module.read_text().split('"""')[1].splitlines()[0]
    yield "assets/", "Classifiers, their statistics of MNIST, baselines, a trained generator."
    yield "pages/static/", "The templates, styles and scripts of the pages."


@pytest.mark.slow
def test_readme_python_runs(tmp_path, monkeypatch, own_digits):
    """The lines of Python in the README run, here with a recipe that takes seconds."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MNIST_GAN_OUTPUTS", raising=False)
    code = README.split("```python\n")[1].split("```")[0]
    for long, short in (
        ('"fast", epochs=5', f'"smoke", epochs=1, data={str(own_digits)!r}'),
        ("mg.evaluate(run)", "mg.evaluate(run, samples=1000)"),
    ):
        assert long in code
        code = code.replace(long, short)
    names: dict[str, Any] = {}
    exec(compile(ast.parse(code), "README.md", "exec"), names)  # noqa: S102 - our own README
    assert names["images"].shape == (16, 784)
    assert names["generator"].output_shape == (None, 784)


def test_pictures_and_pages_that_are_linked_exist():
    """No link in README or docs leads nowhere."""
    for page in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
            assert target.startswith("https://") or (page.parent / target).exists(), target


def test_links_to_a_heading_find_it():
    """Where a link in README or docs names a part of a page, that page has such a heading or id."""
    for page in [*ROOT.glob("README*.md"), *ROOT.glob("docs/**/*.md")]:
        for target, name in re.findall(
            r"\]\(((?!https:)[^)#]*)#([^)]+)\)", page.read_text("utf-8")
        ):
            linked = page.parent / target if target else page
            assert name in anchors(linked.read_text("utf-8")), f"{page.name}: {target}#{name}"


def anchors(text: str) -> set[str]:
    """Return the names of a page's headings, as GitHub makes them, and its ids."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    names = {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}
    return names | set(re.findall(r'<a id="([^"]+)">', text))


def test_the_lab_answers_twenty_five_questions():
    """Its page lists as many, each once and with a link to a part of a page of the lab."""
    page = (ROOT / "docs" / "lab" / "README.md").read_text().split("## Twenty-five questions")[1]
    listed = re.findall(r"^\d+\. \[(Why [^]]+\?)\]\(\w+\.md#[\w-]+\)$", page, re.MULTILINE)
    assert len(set(listed)) == 25


def test_the_tables_of_evaluation_are_those_of_the_script():
    """Every row that the calibration prints stands in the page on evaluation."""
    script = [sys.executable, ROOT / "scripts" / "calibrate.py", "--table"]
    rows = subprocess.run(script, capture_output=True, text=True, check=True).stdout  # noqa: S603
    page = (ROOT / "docs" / "evaluation.md").read_text()
    assert len(rows.splitlines()) > 10
    assert [row for row in rows.splitlines() if row not in page] == []


def test_the_bundled_generator_comes_with_what_made_it():
    """Beside it lie its config, which loads and names the command, and its evaluation."""
    folder = ROOT / "mnist_gan" / "assets"
    assert "mnist-gan train --config best" in (folder / "generator.yaml").read_text()
    config = load_config(str(folder / "generator.yaml"))
    changed = {line.split(":")[0] for line in differences(load_config("best"), config)}
    assert changed <= {"training.precision", "training.decay_epochs", "training.threads"}
    kept = Evaluation.model_validate_json((folder / "generator.json").read_text())
    measured = json.loads((folder / "calibration.json").read_text())["best"]
    assert kept.values in [pytest.approx(values, rel=1e-6) for values in measured]


@pytest.mark.parametrize("name", shipped_configs())
def test_shipped_configs_open_with_their_command(name):
    """A config says how to run it, what that takes and what comes of it, and is valid."""
    text = (ROOT / "configs" / f"{name}.yaml").read_text()
    comment = text.split("name:")[0]
    assert "mnist-gan train" in comment
    assert "# Time: " in comment
    assert "# Reaches: " in comment
    assert load_config(name).name == name


def test_every_setting_has_a_help_text():
    """The schema describes each hyperparameter."""
    for section in Config.model_fields.values():
        fields = getattr(section.annotation, "model_fields", {"": section})
        assert all(field.description for field in fields.values())


def test_public_names_are_importable():
    """`from mnist_gan import name` works for each public name, and a typo says so."""
    assert all(callable(getattr(mnist_gan, name)) for name in mnist_gan.__all__)
    assert set(mnist_gan.__all__) <= set(dir(mnist_gan))
    with pytest.raises(AttributeError, match="no attribute 'load_generators'"):
        _ = mnist_gan.load_generators
    assert metadata.version("mnist-gan") == mnist_gan.__version__


def test_the_tutorials_normalisation_is_in_reach():
    """`load_data` gives flat float32 images in [-1, 1] with their labels."""
    dataset = mnist_gan.load_data("digits")
    assert (dataset.images.dtype, dataset.images.shape[1]) == (np.float32, 784)
    assert (dataset.images.min(), dataset.images.max()) == (-1, 1)
    assert len(dataset.labels) == len(dataset.images)


def test_the_lowest_versions_are_the_declared_bounds():
    """What CI tests as the lowest versions are exactly the lower bounds of setup.cfg."""
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg")
    extra = settings["options.extras_require"]["jax"]
    declared = sorted((settings["options"]["install_requires"] + extra).split("\n"))
    bounds = [line.split(",")[0].replace(">=", "==") for line in declared if line[:1].isalpha()]
    pinned = (ROOT / ".ci" / "lowest.txt").read_text().splitlines()
    assert bounds == [line for line in pinned if not line.startswith("#")]
