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


def decode_ab(
    logits, decoder="annealed", temperature=ANNEALED_TEMPERATURE, log_weights=None, seed=0
):
    """Decodes bin logits to colors.

    Args:
        logits: tensor (..., 313).
        decoder: `"annealed"` sharpens the distribution by `temperature` and takes its mean;
            `"mean"` is the same at temperature 1; `"mode"` takes the likeliest bin's center;
            `"median"` takes the median of a and of b apart, interpolated within the bin;
            `"sample"` draws a bin for each place alone, so that neighbors differ.
        temperature: above 0, of `"annealed"`.
        log_weights: None, or array (313,) added to the logits first: the logarithm of
            rebalancing weights rebalances a network trained without them.
        seed: integer, of `"sample"`; the same one draws the same bins.

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
    if decoder == "median":
        marginals = ab_marginals(ops.softmax(logits, axis=-1))
        after = ops.cumsum(marginals, axis=-1)
        index = ops.expand_dims(_median_bin(after), -1)
        mass = ops.take_along_axis(marginals, index, axis=-1)
        before = ops.take_along_axis(after, index, axis=-1) - mass
        share = ops.clip((0.5 - before) / ops.maximum(mass, 1e-7) - 0.5, -0.5, 0.5)
        centers = ops.take(AB_BINS.centers(), index, axis=0)
        return ops.squeeze(centers + AB_BINS.step * share, axis=-1)
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
    elif decoder == "median":
        index = _median_bin(ops.cumsum(ops.softmax(logits, axis=-1), axis=-1))
    elif decoder == "sample":
        flat = ops.reshape(logits, (-1, logits.shape[-1]))
        index = keras.random.categorical(flat, 1, dtype="int32", seed=seed)
        index = ops.reshape(index, ops.shape(logits)[:-1])
    elif decoder in ("annealed", "mean"):
        return ops.softmax(logits, axis=-1)
    else:
        raise ValueError(f"Expected a decoder that `decode_ab` names, received {decoder!r}.")
    return ops.one_hot(index, logits.shape[-1])


def _median_bin(cumulated):
    # All but the last bin are asked: rounding can keep the total below one half.
    return ops.sum(ops.cast(cumulated[..., :-1] < 0.5, "int32"), axis=-1)
