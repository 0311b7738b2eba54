"""DDColor at other sizes; tests/presets compares it with the numbers of its authors' code."""

import numpy as np
import pytest

from keras_colorize.models import ddcolor, fold_batch_norm
from ._networks import odd_statistics, predict, randomise


@pytest.fixture(scope="module")
def model():
    """A block per stage, and one round for each scale."""
    with pytest.MonkeyPatch.context() as patch:
        inner = ddcolor.__globals__
        patch.setitem(inner, "_ROUNDS", 3)
        patch.setitem(inner["ENCODERS"], "convnext_tiny", ((1,) * 4, (96, 192, 384, 768)))
        return randomise(ddcolor(width=1 / 32, queries=4))


def test_other_sizes_are_filled_up_with_the_last_row_and_column(model):
    lightness = np.random.default_rng(0).uniform(0, 100, (1, 33, 31, 1)).astype("float32")
    filled = np.pad(lightness, ((0, 0), (0, 31), (0, 1), (0, 0)), mode="edge")
    whole = predict(model, filled)["ab"]
    np.testing.assert_allclose(predict(model, lightness)["ab"], whole[:, :33, :31], atol=1e-6)


def test_a_graph_of_unknown_sizes_equals_the_layers_one_by_one(model):
    for size in ((32, 64), (24, 40)):  # the second size makes TensorFlow's graph forget the first
        lightness = np.random.default_rng(0).uniform(0, 100, (1, *size, 1)).astype("float32")
        compiled = model.predict_on_batch(lightness)["ab"]
        np.testing.assert_allclose(compiled, model(lightness)["ab"], atol=1e-5)


def test_what_follows_a_convolution_or_a_norm_is_folded(model):
    lightness = np.random.default_rng(0).uniform(0, 100, (1, 32, 64, 1)).astype("float32")
    folded = fold_batch_norm(odd_statistics(model))
    np.testing.assert_allclose(folded(lightness)["ab"], model(lightness)["ab"], atol=1e-4)
    kinds = [type(layer).__name__ for layer in folded.layers]
    # Those after a ReLU stay.
    assert kinds.count("BatchNormalization") == 3
    assert kinds.count("LayerScale") == 0
