"""Metrics: a function and a `keras.metrics.Metric` each."""

from keras_colorize.metrics.color import AbError, ab_error

__all__ = ["AbError", "ab_error"]
