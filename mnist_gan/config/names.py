"""Other names of settings: short ones, and those of earlier versions."""

from typing import Any

from mnist_gan.support.errors import UserError

SHORT = {  # settings that have a flag, or an argument, of their own
    "epochs": "training.epochs",
    "batch_size": "training.batch_size",
    "seed": "training.seed",
    "data": "data.source",
    "classes": "data.classes",
    "digits": "data.classes",
    "name": "name",
}
RENAMED = {  # settings of version 0.1, which configs and run folders may still have
    "data.digits": "data.classes",
    "generator.averaging": "generator.ema_decay",
    "generator.mean_start": "generator.init_bias_to_mean",
    "generator.start": "generator.init_range",
    "discriminator.centred": "discriminator.subtract_mean",
    "discriminator.pieces": "discriminator.maxout_pieces",
    "discriminator.start": "discriminator.init_range",
    "discriminator.steps": "discriminator.updates_per_generator_update",
    "discriminator.warmup_steps": "discriminator.pretrain_steps",
    "training.census": "training.eval_samples",
    "training.final_rate": "training.final_lr_fraction",
    "training.rate_divisor": "training.lr_decay",
}
RENAMED_VALUES = {
    "noise.distribution": {"mixed": "normal+categorical"},
    "discriminator.penalty_kind": {"zero_centred": "r1_r2", "one_centred": "wgan_gp"},
}


def renamed(tree: dict[str, Any], reference: str) -> dict[str, Any]:
    """Return a tree of settings with the names of today.

    Args:
        tree: Settings by section; it is changed.
        reference: Where they come from, for the sentence about a mistake.

    Raises:
        UserError: Where a setting has both its names.
    """
    sections = {name: part for name, part in tree.items() if isinstance(part, dict)}
    for old, new in RENAMED.items():
        name, _, key = old.partition(".")
        part, today = sections.get(name, {}), new.partition(".")[2]
        if key in part and today in part:
            raise UserError(f"{reference} sets {new} twice: {old} is its earlier name; keep one.")
        if key in part:
            part[today] = part.pop(key)
            if old == "data.digits" and part[today] == list(range(10)):
                part[today] = None  # version 0.1 wrote all ten for all classes
    for setting, values in RENAMED_VALUES.items():
        name, _, key = setting.partition(".")
        value = sections.get(name, {}).get(key)
        if isinstance(value, str) and value in values:
            sections[name][key] = values[value]
    return tree
