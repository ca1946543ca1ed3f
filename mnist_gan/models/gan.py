"""The combined model of the texts: the generator into the frozen discriminator."""

import keras


def build_gan(generator: keras.Model, discriminator: keras.Model) -> keras.Model:
    """Return the generator into the frozen discriminator: latents (and classes) to logits.

    Its trainable variables are exactly the generator's: `discriminator.trainable` is set to
    False, and stays so. Our own training does not need this model (see `GanStep`); it is here for
    whoever follows a text.
    """
    discriminator.trainable = False
    if len(generator.inputs) == 1:
        return keras.Sequential([generator, discriminator], name="gan")
    latents, label = generator.inputs
    logit = discriminator([generator([latents, label]), label])
    return keras.Model([latents, label], logit, name="gan")
