"""The Python API: train, look, sample, evaluate, resume."""

import os
import pydoc
import signal
import threading

import keras
import numpy as np
import pytest

import mnist_gan as mg
from mnist_gan.data.images import tile
from mnist_gan.support.console import LOADING
from tests.conftest import script

TINY = {
    "generator__widths": (16,),
    "discriminator": {"widths": [16]},
    "training__eval_samples": 0,
}


@pytest.fixture(scope="module")
def run(tmp_path_factory, own_digits):
    """Return a run of two epochs."""
    outputs = tmp_path_factory.mktemp("api") / "outputs"
    return mg.train("smoke", epochs=2, seed=1, data=str(own_digits), outputs=outputs, **TINY)


def test_training_returns_the_run(run):
    """Settings arrive, however they are given, and the run says what it is."""
    assert (run.status, run.folder.name) == ("finished", "0001-smoke")
    assert run.config.generator.widths == run.config.discriminator.widths == (16,)
    assert (run.config.training.epochs, run.config.training.seed) == (2, 1)
    assert repr(run) == f"Run({str(run.folder)!r}): finished, 2 epochs"
    assert mg.Run(1, run.folder.parent).folder == run.folder


def test_history_has_a_column_for_each_value(run, monkeypatch):
    """A dict of arrays where pandas is missing, else a DataFrame; gaps are NaN."""
    monkeypatch.setattr("mnist_gan.results.find_spec", lambda name: None)
    history = run.history
    assert history["epoch"].tolist() == [1, 2]
    assert all(column.dtype == np.float64 and len(column) == 2 for column in history.values())
    monkeypatch.undo()
    pandas = pytest.importorskip("pandas")
    assert isinstance(run.history, pandas.DataFrame)
    assert run.history["epoch"].tolist() == [1, 2]


def test_pictures_show_in_a_notebook(run):
    """A grid is that of the file, curves are drawn, images become one picture."""
    grid = run.grid()
    np.testing.assert_array_equal(np.asarray(grid), np.asarray(run.grid(epoch=2)))
    np.testing.assert_array_equal(np.asarray(grid), tile(mg.sample(run, 100, seed=1), columns=10))
    assert run.curves().size[0] == 840
    images = mg.sample(run, 16, seed=3)
    np.testing.assert_array_equal(np.asarray(mg.show(images)), tile(images, columns=10))
    assert mg.show(images.reshape(-1, 28, 28), columns=4).size == mg.show(images, columns=4).size
    assert grid._repr_png_()


@pytest.mark.parametrize(
    "images",
    [np.zeros((2, 100), np.float32), np.zeros((2, 784), np.uint8), np.full((1, 784), 3.0), [], 7],
)
def test_what_is_no_image_is_refused(images):
    """Another shape, bytes, numbers out of range and nothing at all."""
    with pytest.raises(mg.UserError, match=r"\[-1, 1\] of shape \(n, 784\) or \(n, 28, 28\)"):
        mg.show(images)


def test_a_grid_that_is_not_there_is_refused_with_those_that_are(run):
    """The sentence names the epochs."""
    with pytest.raises(mg.UserError, match="no grid of epoch 7; there are those of 1, 2"):
        run.grid(7)


def test_sampling_takes_whatever_draws(run):
    """A run, its folder, a file, a generator and a Keras model draw the same images."""
    generator = mg.load_generator(run)
    expected = mg.sample(run, 6, seed=3)
    assert (expected.shape, expected.dtype) == ((6, 784), np.float32)
    for source in (run.folder, str(run.folder / "generator.keras"), generator):
        np.testing.assert_array_equal(mg.sample(source, 6, seed=3), expected)
    model = keras.saving.load_model(run.folder / "generator.keras")
    np.testing.assert_array_equal(mg.sample(model, 6, seed=3), expected)
    np.testing.assert_array_equal(mg.sample(run, 2, seed=3, start=4), expected[4:])


def test_the_bundled_generator_draws_without_a_run(tmp_path, monkeypatch):
    """Nothing has been trained, and digits are drawn."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MNIST_GAN_OUTPUTS", raising=False)
    assert mg.sample(count=3).shape == (3, 784)


def test_a_generator_becomes_a_keras_model(run, tmp_path):
    """It draws the same images, and loads again once saved; conditional ones, too."""
    told = mg.build_generator(6, (5, 3), architecture="convolutional", classes=10, output="sigmoid")
    for source in (run, mg.load_generator(), told):
        generator = mg.load_generator(source)
        model = generator.to_keras()
        rows = generator.latents(0, 4)
        inputs = rows
        if generator.classes:
            inputs = [rows[:, : generator.latent_size], rows[:, generator.latent_size :]]
        np.testing.assert_allclose(model(inputs), generator(rows), atol=1e-5)
        model.save(tmp_path / "again.keras")
        np.testing.assert_array_equal(
            mg.sample(tmp_path / "again.keras", 4), mg.sample(generator, 4)
        )


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda run: mg.train("smok"), "There is no config 'smok' .did you mean 'smoke'"),
        (lambda run: mg.train("smoke", epoch=3), "Unknown setting 'epoch'.*training.epochs"),
        (lambda run: mg.train("smoke", epochs="3"), "training.epochs is '3'"),
        (lambda run: mg.train("smoke", generator__width=3), "did you mean 'generator.widths'"),
        (lambda run: mg.train("smoke", data="nowhere.npz"), "There is no .*nowhere.npz"),
        (lambda run: mg.train("smoke", callbacks=[3]), "callbacks holds 3"),
        (lambda run: mg.resume(run, epochs=1), "has 2 epochs already"),
        (lambda run: mg.resume("nothing", outputs=run.folder.parent), "no run 'nothing'"),
        (lambda run: mg.sample(run, -1), "count is -1"),
        (lambda run: mg.sample(run, seed=-1), "seed is -1"),
        (lambda run: mg.sample(3.5), "3.5 is no generator"),
        (lambda run: mg.load_generator("missing.keras"), "There is no file missing.keras"),
        (lambda run: mg.evaluate(run, samples=5), "samples is 5"),
        (lambda run: mg.evaluate([]), "empty list"),
        (lambda run: mg.evaluate([run, "missing.keras"]), "There is no file missing.keras"),
        (lambda run: mg.build_generator(0), "latent_size is 0"),
        (lambda run: mg.build_generator(widths=()), "widths is "),
        (lambda run: mg.build_generator(width=3), "Unknown setting 'width'; there are .*widths"),
        (lambda run: mg.build_generator(classes=-1), "classes is -1"),
        (lambda run: mg.build_generator(seed="x"), "seed is 'x'"),
        (lambda run: mg.build_discriminator(dropout=1.0), "dropout is 1.0"),
        (lambda run: mg.build_discriminator(mean_image=np.ones(3)), r"has shape \(3,\)"),
        (lambda run: mg.build_gan(3, 4), "generator is 3; it should be a Keras model"),
    ],
)
def test_a_mistake_is_one_sentence(run, call, sentence, monkeypatch, tmp_path):
    """The command line's sentence, before anything is written."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(mg.UserError, match=sentence):
        call(run)
    assert not list(tmp_path.iterdir())


def test_functions_are_called_with_every_report(tmp_path, capsys):
    """About once a second, and at the end of every epoch, with the means so far."""
    reports = []
    mg.train("smoke", epochs=2, outputs=tmp_path, callbacks=[reports.append], quiet=True, **TINY)
    assert [report.epoch for report in reports if report.epoch_ended] == [1, 2]
    assert sum(report.steps for report in reports) == reports[-1].step == 2 * 187
    assert reports[0].means.keys() == {
        *("discriminator_loss", "generator_loss", "real_score", "fake_score")
    }
    assert capsys.readouterr() == ("", "")


def test_keras_callbacks_are_called_and_can_stop_the_training(tmp_path):
    """One that stops after the first epoch leaves a run that can be trained on."""
    events = []

    class Stopper(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            events.append(("begin", self.params["epochs"], self.model.name))

        def on_epoch_begin(self, epoch, logs=None):
            events.append(("epoch", epoch))

        def on_epoch_end(self, epoch, logs=None):
            events.append((epoch, sorted(logs)[0]))
            self.model.stop_training = True

        def on_train_end(self, logs=None):
            events.append("end")

    run = mg.train("smoke", epochs=3, outputs=tmp_path, callbacks=[Stopper()], quiet=True, **TINY)
    assert events == [("begin", 3, "generator"), ("epoch", 0), (0, "discriminator_loss"), "end"]
    assert (run.status, len(run.history["epoch"])) == ("interrupted", 1)
    assert mg.resume(run, quiet=True).status == "finished"


@pytest.mark.slow
def test_a_callback_that_raises_leaves_a_run_that_can_be_trained_on(tmp_path):
    """Its exception is seen, and nothing is lost: in the end the run is the uninterrupted one."""

    def fail(report):
        if report.step > 200:
            raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        mg.train("smoke", epochs=2, outputs=tmp_path, callbacks=[fail], quiet=True, **TINY)
    broken = mg.Run(1, tmp_path)
    assert broken.status == "interrupted"
    whole = mg.train("smoke", epochs=2, outputs=tmp_path, quiet=True, **TINY)
    resumed = mg.resume(broken, quiet=True)
    assert resumed.status == "finished"
    np.testing.assert_array_equal(mg.sample(resumed, 5), mg.sample(whole, 5))


def test_ctrl_c_saves_and_returns(tmp_path):
    """As in a notebook, where the kernel gets the signal."""

    def interrupt(report):
        if report.step > 100:
            os.kill(os.getpid(), signal.SIGINT)

    run = mg.train("smoke", epochs=4, outputs=tmp_path, callbacks=[interrupt], quiet=True, **TINY)
    assert run.status == "interrupted"
    assert mg.resume(run, epochs=4, quiet=True).status == "finished"


def test_training_works_in_a_thread(tmp_path):
    """Signals are left to the main thread."""
    thread = threading.Thread(
        target=lambda: mg.train("smoke", epochs=1, outputs=tmp_path, quiet=True, **TINY)
    )
    thread.start()
    thread.join()
    assert mg.Run(1, tmp_path).status == "finished"


@pytest.mark.slow
def test_an_evaluation_is_shown_as_a_table(run):
    """Values by name, those of real digits beside them, and the table of the command."""
    scores = mg.evaluate(run, samples=1000)
    assert scores["frechet_distance"] > 10 * scores.real["frechet_distance"]
    assert set(scores) == {*scores.real}
    shown = repr(scores)
    assert shown.startswith("1,000 samples against ")
    assert "Fréchet distance" in shown
    assert scores.summary in shown
    several = mg.evaluate([run, run.folder], samples=1000)
    assert [dict(each) for each in several] == [dict(scores)] * 2


def test_help_reads_as_a_tour():
    """`help(mnist_gan)` begins with the story and has every public function."""
    text = pydoc.render_doc(mg, renderer=pydoc.plaintext)
    assert 'run = mg.train("fast", epochs=5, seed=1)' in text
    assert all(f"\n    {name}(" in text for name in ("train", "sample", "evaluate", "show"))


@pytest.mark.slow
def test_nothing_is_said_but_what_is_ours(tmp_path):
    """In a new process neither TensorFlow nor Python warns, whatever is done first."""
    said = script(
        "import sys, mnist_gan as mg\n"
        "sys.stderr = sys.stdout\n"
        "g, d = mg.build_generator(8, (4,)), mg.build_discriminator((4,))\n"
        "run = mg.train('smoke', epochs=1, generator__widths=(4,), training__eval_samples=0)\n"
        "mg.resume(run, epochs=2, quiet=True)\n"
        "mg.train('smoke', epochs=1, generator__widths=(4,), quiet=True)\n",
        cwd=tmp_path,
    ).splitlines()
    starts = ("config", "recipes", "data", "generator", "discriminator", "training", "kept", "disk")
    assert said.pop(0) == LOADING
    assert [line.split()[0] for line in said[:8]] == list(starts)
    later = [line.split()[0] for line in said[8:] if not line.startswith("forecast")]
    assert later == ["epoch", "diagnosis,", "Next:"]
