"""Pictures that are stored lying and shown upright."""

import numpy as np

UPRIGHT = (False, False, False)
"""An orientation with nothing to turn."""


def orientation_of(display_matrix):
    """Reads a display matrix, as far as it turns by quarters and mirrors.

    Args:
        display_matrix: nine numbers as FFmpeg has them: a stored pixel (column, row) is shown at
            (a column + c row, b column + d row) with a, b, c, d the numbers 0, 1, 3 and 4.

    Returns:
        Three bool: whether rows become columns, and whether rows and columns are then mirrored.
    """
    a, b, c, d = (display_matrix[place] for place in (0, 1, 3, 4))
    if abs(b) > abs(a):
        return True, b < 0, c < 0
    return False, d < 0, a < 0


def turned(picture, orientation):
    """The picture as it is shown.

    Args:
        picture: array (H, W, C), as stored.
        orientation: see `orientation_of`.

    Returns:
        Array (H, W, C) or (W, H, C).
    """
    transposed, flip_rows, flip_columns = orientation
    picture = np.swapaxes(picture, 0, 1) if transposed else picture
    return np.ascontiguousarray(_mirrored(picture, flip_rows, flip_columns))


def turned_back(picture, orientation):
    """The picture as it is stored: takes `turned` back.

    Args:
        picture: array (H, W, C), as shown.
        orientation: see `orientation_of`.

    Returns:
        Array (H, W, C) or (W, H, C).
    """
    transposed, flip_rows, flip_columns = orientation
    picture = _mirrored(picture, flip_rows, flip_columns)
    return np.ascontiguousarray(np.swapaxes(picture, 0, 1) if transposed else picture)


def _mirrored(picture, flip_rows, flip_columns):
    return picture[:: -1 if flip_rows else 1, :: -1 if flip_columns else 1]
