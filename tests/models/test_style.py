import keras
import numpy as np
import pytest

from keras_colorize.models import (
    distribution_unet,
    fold_batch_norm,
    iizuka16,
    split_style,
)

NETWORKS = {
    "iizuka16": lambda: iizuka16(width=1 / 16, classes=3, global_size=32),
    "distribution_unet": lambda: distribution_unet(
        "residual",
        decoder_widths=(8, 8, 8, 8),
        residual_widths=(4, 4, 8, 8, 8),
        global_units=4,
        classes=3,
    ),
}


@pytest.fixture(scope="module", params=NETWORKS)
def model(request, randomise):
    return randomise(NETWORKS[request.param]())


def _lightness(height, width, seed):
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 100, (1, height, width, 1)).astype("float32")


@pytest.mark.parametrize("form", [lambda model: model, fold_batch_norm])
def test_style_comes_from_the_global_features(model, form, predict):
    style, colors = split_style(form(model))
    first, second = _lightness(40, 24, seed=1), _lightness(24, 64, seed=2)
    (head,) = colors.output
    own = predict(colors, [first, predict(style, first)])[head]
    np.testing.assert_allclose(own, predict(model, first)[head], atol=2e-5)
    other = predict(colors, [first, predict(style, second)])[head]
    assert other.shape == own.shape
    assert np.abs(own - other).max() > 3e-4


def test_the_network_itself_stays_whole(model):
    split_style(model)
    # Its layers still have one output each.
    assert model.get_layer("fusion").output.shape[-1]
    keras.Model.from_config(model.get_config())


def test_a_network_without_global_features():
    baseline = iizuka16(width=1 / 16, global_features=False)
    with pytest.raises(ValueError, match="a layer named 'fusion', received iizuka16"):
        split_style(baseline)
