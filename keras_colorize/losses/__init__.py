"""Losses: a function and a `keras.losses.Loss` each.

After `import keras_colorize` Keras knows all by name:
`keras.losses.get({"class_name": "keras_colorize>AbCrossentropy", "config": {}})`.
"""

from keras_colorize.losses.adversarial import discriminator_loss, generator_adversarial_loss
from keras_colorize.losses.channels import ChannelCrossentropy, channel_crossentropy
from keras_colorize.losses.distribution import AbCrossentropy, ab_crossentropy
from keras_colorize.losses.huber import HuberPenalty, huber_penalty
from keras_colorize.losses.pixel import (
    PixelAbsoluteError,
    PixelLoss,
    PixelSquaredError,
    pixel_absolute_error,
    pixel_squared_error,
)
from keras_colorize.losses.scenes import SceneCrossentropy, scene_crossentropy

__all__ = [
    "AbCrossentropy",
    "ChannelCrossentropy",
    "HuberPenalty",
    "PixelAbsoluteError",
    "PixelLoss",
    "PixelSquaredError",
    "SceneCrossentropy",
    "ab_crossentropy",
    "channel_crossentropy",
    "discriminator_loss",
    "generator_adversarial_loss",
    "huber_penalty",
    "pixel_absolute_error",
    "pixel_squared_error",
    "scene_crossentropy",
]
