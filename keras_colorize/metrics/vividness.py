"""How much color a picture has, and how much of it the pictures of a batch do not share."""

from keras import ops


def colorfulness(rgb):
    """Spread and mean of two opponent colors, in their signed form (Hasler & Suesstrunk 2003).

    From sRGB in [0, 1], (..., H, W, 3), to a float32 tensor (...) on the published scale of 8-bit
    values: 0 for gray, about 40 for an ordinary photograph.
    """
    rgb = 255.0 * ops.cast(rgb, "float32")
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    opponents = (red - green, 0.5 * (red + green) - blue)
    spread = sum(ops.var(plane, axis=(-2, -1)) for plane in opponents)
    offset = sum(ops.square(ops.mean(plane, axis=(-2, -1))) for plane in opponents)
    # With a finite gradient where there is no color.
    return ops.sqrt(spread + 1e-12) + 0.3 * ops.sqrt(offset + 1e-12)


def diversity(ab):
    """Share of the color of a batch of ab, (N, H, W, 2), that its pictures do not have in common.

    Every picture is compared, pixel by pixel, with the one half a batch further. Returns a float32
    number: 0 for pictures colored alike, a single one and gray ones; 1 where nothing is common.
    """
    ab = ops.cast(ab, "float32")
    others = ops.roll(ab, ops.shape(ab)[0] // 2, axis=0)
    return ops.divide_no_nan(ops.sum(ops.square(ab - others)), 2.0 * ops.sum(ops.square(ab)))
