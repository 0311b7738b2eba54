"""Metrics that Keras and scikit-image do not have: classes for trainers, and their functions."""

from .evenness import blotchiness, chroma_flicker, hue_patchiness
from .nearness import AbError, BinAccuracy, SceneTopK, ab_error, bin_accuracy
from .vividness import Colorfulness, Diversity, colorfulness, diversity

__all__ = [
    "AbError",
    "BinAccuracy",
    "Colorfulness",
    "Diversity",
    "SceneTopK",
    "ab_error",
    "bin_accuracy",
    "blotchiness",
    "chroma_flicker",
    "colorfulness",
    "diversity",
    "hue_patchiness",
]
