"""Metrics that Keras and scikit-image do not have."""

from .nearness import SceneTopK, ab_error, bin_accuracy
from .vividness import blotchiness, chroma_flicker, colorfulness, diversity, hue_patchiness

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
