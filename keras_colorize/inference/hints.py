"""Colors that the user fixed at some pixels, and how far they reach.

Hints travel along the paths on which the lightness changes least, so that they fill a region of
equal lightness of any size (the aim of Levin, Lischinski & Weiss 2004).
"""

import dataclasses

import numpy as np
from keras import ops

from keras_colorize.color import rgb_to_lab
from keras_colorize.errors import expect
from .compose import resize_bicubic
from .options import Options
from .pixels import to_float
from .points import parse_point

NOISE = 2.0
"""Change of L* from pixel to pixel of the working size that is grain and costs nothing."""

STEP = 0.5
"""Cost of every pixel on a path."""

_SETTLED = 0.6  # change of a path's length that ends the search
_TURNS = 24  # most rounds of the search for shortest paths; about as often may a path turn
_CELL = 20.0  # hints of colors this near, in a and b, travel together


@dataclasses.dataclass(frozen=True)
class Hints:
    """Colors that are known.

    Attributes:
        ab: float array (H, W, 2) of a and b; read where the mask is set. NaN stands for "as
            predicted here", and holds off other hints.
        mask: bool array (H, W), True at pixels whose color is known.

    Raises:
        InputError: for other shapes, or infinite colors.
    """

    ab: np.ndarray
    mask: np.ndarray

    def __post_init__(self):
        """Checks the arrays."""
        fits = self.mask.ndim == 2 and self.ab.shape == (*self.mask.shape, 2)
        received = f"received shapes {self.ab.shape} and {self.mask.shape}"
        expect(fits, f"hints of ab (H, W, 2) and mask (H, W), {received}")
        is_finite = not np.isinf(self.ab[self.mask]).any()
        expect(is_finite, "hints with finite a and b, or NaN to keep, where the mask is set")

    @property
    def colored(self):
        """Bool array (H, W): the mask without pixels that keep what is predicted."""
        return self.mask & ~np.isnan(self.ab).any(axis=-1)


def hints_of(value):
    """The `Hints` that a user means by themselves or by a pair `(ab, mask)`; points stay."""
    is_list = isinstance(value, list) and value and isinstance(value[0], dict)
    if isinstance(value, Hints) or is_list:
        return value
    is_pair = isinstance(value, tuple | list) and len(value) == 2
    expect(is_pair, f"hints as a pair (ab, mask), received {type(value).__name__}")
    return Hints(np.asarray(value[0], "float32"), np.asarray(value[1]) > 0)


def point_hints(points, size):
    """Makes `Hints` from points.

    Args:
        points: list of `{"x": 12, "y": 30, "color": "#rrggbb", "radius": 4}`: pixels from the left
            and top of the upright photograph; the radius defaults to 1/200 of the long side.
            Later ones lie above earlier ones. The color `"keep"` keeps what is predicted there.
        size: `(height, width)` of the photograph.

    Raises:
        InputError: for points that are incomplete or outside the photograph.
    """
    ab, mask = np.zeros((*size, 2), "float32"), np.zeros(size, bool)
    rows, columns = np.ogrid[: size[0], : size[1]]
    for point in points:
        x, y, color, radius = parse_point(point, size)
        disk = (columns - x) ** 2 + (rows - y) ** 2 <= radius**2
        ab[disk] = np.nan if color is None else np.asarray(rgb_to_lab(color))[1:]
        mask[disk] = True
    return Hints(ab, mask)


def layer_hints(layer):
    """Hints from a painted layer, a `Photograph` with alpha: its opaque pixels."""
    has_alpha = layer.alpha is not None
    expect(has_alpha, "a layer with transparency, received one without: save as RGBA")
    mask = layer.alpha == np.iinfo(layer.alpha.dtype).max
    ab = np.zeros((*mask.shape, 2), "float32")
    if mask.any():
        ab[mask] = np.asarray(rgb_to_lab(to_float(layer.pixels[mask])))[:, 1:]
    return Hints(ab, mask)


def at_size(hints, size):
    """Scales hints to another size; neighbors are hinted too, for enlarging mixes pixels."""
    sides = list(zip(size, hints.mask.shape, strict=True))
    indices = zip(np.nonzero(hints.mask), sides, strict=True)
    places = tuple(((index + 0.5) * new / old).astype(int) for index, (new, old) in indices)
    sums, counts = np.zeros((*size, 2)), np.zeros(size)
    np.add.at(sums, places, hints.ab[hints.mask])
    np.add.at(counts, places, 1)
    # What is missing comes from the pixels at the centers of the grid's: all of a finer grid.
    grid = np.ix_(*(((np.arange(new) + 0.5) * old / new).astype(int) for new, old in sides))
    missing = (counts == 0) & hints.mask[grid]
    sums[missing], counts[missing] = hints.ab[grid][missing], 1
    # Then from the eight around it.
    missing = counts == 0
    height, width = size
    for values in (sums, counts):
        padded = np.pad(values, [(1, 1), (1, 1)] + [(0, 0)] * (values.ndim - 2))
        around = (padded[y : y + height, x : x + width] for y in range(3) for x in range(3))
        values[missing] = sum(around)[missing]
    return Hints((sums / np.maximum(counts, 1)[..., None]).astype("float32"), counts > 0)


def hinted_inputs(lightness, hints):
    """Inputs of a network that takes hints, as `siggraph17` does, for L* (1, H, W, 1)."""
    mask = hints.colored[None, ..., None].astype("float32")
    ab = np.where(mask, hints.ab[None], 0.0).astype("float32")
    return {"lightness": lightness, "hint_ab": ab, "hint_mask": mask}


def spread(hints, lightness, reach=Options.hint_reach):
    """Lets hints reach along equal lightness (H, W, 1): to 1/e on a path of that length.

    Returns float32 `(ab, force)`: the color (H, W, 2) of near hints, and (H, W, 1), from 1 at
    hints to 0 far from all.
    """
    colored = hints.colored
    if not colored.any():
        return np.zeros_like(hints.ab), np.zeros((*hints.mask.shape, 1), "float32")
    colors = hints.ab[colored]
    _, groups = np.unique(np.floor(colors / _CELL), axis=0, return_inverse=True)
    groups = groups.reshape(-1)
    seeds = np.zeros((groups.max() + 1, *hints.mask.shape), bool)
    seeds[groups, *np.nonzero(colored)] = True
    means = np.stack([colors[groups == group].mean(axis=0) for group in range(len(seeds))])
    distances = path_lengths(seeds, lightness[..., 0])
    shares = (distances + STEP / 2) ** -4.0
    ab = np.einsum("ghw,gc->hwc", shares / shares.sum(axis=0), means)
    ab[colored] = colors
    force = np.exp(-np.square(distances.min(axis=0) / reach))
    if (kept := hints.mask & ~colored).any():
        against = (path_lengths(kept[None], lightness[..., 0])[0] + STEP / 2) ** -4.0
        force *= shares.sum(axis=0) / (shares.sum(axis=0) + against)
        force[kept] = 0.0
    return ab.astype("float32"), force[..., None].astype("float32")


def hinted(ab, lightness, hints, reach):
    """Puts hints (H, W) in the place of predicted a and b (1, h, w, 2), as far as they reach."""
    wanted, force = spread(hints, lightness[0], reach)
    ab = resize_bicubic(ops.convert_to_numpy(ab), lightness.shape[1:3])
    return (1.0 - force) * ab + force * wanted


def path_lengths(seeds, lightness):
    """Length (G, H, W) of the shortest path from sets of seeds (G, H, W) to each pixel.

    A step to a neighbor costs `STEP` and the squared change of lightness (H, W) beyond `NOISE`.
    """
    ends = []
    for axis in (1, 0):
        # Cost of the straight path from the first pixel of each row (column) to every other.
        changes = np.maximum(np.abs(np.diff(lightness.astype("float64"), axis=axis)) - NOISE, 0.0)
        ends.append(np.cumsum(np.insert(STEP + changes**2, 0, 0.0, axis=axis), axis=axis))
    across, along = ends
    lengths = np.where(seeds, 0.0, 1e12)
    for _ in range(_TURNS):
        before = lengths
        lengths = _along(lengths, across)
        lengths = _along(lengths.swapaxes(1, 2), along.T).swapaxes(1, 2)
        if np.max(before - lengths) < _SETTLED:
            break
    return lengths


def _along(lengths, ends):
    """Shortest paths that end with a straight piece along the last axis, either way."""
    forward = np.minimum.accumulate(lengths - ends, axis=-1) + ends
    back = np.minimum.accumulate((lengths + ends)[..., ::-1], axis=-1)[..., ::-1] - ends
    # What is 0 comes back with the rounding of the costs that were added and taken off.
    return np.maximum(np.minimum(np.minimum(forward, back), lengths), 0.0)
