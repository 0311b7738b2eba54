"""From what a network predicts to a and b: every head of the library ends here."""

import numpy as np
from keras import ops

from keras_colorize import color
from keras_colorize.bins import (
    ANNEALED_TEMPERATURE,
    CHANNEL_BINS,
    CHANNEL_SPACES,
    decode_ab,
    decode_channels,
)
from keras_colorize.errors import InputError
from keras_colorize.layers.resizing import resize_bilinear


def predicted_ab(
    prediction,
    output,
    lightness,
    decoder="annealed",
    temperature=ANNEALED_TEMPERATURE,
    log_weights=None,
    bin_means=(),
    seed=0,
):
    """Turns the color output of a network into a and b.

    Args:
        prediction: tensor (N, h, w, C) or (N, h, w, 2, K), the network's color output.
        output: its name: `"ab"`, `"yuv_uv"` and `"luv_uv"` are chroma scaled to [0, 1], `"hs"`
            hue and saturation, `"rgb"` all three; `"ab_logits"` a distribution over the in-gamut
            bins, `"ab_channel_logits"`, `"luv_uv_logits"` and `"hs_logits"` over each channel's.
        lightness: tensor (N, H, W, 1), L* in 0..100, what the network saw.
        decoder: of a distribution, as for `decode_ab`.
        temperature: as for `decode_ab`.
        log_weights: array (313,) or (2, K), added to the logits first, or None.
        bin_means: (2, K) values of the bins of each channel; empty for their centers.
        seed: as for `decode_ab`.

    Returns:
        float32 tensor (N, h, w, 2) of a and b.

    Raises:
        ValueError: for an unknown output or decoder.
    """
    if output == "ab_logits":
        return decode_ab(prediction, decoder, temperature, log_weights, seed)
    if output in CHANNEL_BINS:
        values = bin_values(output, bin_means)
        logits = prediction if log_weights is None else prediction + log_weights
        chroma = decode_channels(logits, values, decoder, temperature, seed)
        return channels_to_ab(chroma, output, lightness)
    if output not in _UNSCALE:
        known = ", ".join(("ab_logits", *CHANNEL_BINS, *_UNSCALE))
        raise ValueError(f"Expected an output among {known}, received {output!r}.")
    return _TO_AB[output](_UNSCALE[output](prediction), lightness)


def is_distribution(output):
    """Whether a color output is a distribution over bins."""
    return output == "ab_logits" or output in CHANNEL_BINS


def check_distribution(output, wanted):
    """Raises InputError unless a color output is a distribution over bins."""
    if not is_distribution(output):
        known = ", ".join(("ab_logits", *CHANNEL_BINS))
        raise InputError(
            f"Expected a network that predicts a distribution ({known}) for {wanted}, received "
            f"one that predicts {output!r}."
        )


def class_log_weights(config, rebalancing):
    """Array (313,) that a share of a config's class weights adds to the logits; None for none."""
    if not config.class_weights:
        return None
    # A network that was trained with the weights already has all of them in its logits.
    return (rebalancing - config.weights_in_loss) * np.log(config.class_weights)


def bin_values(output, bin_means=()):
    """Values (2, K) of the bins of each channel: those of a config, or their centers."""
    return bin_means if len(bin_means) else [CHANNEL_BINS[output].centers()] * 2


def channels_to_ab(chroma, output, lightness):
    """Decoded channels (N, h, w, 2) of a key of `CHANNEL_BINS`, in their own units, to a and b."""
    return _TO_AB[CHANNEL_SPACES[output]](chroma, lightness)


def ab_to_channels(ab, output, lightness):
    """The inverse of `channels_to_ab`; hue and saturation are of the nearest color of sRGB."""
    ab = ops.cast(ab, "float32")
    return _FROM_AB[CHANNEL_SPACES[output]](ops.concatenate([lightness, ab], axis=-1))


def _luv_uv_to_ab(luv_uv, lightness):
    luv = ops.concatenate([_fit(lightness, luv_uv), luv_uv], axis=-1)
    return color.xyz_to_lab(color.luv_to_xyz(luv))[..., 1:]


def _yuv_uv_to_ab(yuv_uv, lightness):
    """Finds a and b, with the luma Y' that gives U and V the lightness that the network saw."""
    wanted = luma = _grey_level(_fit(lightness, yuv_uv))

    def rgb():
        return color.yuv_to_rgb(ops.concatenate([luma, yuv_uv], axis=-1))

    # a and b are then 0.003 off at most, and 0.1 on average over all colors of sRGB, of which
    # those at its edge come slowly.
    for _ in range(4):
        luma = luma + wanted - _grey_level(color.rgb_to_lightness(rgb()))
    return color.rgb_to_lab(rgb())[..., 1:]


def _hs_to_ab(hs, lightness):
    """Finds a and b, halving for the value that gives the lightness seen; it ends at 1."""
    wanted = _fit(lightness, hs)
    value = ops.full_like(wanted, 0.5)

    def rgb():
        return color.hsv_to_rgb(ops.concatenate([hs, value], axis=-1))

    # The lightness is then right to 0.1.
    for step in 0.25 * 0.5 ** np.arange(10):
        value = value + float(step) * ops.sign(wanted - color.rgb_to_lightness(rgb()))
    return color.rgb_to_lab(rgb())[..., 1:]


_UNSCALE = {
    "ab": color.unscale_ab,
    "yuv_uv": color.unscale_yuv_uv,
    "luv_uv": color.unscale_luv_uv,
    "hs": lambda hs: ops.clip(ops.cast(hs, "float32"), 0.0, 1.0),
    "rgb": lambda rgb: rgb,
}
_TO_AB = {
    "ab": lambda ab, lightness: ab,
    "yuv_uv": _yuv_uv_to_ab,
    "luv_uv": _luv_uv_to_ab,
    "hs": _hs_to_ab,
    "rgb": lambda rgb, lightness: color.rgb_to_lab(rgb)[..., 1:],
}
_FROM_AB = {
    "ab": lambda lab: lab[..., 1:],
    "luv_uv": lambda lab: color.xyz_to_luv(color.lab_to_xyz(lab))[..., 1:],
    "hs": lambda lab: color.rgb_to_hsv(color.lab_to_rgb(lab))[..., :2],
}


def _fit(lightness, chroma):
    # Not `ops.image.resize`: exported networks learn their size when they run.
    lightness = ops.cast(lightness, "float32")
    return resize_bilinear(lightness, ops.shape(chroma)[1:3], antialias=True)


def _grey_level(lightness):
    lab = ops.concatenate([lightness, ops.zeros_like(lightness), ops.zeros_like(lightness)], -1)
    return color.lab_to_rgb(lab)[..., :1]
