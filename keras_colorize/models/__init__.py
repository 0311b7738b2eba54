"""The networks: one paper, one file, one factory that returns a Functional model."""

from keras_colorize.models.distribution_unet import distribution_unet
from keras_colorize.models.encoders import freeze_through

__all__ = ["distribution_unet", "freeze_through"]
