"""One composition of the original lightness and the predicted color, for every way out."""

from keras import ops

from keras_colorize.color import reduce_chroma_to_gamut
from keras_colorize.inference.cubic import cubic_rows, library_of, shape_of


def to_srgb(lightness, ab):
    """Converts to sRGB, with the chroma reduced where sRGB cannot show it.

    Args:
        lightness: tensor (..., 1), L* in 0..100.
        ab: tensor (..., 2), a and b.

    Returns:
        float32 tensor (..., 3), sRGB in [0, 1].
    """
    return reduce_chroma_to_gamut(ops.concatenate([lightness, ab], axis=-1))


def compose(lightness, ab, saturation=1.0, top=0, full_height=None, to_rgb=to_srgb):
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
        to_rgb: the last step, function of lightness and ab at full size that does what `to_srgb`
            does; for who has a quicker form of it.

    Returns:
        float32 tensor (N, H, W, 3), sRGB in [0, 1]; or what `to_rgb` returns.
    """
    height, width = shape_of(lightness)[1:3]
    full_height = height if full_height is None else full_height
    wide = widen(ab, width)
    batch, rows = shape_of(wide)[:2]
    on = library_of(wide)
    flat = on.reshape(saturation * wide, (batch, rows, 2 * width))
    large = cubic_rows(flat, full_height, top, height)
    return to_rgb(lightness, ops.reshape(large, (batch, height, width, 2)))


def widen(ab, width):
    """Enlarges ab in one direction; `compose` leaves out what was done before.

    Args:
        ab: array or tensor (N, h, w, 2).
        width: columns of the picture.

    Returns:
        The same kind (N, h, width, 2), in float32.
    """
    on = library_of(ab)
    batch, rows, columns, _ = shape_of(ab)
    if isinstance(width, int) and columns == width:
        return ab
    # Columns first, so that one product enlarges all rows.
    turned = on.transpose(on.array(ab, dtype="float32"), (2, 0, 1, 3))
    turned = on.reshape(turned, (columns, batch * rows * 2))
    wide = ops.reshape(cubic_rows(turned, width, 0, width), (width, batch, rows, 2))
    return on.transpose(wide, (1, 2, 0, 3))
