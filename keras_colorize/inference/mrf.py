"""A Markov random field on the distributions of a network (Melas-Kyriazi & Han 2017, section 3.2).

Here it is solved for one picture by compiled code, of which `field` does the same on tensors. Each
channel is an array of rows, labels and columns.
"""

import numpy as np
from keras import ops

from keras_colorize.bins import CHANNEL_BINS, ab_marginals
from keras_colorize.layers import contrast_weights, mean_field
from keras_colorize.layers.resizing import bilinear_weights
from .compose import mix_rows
from .heads import ab_to_channels, bin_values, channels_to_ab, check_distribution, predicted_ab
from .hints import spread
from .options import Options
from .pixels import compiled, cores

_CERTAIN = 200.0  # potential of a bin that is fixed: above all that its neighbors say against it


def refined_ab(probabilities, lightness, config, refinement, hints=None, reach=Options.hint_reach):
    """Solves the field for probabilities (h, w, 2, K) on lightness (H, W, 1), L* in 0..100.

    Returns float32 a and b (H, W, 2), at the working size, before saturation, as are the hints.
    """
    channels, lightness = channels_of(config.output), np.asarray(lightness, "float32")
    bins, values = CHANNEL_BINS[channels], bin_values(channels, config.bin_means)
    order, back = packed_columns(lightness.shape[1])
    edges = edge_weights(lightness, refinement.sigma)
    if hints is not None:
        wanted, force = spread(hints, lightness, reach)
        encoded = bins.encode(ab_to_channels(wanted[None], channels, lightness[None]))
        indices = ops.convert_to_numpy(encoded)[0]
        share, mask = force[:, None, order, 0], hints.colored[:, None, order]

    def chroma(channel):
        its, unary = np.float32(values[channel]), enlarge(probabilities[:, :, channel], lightness)
        if hints is not None:
            certain = np.eye(bins.count, dtype="float32")[indices[:, order, channel]]
            certain = certain.transpose(0, 2, 1)
            unary = (1.0 - share) * unary + share * certain
        unary = unary_potentials(unary, refinement)
        if hints is not None:
            unary += np.float32(_CERTAIN) * certain * mask
        q = solve(unary, edges, refinement)
        if refinement.decode == "mode":
            decoded = its[q.argmax(axis=1)]
        else:
            decoded = np.einsum("k,hkpx->hpx", its, q)
        return decoded.reshape(len(q), -1)[:, back]

    def to_ab(pair):
        return ops.convert_to_numpy(
            channels_to_ab(np.stack(pair, -1)[None], channels, lightness[None])
        )[0]

    ab = to_ab(list(cores().map(chroma, range(2))))
    if hints is None:
        return ab
    # A bin stands for many colors: its difference to the one that was wanted is put back.
    shown = to_ab([np.float32(values[i])[indices[..., i]] for i in range(2)])
    return ab + force * (wanted - shown)


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
    on = np if isinstance(probabilities, np.ndarray) else ops
    if refinement.potential == "log":
        probabilities = on.log(on.maximum(probabilities, 1e-6))
    elif refinement.potential == "square_root":
        probabilities = on.sqrt(probabilities)
    return refinement.unary_scale * probabilities


def packed_columns(width):
    """Order of columns with even numbers first and as many odd ones after them; and the way back.

    A red-black update of a row then works on columns side by side. A spare one is the last again.
    """
    half, columns = (width + 1) // 2, np.arange(width)
    order = np.minimum(np.r_[0 : 2 * half : 2, 1 : 2 * half : 2], width - 1)
    return order, columns // 2 + half * (columns % 2)


def enlarge(probabilities, lightness):
    """Bilinearly enlarges (h, w, K) to lightness (H, W, 1): (H, K, columns as they are packed)."""
    down, across = (
        ops.convert_to_numpy(bilinear_weights(*pair))
        for pair in zip(probabilities.shape, lightness.shape[:2], strict=False)
    )
    wide = np.matmul(probabilities.transpose(0, 2, 1), across[packed_columns(len(across))[0]].T)
    # Rows are mixed of two.
    first = np.minimum(np.argmax(down > 0.0, axis=1), max(len(wide) - 2, 0))
    taps = first[:, None] + np.arange(min(len(wide), 2))
    large = np.empty((len(down), wide[0].size), "float32")
    mix_rows(wide.reshape(len(wide), -1), first, np.take_along_axis(down, taps, 1), large)
    return large.reshape(len(down), *wide.shape[1:])


def field(unary, lightness, refinement):
    """Mean-field distributions (N, H, W, 2, K): neighbors of equal lightness (N, H, W, 1) agree."""
    right, down = contrast_weights(lightness, refinement.sigma)
    return mean_field(unary, right, down, refinement.compatibility, refinement.sweeps)


def edge_weights(lightness, sigma):
    """Weights (4, H, 2, columns) with the upper, lower, left and right neighbor; see `field`."""
    height, width = lightness.shape[:2]
    half = (width + 1) // 2
    right, down = contrast_weights(lightness[None], sigma)
    right = np.pad(np.asarray(right)[0, :, :, 0], ((0, 0), (1, 1 + width % 2)))
    down = np.pad(np.asarray(down)[0, :, :, 0], ((1, 1), (0, width % 2)))
    weights = np.stack([down[:-1], down[1:], right[:, :-1], right[:, 1:]])
    return weights.reshape(4, height, half, 2).transpose(0, 1, 3, 2).copy()


def solve(unary, edges, refinement):
    """Does what `field` does for a channel of one picture: (H, K, packed) to (H, K, 2, columns)."""
    height, labels, width = unary.shape
    # A frame of zeros spares the border its own case.
    q = np.zeros((height + 2, labels, 2, width // 2 + 2), "float32")
    q[1:-1, :, :, 1:-1] = 1.0 / labels
    potentials = np.float32(unary).reshape(height, labels, 2, width // 2)
    _sweep(potentials, edges, np.float32(refinement.compatibility), refinement.sweeps, q)
    return q[1:-1, :, :, 1:-1]


@compiled
def _sweep(potentials, weights, compatibility, sweeps, q):
    """Red-black mean field in place, see `layers.mean_field`: exact coordinate ascent."""
    height, labels, _, half = potentials.shape
    reach = len(compatibility) - 1
    received = np.zeros((labels + 2 * reach, half), np.float32)
    logits = np.empty((labels, half), np.float32)
    largest, total = np.empty(half, np.float32), np.empty(half, np.float32)
    for step, row in np.ndindex(2 * sweeps, height):
        odd = (row + step) & 1
        even = 1 - odd
        for label in range(labels):
            for x in range(half):
                above, below = q[row, label, odd, x + 1], q[row + 2, label, odd, x + 1]
                before, after = (
                    q[row + 1, label, even, x + odd],
                    q[row + 1, label, even, x + odd + 1],
                )
                vertical = weights[0, row, odd, x] * above + weights[1, row, odd, x] * below
                beside = weights[2, row, odd, x] * before + weights[3, row, odd, x] * after
                received[reach + label, x] = vertical + beside
        largest[:], total[:] = -np.inf, 0.0
        for label in range(labels):
            for x in range(half):
                logits[label, x] = potentials[row, label, odd, x]
            for other in range(-reach, reach + 1):
                gain = compatibility[abs(other)]
                for x in range(half):
                    logits[label, x] += gain * received[reach + label + other, x]
            for x in range(half):
                largest[x] = max(largest[x], logits[label, x])
        for label in range(labels):
            for x in range(half):
                logits[label, x] = _exponential(logits[label, x] - largest[x])
                total[x] += logits[label, x]
        for x in range(half):
            total[x] = np.float32(1) / total[x]
        for label in range(labels):
            for x in range(half):
                q[row + 1, label, odd, x + 1] = logits[label, x] * total[x]


@compiled
def _exponential(x):
    """The exponential function of 0 and less, to 1e-6 of it; unlike np.exp, it makes vectors."""
    x = max(x, np.float32(-40)) * np.float32(1 / 16)
    y = np.float32(1)
    for degree in range(9, 0, -1):
        y = np.float32(1) + y * x * np.float32(1 / degree)
    for _ in range(4):
        y = y * y
    return y


def decode_field(probabilities, output, lightness, bin_means=(), decode="mean"):
    """Distributions (N, H, W, 2, K) of the channels of an output to a and b; see `predicted_ab`."""
    # The logarithm of 0 would be no number; what is below this has no weight in a mean.
    logits = ops.log(ops.maximum(probabilities, 1e-30))
    return predicted_ab(logits, channels_of(output), lightness, decode, bin_means=bin_means)
