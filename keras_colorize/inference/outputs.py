"""What a network says, as a and b: every head of the library ends here."""

from keras import ops

from keras_colorize.bins import decode_ab
from keras_colorize.color import lab_to_rgb, rgb_to_lab, unscale_ab, unscale_yuv_uv, yuv_to_rgb


def predicted_ab(prediction, output, lightness, decoder="annealed", temperature=0.38):
    """Turns the color output of a network into a and b.

    Args:
        prediction: tensor (N, h, w, C), the network's color output.
        output: which output it is: `"ab_logits"` (a distribution over the bins, decoded),
            `"ab"` (scaled to [0, 1]), `"yuv_uv"` (scaled to [0, 1]) or `"rgb"`.
        lightness: tensor (N, H, W, 1), L* in 0..100, what the network saw.
        decoder: see `decode_ab`; for `"ab_logits"` alone.
        temperature: see `decode_ab`.

    Returns:
        float32 tensor (N, h, w, 2) of a and b.

    Raises:
        ValueError: for an unknown output or decoder.
    """
    if output == "ab_logits":
        return decode_ab(prediction, decoder, temperature)
    if output == "ab":
        return unscale_ab(prediction)
    if output == "rgb":
        return rgb_to_lab(prediction)[..., 1:]
    if output == "yuv_uv":
        chroma = unscale_yuv_uv(prediction)
        rgb = yuv_to_rgb(ops.concatenate([_luma(lightness, chroma), chroma], axis=-1))
        return rgb_to_lab(ops.clip(rgb, 0.0, 1.0))[..., 1:]
    raise ValueError(
        f"Expected an output among ab_logits, ab, yuv_uv and rgb, received {output!r}."
    )


def _luma(lightness, like):
    # The luma Y' of a grey pixel is its sRGB value, which L* alone decides.
    small = ops.image.resize(lightness, ops.shape(like)[1:3], antialias=True)
    grey = ops.concatenate([small, ops.zeros_like(like)], axis=-1)
    return lab_to_rgb(grey)[..., :1]
