"""How much color changes where the picture does not: blotches, seen as total variation."""

import keras
from keras import ops

from keras_colorize.color import rgb_to_lab
from keras_colorize.metrics.color import ab_error
from keras_colorize.metrics.means import PictureMean

EDGE = 1.0
"""Difference of L* of two neighbors above which an edge is between them."""


def blotchiness(rgb, edge=EDGE):
    """Mean step of a and b between neighboring pixels with no edge of lightness between them.

    Melas-Kyriazi & Han 2017 (section 3.2) see "splotches" in modes and in what their Markov
    random field makes: areas of one color with harsh borders where the picture has none. Real
    photographs have some, too, and grey ones have none: compare with the truth, at equal
    colorfulness.

    Args:
        rgb: tensor (..., H, W, 3), sRGB in [0, 1].
        edge: largest difference of L* between neighbors that is no edge.

    Returns:
        float32 tensor (...): total variation of chroma along those pairs of horizontal and
        vertical neighbors, Euclidean in the ab plane, per pair; 0 where there are none.
    """
    lab = rgb_to_lab(ops.cast(rgb, "float32"))
    pairs = (
        (lab[..., 1:, :], lab[..., :-1, :]),
        (lab[..., 1:, :, :], lab[..., :-1, :, :]),
    )
    total = count = 0.0
    for one, other in pairs:
        smooth = ops.cast(ops.abs(one[..., 0] - other[..., 0]) <= edge, "float32")
        steps = smooth * ab_error(other[..., 1:], one[..., 1:])
        total = total + ops.sum(steps, axis=(-2, -1))
        count = count + ops.sum(smooth, axis=(-2, -1))
    return total / ops.maximum(count, 1.0)


@keras.saving.register_keras_serializable(package="keras_colorize")
class Blotchiness(PictureMean):
    """Mean `blotchiness` of the predicted pictures; the true ones are not looked at.

    Args:
        edge: see `blotchiness`.
        name: name of the metric.
        dtype: type of the result.
    """

    def __init__(self, edge=EDGE, name="blotchiness", dtype="float32"):
        super().__init__(name=name, dtype=dtype)
        self.edge = edge

    def values(self, y_true, y_pred):
        """Value of each picture, see `blotchiness`."""
        return blotchiness(y_pred, self.edge)

    def get_config(self):
        """Arguments to build this metric again."""
        return {**super().get_config(), "edge": self.edge}
