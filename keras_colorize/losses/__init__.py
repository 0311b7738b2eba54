"""Losses: a function and a `keras.losses.Loss` each."""

from keras_colorize.losses.distribution import AbCrossentropy, ab_crossentropy
from keras_colorize.losses.scenes import SceneCrossentropy, scene_crossentropy

__all__ = ["AbCrossentropy", "SceneCrossentropy", "ab_crossentropy", "scene_crossentropy"]
