"""Train a classifier that judges digits, and write its weights.

    python scripts/train_judge.py a --data mnist.npz --output judge-a.npz     about 15 minutes

On MNIST's train[:55000], shifted at random by up to two pixels; kept is the epoch that is best on
the last 5,000. Beside the weights stands what they reach on the test images.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from mnist_gan.data.images import from_uint8
from mnist_gan.support.files import whole_file
from mnist_gan.support.runtime import fast_precision, start_backend

start_backend()

import keras  # noqa: E402 - started above

from mnist_gan.evaluation.classifiers import ARCHITECTURES, logits_and_features  # noqa: E402
from mnist_gan.models.classifier import build_classifier  # noqa: E402
from mnist_gan.training.backend import inference  # noqa: E402

TRAINED, SHIFT, SMOOTHING = 55_000, 2, 0.02


def main() -> None:
    """Train, print the accuracies, write the weights."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("name", choices=ARCHITECTURES)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--data", type=Path, required=True, help="mnist.npz")
    parser.add_argument("--output", type=Path, required=True, help="an .npz for the weights")
    options = parser.parse_args()
    with np.load(options.data, allow_pickle=False) as arrays:
        pictures, labels = arrays["x_train"], arrays["y_train"]
        test = from_uint8(arrays["x_test"]), arrays["y_test"]
    held_out = from_uint8(pictures[TRAINED:]), labels[TRAINED:]
    keras.utils.set_random_seed(ARCHITECTURES[options.name]["seed"])  # of the order of batches
    keras.config.set_dtype_policy(fast_precision())
    training = build_classifier(**ARCHITECTURES[options.name])
    keras.config.set_dtype_policy("float32")
    judge = build_classifier(**ARCHITECTURES[options.name])
    train(training, judge, pictures[:TRAINED], labels[:TRAINED], held_out, options.epochs)
    accuracy = accuracy_on(judge, *test)
    print(f"test accuracy {accuracy:.2%}")
    features = logits_and_features(inference(judge), from_uint8(pictures))[1]
    arrays = {f"weight_{i:02d}": weight for i, weight in enumerate(judge.get_weights())}
    arrays |= {"mean": features.mean(0), "deviation": features.std(0)}  # what standardises them
    with whole_file(options.output) as file:
        np.savez(file, test_accuracy=accuracy, **arrays)


def train(
    training: keras.Model,
    judge: keras.Model,
    pictures: np.ndarray,
    labels: np.ndarray,
    held_out: tuple[np.ndarray, np.ndarray],
    epochs: int,
) -> None:
    """Train one network and leave the other with the weights that were best on held-out images."""
    batch, best, rng = 128, 0.0, np.random.default_rng(0)
    steps = epochs * (len(pictures) // batch)
    schedule = keras.optimizers.schedules.CosineDecay(
        1e-6, steps, warmup_target=3e-3, warmup_steps=steps // 10
    )
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=SMOOTHING)
    training.compile(keras.optimizers.Adam(schedule), [loss, None])
    targets = np.eye(10, dtype=np.float32)[labels]
    for epoch in range(epochs):
        training.fit(from_uint8(shifted(pictures, rng)), targets, batch_size=batch, verbose=0)
        before = judge.get_weights()
        judge.set_weights(training.get_weights())
        accuracy = accuracy_on(judge, *held_out)
        print(f"epoch {epoch + 1}/{epochs}: held-out accuracy {accuracy:.2%}", flush=True)
        if accuracy < best:
            judge.set_weights(before)
        best = max(best, accuracy)


def accuracy_on(judge: keras.Model, images: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of images (n, 784) that are given their own label."""
    return float(np.mean(logits_and_features(inference(judge), images)[0].argmax(1) == labels))


def shifted(pictures: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return bytes (n, 28, 28) shifted at random by up to SHIFT pixels each way."""
    padded = np.pad(pictures, ((0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (28, 28), axis=(1, 2))
    down, right = rng.integers(0, 2 * SHIFT + 1, (2, len(pictures)))
    return windows[np.arange(len(pictures)), down, right]


if __name__ == "__main__":
    main()
