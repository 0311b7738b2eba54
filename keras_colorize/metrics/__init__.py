"""Metrics: a function and a `keras.metrics.Metric` each."""

from keras_colorize.metrics.color import AbError, ab_error
from keras_colorize.metrics.colorfulness import Colorfulness, colorfulness

__all__ = ["AbError", "Colorfulness", "ab_error", "colorfulness"]
