"""What every reader returns, and how much it reads at most."""

from typing import Literal

import numpy as np

MOST_IMAGES = 1_000_000  # more would be a mistake, or could exhaust the memory


Part = Literal["train", "test"]


Images = tuple[np.ndarray, np.ndarray | None]  # uint8 (n, 28, 28) and uint8 (n,)
