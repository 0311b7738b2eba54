"""Losses that Keras does not have: cross-entropies of bins, and what other networks think.

Plain errors are Keras' own: L2 is `keras.losses.MeanSquaredError`, L1 is
`keras.losses.MeanAbsoluteError`. The penalty of Hwang & Zhou 2016, section 3.5, is twice
`keras.losses.Huber`, whose square has the factor 1/2.
"""

from keras_colorize.losses.crossentropy import (
    AbCrossentropy,
    ChannelCrossentropy,
    SceneCrossentropy,
)
from keras_colorize.losses.networks import (
    DistillationLoss,
    PerceptualLoss,
    discriminator_loss,
    generator_adversarial_loss,
)

__all__ = [
    "AbCrossentropy",
    "ChannelCrossentropy",
    "DistillationLoss",
    "PerceptualLoss",
    "SceneCrossentropy",
    "discriminator_loss",
    "generator_adversarial_loss",
]
