"""A grid split like a checkerboard into red and black pixels, each packed without gaps.

In row r, red place (r, j) is column 2j + r mod 2, black place (r, j) is column 2j + 1 - r mod 2,
so all four neighbors of a red pixel are black. An odd width leaves one spare place per row, with
weights of 0. Tensors are laid out (N, C, H, K, W): C fields on one grid, K labels. With columns
last, compiled mean field is three times as fast as with labels last.
"""

from keras import ops


def pack(x):
    """Tensors (red, black) of shape (N, C, H, K, ceil(W / 2)) of a grid (N, C, H, K, W)."""
    batch, fields, height, labels, width = ops.shape(x)
    half = (width + 1) // 2
    x = _padded(x, -1, after=1)[..., : 2 * half]
    x = ops.reshape(x, (batch, fields, height, labels, half, 2))
    even, odd = x[..., 0], x[..., 1]
    is_odd = _odd_rows(even)
    return ops.where(is_odd, odd, even), ops.where(is_odd, even, odd)


def unpack(red, black, width):
    """Grid (N, C, H, K, width) that `pack` split."""
    is_odd = _odd_rows(red)
    columns = [ops.where(is_odd, black, red), ops.where(is_odd, red, black)]
    *shape, half = ops.shape(red)
    return ops.reshape(ops.stack(columns, axis=-1), (*shape, 2 * half))[..., :width]


def edge_weights(right, down):
    """Weights with the upper, lower, left and right neighbor, of red and of black pixels.

    They are given as (N, H, W-1, 1) with the right neighbor and (N, H-1, W, 1) with the lower one.
    """
    # From (N, H, W, 1) to (N, 1, H, 1, W).
    right, down = (
        ops.expand_dims(ops.transpose(ops.cast(weights, "float32"), (0, 3, 1, 2)), -2)
        for weights in (right, down)
    )
    up, down = pack(_padded(down, 2, before=1)), pack(_padded(down, 2, after=1))
    left, right = pack(_padded(right, -1, before=1)), pack(_padded(right, -1, after=1))
    return zip(up, down, left, right, strict=True)


def message(other, weights, to_red):
    """Weighted sum over the neighbors of each pixel of one color; packed tensors in and out."""
    up, down, left, right = weights
    # Where a row leans right, the right neighbor is at the next place.
    leans_right = _odd_rows(other) if to_red else ops.logical_not(_odd_rows(other))
    # One padded copy, of which the neighbors are views, is quicker than a copy per neighbor.
    framed = ops.pad(other, ((0, 0), (0, 0), (1, 1), (0, 0), (1, 1)))
    rows = framed[:, :, 1:-1]
    beside = ops.where(leans_right, left, right) * other
    across = ops.where(leans_right, right * rows[..., 2:], left * rows[..., :-2])
    above, below = up * framed[:, :, :-2, :, 1:-1], down * framed[:, :, 2:, :, 1:-1]
    return above + below + beside + across


def _odd_rows(x):
    rows = ops.arange(ops.shape(x)[2]) % 2
    return ops.reshape(ops.equal(rows, 1), (1, 1, -1, 1, 1))


def _padded(x, axis, before=0, after=0):
    amounts = [(0, 0)] * len(x.shape)
    amounts[axis] = (before, after)
    return ops.pad(x, amounts)
