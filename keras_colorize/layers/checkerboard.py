"""A grid split like a checkerboard into red and black pixels, each packed without gaps.

In row r the red pixels are those whose column has the parity of r, so a row of W pixels gives
ceil(W / 2) red places and as many black ones. Red place (r, j) is column 2j + r mod 2, black
place (r, j) is column 2j + 1 - r mod 2. All four neighbors of a red pixel are black: those above,
below and one of those beside it have the same (r, j); the other one is a place to the left or to
the right, by the parity of the row. An odd W leaves one spare place per row, with weights of 0.

Tensors are laid out (N, C, H, K, W): C fields on one grid, K labels. With columns last, what is
done to all labels of a row stays in the processor's cache and in its vector registers; with
labels last, as a network has them, compiled mean field takes three times as long.
"""

from keras import ops


def pack(x):
    """Splits a grid.

    Args:
        x: tensor (N, C, H, K, W).

    Returns:
        Tuple `(red, black)` of tensors (N, C, H, K, ceil(W / 2)); spare places hold 0.
    """
    batch, fields, height, labels, width = ops.shape(x)
    half = (width + 1) // 2
    x = _padded(x, -1, after=1)[..., : 2 * half]
    x = ops.reshape(x, (batch, fields, height, labels, half, 2))
    even, odd = x[..., 0], x[..., 1]
    is_odd = _odd_rows(even)
    return ops.where(is_odd, odd, even), ops.where(is_odd, even, odd)


def unpack(red, black, width):
    """Puts a grid together.

    Args:
        red: tensor (N, C, H, K, ceil(W / 2)).
        black: same.
        width: W.

    Returns:
        Tensor (N, C, H, K, W).
    """
    is_odd = _odd_rows(red)
    columns = [ops.where(is_odd, black, red), ops.where(is_odd, red, black)]
    *shape, half = ops.shape(red)
    return ops.reshape(ops.stack(columns, axis=-1), (*shape, 2 * half))[..., :width]


class Checkerboard:
    """The weights between neighbors, as each color of pixels sees them.

    Args:
        right: weight of each pixel with its right neighbor, (N, H, W-1, 1).
        down: weight of each pixel with its lower neighbor, (N, H-1, W, 1).
    """

    def __init__(self, right, down):
        right, down = (_as_rows(ops.cast(weights, "float32")) for weights in (right, down))
        up, down = pack(_padded(down, 2, before=1)), pack(_padded(down, 2, after=1))
        left, right = pack(_padded(right, -1, before=1)), pack(_padded(right, -1, after=1))
        self._weights = list(zip(up, down, left, right, strict=True))

    def red_message(self, black):
        """Weighted sum over the neighbors of each red pixel.

        Args:
            black: packed tensor (N, C, H, K, ceil(W / 2)).

        Returns:
            Packed tensor of the same shape.
        """
        return _message(black, *self._weights[0], _odd_rows(black))

    def black_message(self, red):
        """Weighted sum over the neighbors of each black pixel; see `red_message`."""
        return _message(red, *self._weights[1], ops.logical_not(_odd_rows(red)))


def _message(other, up, down, left, right, leans_right):
    """Sums over neighbors; where the row `leans_right`, the right one is at the next place."""
    # One padded copy, of which the neighbors are views, is quicker than a copy per neighbor.
    framed = ops.pad(other, ((0, 0), (0, 0), (1, 1), (0, 0), (1, 1)))
    rows = framed[:, :, 1:-1]
    beside = ops.where(leans_right, left, right) * other
    across = ops.where(leans_right, right * rows[..., 2:], left * rows[..., :-2])
    above, below = up * framed[:, :, :-2, :, 1:-1], down * framed[:, :, 2:, :, 1:-1]
    return above + below + beside + across


def _as_rows(weights):
    """Turns (N, H, W, 1) to (N, 1, H, 1, W)."""
    return ops.expand_dims(ops.transpose(weights, (0, 3, 1, 2)), -2)


def _odd_rows(x):
    rows = ops.arange(ops.shape(x)[2]) % 2
    return ops.reshape(ops.equal(rows, 1), (1, 1, -1, 1, 1))


def _padded(x, axis, before=0, after=0):
    amounts = [(0, 0)] * len(x.shape)
    amounts[axis] = (before, after)
    return ops.pad(x, amounts)
