"""What a `Colorizer` makes of its network's prediction: decoded, refined, hinted."""

import numpy as np
from keras import ops

from keras_colorize.bins import CHANNEL_BINS
from keras_colorize.inference.hints import spread
from keras_colorize.inference.outputs import ab_to_channels, predicted_ab
from keras_colorize.inference.palette import lean
from keras_colorize.inference.refine import (
    at_size_of,
    channel_probabilities,
    channels_of,
    decode_field,
    refine,
    unary_potentials,
)


def log_weights(colorizer, prediction):
    """What is added to the logits: rebalancing taken out, a palette put in; None for nothing."""
    weights = None
    if colorizer.contract.class_weights:
        weights = (colorizer.rebalancing - 1.0) * np.log(colorizer.contract.class_weights)
    if colorizer.histogram is None:
        return weights
    logits = ops.cast(prediction, "float32")
    logits = logits if weights is None else logits + ops.cast(weights, "float32")
    added = lean(logits, colorizer.histogram, colorizer.palette_strength, colorizer.palette_mode)
    return added if weights is None else weights + added


def decoded(colorizer, prediction, lightness):
    """Colors pixel by pixel, see `predicted_ab`."""
    return predicted_ab(
        prediction,
        colorizer.contract.output,
        lightness,
        colorizer.decoder,
        colorizer.temperature,
        log_weights(colorizer, prediction),
        colorizer.contract.bin_means,
        colorizer.sample_seed,
    )


def probabilities_of(colorizer, prediction, lightness):
    """Distributions at the working size that a field starts from.

    Args:
        colorizer: a `Colorizer`; its temperature sharpens them where its decoder is annealed.
        prediction: the color output of its network, a distribution.
        lightness: array (N, H, W, 1), what the network saw.

    Returns:
        float32 tensor (N, H, W, 2, K).
    """
    temperature = colorizer.temperature if colorizer.decoder == "annealed" else 1.0
    weights = log_weights(colorizer, prediction)
    small = channel_probabilities(prediction, colorizer.contract.output, temperature, weights)
    return at_size_of(small, lightness)


def refined(colorizer, prediction, lightness, hints=None):
    """Colors by way of the field, float32 tensor (N, H, W, 2); see `probabilities_of`."""
    output, refinement = colorizer.contract.output, colorizer.refinement
    means = colorizer.contract.bin_means
    probabilities = probabilities_of(colorizer, prediction, lightness)
    if hints is None:
        field = refine(unary_potentials(probabilities, refinement), lightness, refinement)
        return decode_field(field, output, lightness, means, refinement.decode)
    wanted, force = spread(_unsaturated(hints, colorizer.saturation), lightness[0])
    certain = _bins_of(wanted[None], output, lightness)
    probabilities = (1.0 - force[..., None]) * probabilities + force[..., None] * certain
    fixed = certain * hints.mask[None, ..., None, None]
    unary = unary_potentials(probabilities, refinement, fixed)
    field = refine(unary, lightness, refinement)
    # A bin stands for many colors: its difference to the one that was wanted is put back.
    off = wanted - decode_field(certain, output, lightness, means)
    return decode_field(field, output, lightness, means, refinement.decode) + force * off


def hinted(ab, lightness, hints, saturation=1.0):
    """Puts hints in the place of predicted colors, as far as they reach.

    Args:
        ab: tensor (1, h, w, 2) of a and b.
        lightness: array (1, H, W, 1), L* in 0..100.
        hints: `Hints` (H, W).
        saturation: what a and b will be multiplied by; the colors of hints will not.

    Returns:
        float32 tensor (1, H, W, 2).
    """
    wanted, force = spread(_unsaturated(hints, saturation), lightness[0])
    ab = ops.image.resize(ab, lightness.shape[1:3], interpolation="bicubic")
    return (1.0 - force) * ab + force * wanted


def _unsaturated(hints, saturation):
    return type(hints)(hints.ab / (saturation or 1.0), hints.mask)


def _bins_of(ab, output, lightness):
    """The bins that hold these colors, one-hot: float32 array (N, H, W, 2, K)."""
    channels = channels_of(output)
    bins = CHANNEL_BINS[channels]
    indices = bins.encode(ab_to_channels(ab, channels, lightness))
    return ops.convert_to_numpy(ops.one_hot(indices, bins.count))
