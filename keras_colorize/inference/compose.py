"""One composition of the original lightness and the predicted color, for every way out."""

from keras import ops

from keras_colorize.color import reduce_chroma_to_gamut


def compose(lightness, ab, saturation=1.0, top=0, full_height=None, to_rgb=reduce_chroma_to_gamut):
    """Puts predicted color on the original lightness.

    The small ab is enlarged by bicubic interpolation, scaled, and its chroma reduced where sRGB
    cannot show it; L* and hue stay. A band of rows comes out as it would in the whole picture,
    so that large pictures can be composed piece by piece.

    Args:
        lightness: tensor (N, H, W, 1), L* in 0..100: the picture, or a band of its rows.
        ab: tensor (N, h, w, 2), a and b of the whole picture at any size.
        saturation: factor on the chroma, 0 for grey, 1 for as predicted.
        top: first row of the band.
        full_height: rows of the whole picture; None for H.
        to_rgb: the last step, L*a*b* to sRGB; for who has a compiled form of it.

    Returns:
        float32 tensor (N, H, W, 3), sRGB in [0, 1].
    """
    lightness = ops.cast(lightness, "float32")
    batch, height, width, _ = ops.shape(lightness)
    full_height = height if full_height is None else full_height
    ab = saturation * _enlarge(ab, batch, height, width, top, full_height)
    return to_rgb(ops.concatenate([lightness, ab], axis=-1))


def _enlarge(ab, batch, height, width, top, full_height):
    ab = ops.cast(ab, "float32")
    # Sizes may be tensors that a graph learns only when it runs.
    small = ops.cast(ops.convert_to_tensor(ops.shape(ab)[1:3]), "float32")
    large = ops.cast(ops.convert_to_tensor((full_height, width)), "float32")
    shift = ops.cast(ops.convert_to_tensor((-top, 0)), "float32")
    return ops.image.scale_and_translate(
        ab,
        (batch, height, width, 2),
        scale=large / small,
        translation=shift,
        spatial_dims=(1, 2),
        method="cubic",
        antialias=True,
    )
