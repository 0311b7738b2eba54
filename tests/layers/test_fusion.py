"""GlobalLocalFusion against the sentence under equation 5, which tiles; GreyLevels."""

import keras
import numpy as np
import pytest
from keras import ops
from skimage.color import rgb2lab

from keras_colorize.layers import GlobalLocalFusion, GreyLevels


def _pair(height=3, width=5):
    rng = np.random.default_rng(0)
    return [rng.normal(size=(2, *shape)).astype("float32") for shape in ((height, width, 4), (6,))]


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
    fused = ops.convert_to_numpy(layer(pair))
    expected = _tiled(pair, ops.convert_to_numpy(layer.kernel), bias)
    np.testing.assert_allclose(fused, expected, atol=1e-5)
    assert 0 < np.count_nonzero(fused) < fused.size


def test_computes_in_the_policy_dtype():
    layer = GlobalLocalFusion(7, dtype="mixed_bfloat16")
    fused = layer(_pair())
    assert keras.backend.standardize_dtype(fused.dtype) == "bfloat16"
    assert keras.backend.standardize_dtype(layer.kernel.dtype) == "float32"
    expected = _tiled(_pair(), ops.convert_to_numpy(layer.kernel), 0.0)
    np.testing.assert_allclose(ops.convert_to_numpy(ops.cast(fused, "float32")), expected, atol=0.1)


def test_refuses_other_shapes():
    local = (None, 3, 3, 4)
    for shapes in ([local, (None, 1, 6)], [local], [(None, 3, 3, None), (None, 6)], local):
        with pytest.raises(ValueError, match=r"Expected \[local, global_features\]"):
            GlobalLocalFusion(7).build(shapes)
    with pytest.raises(ValueError, match="units of 1 or more, received 0"):
        GlobalLocalFusion(0)


LEVELS = np.arange(256)
# Lightness of every grey of 8 bits, by scikit-image.
LIGHTNESS = rgb2lab(np.repeat(LEVELS[:, None] / 255, 3, axis=-1))[:, :1].astype("float32")


def test_each_mean_gives_a_channel(compiled):
    found = ops.convert_to_numpy(compiled(GreyLevels((100.0, 0.0, -1.5)))(LIGHTNESS[:, None]))
    expected = LEVELS[:, None] - np.array([100.0, 0.0, -1.5])
    np.testing.assert_allclose(found[:, 0], expected, atol=0.01)


def test_centers_before_it_rounds_to_bfloat16_and_takes_no_color(compiled):
    layer = GreyLevels((123.68,), dtype="mixed_bfloat16")
    found = compiled(layer)(LIGHTNESS[125:126])
    assert keras.backend.standardize_dtype(found.dtype) == "bfloat16"
    # bfloat16 has steps of 1/2 at 125 and of 1/128 at 1.3.
    assert abs(float(ops.cast(found, "float32")[0, 0]) - 1.32) < 0.02
    with pytest.raises(ValueError, match=r"Expected shape \(..., 1\)"):
        GreyLevels()(np.zeros((1, 2, 2, 3), "float32"))
    with pytest.raises(ValueError, match="one mean or more"):
        GreyLevels(())
