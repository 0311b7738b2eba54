"""What a `Colorizer` makes of its network's prediction: decoded, refined, hinted."""

import numpy as np
from keras import ops

from keras_colorize.bins import CHANNEL_BINS
from keras_colorize.inference.hints import spread
from keras_colorize.inference.outputs import (
    ab_to_channels,
    bin_values,
    channels_to_ab,
    class_log_weights,
    predicted_ab,
)
from keras_colorize.inference.palette import lean
from keras_colorize.inference.refine import (
    channel_probabilities,
    channels_of,
    decode_field,
    refine,
    unary_potentials,
)
from keras_colorize.inference.tiles import TILE, enlarged_window, solve_in_tiles


def log_weights(colorizer, prediction, rebalancing):
    """What is added to the logits: rebalancing, out or in, and a palette; None for nothing."""
    weights = class_log_weights(colorizer.config, rebalancing)
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
        colorizer.config.output,
        lightness,
        colorizer.decoder,
        colorizer.temperature,
        log_weights(colorizer, prediction, colorizer.rebalancing),
        colorizer.config.bin_means,
        colorizer.seed,
    )


def sharpened(colorizer, prediction):
    """Distributions that a field starts from, at the network's own resolution.

    Args:
        colorizer: a `Colorizer`; its temperature sharpens them where its decoder is annealed.
        prediction: the color output of its network, a distribution.

    Returns:
        float32 tensor (N, h, w, 2, K).
    """
    temperature = colorizer.temperature if colorizer.decoder == "annealed" else 1.0
    # Neighbors confirm each other: weights that are put in at every pixel would count many times
    # over, and paint patches.
    share = colorizer.rebalancing if colorizer.config.weights_in_loss else 0.0
    weights = log_weights(colorizer, prediction, share)
    return channel_probabilities(prediction, colorizer.config.output, temperature, weights)


def refined(colorizer, prediction, lightness, hints=None):
    """Colors by way of the field, a picture at a time.

    Args:
        colorizer: a `Colorizer` with a refinement.
        prediction: the color output of its network, a distribution.
        lightness: array (N, H, W, 1), what the network saw.
        hints: `Hints` (H, W), or None.

    Returns:
        float32 array (N, H, W, 2).
    """
    small = ops.convert_to_numpy(sharpened(colorizer, prediction))
    pairs = zip(small, lightness, strict=True)
    return np.stack([_refined_one(colorizer, *pair, hints) for pair in pairs])


def _refined_one(colorizer, small, lightness, hints):
    output, refinement = colorizer.config.output, colorizer.refinement
    means, size = colorizer.config.bin_means, lightness.shape[:2]
    known = None if hints is None else _Known(hints, colorizer, lightness)

    def unary(rows, columns):
        probabilities = enlarged_window(small, size, rows, columns)
        if known is None:
            return ops.convert_to_numpy(unary_potentials(probabilities, refinement))
        mixed, fixed = known.mixed(probabilities, rows, columns)
        return ops.convert_to_numpy(unary_potentials(mixed, refinement, fixed))

    def solve(unary, lightness):
        field = refine(unary, lightness, refinement)
        return ops.convert_to_numpy(
            decode_field(field, output, lightness, means, refinement.decode)
        )

    if size[0] * size[1] <= TILE**2:
        ab = solve(unary(slice(0, size[0]), slice(0, size[1]))[None], lightness[None])[0]
    else:
        tile = max(TILE, 8 * refinement.sweeps)
        ab = solve_in_tiles(solve, unary, lightness, refinement.sweeps, tile)
    return ab if known is None else ab + known.force * known.off


class _Known:
    """Hints as bins: what they are, how far they reach, and what a bin leaves out."""

    def __init__(self, hints, colorizer, lightness):
        output = channels_of(colorizer.config.output)
        self.bins, self.mask = CHANNEL_BINS[output], hints.mask
        wanted, self.force = spread(_unsaturated(hints, colorizer.saturation), lightness)
        channels = ab_to_channels(wanted[None], output, lightness[None])
        self.indices = ops.convert_to_numpy(self.bins.encode(channels))[0]
        values = bin_values(output, colorizer.config.bin_means)
        parts = [np.take(one, self.indices[..., i]) for i, one in enumerate(values)]
        shown = channels_to_ab(np.float32(np.stack(parts, -1))[None], output, lightness[None])
        # A bin stands for many colors: its difference to the one that was wanted is put back.
        self.off = wanted - ops.convert_to_numpy(shown)[0]

    def mixed(self, probabilities, rows, columns):
        """The distributions of a window with hints in their place, and the bins that are fixed."""
        force = self.force[rows, columns, :, None]
        certain = np.eye(self.bins.count, dtype="float32")[self.indices[rows, columns]]
        mixed = (1.0 - force) * probabilities + force * certain
        return mixed, certain * self.mask[rows, columns, None, None]


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
