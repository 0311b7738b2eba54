"""From distributions to pictures by way of a Markov random field (Melas-Kyriazi & Han 2017).

Each channel of a distribution is a field of its own, solved at the working size: there the
lightness has the edges at which color may change, and the network's own output has not.
"""

import functools

import keras
from keras import ops

from keras_colorize.bins import CHANNEL_BINS, ab_marginals
from keras_colorize.inference.outputs import predicted_ab
from keras_colorize.layers import contrast_weights, mean_field

CERTAIN = 200.0
"""Potential of a bin that is fixed: above all that its neighbors say against it."""

_POTENTIALS = {
    "log": lambda p: ops.log(ops.maximum(p, 1e-6)),
    "probability": lambda p: p,
    "square_root": ops.sqrt,
}


def channel_probabilities(prediction, output, temperature=1.0, log_weights=None):
    """Distributions of the two channels apart, from any network that predicts distributions.

    Args:
        prediction: tensor (N, h, w, 313) or (N, h, w, 2, K), the network's color output.
        output: which output it is, `"ab_logits"` or a key of `CHANNEL_BINS`.
        temperature: sharpens the distribution first; 1 leaves it as it is.
        log_weights: array that is added to the logits first, or None.

    Returns:
        float32 tensor (N, h, w, 2, K) that sums to 1 over the last axis.

    Raises:
        ValueError: for a network that predicts colors and no distribution.
    """
    check_distribution(output)
    logits = ops.cast(prediction, "float32")
    if log_weights is not None:
        logits = logits + ops.cast(log_weights, "float32")
    probabilities = ops.softmax(logits / temperature, axis=-1)
    return ab_marginals(probabilities) if output == "ab_logits" else probabilities


def check_distribution(output):
    """Raises ValueError unless the output is a distribution over bins."""
    if output != "ab_logits" and output not in CHANNEL_BINS:
        known = ", ".join(("ab_logits", *CHANNEL_BINS))
        raise ValueError(
            f"Expected a network that predicts a distribution ({known}) for a refinement or a "
            f"palette, received one that predicts {output!r}."
        )


def channels_of(output):
    """Key of `CHANNEL_BINS` for the channels that `channel_probabilities` makes of an output."""
    return "ab_channel_logits" if output == "ab_logits" else output


def unary_potentials(probabilities, refinement, fixed=None):
    """Potentials of single pixels, which the field maximizes.

    Args:
        probabilities: tensor (N, H, W, 2, K).
        refinement: a `Refinement`.
        fixed: tensor (N, H, W, 2, K), 1 at bins that are certain and 0 elsewhere, or None.

    Returns:
        float32 tensor (N, H, W, 2, K).
    """
    unary = refinement.unary_scale * _POTENTIALS[refinement.potential](probabilities)
    return unary if fixed is None else unary + CERTAIN * fixed


def field(unary, lightness, refinement):
    """Lets neighbors of equal lightness agree on their colors.

    Args:
        unary: float32 tensor (N, H, W, 2, K), see `unary_potentials`.
        lightness: tensor (N, H, W, 1), L* in 0..100.
        refinement: a `Refinement`.

    Returns:
        float32 tensor (N, H, W, 2, K): mean-field distributions.
    """
    right, down = contrast_weights(lightness, refinement.sigma)
    return mean_field(unary, right, down, refinement.compatibility, refinement.sweeps)


def refine(unary, lightness, refinement):
    """Does what `field` does, compiled and from arrays to an array."""
    return _field(refinement, tuple(unary.shape[-2:])).predict_on_batch([unary, lightness])


@functools.cache
def _field(refinement, channels_and_bins):
    # One for each number of bins: a function that met two of them is traced for any, and the
    # field has to know its own.
    model = _Field(refinement, channels_and_bins)
    # Without XLA: its code for this is no faster, and takes seconds for each new size.
    model.compile(jit_compile=False)
    return model


class _Field(keras.Model):
    """A model because compiling a model is Keras' one way to compile on every backend."""

    def __init__(self, refinement, channels_and_bins):
        channels, bins = channels_and_bins
        super().__init__(name=f"field_{channels}_{bins}", dtype="float32")
        self.refinement = refinement

    def call(self, inputs):
        unary, lightness = inputs
        return field(unary, lightness, self.refinement)


def decode_field(probabilities, output, lightness, bin_means=(), decode="mean"):
    """Turns distributions of the two channels into a and b.

    Args:
        probabilities: tensor (N, H, W, 2, K).
        output: name of the network's color output.
        lightness: tensor (N, H, W, 1), L* in 0..100.
        bin_means: see `predicted_ab`.
        decode: `"mean"` or `"mode"`.

    Returns:
        float32 tensor (N, H, W, 2).
    """
    # The logarithm of 0 would be no number; what is below this has no weight in a mean.
    logits = ops.log(ops.maximum(probabilities, 1e-30))
    return predicted_ab(logits, channels_of(output), lightness, decode, bin_means=bin_means)
