"""A grid split like a checkerboard into red and black pixels, each packed without gaps.

In row r the red pixels are those whose column has the parity of r, so a row of W pixels gives
ceil(W / 2) red places and as many black ones. Red place (r, j) is column 2j + r mod 2, black
place (r, j) is column 2j + 1 - r mod 2. All four neighbors of a red pixel are black: those above,
below and one of those beside it have the same (r, j); the other one is a place to the left or to
the right, by the parity of the row. An odd W leaves one spare place per row, with weights of 0.
"""

from keras import ops


def pack(x):
    """Splits a grid.

    Args:
        x: tensor (N, H, W, ...) of at least 4 axes, all but the first three of known size.

    Returns:
        Tuple `(red, black)` of tensors (N, H, ceil(W / 2), ...); spare places hold 0.
    """
    batch, height, width = ops.shape(x)[:3]
    half = (width + 1) // 2
    x = _padded(x, 2, after=1)[:, :, : 2 * half]
    x = ops.reshape(x, (batch, height, half, 2, *x.shape[3:]))
    even, odd = x[:, :, :, 0], x[:, :, :, 1]
    is_odd = _odd_rows(even)
    return ops.where(is_odd, odd, even), ops.where(is_odd, even, odd)


def unpack(red, black, width):
    """Puts a grid together.

    Args:
        red: tensor (N, H, ceil(W / 2), ...).
        black: same.
        width: W.

    Returns:
        Tensor (N, H, W, ...).
    """
    is_odd = _odd_rows(red)
    columns = [ops.where(is_odd, black, red), ops.where(is_odd, red, black)]
    batch, height, half = ops.shape(red)[:3]
    x = ops.reshape(ops.stack(columns, axis=3), (batch, height, 2 * half, *red.shape[3:]))
    return x[:, :, :width]


class Checkerboard:
    """The weights between neighbors, as each color of pixels sees them.

    Args:
        right: weight of each pixel with its right neighbor, (N, H, W-1, 1).
        down: weight of each pixel with its lower neighbor, (N, H-1, W, 1).
        rank: number of axes of the packed tensors to come, at least 4.
    """

    def __init__(self, right, down, rank):
        right, down = (with_rank(ops.cast(x, "float32"), rank) for x in (right, down))
        up, down = pack(_padded(down, 1, before=1)), pack(_padded(down, 1, after=1))
        left, right = pack(_padded(right, 2, before=1)), pack(_padded(right, 2, after=1))
        self._weights = list(zip(up, down, left, right, strict=True))

    def red_message(self, black):
        """Weighted sum over the neighbors of each red pixel.

        Args:
            black: packed tensor (N, H, ceil(W / 2), ...).

        Returns:
            Packed tensor of the same shape.
        """
        return _message(black, *self._weights[0], _odd_rows(black))

    def black_message(self, red):
        """Weighted sum over the neighbors of each black pixel; see `red_message`."""
        return _message(red, *self._weights[1], ops.logical_not(_odd_rows(red)))


def _message(other, up, down, left, right, leans_right):
    """Sums over neighbors; where the row `leans_right`, the right one is at the next place."""
    beside = ops.where(leans_right, left, right) * other
    across = ops.where(leans_right, right * _shifted(other, 2, -1), left * _shifted(other, 2, 1))
    return up * _shifted(other, 1, 1) + down * _shifted(other, 1, -1) + beside + across


def _odd_rows(x):
    rows = ops.reshape(ops.arange(ops.shape(x)[1]) % 2, (1, -1) + (1,) * (len(x.shape) - 2))
    return ops.equal(rows, 1)


def _shifted(x, axis, places):
    """Moves the content by one place towards higher (1) or lower (-1) indices."""
    if places > 0:
        return _padded(x[:, :-1] if axis == 1 else x[:, :, :-1], axis, before=1)
    return _padded(x[:, 1:] if axis == 1 else x[:, :, 1:], axis, after=1)


def _padded(x, axis, before=0, after=0):
    amounts = [(0, 0)] * len(x.shape)
    amounts[axis] = (before, after)
    return ops.pad(x, amounts)


def with_rank(weights, rank):
    """Adds axes before the last, so that one grid of weights serves several fields.

    Args:
        weights: tensor (N, H, W, 1).
        rank: number of axes to reach.

    Returns:
        Tensor (N, H, W, 1, ..., 1).
    """
    while len(weights.shape) < rank:
        weights = ops.expand_dims(weights, -2)
    return weights
