"""From distributions to pictures by way of a Markov random field (Melas-Kyriazi & Han 2017).

Each channel of a distribution is a field of its own, solved at the working size: there the
lightness has the edges at which color may change, and the network's own output has not.
"""

import dataclasses
import functools
import numbers

import keras
from keras import ops

from keras_colorize.bins import CHANNEL_BINS, ab_marginals
from keras_colorize.inference.outputs import predicted_ab
from keras_colorize.layers import contrast_weights, mean_field

DECODES = ("mean", "mode")
"""How the field's distributions may become colors."""

CERTAIN = 200.0
"""Potential of a bin that is fixed: above all that its neighbors say against it."""

_POTENTIALS = {
    "log": lambda p: ops.log(ops.maximum(p, 1e-6)),
    "probability": lambda p: p,
    "square_root": ops.sqrt,
}


def _check_name(what, value, known):
    if value not in known:
        raise ValueError(f"Expected {what} among {', '.join(known)}, received {value!r}.")


@dataclasses.dataclass(frozen=True)
class Refinement:
    """Parameters of the field.

    The defaults are the best of those tried, `REFINEMENTS["mrf-paper"]` those of the paper
    (section 3.2); `docs/mrf.md` compares them.

    Attributes:
        sweeps: sweeps of mean field, at least 1.
        sigma: scale of the squared differences of lightness (in [0, 1]) across which colors
            still influence each other.
        potential: what is made of the network's distribution: `"log"`, with which the field is
            the network's posterior times a prior of smoothness; `"probability"`, as in the
            paper; or `"square_root"`, which the paper finds smoother.
        unary_scale: factor of the potential, against the neighbors.
        compatibility: what two neighbors gain by equal bins, by bins one apart, two apart, ...
        decode: `"mean"` or `"mode"` of the field's distributions.

    Raises:
        ValueError: for values outside their range.
    """

    sweeps: int = 8
    sigma: float = 3e-3
    potential: str = "log"
    unary_scale: float = 1.0
    compatibility: tuple = (2.0, 1.7, 1.2, 0.5)
    decode: str = "mean"

    def __post_init__(self):
        """Checks the values."""
        object.__setattr__(self, "compatibility", tuple(self.compatibility))
        if not (isinstance(self.sweeps, int) and self.sweeps >= 1):
            raise ValueError(f"Expected sweeps of 1 or more, received {self.sweeps!r}.")
        for name in ("sigma", "unary_scale"):
            value = getattr(self, name)
            if not (isinstance(value, numbers.Real) and 0 < value < float("inf")):
                raise ValueError(f"Expected {name} above 0, received {value!r}.")
        if not len(self.compatibility) or not all(0 <= x <= 50 for x in self.compatibility):
            raise ValueError(
                f"Expected compatibility of values in 0..50, received {self.compatibility!r}."
            )
        _check_name("potential", self.potential, _POTENTIALS)
        _check_name("decode", self.decode, DECODES)


REFINEMENTS = {
    "none": None,
    "mrf": Refinement(),
    "mrf-paper": Refinement(
        sigma=1e-4, potential="probability", unary_scale=10.0, compatibility=(10.0, 3.0, 3.0)
    ),
}
"""Refinements that have a name."""


def refinement_of(value):
    """The `Refinement` that a user means by a name of `REFINEMENTS` or by itself, or None.

    Raises:
        ValueError: for an unknown name.
    """
    if value is None or isinstance(value, Refinement):
        return value
    _check_name("refine", value, REFINEMENTS)
    return REFINEMENTS[value]


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
