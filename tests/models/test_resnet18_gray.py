"""The single-stream colorizer against the papers' tables; its encoder is in test_resnet18.py."""

import numpy as np
import pytest

from keras_colorize.models import resnet18_gray

TINY = 1 / 16

# Zhou & Zhou 2019, table 1 (kernel, stride, channels), behind the 128 channels of layer2.
TABLE_1 = [(4, 2, 128), (3, 1, 128), (3, 1, 64), (3, 1, 64), (3, 1, 32), (3, 1, 2)]


def _lightness(height, width):
    rng = np.random.default_rng(0)
    return rng.uniform(0, 100, (2, height, width, 1)).astype("float32")


def _convolutions(model):
    names = [f"decoder_conv{n}" for n in range(1, 6)]
    known = {layer.name for layer in model.layers}
    return [model.get_layer(name) for name in (*names, "ab") if name in known]


def test_decoder_b_is_that_of_table_1():
    model = resnet18_gray("B", input_shape=(64, 32, 1))
    rows = [(x.kernel_size[0], x.strides[0], x.filters) for x in _convolutions(model)]
    assert rows == TABLE_1
    assert model.get_layer("layer2_block2_out").output.shape == (None, 8, 4, 128)
    assert model.get_layer("ab").output.shape == (None, 16, 8, 2)
    assert model.output["ab"].shape == (None, 32, 16, 2)


def test_a_and_b_have_heads_of_their_own(predict):
    model = resnet18_gray(head="ab_channel_logits", width=TINY)
    before = predict(model, _lightness(16, 16))["ab_channel_logits"]
    head = model.get_layer("b_logits")
    head.set_weights([head.kernel, np.full(25, 7.0)])
    after = predict(model, _lightness(16, 16))["ab_channel_logits"]
    np.testing.assert_array_equal(after[..., 0, :], before[..., 0, :])
    np.testing.assert_allclose(after[..., 1, :], before[..., 1, :] + 7, atol=1e-5)


def test_colors_of_the_regression_are_between_0_and_1(predict, randomise):
    for decoder in "AB":
        ab = predict(randomise(resnet18_gray(decoder, width=TINY)), _lightness(24, 16))["ab"]
        assert 0 < ab.min() < ab.max() < 1


@pytest.mark.parametrize("fused", [False, True])
def test_only_fusion_sees_the_whole_picture(fused, predict, randomise):
    model = randomise(resnet18_gray(width=TINY, global_features=fused))
    assert ("fusion" in {layer.name for layer in model.layers}) == fused
    picture = _lightness(32, 320)
    changed = picture.copy()
    changed[:, :, 240:] = 0.0
    before, after = (predict(model, x)["ab"][:, :, 0] for x in (picture, changed))
    assert (np.abs(before - after).max() > 1e-5) == fused
