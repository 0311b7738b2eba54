"""What the Markov random field of Melas-Kyriazi & Han 2017, section 3.2, prefers, and how much."""

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


def evidence_lower_bound(q, unary, right, down, compatibility=COMPATIBILITY):
    """What mean field maximizes: never above log Z, and equal where q is p itself.

    Args:
        q: distributions, (N, H, W, K) or (N, H, W, C, K).
        unary: potentials, same shape.
        right: weights (N, H, W-1, 1).
        down: weights (N, H-1, W, 1).
        compatibility: potentials of labels 0, 1, 2, ... bins apart.

    Returns:
        float32 tensor (N,) or (N, C): the sum over the pixels.
    """
    q = ops.cast(q, "float32")
    agreed = compatible(q, compatibility)
    right, down = (_with_axes_of(q, weights) for weights in (right, down))
    # The logarithm's argument is clamped for the sake of its gradient; 0 log 0 is 0.
    own = q * (ops.cast(unary, "float32") - ops.log(ops.maximum(q, 1e-30)))
    across = right * q[:, :, 1:] * agreed[:, :, :-1]
    along = down * q[:, 1:] * agreed[:, :-1]
    return sum(ops.sum(term, axis=(1, 2, -1)) for term in (own, across, along))


def _with_axes_of(q, weights):
    return ops.expand_dims(weights, 3) if len(q.shape) == 5 else weights
