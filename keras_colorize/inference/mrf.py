"""A Markov random field on the distributions of a network (Melas-Kyriazi & Han 2017, section 3.2).

In s sweeps of red-black mean field news travels at most 2 s - 1 pixels. So a tile that starts at
even rows and columns and sees 2 s pixels beyond what is kept is solved exactly as the whole.
"""

import functools

import keras
import numpy as np
from keras import ops

from keras_colorize.bins import CHANNEL_BINS, ab_marginals
from keras_colorize.layers import contrast_weights, mean_field
from keras_colorize.layers.resizing import bilinear_weights
from .heads import ab_to_channels, bin_values, channels_to_ab, check_distribution, predicted_ab
from .hints import spread

TILE = 256
"""Pixels along a side of what is solved at once: a few hundred megabytes for two channels."""

_CERTAIN = 200.0  # potential of a bin that is fixed: above all that its neighbors say against it
_NOWHERE = -1e6  # lightness outside the picture: no pixel is so like it that it has any weight


def refined_ab(probabilities, lightness, config, refinement, hints=None):
    """Solves the field for probabilities (h, w, 2, K) on lightness (H, W, 1), L* in 0..100.

    Returns float32 a and b (H, W, 2), at the working size, before saturation, as are the hints.
    """
    size, channels = lightness.shape[:2], channels_of(config.output)
    bins = CHANNEL_BINS[channels]
    if hints is not None:
        wanted, force = spread(hints, lightness)
        encoded = bins.encode(ab_to_channels(wanted[None], channels, lightness[None]))
        indices = ops.convert_to_numpy(encoded)[0]
        values = bin_values(channels, config.bin_means)
        parts = [np.take(one, indices[..., i]) for i, one in enumerate(values)]
        shown = channels_to_ab(np.float32(np.stack(parts, -1))[None], channels, lightness[None])
        # A bin stands for many colors: its difference to the one that was wanted is put back.
        off = force * (wanted - ops.convert_to_numpy(shown)[0])

    def unary(rows, columns):
        window = enlarged_window(probabilities, size, rows, columns)
        if hints is None:
            return ops.convert_to_numpy(unary_potentials(window, refinement))
        reach = force[rows, columns, :, None]
        certain = np.eye(bins.count, dtype="float32")[indices[rows, columns]]
        mixed = unary_potentials((1.0 - reach) * window + reach * certain, refinement)
        fixed = certain * hints.mask[rows, columns, None, None]
        return ops.convert_to_numpy(mixed) + _CERTAIN * fixed

    def solver(unary, lightness):
        solved = solve(unary, lightness, refinement)
        how = config.output, lightness, config.bin_means, refinement.decode
        return ops.convert_to_numpy(decode_field(solved, *how))

    if size[0] * size[1] <= TILE**2:
        ab = solver(unary(slice(0, size[0]), slice(0, size[1]))[None], lightness[None])[0]
    else:
        tile = max(TILE, 8 * refinement.sweeps)
        ab = solve_in_tiles(solver, unary, lightness, refinement.sweeps, tile)
    return ab if hints is None else ab + off


def channel_probabilities(prediction, output, temperature=1.0, log_weights=None):
    """Distributions (N, h, w, 2, K), float32, of a and b apart, from any predicted distribution."""
    check_distribution(output, "a refinement")
    logits = ops.cast(prediction, "float32")
    if log_weights is not None:
        logits = logits + ops.cast(log_weights, "float32")
    probabilities = ops.softmax(logits / temperature, axis=-1)
    return ab_marginals(probabilities) if output == "ab_logits" else probabilities


def channels_of(output):
    """Key of `CHANNEL_BINS` for the channels that `channel_probabilities` makes of an output."""
    return "ab_channel_logits" if output == "ab_logits" else output


def unary_potentials(probabilities, refinement):
    """Potentials of single pixels, of the shape of the probabilities, which the field maximizes."""
    if refinement.potential == "log":
        probabilities = ops.log(ops.maximum(probabilities, 1e-6))
    elif refinement.potential == "square_root":
        probabilities = ops.sqrt(probabilities)
    return refinement.unary_scale * probabilities


def field(unary, lightness, refinement):
    """Mean-field distributions (N, H, W, 2, K): neighbors of equal lightness (N, H, W, 1) agree."""
    right, down = contrast_weights(lightness, refinement.sigma)
    return mean_field(unary, right, down, refinement.compatibility, refinement.sweeps)


def solve(unary, lightness, refinement):
    """Does what `field` does, compiled and from arrays to an array."""
    return _Field(refinement, unary.shape[-1]).predict_on_batch([unary, lightness])


@functools.lru_cache(maxsize=8)
class _Field(keras.Model):
    """A model for each number of bins: a function that met two of them is traced for any."""

    def __init__(self, refinement, bins):
        super().__init__(name=f"field_{bins}", dtype="float32")
        self.refinement = refinement
        # Without XLA: its code for this is no faster, and takes seconds for each new size.
        self.compile(jit_compile=False)

    def call(self, inputs):
        return field(*inputs, self.refinement)


def decode_field(probabilities, output, lightness, bin_means=(), decode="mean"):
    """Distributions (N, H, W, 2, K) of the channels of an output to a and b; see `predicted_ab`."""
    # The logarithm of 0 would be no number; what is below this has no weight in a mean.
    logits = ops.log(ops.maximum(probabilities, 1e-30))
    return predicted_ab(logits, channels_of(output), lightness, decode, bin_means=bin_means)


def solve_in_tiles(solver, unary, lightness, sweeps, tile=TILE):
    """Solves a field tile by tile into (H, W, D); all have one shape, so a solver is compiled once.

    `unary` gives the potentials (h, w, C, K) of two slices; a tile is even and above 4 * sweeps.
    All sweeps are made, for with a tolerance tiles would differ.
    """
    halo, lengths, bands = 2 * sweeps, lightness.shape[:2], []
    kept = tile - 2 * halo
    for top in range(0, lengths[0], kept):
        bands.append([])
        for left in range(0, lengths[1], kept):
            inside, beyond, inner = [], [], []
            for start, length in zip((top, left), lengths, strict=True):
                part = slice(max(start - halo, 0), min(start - halo + tile, length))
                inside.append(part)
                beyond.append((part.start - start + halo, start - halo + tile - part.stop))
                inner.append(slice(halo, halo + min(kept, length - start)))
            levels = np.float32(lightness[tuple(inside)])
            levels = np.pad(levels, [*beyond, (0, 0)], constant_values=_NOWHERE)
            known = np.pad(np.float32(unary(*inside)), [*beyond, (0, 0), (0, 0)])
            bands[-1].append(np.asarray(solver(known[None], levels[None]))[0][tuple(inner)])
    return np.concatenate([np.concatenate(band, axis=1) for band in bands])


def enlarged_window(probabilities, size, rows, columns):
    """Rows and columns (slices) of a map (h, w, C, K) that is enlarged bilinearly to a size."""
    height, width, channels, bins = probabilities.shape
    across = bilinear_weights(width, size[1])[columns]
    down = bilinear_weights(height, size[0])[rows]
    x = ops.matmul(across, ops.reshape(probabilities, (height, width, channels * bins)))
    x = ops.matmul(down, ops.reshape(x, (height, -1)))
    return ops.reshape(x, (len(down), len(across), channels, bins))
