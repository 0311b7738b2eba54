"""How much color pictures have, and how much it changes where the picture does not.

Real photographs and films have some of each: compare with the truth, at equal colorfulness.
"""

import itertools

import numpy as np
from keras import ops

from keras_colorize.color import rgb_to_lab
from keras_colorize.errors import expect
from .nearness import ab_error

_EDGE = 1.0  # Difference of L* of two neighbors above which an edge is between them.
_STILL = 1.0  # Change of L* from one frame to the next below which a pixel counts as static.
_LEVEL = 5.0  # Height in L* of a step of even lightness.
_SMALLEST_REGION = 64  # Pixels that a region has at least, or what is in it is a texture.


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


def blotchiness(rgb):
    """Mean step of a and b between neighboring pixels with no edge of lightness between them.

    It measures the "splotches" of Melas-Kyriazi & Han 2017 (section 3.2): sRGB in [0, 1],
    (..., H, W, 3), to a float32 tensor (...), 0 where there are no such pairs.
    """
    lab = rgb_to_lab(ops.cast(rgb, "float32"))
    total = count = 0.0
    for one, other in (
        (lab[..., 1:, :], lab[..., :-1, :]),
        (lab[..., 1:, :, :], lab[..., :-1, :, :]),
    ):
        smooth = ops.cast(ops.abs(one[..., 0] - other[..., 0]) <= _EDGE, "float32")
        steps = smooth * ab_error(other[..., 1:], one[..., 1:])
        total = total + ops.sum(steps, axis=(-2, -1))
        count = count + ops.sum(smooth, axis=(-2, -1))
    return total / ops.maximum(count, 1.0)


def hue_patchiness(rgb):
    """Variance of hue inside regions of even lightness: patches of other colors on one surface.

    Regions are connected pixels on one step of L*; the variance is circular, weighted by chroma.

    From sRGB in [0, 1], (H, W, 3), to a float 0..1, the share of chroma that opposite hues cancel:
    0 where every region has one hue, and for gray, whatever the strength of the color.
    """
    # What only trains does not wait for scikit-image.
    from skimage.measure import label

    lab = ops.convert_to_numpy(rgb_to_lab(ops.cast(rgb, "float32"))).astype("float64")
    # Half a step off, so that neither black nor white is at an edge.
    regions = label(np.floor(lab[..., 0] / _LEVEL + 0.5).astype("int64"), background=-1).ravel()
    a, b = lab[..., 1].ravel(), lab[..., 2].ravel()
    large = np.bincount(regions) >= _SMALLEST_REGION
    sums = [np.bincount(regions, one)[large] for one in (a, b, np.hypot(a, b))]
    chroma = sums[2].sum()
    # Grays have a chroma of rounding errors.
    if chroma <= 0.1 * large[regions].sum():
        return 0.0
    return float(1.0 - np.hypot(sums[0], sums[1]).sum() / chroma)


def chroma_flicker(frames_lab):
    """Mean distance of a and b from frame to frame where lightness stays the same; 0 for none.

    L*a*b* frames come in their order: a tensor (T, H, W, 3), or any iterable of (H, W, 3), of
    which two are held at a time; fewer are a ValueError. Returns a float.
    """
    total = count = pairs = 0
    for before, frame in itertools.pairwise(ops.cast(x, "float32") for x in frames_lab):
        static = ops.abs(frame[..., 0] - before[..., 0]) <= _STILL
        change = ab_error(before[..., 1:], frame[..., 1:])
        total += float(ops.sum(ops.where(static, change, 0.0)))
        count += float(ops.sum(ops.cast(static, "float32")))
        pairs += 1
    expect(pairs, "two frames or more to see a change, received fewer")
    return total / count if count else 0.0
