"""Display matrices."""

import numpy as np
import pytest

from keras_colorize.video.reader import orientation_of, turned, turned_back

ONE = 1 << 16
PICTURE = np.arange(6).reshape(2, 3, 1)


@pytest.mark.parametrize(
    ("matrix", "shown"),
    [
        # ISO 14496-12, 6.2.2: (p, q) goes to (a p + c q, b p + d q).
        ((ONE, 0, 0, 0, ONE, 0, 0, 0, 1 << 30), PICTURE),
        ((-ONE, 0, 0, 0, -ONE, 0, 0, 0, 1 << 30), np.rot90(PICTURE, 2)),
        ((0, ONE, 0, -ONE, 0, 0, 0, 0, 1 << 30), np.rot90(PICTURE, -1)),
        ((0, -ONE, 0, ONE, 0, 0, 0, 0, 1 << 30), np.rot90(PICTURE, 1)),
        ((-ONE, 0, 0, 0, ONE, 0, 0, 0, 1 << 30), PICTURE[:, ::-1]),
        ((0, ONE, 0, ONE, 0, 0, 0, 0, 1 << 30), np.swapaxes(PICTURE, 0, 1)),
    ],
)
def test_pictures_are_turned_and_back(matrix, shown):
    orientation = orientation_of(matrix)
    np.testing.assert_array_equal(turned(PICTURE, orientation), shown)
    np.testing.assert_array_equal(turned_back(shown, orientation), PICTURE)
