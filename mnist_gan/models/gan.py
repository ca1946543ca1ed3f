"""The combined model of the texts: the generator into the frozen discriminator."""

import keras

from mnist_gan.support.errors import UserError


def build_gan(generator: keras.Model, discriminator: keras.Model) -> keras.Model:
    """Return the generator into the frozen discriminator: latents (and classes) to logits.

    Its trainable variables are exactly the generator's: `discriminator.trainable` is set to
    False, and stays so. Our own training does not need this model (see `GanStep`); it is here for
    whoever follows a text.

    Args:
        generator: From latents (batch, latent) to images (batch, 784).
        discriminator: From images to logits (batch, 1).

    Raises:
        UserError: Where these are no Keras models, or do not fit together.
    """
    check_fit(generator, discriminator)
    discriminator.trainable = False
    if len(generator.inputs) == 1:
        return keras.Sequential([generator, discriminator], name="gan")
    latents, label = generator.inputs
    logit = discriminator([generator([latents, label]), label])
    return keras.Model([latents, label], logit, name="gan")


def check_fit(generator: keras.Model, discriminator: keras.Model) -> None:
    """Check that the discriminator takes what the generator makes.

    Args:
        generator: From latents to samples.
        discriminator: From samples to logits.

    Raises:
        UserError: Where it does not, or one of them is no Keras model.
    """
    for name, network in (("generator", generator), ("discriminator", discriminator)):
        if not isinstance(network, keras.Model):
            raise UserError(f"{name} is {network!r}; it should be a Keras model.")
        if not network.built:
            raise UserError(f"{name} has no shapes yet; begin it with a keras.Input.")
    made, taken = (tuple(part.shape) for part in (generator.outputs[0], discriminator.inputs[0]))
    if made != taken:
        raise UserError(f"The generator makes {made}, but the discriminator takes {taken}.")
    if tuple(discriminator.outputs[0].shape) != (None, 1):
        raise UserError(
            f"The discriminator returns {tuple(discriminator.outputs[0].shape)}; it should return "
            "one logit, (None, 1)."
        )
    if len(generator.inputs) != len(discriminator.inputs):
        raise UserError("Either both networks should be conditioned on classes, or neither.")
