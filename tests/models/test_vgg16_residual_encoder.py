"""The residual encoder of Hwang & Zhou; what all networks keep is in test_contract.py."""

import keras
import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from keras_colorize.models import vgg16_residual_encoder
from ._networks import lightness_of, predict, randomise

TINY = 1 / 32


# Sections 3.5 and 3.6 at 224x224: narrowed, doubled, summed with the tap, convolved.
SIDES = {
    224: {"grey_levels": 3, "block1_conv2": 64, "decoder1_up": 64, "decoder1_conv": 64}
    | {"concat": 256 + 256 + 128 + 64, "final_conv1": 128, "final_conv2": 64, "final_conv3": 64}
    | {"u_logits": 50, "v_logits": 50},
    112: {"block2_conv2": 128, "decoder2_sum": 128},
    56: {"block3_conv3": 256, "decoder4_up": 256, "decoder4_conv": 256, "decoder2_narrow": 128},
    28: {"block4_conv3": 512, "decoder4_narrow": 256},
}


def test_layers_have_the_shapes_of_the_paper():
    paper = vgg16_residual_encoder(input_shape=(224, 224, 1))
    expected = {"luv_uv_logits": (None, 224, 224, 2, 50)}
    for side, layers in SIDES.items():
        expected |= {name: (None, side, side, channels) for name, channels in layers.items()}
    assert {name: paper.get_layer(name).output.shape for name in expected} == expected
    # The decoder alone can be narrow.
    model = vgg16_residual_encoder(decoder_width=0.25)
    assert model.get_layer("block4_conv3").filters == 512
    assert tuple(model.get_layer("tap4_narrow").kernel.shape) == (1, 1, 256, 64)
    assert model.get_layer("decoder4_sum").output.shape[-1] == 64
    assert model.get_layer("final_conv1").filters == 32


@pytest.mark.parametrize(("head", "grey"), [("luv_uv", (0.5, 0.5)), ("hs", (0.0, 0.0))])
def test_regression_begins_at_grey(head, grey):
    model = vgg16_residual_encoder(head=head, width=TINY, aggregation="finest", final_widths=())
    # As in the first step, where batch normalisation takes the statistics of the batch.
    found = keras.ops.convert_to_numpy(model(lightness_of(16, 24), training=True)[head])
    assert found.shape == (2, 16, 24, 2)
    np.testing.assert_allclose(found, np.broadcast_to(grey, found.shape), atol=0.05)


def test_smoothing_is_a_gaussian_over_the_scores():
    plain = randomise(vgg16_residual_encoder(width=TINY))
    smooth = vgg16_residual_encoder(width=TINY, smoothing=1.5)
    smooth.set_weights(plain.get_weights())
    picture = lightness_of(12, 17)
    scores = predict(plain, picture)["luv_uv_logits"]
    expected = gaussian_filter(scores, (0, 1.5, 1.5, 0, 0), mode="reflect")
    found = predict(smooth, picture)["luv_uv_logits"]
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(scores).max())


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="JAX takes half a minute to build it")
def test_a_coarser_encoder_gives_the_size_of_its_finest_tap():
    model = vgg16_residual_encoder("mobilenet_v2", decoder_width=1 / 8, input_shape=(19, 34, 1))
    assert model.output["luv_uv_logits"].shape[1:3] == (5, 9)


def test_without_residual_units_the_pooled_features_are_joined():
    model = vgg16_residual_encoder(width=TINY, residual_units=False)
    for stride in (8, 4, 2, 1):
        pool = model.get_layer(f"tap{stride}_pool")
        normed = model.get_layer(f"tap{stride}_bn").input
        tap, found = predict(keras.Model(model.input, [pool.input, normed]), lightness_of(48, 32))
        expected = torch.nn.functional.max_pool2d(torch.tensor(tap).permute(0, 3, 1, 2), 2)
        np.testing.assert_array_equal(found, expected.permute(0, 2, 3, 1))
    assert model.get_layer("concat").output.shape[-1] == 16 + 8 + 4 + 2
    assert model.get_layer("tap1_up").output.shape[1:3] == model.output["luv_uv_logits"].shape[1:3]
