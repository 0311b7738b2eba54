"""The library's own network; what all networks keep is in test_contract.py."""

import keras
import numpy as np
import pytest

from keras_colorize.models import distribution_unet, fold_batch_norm, freeze_through

ENCODERS = ["residual", "mobilenet_v2"]


def _network(encoder="residual", **kwargs):
    sizes = {"decoder_widths": (8, 8, 8, 8), "residual_widths": (4, 4, 8, 8, 8), "global_units": 4}
    return distribution_unet(encoder, **{**sizes, **kwargs})


def _lightness(height, width, batch=1):
    rng = np.random.default_rng(0)
    return rng.uniform(0, 100, (batch, height, width, 1)).astype("float32")


@pytest.fixture(scope="module", params=ENCODERS)
def model(request, odd_statistics):
    """A small network whose batch normalisations do something."""
    # Of so few units all may be dead by chance.
    keras.utils.set_random_seed(0)
    return odd_statistics(_network(request.param, classes=3))


def test_folds_completely(model, predict):
    folded = fold_batch_norm(model)
    norms = [x for x in model.layers if isinstance(x, keras.layers.BatchNormalization)]
    assert len(norms) > 20
    assert len(folded.layers) == len(model.layers) - len(norms)
    lightness = _lightness(38, 21)
    expected, outputs = predict(model, lightness), predict(folded, lightness)
    for name, value in expected.items():
        assert value.std() > 1e-3
        np.testing.assert_allclose(outputs[name], value, atol=1e-4, rtol=1e-4)


def test_a_known_size_changes_nothing(model, predict):
    encoder = "residual" if "stem_conv1" in {x.name for x in model.layers} else "mobilenet_v2"
    fixed = _network(encoder, classes=3, input_shape=(35, 22, 1))
    fixed.set_weights(model.get_weights())
    lightness = _lightness(35, 22)
    expected = predict(model, lightness)["ab_logits"]
    np.testing.assert_allclose(predict(fixed, lightness)["ab_logits"], expected, atol=1e-5)


def test_global_features_are_optional():
    names = {layer.name for layer in _network(global_units=0).layers}
    assert not names & {"fusion", "global_pool", "global_dense"}
    assert {"fusion", "global_pool", "global_dense"} < {layer.name for layer in _network().layers}


# Every layer that a tap of stride 16 needs: no deeper stage, although these come first in
# `model.layers`, and nothing else of the decoder.
FROZEN = ("scale_lightness", "stem_", "stage1_", "stage2_", "stage3_", "decoder16_tap")


@pytest.fixture
def frozen():
    model = _network()
    freeze_through(model, "decoder16_tap_relu")
    return model


def test_freezes_a_layer_and_those_that_it_needs(frozen):
    named = {layer.name for layer in frozen.layers if layer.name.startswith(FROZEN)}
    assert {layer.name for layer in frozen.layers if not layer.trainable} == named | {"lightness"}
    with pytest.raises(ValueError, match="a layer of distribution_unet, received 'block_5_add'"):
        freeze_through(frozen, "block_5_add")


def test_frozen_weights_and_statistics_do_not_move(frozen, one_step):
    before = {w.path: keras.ops.convert_to_numpy(w).copy() for w in frozen.weights}
    frozen.compile("sgd", {"ab_logits": "mse"}, **one_step)
    frozen.train_on_batch(_lightness(64, 64, 2), {"ab_logits": np.ones((2, 16, 16, 313))})
    still = {
        w.path
        for w in frozen.weights
        if np.array_equal(before[w.path], keras.ops.convert_to_numpy(w))
    }
    statistics = {path for path in before if path.endswith(("moving_mean", "moving_variance"))}
    expected = {path for path in before if path.startswith(FROZEN)}
    assert still == expected
    assert expected & statistics
    assert statistics - expected
