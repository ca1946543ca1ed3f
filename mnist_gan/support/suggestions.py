"""The names that a mistyped one may have meant."""

import difflib
from collections.abc import Iterable, Sequence

MOST = 4  # suggestions in a sentence
NEAR = 0.7  # least ratio of difflib for two names to be near
SYNONYMS = {  # common names and the settings that they mean
    "lr": ("learning_rate",),
    "ema": ("ema_decay",),
    "betas": ("beta_1", "beta_2"),
    "beta1": ("beta_1",),
    "beta2": ("beta_2",),
    "n_critic": ("discriminator.updates_per_generator_update",),
    "rate": ("learning_rate",),
    "steps": ("discriminator.updates_per_generator_update",),
    "z_dim": ("noise.latent_size",),
    "nz": ("noise.latent_size",),
    "latent_dim": ("noise.latent_size",),
    "label_smoothing": ("training.real_label",),
    "smoothing": ("training.real_label",),
    "loss": ("training.objective",),
    "gp_weight": ("discriminator.penalty",),
    "hidden_units": ("widths",),
    "num_epochs": ("training.epochs",),
    "random_seed": ("training.seed",),
}


def near_names(name: str, names: Iterable[str]) -> list[str]:
    """Return the names that are similar to `name`, best first.

    A name that starts with `name` or contains it as a word is also near.

    Args:
        name: The mistyped name; case, hyphens and underscores make no difference.
        names: The valid names.

    Returns:
        At most MOST names.

    >>> near_names("width", ["widths", "start", "batch-size"]), near_names("batch", ["batch-size"])
    (['widths'], ['batch-size'])
    """
    rated = [(_likeness(name, other), other) for other in names]
    found = sorted((pair for pair in rated if pair[0] >= NEAR), key=lambda pair: -pair[0])
    return [other for _, other in found][:MOST]


def near_settings(key: str, settings: Sequence[str]) -> list[str]:
    """Return the settings that a wrong key may have meant, best first.

    If the key's section is similar to a valid one, settings of that section are preferred.

    Args:
        key: The wrong key, with or without a section.
        settings: The valid settings by their dotted names.

    Returns:
        At most MOST settings.

    >>> near_settings("lr", ["generator.learning_rate", "discriminator.learning_rate"])
    ['generator.learning_rate', 'discriminator.learning_rate']
    """
    section, _, leaf = _plain(key).rpartition(".")
    sections = near_names(section, dict.fromkeys(_split(name)[0] for name in settings))
    inside = [name for name in settings if section and _split(name)[0] in sections[:1]]
    return _by_leaf(leaf, inside) or _by_leaf(leaf, settings)


def choices(names: Sequence[str]) -> str:
    """Return quoted names as a choice between them.

    >>> choices(["a", "b", "c"])
    "'a', 'b' or 'c'"
    """
    *others, last = (f"'{name}'" for name in names)
    return f"{', '.join(others)} or {last}" if others else last


def _by_leaf(leaf: str, settings: Sequence[str]) -> list[str]:
    """Return the settings whose last part is `leaf` or a synonym of it, else those near to it."""
    meant = (leaf, *SYNONYMS.get(leaf, ()))
    exact = [name for name in settings if name in meant or _split(name)[1] in meant]
    leaves = dict.fromkeys(_split(name)[1] for name in settings)
    near = near_names(leaf, leaves)
    return (exact or [name for one in near for name in settings if _split(name)[1] == one])[:MOST]


def _split(name: str) -> tuple[str, str]:
    """Return the section and the last part of a setting's dotted name."""
    section, _, leaf = name.rpartition(".")
    return section, leaf


def _likeness(name: str, other: str) -> float:
    """Return the similarity of two names, from 0 to 1."""
    a, b = _plain(name), _plain(other)
    ratio = difflib.SequenceMatcher(None, a, b).ratio()
    is_part = len(a) > 2 and (b.startswith(a) or a in b.split("_"))
    return max(ratio, NEAR if is_part else 0)


def _plain(name: str) -> str:
    """Return a name in lower case with underscores, without leading dashes."""
    return name.lstrip("-").lower().replace("-", "_")
