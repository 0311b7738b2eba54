"""Losses that Keras does not have: cross-entropies of bins, and what other networks think.

L1 and L2 are Keras' own; the penalty of Hwang & Zhou 2016, section 3.5, is twice
`keras.losses.Huber`.
"""

from .crossentropy import AbCrossentropy, ChannelCrossentropy, SceneCrossentropy
from .networks import (
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
