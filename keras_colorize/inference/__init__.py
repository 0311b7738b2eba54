"""From a picture to its colors at full size."""

from keras_colorize.inference.colorizer import Colorizer
from keras_colorize.inference.compose import compose
from keras_colorize.inference.hints import Hints, layer_hints, point_hints
from keras_colorize.inference.outputs import predicted_ab
from keras_colorize.inference.palette import read_palette
from keras_colorize.inference.refine import Refinement

__all__ = [
    "Colorizer",
    "Hints",
    "Refinement",
    "compose",
    "layer_hints",
    "point_hints",
    "predicted_ab",
    "read_palette",
]
