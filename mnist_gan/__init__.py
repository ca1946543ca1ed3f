"""Train, watch, judge and understand a GAN on MNIST.

    import mnist_gan as mg

    run = mg.train("fast", epochs=5, seed=1)  # trains, shows progress, keeps the run
    run.history                               # losses, scores and evaluations, by column
    run.grid()                                # the last grid of digits, as a picture
    run.curves()                              # losses and distances, as a picture
    images = mg.sample(run, 16, seed=3)       # float32 (16, 784) in [-1, 1]
    mg.show(images)                           # these images, as a picture
    mg.evaluate(run)                          # how good the digits are, as a table
    generator = mg.load_generator(run)        # draws without TensorFlow
    model = generator.to_keras()              # the same as a Keras model
    mg.export(run, "onnx", "digits.onnx")     # the same for another program
    mg.invert("seven.png", run)               # the latent whose image comes nearest to a picture

`Run(folder)` opens an earlier run, `resume` trains it on; `callbacks=[mg.TensorBoard()]` logs
either for TensorBoard. `load_data` returns real images and
labels; `build_generator`, `build_discriminator` and `build_gan` return the networks as plain Keras
models; `Trainer`, `GanStep` and the objectives train networks of your own (see
docs/notebooks/your_own_gan.ipynb). A mistake is answered with a `UserError` of one sentence.
"""

from importlib import import_module
from typing import Any

__version__ = "0.2.0"

_HOMES = {  # public name: module that defines it, imported at first use, for Keras is slow
    "Adam": "training.backend",
    "Config": "config.schema",
    "Ema": "training.step",
    "GanStep": "training.backend",
    "Objective": "objectives.losses",
    "Report": "training.trainer",
    "Run": "results",
    "Sgd": "training.backend",
    "StepSettings": "training.step",
    "TensorBoard": "session.tensorboard",
    "Trainer": "training.trainer",
    "UserError": "support.errors",
    "build_discriminator": "models.discriminator",
    "build_gan": "models.gan",
    "build_generator": "models.generator",
    "evaluate": "api",
    "export": "api",
    "invert": "api",
    "load_config": "config.loading",
    "load_data": "data.sources",
    "load_generator": "api",
    "resume": "api",
    "sample": "api",
    "show": "results",
    "train": "api",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    """Import a public name from its module when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module 'mnist_gan' has no attribute '{name}'")
    home = _HOMES[name]
    if home.startswith(("models", "training")):
        from mnist_gan.support.runtime import start_backend

        start_backend()  # silent and repeatable, before anything else imports it
    return getattr(import_module(f"mnist_gan.{home}"), name)


def __dir__() -> list[str]:
    """List the public names."""
    return [*globals(), *__all__]
