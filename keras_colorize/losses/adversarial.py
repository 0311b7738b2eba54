"""The two sides of adversarial training (Zhou & Zhou 2019, eq. 6 and 7), on logits."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_colorize")
def generator_adversarial_loss(fake_logits):
    """Non-saturating loss of the generator, -log D(G(x)), first term of eq. 6.

    Args:
        fake_logits: tensor (...), the discriminator's scores of generated colors before the
            sigmoid.

    Returns:
        float32 number, the mean; ln 2 where the discriminator cannot tell.
    """
    return ops.mean(ops.softplus(-ops.cast(fake_logits, "float32")))


@keras.saving.register_keras_serializable(package="keras_colorize")
def discriminator_loss(real_logits, fake_logits, label_smoothing=0.0):
    """Loss of the discriminator, -log D(y) - log(1 - D(G(x))), eq. 7.

    Args:
        real_logits: tensor (...), its scores of true colors before the sigmoid.
        fake_logits: tensor (...), its scores of generated colors.
        label_smoothing: true colors are to be scored 1 less this (one-sided smoothing of
            Salimans et al. 2016).

    Returns:
        float32 number, the sum of both means; 2 ln 2 where the discriminator cannot tell.
    """
    real, fake = (ops.cast(logits, "float32") for logits in (real_logits, fake_logits))
    # Cross-entropy against the label 1 - s: the s-th part counts as generated.
    real_loss = ops.mean(ops.softplus(-real) + label_smoothing * real)
    return real_loss + ops.mean(ops.softplus(fake))
