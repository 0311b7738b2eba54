import numpy as np
import pytest
from keras import ops

from keras_colorize.inference.mrf import enlarged_window, solve_in_tiles
from keras_colorize.layers import MeanField


@pytest.mark.parametrize("size", [(7, 5), (23, 30), (1, 17)])
def test_tiles_change_nothing(size):
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(4), (*size, 2)).astype("float32")
    # So smooth that news travels as far as the sweeps let it.
    lightness = 50 + rng.normal(scale=0.1, size=(*size, 1)).astype("float32")
    layer, shapes = MeanField(2), set()

    def solve(unary, levels):
        shapes.add(unary.shape)
        q = ops.convert_to_numpy(layer([unary, levels]))
        return q.reshape(*q.shape[:3], -1)

    found = solve_in_tiles(solve, lambda y, x: probabilities[y, x], lightness, sweeps=2, tile=14)
    expected = solve(probabilities[None], lightness[None])[0]
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert shapes == {(1, 14, 14, 2, 4), (1, *size, 2, 4)}


def test_a_window_is_cut_from_the_enlarged_map():
    small = np.random.default_rng(0).normal(size=(4, 5, 3)).astype("float32")
    whole = ops.convert_to_numpy(ops.image.resize(small[None], (13, 16)))[0]
    found = enlarged_window(small, (13, 16), slice(0, 6), slice(9, 16))
    np.testing.assert_allclose(found, whole[:6, 9:16], atol=1e-5)


@pytest.mark.parametrize("tile", [15, 8])
def test_refuses_a_tile_that_keeps_nothing_or_shifts_the_board(tile):
    with pytest.raises(ValueError, match="an even tile above 8 for 2 sweeps"):
        solve_in_tiles(None, None, np.zeros((4, 4, 1)), sweeps=2, tile=tile)
