"""Pair potentials of the Markov random field of Melas-Kyriazi & Han 2017, section 3.2."""

from keras import ops

COMPATIBILITY = (10.0, 3.0, 3.0)
"""The paper's potentials of equal labels and of labels one and two bins apart; beyond these 0."""

SIGMA = 1e-4
"""The paper's scale of squared lightness differences, with lightness in [0, 1]."""


def contrast_weights(lightness, sigma=SIGMA):
    """Weights of the pairs of neighbors: near 1 where lightness is alike, near 0 across edges.

    Args:
        lightness: L*, 0..100, shape (N, H, W, 1).
        sigma: scale of squared differences of lightness in [0, 1], above 0; number or tensor.

    Returns:
        Tuple `(right, down)` of float32 tensors (N, H, W-1, 1) and (N, H-1, W, 1): the weight of
        each pixel with its right and with its lower neighbor, `exp(-(L_i - L_j)^2 / sigma)`.
    """
    lightness = ops.cast(lightness, "float32") / 100.0
    right = lightness[:, :, 1:] - lightness[:, :, :-1]
    down = lightness[:, 1:] - lightness[:, :-1]
    return ops.exp(-ops.square(right) / sigma), ops.exp(-ops.square(down) / sigma)


def compatible(q, compatibility=COMPATIBILITY, axis=-1):
    """How well each label agrees with a distribution over labels: the product S q.

    S depends on the distance of two labels only and is 0 beyond a few bins, so the product is a
    sum of shifted copies, not of K x K terms.

    Args:
        q: float tensor (..., K).
        compatibility: potentials of labels 0, 1, 2, ... bins apart, a sequence of numbers or of
            scalar tensors.
        axis: the axis of the labels.

    Returns:
        Tensor of the shape of `q`.
    """
    axis, count, reach = axis % len(q.shape), q.shape[axis], len(compatibility) - 1
    amounts = [(0, 0)] * len(q.shape)
    amounts[axis] = (reach, reach)
    padded = ops.pad(q, amounts)

    def shifted(distance):
        places = slice(reach + distance, reach + distance + count)
        return padded[(*([slice(None)] * axis), places)]

    total = compatibility[0] * q
    for distance in range(1, reach + 1):
        total = total + compatibility[distance] * (shifted(-distance) + shifted(distance))
    return total
