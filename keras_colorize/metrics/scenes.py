"""How often the class of a scene is among the likeliest (Iizuka et al. 2016, table 2)."""

import keras
from keras import ops

from keras_colorize.bins import UNLABELED
from keras_colorize.metrics.means import PictureMean


@keras.saving.register_keras_serializable(package="keras_colorize")
def scene_top_k(y_true, y_pred, k=1):
    """Whether the class of each picture is among the `k` likeliest.

    Args:
        y_true: integer tensor (N,) or (N, 1) of labels; `UNLABELED` is never among them.
        y_pred: tensor (N, classes) of logits.
        k: how many classes count, up to all of them.

    Returns:
        float32 tensor (N,), 1 or 0.

    Raises:
        ValueError: if `k` is not positive.
    """
    if k < 1:
        raise ValueError(f"Expected k of 1 or more, received {k}.")
    labels = ops.cast(ops.reshape(y_true, (-1, 1)), "int32")
    logits = ops.cast(y_pred, "float32")
    _, likeliest = ops.top_k(logits, min(k, logits.shape[-1]))
    found = ops.cast(likeliest, "int32") == labels
    return ops.cast(ops.any(found, axis=-1), "float32")


@keras.saving.register_keras_serializable(package="keras_colorize")
class SceneTopK(PictureMean):
    """Share of pictures for which `scene_top_k` holds; those without a label have no effect.

    Args:
        k: see `scene_top_k`.
        name: name of the metric; None for `top_` and k.
        dtype: type of the result.
    """

    def __init__(self, k=1, name=None, dtype="float32"):
        super().__init__(name=name or f"top_{k}", dtype=dtype)
        self.k = k

    def values(self, y_true, y_pred):
        """Value of each picture, see `scene_top_k`."""
        return scene_top_k(y_true, y_pred, self.k)

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Adds a batch."""
        known = ops.cast(ops.reshape(y_true, (-1,)), "int32") != UNLABELED
        weight = ops.cast(known, "float32")
        if sample_weight is not None:
            weight = weight * ops.reshape(ops.cast(sample_weight, "float32"), (-1,))
        return super().update_state(y_true, y_pred, weight)

    def get_config(self):
        """Arguments to build this metric again."""
        return {**super().get_config(), "k": self.k}
