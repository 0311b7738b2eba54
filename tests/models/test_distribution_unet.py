"""The library's own network; what all networks keep is in test_contract.py."""

import keras
import numpy as np
import pytest

from keras_colorize.models import distribution_unet, fold_batch_norm, freeze_through
from keras_colorize.models.ddcolor import QueryMaps
from ._networks import lightness_of, odd_statistics, predict, step


def _network(encoder="residual", **kwargs):
    sizes = {"decoder_widths": (8, 8, 8, 8), "residual_widths": (4, 4, 8, 8, 8), "global_units": 4}
    return distribution_unet(encoder, **{**sizes, **kwargs})


@pytest.mark.parametrize("encoder", ["residual", "mobilenet_v2"])
def test_folds_completely(encoder):
    model = odd_statistics(_network(encoder, classes=3))
    folded = fold_batch_norm(model)
    norms = [x for x in model.layers if isinstance(x, keras.layers.BatchNormalization)]
    assert len(norms) > 20
    assert len(folded.layers) == len(model.layers) - len(norms)
    lightness = lightness_of(38, 21)
    expected, outputs = predict(model, lightness), predict(folded, lightness)
    for name, value in expected.items():
        assert value.std() > 1e-3
        np.testing.assert_allclose(outputs[name], value, atol=1e-4, rtol=1e-4)


# Every layer that a tap of stride 16 needs: no deeper stage, although these come first in
# `model.layers`, and nothing else of the decoder.
FROZEN = ("scale_lightness", "stem_", "stage1_", "stage2_", "stage3_", "decoder16_tap")


def test_frozen_weights_and_statistics_do_not_move():
    model = _network()
    freeze_through(model, "decoder16_tap_relu")
    named = {layer.name for layer in model.layers if layer.name.startswith(FROZEN)}
    assert {layer.name for layer in model.layers if not layer.trainable} == named | {"lightness"}
    with pytest.raises(ValueError, match="No such layer: block_5_add"):
        freeze_through(model, "block_5_add")
    target = {"ab_logits": np.ones((2, 16, 16, 313))}
    moved = step(model, lightness_of(64, 64, 2), target, rate=0.01)
    assert {path for path, change in moved.items() if not np.any(change)} == {
        path for path in moved if path.startswith(FROZEN)
    }


def test_maps_are_scaled_products():
    rng = np.random.default_rng(0)
    queries, features = rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 5, 6, 4))
    maps = QueryMaps()([queries.astype("float32"), features.astype("float32")])
    expected = np.einsum("nkc,nhwc->nhwk", queries, features) / 2.0
    np.testing.assert_allclose(keras.ops.convert_to_numpy(maps), expected, atol=1e-5)
