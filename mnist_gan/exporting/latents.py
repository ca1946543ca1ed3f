"""Lines of Python that draw a generator's latents with NumPy alone."""

from mnist_gan.noise import BOUND, CODE_SHARE

COUNT = 16  # latents that the lines draw

_NORMAL = "x = np.random.default_rng(0).standard_normal(({count}, {size}))"
_LINES = {  # by the distribution of the noise
    "normal": _NORMAL,
    "uniform": f"x = np.random.default_rng(0).uniform(-{BOUND}, {BOUND}, ({{count}}, {{size}}))",
    "normal+categorical": f"""\
{_NORMAL}
size = x.shape[1] // {CODE_SHARE}  # of the code at the start, which takes one of as many values
code = np.eye(size)[np.random.default_rng(1).integers(size, size={{count}})]
x[:, :size] = (code * size - 1) / (size - 1) ** 0.5""",
}


def latent_lines(noise: str, size: str) -> str:
    """Return lines that draw COUNT latents as `x`.

    Args:
        noise: The distribution of the noise.
        size: The expression for how many numbers a latent has.
    """
    return _LINES[noise].format(count=COUNT, size=size)


def label_line(classes: int) -> str:
    """Return the expression for COUNT one-hot labels of a conditional generator."""
    return f"np.eye({classes})[np.arange({COUNT}) % {classes}]"
