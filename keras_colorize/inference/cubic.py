"""Bicubic resizing (Keys 1981, a = -1/2, antialiased) as products of small matrices.

Pixel centers lie at half integers and nothing is read beyond the border, as in
`keras.ops.image.resize`, whose results these are up to rounding. A row of the result depends on
a few rows of the picture; only those are multiplied, which takes a fraction of the time.

Where numpy's arrays come in, numpy does the small operations, which cost less there, but never the
products: its threads would wait for more, at the cost of those of the network.
"""

import numpy as np
from keras import ops

_REACH = 2
"""Pixels that the kernel reaches to either side, pixels of the coarser picture."""

_BLOCK = 16
"""Rows that `resize_plane` computes from one window: more would read more than they need."""


def cubic_rows(x, after, first, count):
    """Changes the number of rows; gives a part of them.

    Args:
        x: float32 array or tensor (..., H, M).
        after: rows of the whole result. This and the following may be tensors of a graph.
        first: first row of the part.
        count: rows of the part.

    Returns:
        Tensor (..., count, M).
    """
    on, before = library_of(x), shape_of(x)[-2]
    reach = _REACH * (1 + before // after) + 1
    start = on.maximum(first * before // after - reach, 0)
    end = on.minimum((first + count) * before // after + reach, before)
    rows = on.arange(first, first + count, dtype="float32")[:, None]
    places = on.arange(start, end, dtype="float32")
    return ops.matmul(_weights(on, rows, places, before, after), x[..., start:end, :])


def resize_plane(plane, size):
    """Resizes one channel.

    Args:
        plane: float32 array (H, W).
        size: height and width of the result.

    Returns:
        float32 array of that size.
    """
    for after in size:
        plane = np.ascontiguousarray(_resize_rows(plane, after).T)
    return plane


def library_of(x):
    """Where the operations come from: `numpy` for its arrays, `keras.ops` for tensors."""
    return np if isinstance(x, np.ndarray) else ops


def shape_of(x):
    """Sizes of an array or tensor: numbers, or tensors where a graph does not know them yet."""
    return x.shape if isinstance(x, np.ndarray) else ops.shape(x)


def _resize_rows(plane, after):
    before = len(plane)
    if before == after:
        return plane
    firsts = np.arange(0, after, _BLOCK)
    reach = _REACH * (1 + before // after) + 1
    length = min(_BLOCK * before // after + 2 * reach + 1, before)
    starts = np.clip(firsts * before // after - reach, 0, before - length)
    places = starts[:, None] + np.arange(length)
    # The last block may be cut short: its further rows repeat the last one.
    rows = np.minimum(firsts[:, None] + np.arange(_BLOCK), after - 1)[..., None]
    weights = _weights(np, np.float32(rows), np.float32(places[:, None]), before, after)
    made = ops.convert_to_numpy(ops.matmul(weights, plane[places]))
    return made.reshape(-1, plane.shape[1])[:after]


def _weights(on, rows, places, before, after):
    """What each place, of `before` in all, contributes to each row, of `after` in all."""
    ratio = on.array(on.divide(before, after), dtype="float32")
    centers = (rows + 0.5) * ratio - 0.5
    distance = on.absolute(centers - places) / on.maximum(ratio, 1.0)
    near = ((1.5 * distance - 2.5) * distance) * distance + 1.0
    far = ((-0.5 * distance + 2.5) * distance - 4.0) * distance + 2.0
    weights = on.where(distance < 1.0, near, on.where(distance < 2.0, far, 0.0))
    return weights / on.sum(weights, axis=-1, keepdims=True)
