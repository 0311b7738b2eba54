"""How much colorized pictures differ from each other: what a collapsed generator loses."""

import keras
from keras import ops


def diversity(ab):
    """Share of the color of a batch that its pictures do not have in common.

    Every picture is compared, pixel by pixel, with the one half a batch further. Pictures that
    are all colored alike have 0, those that have nothing in common 1, whatever the strength of
    the color.

    Args:
        ab: tensor (N, H, W, 2), a and b.

    Returns:
        float32 number; 0 for a single picture and for grey ones.
    """
    difference, energy = _sums(ab)
    return ops.divide_no_nan(difference, energy)


def _sums(ab):
    ab = ops.cast(ab, "float32")
    others = ops.roll(ab, ops.shape(ab)[0] // 2, axis=0)
    difference = ops.sum(ops.square(ab - others))
    return difference, 2.0 * ops.sum(ops.square(ab))


@keras.saving.register_keras_serializable(package="keras_colorize")
class Diversity(keras.metrics.Metric):
    """`diversity` over the batches of predicted ab; the true ones are not looked at."""

    def __init__(self, name="diversity", dtype="float32"):
        super().__init__(name=name, dtype=dtype)
        self.difference = self.add_variable((), "zeros", name="difference")
        self.energy = self.add_variable((), "zeros", name="energy")

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Adds a batch of two pictures or more; a single one has nothing to be compared with.

        Args:
            y_true: not used.
            y_pred: tensor (N, H, W, 2), a and b.
            sample_weight: not used; all pictures count the same.
        """
        if y_pred.shape[0] == 1:
            return
        difference, energy = _sums(y_pred)
        self.difference.assign_add(difference)
        self.energy.assign_add(energy)

    def result(self):
        """Diversity of the batches seen."""
        return ops.divide_no_nan(self.difference.value, self.energy.value)
