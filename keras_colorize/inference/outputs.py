"""What a network says, as a and b: every head of the library ends here."""

from keras import ops

from keras_colorize.bins import ANNEALED_TEMPERATURE, decode_ab
from keras_colorize.color import (
    lab_to_rgb,
    rgb_to_lab,
    rgb_to_lightness,
    unscale_ab,
    unscale_yuv_uv,
    yuv_to_rgb,
)

# Of the search for a luma: a and b are then 0.003 off at most, and
# 0.1 on average over all colors of sRGB, of which those at its edge come slowly.
_STEPS = 4


def predicted_ab(
    prediction,
    output,
    lightness,
    decoder="annealed",
    temperature=ANNEALED_TEMPERATURE,
    log_weights=None,
):
    """Turns the color output of a network into a and b.

    Args:
        prediction: tensor (N, h, w, C), the network's color output.
        output: which output it is: `"ab_logits"` (a distribution over the bins, decoded),
            `"ab"` (scaled to [0, 1]), `"yuv_uv"` (scaled to [0, 1]) or `"rgb"`.
        lightness: tensor (N, H, W, 1), L* in 0..100, what the network saw.
        decoder: see `decode_ab`; for `"ab_logits"` alone.
        temperature: see `decode_ab`.
        log_weights: see `decode_ab`.

    Returns:
        float32 tensor (N, h, w, 2) of a and b.

    Raises:
        ValueError: for an unknown output or decoder.
    """
    if output == "ab_logits":
        return decode_ab(prediction, decoder, temperature, log_weights)
    if output == "ab":
        return unscale_ab(prediction)
    if output == "rgb":
        return rgb_to_lab(prediction)[..., 1:]
    if output == "yuv_uv":
        return rgb_to_lab(_rgb_of_chroma(unscale_yuv_uv(prediction), lightness))[..., 1:]
    raise ValueError(
        f"Expected an output among ab_logits, ab, yuv_uv and rgb, received {output!r}."
    )


def _rgb_of_chroma(chroma, lightness):
    """Finds the luma Y' with which U and V have the lightness that the network saw.

    L* alone decides the luma of greys only. Each step corrects it by what the lightness is off,
    counted in grey levels.
    """
    lightness = ops.image.resize(lightness, ops.shape(chroma)[1:3], antialias=True)
    wanted = luma = _grey_level(lightness)
    for _ in range(_STEPS):
        luma = luma + wanted - _grey_level(rgb_to_lightness(_to_rgb(luma, chroma)))
    return _to_rgb(luma, chroma)


def _to_rgb(luma, chroma):
    return ops.clip(yuv_to_rgb(ops.concatenate([luma, chroma], axis=-1)), 0.0, 1.0)


def _grey_level(lightness):
    no_color = ops.zeros_like(ops.concatenate([lightness, lightness], axis=-1))
    return lab_to_rgb(ops.concatenate([lightness, no_color], axis=-1))[..., :1]
