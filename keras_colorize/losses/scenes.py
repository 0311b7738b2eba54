"""Cross-entropy of the scene class branch (Iizuka 2016, section 3.3)."""

import keras
from keras import ops

from keras_colorize.bins import UNLABELED


@keras.saving.register_keras_serializable(package="keras_colorize")
def scene_crossentropy(y_true, y_pred):
    """Cross-entropy per picture, zero for pictures without a label.

    Args:
        y_true: integer tensor (N,) or (N, 1) of labels, `UNLABELED` where there is none.
        y_pred: tensor (N, classes) of logits.

    Returns:
        float32 tensor (N,).
    """
    logits = ops.cast(y_pred, "float32")
    labels = ops.cast(ops.reshape(y_true, (-1,)), "int32")
    known = labels != UNLABELED
    loss = ops.sparse_categorical_crossentropy(
        ops.where(known, labels, ops.zeros_like(labels)), logits, from_logits=True
    )
    return ops.where(known, loss, ops.zeros_like(loss))


@keras.saving.register_keras_serializable(package="keras_colorize")
class SceneCrossentropy(keras.losses.Loss):
    """Mean of `scene_crossentropy` over the batch.

    Pictures without a label count as zero and stay in the denominator, so that the mean over
    the replicas of a `tf.distribute` strategy is the mean over the global batch.
    """

    def __init__(self, reduction="sum_over_batch_size", name="scene_crossentropy", dtype="float32"):
        super().__init__(name=name, reduction=reduction, dtype=dtype)

    def call(self, y_true, y_pred):
        """Per-picture loss, see `scene_crossentropy`."""
        return scene_crossentropy(y_true, y_pred)

    def get_config(self):
        """Arguments to build this loss again."""
        return {"name": self.name, "reduction": self.reduction}
