"""From a distribution over ab bins to one color (Zhang, Isola, Efros 2016, section 2.3)."""

import math
import numbers

import keras
import numpy as np
from keras import ops

from keras_colorize.bins.gamut import ab_centers

DECODERS = ("mean", "annealed", "mode", "median", "sample")
"""Names that `decode_ab` takes."""

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
            `"sample"` draws a bin by lot for each place alone, so that neighbors differ.
        temperature: above 0; only `"annealed"` reads it. 1 is the mean, 0 approaches the mode.
        log_weights: None, or array (313,) added to the logits first. With the logarithm of
            rebalancing weights it turns a network trained without rebalancing into the
            rebalanced one, with its negative the other way round.
        seed: integer; only `"sample"` reads it. The same seed draws the same bins.

    Returns:
        float32 tensor (..., 2) of a and b.

    Raises:
        ValueError: for an unknown decoder, a temperature that is not above 0, or a wrong
            number of bins.
    """
    logits = _check_logits(logits)
    if log_weights is not None:
        logits = logits + ops.convert_to_tensor(np.asarray(log_weights, "float32"))
    if decoder == "mean":
        return _mean(logits)
    if decoder == "annealed":
        return _mean(logits / check_temperature(temperature))
    if decoder == "mode":
        return _centers_of(ops.argmax(logits, axis=-1))
    if decoder == "sample":
        return _centers_of(draw_bins(logits, seed))
    if decoder == "median":
        return _median(ops.softmax(logits, axis=-1))
    raise unknown_decoder(decoder)


def draw_bins(logits, seed):
    """Draws a bin from each distribution.

    Args:
        logits: float32 tensor (..., K).
        seed: integer.

    Returns:
        int32 tensor (...).
    """
    flat = ops.reshape(logits, (-1, logits.shape[-1]))
    drawn = keras.random.categorical(flat, 1, dtype="int32", seed=seed)
    return ops.reshape(drawn, ops.shape(logits)[:-1])


def unknown_decoder(decoder):
    """The error that says which decoders there are."""
    return ValueError(f"Expected a decoder among {', '.join(DECODERS)}, received {decoder!r}.")


def _centers_of(indices):
    return ops.take(ops.convert_to_tensor(ab_centers()), indices, axis=0)


def _mean(logits):
    return ops.matmul(ops.softmax(logits, axis=-1), ops.convert_to_tensor(ab_centers()))


def _median(probabilities):
    columns = [_marginal_median(probabilities, axis) for axis in (0, 1)]
    return ops.stack(columns, axis=-1)


def _marginal_median(probabilities, axis):
    values, membership = np.unique(ab_centers()[:, axis], return_inverse=True)
    one_hot = np.eye(len(values), dtype="float32")[membership]
    marginal = ops.matmul(probabilities, ops.convert_to_tensor(one_hot))
    after = ops.cumsum(marginal, axis=-1)
    index = ops.sum(ops.cast(after < 0.5, "int32"), axis=-1, keepdims=True)
    # Rounding can leave the total a hair below one half's complement at the last bin.
    index = ops.minimum(index, len(values) - 1)
    mass = ops.take_along_axis(marginal, index, axis=-1)
    before = ops.take_along_axis(after, index, axis=-1) - mass
    step = float(values[1] - values[0])
    share = (0.5 - before) / ops.maximum(mass, 1e-7) - 0.5
    center = ops.take(ops.convert_to_tensor(values), index, axis=0)
    return ops.squeeze(center + step * ops.clip(share, -0.5, 0.5), axis=-1)


def check_temperature(temperature):
    """Returns the temperature; raises ValueError unless it is above 0."""
    if isinstance(temperature, numbers.Real) and not 0 < temperature < math.inf:
        raise ValueError(f"Expected a temperature above 0, received {temperature}.")
    return temperature


def _check_logits(logits):
    logits = ops.cast(ops.convert_to_tensor(logits), "float32")
    if logits.shape[-1] != len(ab_centers()):
        raise ValueError(
            f"Expected logits over {len(ab_centers())} bins on the last axis, "
            f"received shape {tuple(logits.shape)}."
        )
    return logits
