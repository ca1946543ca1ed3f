"""Do digits suffer from mixed precision? Both precisions, several seeds, one distance.

    python benchmarks/quality.py --epochs 20 --seeds 3        about 25 minutes on two cores

Prints, in Markdown, the Fréchet distance of 10,000 generated images to the real test images in the
space of the training images' first 50 principal components: no network judges, no labels are
needed. Below it stands what two halves of the real test images differ by.
"""

import argparse
import sys
from pathlib import Path
from statistics import mean

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))  # as a script, `benchmarks` is not found

from mnist_gan.config.loading import load_config
from mnist_gan.config.schema import Config
from mnist_gan.data.sources import load_data
from mnist_gan.evaluation.metrics import frechet_distance, moments
from mnist_gan.noise import latents
from mnist_gan.sampling.sampler import copy_generator, generate
from mnist_gan.support.runtime import start_backend
from mnist_gan.training.build import build_trainer

COMPONENTS, SAMPLES = 50, 10_000
PRECISIONS = ("float32", "mixed_bfloat16")


def main() -> None:
    """Train, measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--config", default="tutorial", help="as for `mnist-gan train`")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--data", default="mnist", help="as for `mnist-gan train`")
    options = parser.parse_args()
    images = load_data(options.data).images
    start_backend()
    held_out, images = images[-SAMPLES:], images[:-SAMPLES]
    axes = principal_axes(images)
    real = held_out @ axes  # (n, COMPONENTS)
    print(f"| seed | {' | '.join(PRECISIONS)} |\n|---|--:|--:|")
    rows = []
    for seed in range(options.seeds):
        settings = {"training.seed": seed, "training.epochs": options.epochs}
        configs = (
            load_config(options.config, settings | {"training.precision": precision})
            for precision in PRECISIONS
        )
        rows.append([distance_after(images, axes, real, config) for config in configs])
        print(f"| {seed} | {rows[-1][0]:.2f} | {rows[-1][1]:.2f} |", flush=True)
    print(f"| mean | {mean(row[0] for row in rows):.2f} | {mean(row[1] for row in rows):.2f} |")
    halves = (moments(half) for half in np.split(real, 2))
    print(f"\nTwo halves of the held-out real images: {frechet_distance(*halves):.2f}.")


def distance_after(images: np.ndarray, axes: np.ndarray, real: np.ndarray, config: Config) -> float:
    """Train as a config says and return the distance of what is drawn."""
    trainer = build_trainer(config, images)
    for _ in trainer.run(config.training.epochs):
        pass
    generator = copy_generator(trainer.step.drawing_generator)
    drawn = latents(config.training.seed + 1000, SAMPLES, generator.latent_size)
    return frechet_distance(moments(real), moments(generate(generator, drawn) @ axes))


def principal_axes(images: np.ndarray) -> np.ndarray:
    """Return the first principal axes (784, COMPONENTS) of images (n, 784)."""
    covariance = np.cov(images.astype(np.float64), rowvar=False)
    return np.linalg.eigh(covariance)[1][:, ::-1][:, :COMPONENTS]


if __name__ == "__main__":
    main()
