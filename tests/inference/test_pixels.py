import numpy as np
import pytest
from keras import ops

from keras_colorize.inference.pixels import CHUNKS, apply_pixelwise


def _sum_and_compare(colors):
    return ops.sum(colors, axis=-1), colors[..., 0] > 0.5


@pytest.mark.parametrize("count", [1, CHUNKS[0], CHUNKS[1] + 3])
def test_compiled_in_chunks_is_the_function_itself(count):
    colors = np.random.default_rng(4).random((count, 1, 3), dtype="float32")
    total, large = apply_pixelwise(_sum_and_compare, ops.convert_to_tensor(colors))
    np.testing.assert_allclose(total[..., 0], colors.sum(-1), atol=1e-6)
    np.testing.assert_array_equal(large[..., 0], colors[..., 0] > 0.5)


def test_pictures_of_any_size_share_what_is_compiled():
    traced = []

    def half(colors):
        traced.append(colors.shape)
        return colors / 2

    for count in (3, CHUNKS[0] + 1, CHUNKS[1] - 1, CHUNKS[2]):
        apply_pixelwise(half, np.zeros((count, 3), "float32"))
    before = len(traced)
    assert 0 < before <= 2 * len(CHUNKS)
    for count in (1, 77, CHUNKS[0] + 99, CHUNKS[1] + 5, CHUNKS[2] + 7):
        apply_pixelwise(half, np.zeros((count, 3), "float32"))
    assert len(traced) == before
