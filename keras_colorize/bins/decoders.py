"""From a distribution over bins to one color (Zhang, Isola, Efros 2016, section 2.3)."""

import math
import numbers

import keras
import numpy as np
from keras import ops

from .ab_bins import ab_centers, bin_count
from .uniform import AB_BINS, ab_marginals

ANNEALED_TEMPERATURE = 0.38
"""The paper's temperature of the annealed mean."""

SAMPLE_SCALE = 0.8
"""How far samples hang together, as a share of each side of the picture."""

_BUMPS = np.linspace(-0.5, 1.5, 9, dtype="float32")  # their centers, beyond the borders, too


def decode_ab(
    logits, decoder="annealed", temperature=ANNEALED_TEMPERATURE, log_weights=None, seed=0
):
    """Decodes bin logits to colors.

    Args:
        logits: tensor (..., 313).
        decoder: `"annealed"` sharpens the distribution by `temperature` and takes its mean;
            `"mean"` is the same at temperature 1; `"mode"` takes the likeliest bin's center;
            `"median"` takes the median of a and of b apart, interpolated within the bin;
            `"sample"` draws one coherent alternative: at each place from the distribution
            there, but with levels that are smooth over rows and columns (..., H, W, 313), and
            anywhere within a bin.
        temperature: above 0, of `"annealed"`.
        log_weights: None, or array (313,) added to the logits first: the logarithm of
            rebalancing weights rebalances a network trained without them.
        seed: integer, of `"sample"`; the same one draws the same colors.

    Returns:
        float32 tensor (..., 2) of a and b.

    Raises:
        ValueError: for an unknown decoder, a temperature not above 0, or other bins.
    """
    logits = ops.cast(ops.convert_to_tensor(logits), "float32")
    if logits.shape[-1] != bin_count():
        shape = tuple(logits.shape)
        raise ValueError(f"Expected logits (..., {bin_count()}) over the bins, received {shape}.")
    if log_weights is not None:
        logits = logits + ops.convert_to_tensor(np.asarray(log_weights, "float32"))
    if decoder in ("median", "sample"):
        probabilities = ops.softmax(logits, axis=-1)
        marginals = ab_marginals(probabilities)
        if decoder == "median":
            index, share = _quantile(marginals, 0.5)
            return ops.take(AB_BINS.centers(), index) + AB_BINS.step * (share - 0.5)
        # First a, then b among the bins of that a: near levels of near distributions are near.
        levels = _smooth_levels(ops.shape(logits)[:-1], 2, seed)
        row, share_a = _quantile(marginals[..., 0, :], levels[..., 0])
        in_row = AB_BINS.centers()[:, None] == ab_centers()[:, 0]
        among = probabilities * ops.take(in_row.astype("float32"), row, axis=0)
        among = among / ops.maximum(ops.sum(among, axis=-1, keepdims=True), 1e-20)
        index, share_b = _quantile(among, levels[..., 1])
        shares = ops.stack([share_a, share_b], axis=-1)
        return ops.take(ab_centers(), index, axis=0) + AB_BINS.step * (shares - 0.5)
    return ops.matmul(_shares(logits, decoder, temperature, seed), ab_centers())


def decode_channels(logits, values, decoder="annealed", temperature=1.0, seed=0):
    """Decodes logits over the bins of each channel.

    Args:
        logits: tensor (..., C, K).
        values: array (C, K), what each bin stands for: its center, or the mean of the training
            values in it.
        decoder: as in `decode_ab`, channel by channel; the median is the value of the bin that
            holds it. For hue, which is cyclic, take the mode.
        temperature: as in `decode_ab`.
        seed: as in `decode_ab`.

    Returns:
        float32 tensor (..., C).

    Raises:
        ValueError: for an unknown decoder, a temperature not above 0, or values of another shape.
    """
    logits = ops.cast(logits, "float32")
    if np.shape(values) != tuple(logits.shape[-2:]):
        expected = tuple(logits.shape[-2:])
        raise ValueError(f"Expected values of shape {expected}, received {np.shape(values)}.")
    shares = _shares(logits, decoder, temperature, seed)
    return ops.sum(shares * np.asarray(values, "float32"), axis=-1)


def _shares(logits, decoder, temperature, seed):
    """What each bin counts: its probability, or 1 for the one bin that is taken; as the logits."""
    if decoder == "annealed":
        if isinstance(temperature, numbers.Real) and not 0 < temperature < math.inf:
            raise ValueError(f"Expected a temperature above 0, received {temperature}.")
        logits = logits / temperature
    if decoder == "mode":
        index = ops.argmax(logits, axis=-1)
    elif decoder in ("median", "sample"):
        levels = 0.5
        if decoder == "sample":
            levels = _smooth_levels(ops.shape(logits)[:-2], logits.shape[-2], seed)
        index, _ = _quantile(ops.softmax(logits, axis=-1), levels)
    elif decoder in ("annealed", "mean"):
        return ops.softmax(logits, axis=-1)
    else:
        raise ValueError(f"Expected a decoder that `decode_ab` names, received {decoder!r}.")
    return ops.one_hot(index, logits.shape[-1])


def _quantile(probabilities, level):
    """The bin (...) of (..., K) that holds a level of their sum, and how far into it, in 0..1."""
    after = ops.cumsum(probabilities, axis=-1)
    # All but the last bin are asked: rounding can keep the total below the level.
    level = ops.expand_dims(ops.convert_to_tensor(level, "float32"), -1)
    index = ops.sum(ops.cast(after[..., :-1] < level, "int32"), axis=-1, keepdims=True)
    mass = ops.take_along_axis(probabilities, index, axis=-1)
    before = ops.take_along_axis(after, index, axis=-1) - mass
    share = ops.clip((level - before) / ops.maximum(mass, 1e-7), 0.0, 1.0)
    return index[..., 0], share[..., 0]


def _smooth_levels(shape, count, seed):
    """Levels of a random draw, in 0..1, that are smooth over the picture; the same for all.

    Gaussian bumps of random heights make a normal variable of each pixel, whose distribution
    function makes it uniform. From the shape (..., H, W) come levels (H, W, count).
    """
    sides = (1, 1, *shape)[-2:]
    heights = keras.random.normal((count, len(_BUMPS), len(_BUMPS)), seed=seed)
    down, across = map(_bumps, sides)
    normal = ops.einsum("yi,xj,cij->yxc", down, across, heights)
    levels = 0.5 + 0.5 * ops.erf(normal / math.sqrt(2.0))
    # At the very ends rounding would find bins that have no mass.
    return ops.reshape(ops.clip(levels, 1e-4, 1.0 - 1e-4), (*shape[-2:], count))


def _bumps(side):
    """Weights (side, bumps) at each pixel, of a sum of squares of one."""
    places = (ops.cast(ops.arange(side), "float32") + 0.5) / ops.cast(side, "float32")
    weights = ops.exp(-0.5 * ops.square((places[:, None] - _BUMPS) / SAMPLE_SCALE))
    return weights / ops.sqrt(ops.sum(ops.square(weights), axis=-1, keepdims=True))
