"""DDColor at other sizes; tests/presets compares it with the numbers of its authors' code."""

import numpy as np
import pytest

from keras_colorize.models import fold_batch_norm
from ._networks import lightness_of, odd_statistics, predict, randomise, small_ddcolor


@pytest.fixture(scope="module")
def model():
    return randomise(small_ddcolor())


def test_other_sizes_are_filled_up_with_the_last_row_and_column(model):
    lightness = lightness_of(33, 31, batch=1)
    filled = np.pad(lightness, ((0, 0), (0, 31), (0, 1), (0, 0)), mode="edge")
    whole = predict(model, filled)["ab"]
    np.testing.assert_allclose(predict(model, lightness)["ab"], whole[:, :33, :31], atol=1e-6)


def test_a_graph_of_unknown_sizes_equals_the_layers_one_by_one(model):
    for size in ((32, 64), (24, 40)):  # the second size makes TensorFlow's graph forget the first
        lightness = lightness_of(*size, batch=1)
        compiled = model.predict_on_batch(lightness)["ab"]
        np.testing.assert_allclose(compiled, model(lightness)["ab"], atol=1e-5)


def test_what_follows_a_convolution_or_a_norm_is_folded(model):
    lightness = lightness_of(32, 64, batch=1)
    folded = fold_batch_norm(odd_statistics(model))
    np.testing.assert_allclose(folded(lightness)["ab"], model(lightness)["ab"], atol=1e-4)
    kinds = [type(layer).__name__ for layer in folded.layers]
    # Those after a ReLU stay.
    assert kinds.count("BatchNormalization") == 3
    assert kinds.count("LayerScale") == 0
