"""Dropout as noise."""

import keras


@keras.saving.register_keras_serializable(package="keras_colorize")
class PermanentDropout(keras.layers.Dropout):
    """Drops features in inference as it does in training, so that each call differs.

    Calling `keras.layers.Dropout` with `training=True` inside a Functional model does not do
    that: a model that is called with `training=False`, as `predict` does, overrules it.

    Args:
        rate: share of the features that are set to 0; the others grow accordingly.
        **kwargs: passed to `keras.layers.Dropout`.

    Call arguments:
        x: any shape.
        training: has no effect.

    Returns:
        Same shape, in the compute dtype.
    """

    def call(self, x, training=False):
        """Drops features of `x`; see the class."""
        return super().call(x, training=True)
