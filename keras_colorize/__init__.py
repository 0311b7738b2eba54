"""Colorization of black-and-white photographs with Keras.

Importing the package registers its layers, losses and metrics, so that saved models load.
"""

from keras_colorize import bins, color, layers, losses, metrics, models
from keras_colorize.inference import Colorizer
from keras_colorize.models import (
    dcgan_discriminator,
    dcgan_generator,
    distribution_unet,
    eccv16,
    fold_batch_norm,
    iizuka16,
    resnet18_gray,
    resnet18_gray_classifier,
    vgg16_residual_encoder,
)
from keras_colorize.presets import (
    PresetConfig,
    PresetError,
    list_presets,
    load_preset,
    save_preset,
)

__version__ = "0.1.0"

__all__ = [
    "Colorizer",
    "PresetConfig",
    "PresetError",
    "__version__",
    "bins",
    "color",
    "dcgan_discriminator",
    "dcgan_generator",
    "distribution_unet",
    "eccv16",
    "fold_batch_norm",
    "iizuka16",
    "layers",
    "list_presets",
    "load_preset",
    "losses",
    "metrics",
    "models",
    "resnet18_gray",
    "resnet18_gray_classifier",
    "save_preset",
    "vgg16_residual_encoder",
]
