"""Write what the judges see in MNIST, so that nobody needs MNIST to evaluate.

    python scripts/make_references.py --data mnist.npz --output mnist_gan/assets

For each judge the moments of its features, and the features of the test images (half precision);
for the pixels their first 50 principal axes and the moments along them. Afterwards the hashes that
are printed belong into `mnist_gan/support/assets.py`.
"""

import argparse
import hashlib
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from mnist_gan.data.images import from_uint8
from mnist_gan.support.files import whole_file
from mnist_gan.support.runtime import start_backend

start_backend()

from mnist_gan.evaluation.classifiers import ARCHITECTURES, Classifier, Prediction  # noqa: E402
from mnist_gan.evaluation.metrics import digit_shares, moments  # noqa: E402
from mnist_gan.support.assets import HASHES  # noqa: E402 - started above

COMPONENTS = 50


def main() -> None:
    """Look at every image and write what was seen."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="mnist.npz")
    parser.add_argument("--output", type=Path, required=True, help="a folder")
    options = parser.parse_args()
    with np.load(options.data, allow_pickle=False) as stored:
        images = {part: from_uint8(stored[f"x_{part}"]) for part in ("train", "test")}
    for name in ARCHITECTURES:
        judge = Classifier(name)
        seen = {part: judge(images[part]) for part in images}
        features = {part: judgement.features for part, judgement in seen.items()}
        write(
            options.output / f"reference-{name}.npz", {**statistics(features), **extra(name, seen)}
        )
    axes = principal_axes(images["train"])
    projected = {part: images[part] @ axes for part in images}
    write(options.output / "reference-pixels.npz", {**statistics(projected), "axes": axes})


def extra(name: str, seen: dict[str, Prediction]) -> dict[str, np.ndarray]:
    """Return what beside moments is kept of a judge's view."""
    return {
        "judge": np.array(HASHES[f"judge-{name}.npz"]),
        "features": seen["test"].features.astype(np.float16),
        "shares": digit_shares(seen["test"].digits),
    }


def statistics(features: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the moments of the features (n, d) of both parts."""
    kept = {part: moments(rows)._asdict() for part, rows in features.items()}
    return {f"{part}_{key}": np.asarray(kept[part][key]) for part in kept for key in kept[part]}


def principal_axes(images: np.ndarray) -> np.ndarray:
    """Return the first principal axes (784, COMPONENTS) of images (n, 784)."""
    covariance = np.cov(images.astype(np.float64), rowvar=False)
    return np.linalg.eigh(covariance)[1][:, ::-1][:, :COMPONENTS].astype(np.float32)


def write(path: Path, stored: dict[str, np.ndarray]) -> None:
    """Write an archive and print its hash."""
    with whole_file(path) as temporary:
        np.savez_compressed(temporary, **stored)  # type: ignore[arg-type]
    print(f'    "{path.name}": "{hashlib.sha256(path.read_bytes()).hexdigest()}",')


if __name__ == "__main__":
    main()
