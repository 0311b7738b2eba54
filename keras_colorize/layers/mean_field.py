"""Mean-field inference in the Markov random field of Melas-Kyriazi & Han 2017, section 3.2.

Every pixel i carries a label y_i, one of K bins of a color channel. The field prefers labels of
high `unary` potential, and neighbors of like lightness with like labels:

    log p(y) = sum_i unary_i(y_i) + sum_ij w_ij S(y_i, y_j) - log Z

over the pairs ij of horizontal and vertical neighbors. Updating all pixels of one color of a
checkerboard at once is exact coordinate ascent; updating all pixels at once would oscillate.

Red and black pixels are packed without gaps: in row r, red place (r, j) is column 2j + r mod 2,
black place (r, j) is column 2j + 1 - r mod 2, so all four neighbors of a red pixel are black. An
odd width leaves one spare place per row, with weights of 0. Tensors are laid out (N, C, H, K, W):
C fields on one grid, K labels. With columns last, compiled mean field is three times as fast as
with labels last.
"""

import keras
from keras import ops

from keras_colorize.errors import expect

COMPATIBILITY = (10.0, 3.0, 3.0)
"""The paper's potentials of equal labels and of labels one and two bins apart; beyond these 0."""

SIGMA = 1e-4
"""The paper's scale of squared lightness differences, with lightness in [0, 1]."""


def contrast_weights(lightness, sigma=SIGMA):
    """Weights of the pairs of neighbors: near 1 where lightness is alike, near 0 across edges.

    From L* in 0..100, (N, H, W, 1), to `(right, down)`, float32 (N, H, W-1, 1) and (N, H-1, W, 1):
    `exp(-(L_i - L_j)^2 / sigma)` of each pixel with its right and with its lower neighbor, sigma
    above 0 being the scale of squared differences of lightness in [0, 1].
    """
    lightness = ops.cast(lightness, "float32") / 100.0
    right = lightness[:, :, 1:] - lightness[:, :, :-1]
    down = lightness[:, 1:] - lightness[:, :-1]
    return ops.exp(-ops.square(right) / sigma), ops.exp(-ops.square(down) / sigma)


def compatible(q, compatibility=COMPATIBILITY, axis=-1):
    """How well labels agree with a distribution over them on an axis of q, float (...): S q.

    `compatibility` holds the potentials of labels 0, 1, 2, ... bins apart; 0 beyond them.
    """
    axis, count, reach = axis % len(q.shape), q.shape[axis], len(compatibility) - 1
    padded = _padded(q, axis, reach, reach)

    def shifted(distance):
        places = slice(reach + distance, reach + distance + count)
        return padded[(*([slice(None)] * axis), places)]

    total = compatibility[0] * q
    for distance in range(1, reach + 1):
        total = total + compatibility[distance] * (shifted(-distance) + shifted(distance))
    return total


def mean_field(unary, right, down, compatibility=COMPATIBILITY, sweeps=8):
    """Mean-field distributions by red-black coordinate ascent from the uniform start.

    After s sweeps, 1 or more, over both colors a pixel has heard from pixels at most 2 s - 1 steps
    away. Unary potentials, which are maximized, are (N, H, W, K), or (N, H, W, C, K) for C fields
    on the same grid that know nothing of each other; the weights of horizontal and vertical pairs
    are those of `contrast_weights`, at least 0, `compatibility` is that of `compatible`. Returns
    float32 of the shape of `unary` that sums to 1 over the labels.
    """
    unary = ops.cast(unary, "float32")
    if len(unary.shape) == 4:
        one_field = ops.expand_dims(unary, 3)
        return mean_field(one_field, right, down, compatibility, sweeps)[:, :, :, 0]
    of_red, of_black = _pack(ops.transpose(unary, (0, 3, 1, 4, 2)))
    to_red, to_black = _edge_weights(right, down)
    # Red is updated first and from black alone: where it starts does not matter.
    black = ops.full_like(of_black, 1.0 / unary.shape[-1])
    for _ in range(sweeps):
        red = _update(of_red, _message(black, to_red, True), compatibility)
        black = _update(of_black, _message(red, to_black, False), compatibility)
    return ops.transpose(_unpack(red, black, ops.shape(unary)[2]), (0, 2, 4, 1, 3))


def _update(potentials, received, compatibility):
    """Softmax over the labels, written out: Keras' own would move them to the last axis."""
    logits = potentials + compatible(received, compatibility, axis=-2)
    largest = ops.stop_gradient(ops.max(logits, axis=-2, keepdims=True))
    weights = ops.exp(logits - largest)
    return weights / ops.sum(weights, axis=-2, keepdims=True)


@keras.saving.register_keras_serializable(package="keras_colorize")
class MeanField(keras.layers.Layer):
    """Refines distributions over the bins of color channels by their neighbors of like lightness.

    Melas-Kyriazi & Han 2017, section 3.2. Takes a list `[probabilities, lightness]`: (N, H, W, K)
    or (N, H, W, C, K), at least 0 and summing to 1 over the last axis; L*, 0..100, (N, H, W, 1).
    Returns the probabilities' shape, channels solved apart, in float32 under every policy. Sweeps
    and compatibility are those of `mean_field`, sigma that of `contrast_weights`, else ValueError;
    `unary_scale` times the probabilities is the unary potential.
    """

    def __init__(
        self, sweeps=8, sigma=SIGMA, unary_scale=10.0, compatibility=COMPATIBILITY, **kwargs
    ):
        super().__init__(**{**kwargs, "dtype": "float32"})
        expect(sweeps >= 1, f"1 sweep or more, received {sweeps=}")
        expect(sigma > 0, f"sigma above 0, received {sigma}")
        expect(compatibility, "a compatibility of equal labels at least, received none")
        self.sweeps, self.sigma, self.unary_scale = sweeps, sigma, unary_scale
        self.compatibility = tuple(compatibility)

    def build(self, input_shape):
        probabilities, lightness = input_shape
        expected = "probabilities (N, H, W, K) or (N, H, W, C, K) with K known"
        fits = len(probabilities) in (4, 5) and probabilities[-1] is not None
        expect(fits, f"{expected}, received shape {tuple(probabilities)}")
        sizes = zip(probabilities[1:3], lightness[1:3], strict=True)
        differ = any(None not in pair and pair[0] != pair[1] for pair in sizes)
        fits = len(lightness) == 4 and lightness[-1] == 1 and not differ
        expected = f"lightness (N, H, W, 1) of the size of probabilities {probabilities}"
        expect(fits, f"{expected}, received shape {tuple(lightness)}")

    def call(self, inputs):
        probabilities, lightness = inputs
        unary = ops.cast(probabilities, "float32")
        weights = contrast_weights(lightness, self.sigma)
        return mean_field(self.unary_scale * unary, *weights, self.compatibility, self.sweeps)

    def compute_output_shape(self, input_shape):
        return tuple(input_shape[0])


def _pack(x):
    """Tensors (red, black) of shape (N, C, H, K, ceil(W / 2)) of a grid (N, C, H, K, W)."""
    batch, fields, height, labels, width = ops.shape(x)
    half = (width + 1) // 2
    x = _padded(x, -1, after=1)[..., : 2 * half]
    x = ops.reshape(x, (batch, fields, height, labels, half, 2))
    even, odd = x[..., 0], x[..., 1]
    is_odd = _odd_rows(even)
    return ops.where(is_odd, odd, even), ops.where(is_odd, even, odd)


def _unpack(red, black, width):
    """Grid (N, C, H, K, width) that `_pack` split."""
    is_odd = _odd_rows(red)
    columns = [ops.where(is_odd, black, red), ops.where(is_odd, red, black)]
    *shape, half = ops.shape(red)
    return ops.reshape(ops.stack(columns, axis=-1), (*shape, 2 * half))[..., :width]


def _edge_weights(right, down):
    """Weights with the upper, lower, left and right neighbor, of red and of black pixels."""
    # From (N, H, W, 1) to (N, 1, H, 1, W).
    right, down = (
        ops.expand_dims(ops.transpose(ops.cast(weights, "float32"), (0, 3, 1, 2)), -2)
        for weights in (right, down)
    )
    up, down = _pack(_padded(down, 2, before=1)), _pack(_padded(down, 2, after=1))
    left, right = _pack(_padded(right, -1, before=1)), _pack(_padded(right, -1, after=1))
    return zip(up, down, left, right, strict=True)


def _message(other, weights, to_red):
    """Weighted sum over the neighbors of each pixel of one color; packed tensors in and out."""
    up, down, left, right = weights
    # Where a row leans right, the right neighbor is at the next place.
    leans_right = _odd_rows(other) if to_red else ops.logical_not(_odd_rows(other))
    # One padded copy, of which the neighbors are views, is quicker than a copy per neighbor.
    framed = ops.pad(other, ((0, 0), (0, 0), (1, 1), (0, 0), (1, 1)))
    rows = framed[:, :, 1:-1]
    beside = ops.where(leans_right, left, right) * other
    across = ops.where(leans_right, right * rows[..., 2:], left * rows[..., :-2])
    above, below = up * framed[:, :, :-2, :, 1:-1], down * framed[:, :, 2:, :, 1:-1]
    return above + below + beside + across


def _odd_rows(x):
    rows = ops.arange(ops.shape(x)[2]) % 2
    return ops.reshape(ops.equal(rows, 1), (1, 1, -1, 1, 1))


def _padded(x, axis, before=0, after=0):
    amounts = [(0, 0)] * len(x.shape)
    amounts[axis] = (before, after)
    return ops.pad(x, amounts)
