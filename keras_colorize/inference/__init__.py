"""From a picture to its colors at full size."""

from keras_colorize.inference.colorizer import Colorizer
from keras_colorize.inference.compose import compose
from keras_colorize.inference.outputs import predicted_ab

__all__ = ["Colorizer", "compose", "predicted_ab"]
