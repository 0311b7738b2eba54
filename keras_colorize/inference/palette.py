"""Global color histograms that a colorization leans to (Melas-Kyriazi & Han 2017, section 4.2)."""

import os
from pathlib import Path

import numpy as np
from keras import ops

from keras_colorize.bins import CHANNEL_BINS, bin_count, smooth_prior, soft_encode_ab
from keras_colorize.color import rgb_to_hsv, rgb_to_lab, rgb_to_luv
from keras_colorize.errors import InputError
from .pixels import pixels_of, to_float
from .points import parse_color, read_json

FLOOR = 1e-3
"""Share of all bins alike, so that a palette forbids nothing for good."""

_SIDE = 128  # pixels per side, about, that are looked at in a reference picture
_SIGMA = 10.0  # width in units of a and b to which a color of a palette is spread
_CHANNELS = {
    "ab_channel_logits": lambda rgb: rgb_to_lab(rgb)[..., 1:],
    "luv_uv_logits": lambda rgb: rgb_to_luv(rgb)[..., 1:],
    "hs_logits": lambda rgb: rgb_to_hsv(rgb)[..., :2],
}


def read_palette(source):
    """Reads the colors of a palette and how often each occurs.

    Args:
        source: a reference picture, as a `Colorizer` takes it; or the path of a JSON file, or
            its content: a list of `{"color": "#rrggbb", "weight": 2}`, weight 1 if left out.

    Returns:
        `(rgb, weights)`: float32 arrays (M, 3), sRGB in [0, 1], and (M,).

    Raises:
        PhotographError: if a picture cannot be read.
        InputError: for a file that cannot be read or holds something else.
    """
    name, entries = "palette", source
    if isinstance(source, str | os.PathLike) and Path(source).suffix.lower() == ".json":
        name, entries = source, read_json(source)
    elif not isinstance(source, list | tuple):
        pixels = pixels_of(source)[..., :3]
        step = max(1, max(pixels.shape[1:3]) // _SIDE)
        rgb = to_float(pixels[:, ::step, ::step])
        rgb = np.broadcast_to(rgb, (*rgb.shape[:3], 3)).reshape(-1, 3)
        return rgb, np.ones(len(rgb), "float32")
    try:
        colors = [parse_color(entry["color"]) for entry in entries]
        weights = np.asarray([entry.get("weight", 1.0) for entry in entries], "float32")
    except (TypeError, KeyError, AttributeError) as error:
        raise InputError(
            f'{name}: expected a list of {{"color": "#rrggbb", "weight": 2}}, received {error!r}.'
        ) from error
    if not (len(weights) and np.isfinite(weights).all() and weights.min() >= 0 < weights.max()):
        raise InputError(f"{name}: expected weights of 0 or more, not all 0, received {weights}.")
    return np.stack(colors), weights


def log_histogram(palette, output):
    """Logarithm of the share of each bin, (313,) or (2, K), of what `read_palette` returns."""
    rgb, weights = palette
    if output == "ab_logits":
        indices, shares = soft_encode_ab(rgb_to_lab(rgb)[..., 1:])
        shares = weights[:, None] * ops.convert_to_numpy(shares)
        indices = ops.convert_to_numpy(indices).ravel()
        counts = np.bincount(indices, shares.ravel(), minlength=bin_count())
        histogram = smooth_prior(counts, _SIGMA)
    else:
        shares = ops.convert_to_numpy(CHANNEL_BINS[output].soft_encode(_CHANNELS[output](rgb)))
        # A bin each way, or a palette of few colors would allow those of their bins alone.
        padded = np.pad(np.einsum("m,mck->ck", weights, shares), ((0, 0), (1, 1)))
        histogram = 0.5 * padded[:, 1:-1] + 0.25 * (padded[:, :-2] + padded[:, 2:])
    return _log(histogram / histogram.sum(axis=-1, keepdims=True))


def palette_bias(logits, histogram, strength, mode):
    """Bias (313,) or (2, K), or one per picture, that makes logits lean to a log histogram.

    `"product"` makes p x h^strength, `"transfer"` p x (h / m)^strength with m the mean of p.
    """
    if mode == "product":
        return strength * histogram
    mean = ops.mean(ops.softmax(logits, axis=-1), axis=(1, 2), keepdims=True)
    return strength * (histogram - _log(ops.convert_to_numpy(mean)))


def _log(histogram):
    mixed = (1.0 - FLOOR) * histogram + FLOOR / histogram.shape[-1]
    return np.log(mixed).astype("float32")
