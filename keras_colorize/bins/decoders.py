"""From a distribution over bins to one color (Zhang, Isola, Efros 2016, section 2.3)."""

import math
import numbers

import keras
import numpy as np
from keras import ops

from keras_colorize.bins.ab_bins import ab_centers
from keras_colorize.bins.uniform import AB_BINS, ab_marginals

DECODERS = ("mean", "annealed", "mode", "median", "sample")
"""Names that `decode_ab` and `decode_channels` take."""

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
        temperature: above 0; only `"annealed"` reads it. 1 is the mean, 0 approaches the mode.
        log_weights: None, or array (313,) added to the logits first: the logarithm of
            rebalancing weights rebalances a network trained without them.
        seed: integer; only `"sample"` reads it. The same seed draws the same bins.

    Returns:
        float32 tensor (..., 2) of a and b.

    Raises:
        ValueError: for an unknown decoder, a temperature that is not above 0, or a wrong
            number of bins.
    """
    logits = ops.cast(ops.convert_to_tensor(logits), "float32")
    if logits.shape[-1] != len(ab_centers()):
        raise ValueError(
            f"Expected logits over {len(ab_centers())} bins on the last axis, "
            f"received shape {tuple(logits.shape)}."
        )
    if log_weights is not None:
        logits = logits + ops.convert_to_tensor(np.asarray(log_weights, "float32"))
    if decoder == "median":
        return _interpolated_median(ab_marginals(ops.softmax(logits, axis=-1)))
    if decoder in ("mode", "sample"):
        return ops.take(ab_centers(), _chosen(logits, decoder, seed), axis=0)
    return ops.matmul(_distribution(logits, decoder, temperature), ab_centers())


def decode_channels(logits, values, decoder="annealed", temperature=1.0, seed=0):
    """Decodes logits over the bins of each channel.

    Args:
        logits: tensor (..., C, K).
        values: array (C, K), what each bin stands for: its center, or the mean of the training
            values in it.
        decoder: as in `decode_ab`, channel by channel; the median is the value of the bin that
            holds it. For hue, which is cyclic, take the mode.
        temperature: above 0, of the annealed decoder.
        seed: integer, of `"sample"`.

    Returns:
        float32 tensor (..., C).

    Raises:
        ValueError: for an unknown decoder, a temperature that is not above 0, or values of
            another shape.
    """
    logits = ops.cast(logits, "float32")
    if np.shape(values) != tuple(logits.shape[-2:]):
        raise ValueError(
            f"Expected values for {tuple(logits.shape[-2:])} channels and bins, received shape "
            f"{np.shape(values)}."
        )
    if decoder in ("mode", "sample", "median"):
        weights = ops.one_hot(_chosen(logits, decoder, seed), logits.shape[-1])
    else:
        weights = _distribution(logits, decoder, temperature)
    return ops.sum(weights * np.asarray(values, "float32"), axis=-1)


def _distribution(logits, decoder, temperature):
    """Shares of the bins whose values an averaging decoder adds up."""
    if decoder not in ("mean", "annealed"):
        raise ValueError(f"Expected a decoder among {', '.join(DECODERS)}, received {decoder!r}.")
    if decoder == "annealed":
        if isinstance(temperature, numbers.Real) and not 0 < temperature < math.inf:
            raise ValueError(f"Expected a temperature above 0, received {temperature}.")
        logits = logits / temperature
    return ops.softmax(logits, axis=-1)


def _chosen(logits, decoder, seed):
    """Index of the one bin that a decoder takes, int32 (...)."""
    if decoder == "mode":
        return ops.argmax(logits, axis=-1)
    if decoder == "median":
        return _median_bin(ops.cumsum(ops.softmax(logits, axis=-1), axis=-1))
    flat = ops.reshape(logits, (-1, logits.shape[-1]))
    drawn = keras.random.categorical(flat, 1, dtype="int32", seed=seed)
    return ops.reshape(drawn, ops.shape(logits)[:-1])


def _median_bin(cumulated):
    index = ops.sum(ops.cast(cumulated < 0.5, "int32"), axis=-1)
    # Rounding can keep the total below one half.
    return ops.minimum(index, cumulated.shape[-1] - 1)


def _interpolated_median(marginals):
    """Medians (..., 2) of distributions (..., 2, 25) over `AB_BINS`, interpolated in the bin."""
    after = ops.cumsum(marginals, axis=-1)
    index = ops.expand_dims(_median_bin(after), -1)
    mass = ops.take_along_axis(marginals, index, axis=-1)
    before = ops.take_along_axis(after, index, axis=-1) - mass
    share = ops.clip((0.5 - before) / ops.maximum(mass, 1e-7) - 0.5, -0.5, 0.5)
    centers = ops.take(AB_BINS.centers(), index, axis=0)
    return ops.squeeze(centers + AB_BINS.step * share, axis=-1)
