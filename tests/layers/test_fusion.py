"""GlobalLocalFusion against the sentence under equation 5, which tiles and concatenates."""

import keras
import numpy as np
import pytest

from keras_colorize.layers import GlobalLocalFusion


def _pair(height=3, width=5, local=4, global_features=6, seed=0):
    rng = np.random.default_rng(seed)
    return [
        rng.normal(size=(2, height, width, local)).astype("float32"),
        rng.normal(size=(2, global_features)).astype("float32"),
    ]


def _tiled(pair, kernel, bias):
    local, vector = pair
    tiled = np.broadcast_to(vector[:, None, None, :], (*local.shape[:3], vector.shape[-1]))
    return np.maximum(bias + np.concatenate([tiled, local], axis=-1) @ kernel, 0.0)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (3, 5), (8, 2)])
def test_equals_the_tiled_form(height, width):
    layer = GlobalLocalFusion(7)
    pair = _pair(height, width)
    layer.build([x.shape for x in pair])
    assert [tuple(w.shape) for w in layer.weights] == [(10, 7), (7,)]
    bias = np.linspace(-1.0, 1.0, 7).astype("float32")
    layer.bias.assign(bias)
    fused = keras.ops.convert_to_numpy(layer(pair))
    expected = _tiled(pair, keras.ops.convert_to_numpy(layer.kernel), bias)
    np.testing.assert_allclose(fused, expected, atol=1e-5)
    assert 0 < np.count_nonzero(fused) < fused.size


def test_computes_in_the_policy_dtype():
    layer = GlobalLocalFusion(7, dtype="mixed_bfloat16")
    pair = _pair()
    fused = layer(pair)
    assert keras.backend.standardize_dtype(fused.dtype) == "bfloat16"
    assert keras.backend.standardize_dtype(layer.kernel.dtype) == "float32"
    expected = _tiled(pair, keras.ops.convert_to_numpy(layer.kernel), 0.0)
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(keras.ops.cast(fused, "float32")), expected, atol=0.1
    )


@pytest.mark.parametrize(
    "shapes",
    [
        [(None, 3, 3, 4), (None, 1, 6)],
        [(None, 3, 3, 4)],
        [(None, 3, 3, None), (None, 6)],
        (None, 3, 3, 4),
    ],
)
def test_refuses_other_shapes(shapes):
    with pytest.raises(ValueError, match=r"Expected \[local, global_features\]"):
        GlobalLocalFusion(7).build(shapes)
    with pytest.raises(ValueError, match="units of 1 or more, received 0"):
        GlobalLocalFusion(0)
