"""Colorization of black-and-white photographs with Keras.

Names are loaded when they are first used (PEP 562), so importing the package is cheap and brings
in no Keras. `import keras_colorize.layers` registers the layers, as saved models need.
"""

import importlib

__version__ = "0.1.0"

_ROOMS = ("bins", "color", "layers", "losses", "metrics", "models")

_HOMES = {
    "Colorizer": "inference",
    "PresetConfig": "presets",
    "PresetError": "presets",
    "dcgan_discriminator": "models",
    "dcgan_generator": "models",
    "ddcolor": "models",
    "distribution_unet": "models",
    "eccv16": "models",
    "fold_batch_norm": "models",
    "iizuka16": "models",
    "list_presets": "presets",
    "load_preset": "presets",
    "resnet18_gray": "models",
    "resnet18_gray_classifier": "models",
    "save_preset": "presets",
    "siggraph17": "models",
    "vgg16_residual_encoder": "models",
}

__all__ = ["__version__", *_ROOMS, *_HOMES]


def __getattr__(name):
    if name in _ROOMS:
        return importlib.import_module(f"keras_colorize.{name}")
    if name in _HOMES:
        value = getattr(importlib.import_module(f"keras_colorize.{_HOMES[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *__all__])
