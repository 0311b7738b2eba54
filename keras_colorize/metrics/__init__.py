"""Metrics that Keras and scikit-image do not have."""

from .evenness import blotchiness, chroma_flicker, hue_patchiness
from .nearness import SceneTopK, ab_error, bin_accuracy
from .vividness import colorfulness, diversity

__all__ = [
    "SceneTopK",
    "ab_error",
    "bin_accuracy",
    "blotchiness",
    "chroma_flicker",
    "colorfulness",
    "diversity",
    "hue_patchiness",
]
