"""siggraph17 and its hints; the whole network is compared in tests/presets."""

import numpy as np
import pytest

from keras_colorize.models import siggraph17

SIZE = (1, 13, 18)


@pytest.fixture(scope="module")
def inputs():
    rng = np.random.default_rng(0)
    lightness = rng.uniform(0, 100, (*SIZE, 1)).astype("float32")
    ab = rng.uniform(-80, 80, (*SIZE, 2)).astype("float32")
    return {"lightness": lightness, "hint_ab": ab, "hint_mask": np.zeros((*SIZE, 1), "float32")}


@pytest.fixture(scope="module")
def guided(randomise):
    return randomise(siggraph17(hints=True, width=1 / 16))


def test_without_hints_it_is_the_network_that_takes_none(guided, inputs, predict):
    automatic = siggraph17(width=1 / 16)
    automatic.set_weights(guided.get_weights())
    expected = predict(automatic, inputs["lightness"])["ab"]
    assert expected.shape == (*SIZE, 2)
    np.testing.assert_allclose(predict(guided, inputs)["ab"], expected, atol=1e-6)


def test_a_hint_in_the_last_corner_changes_the_colors(guided, inputs, predict):
    before = predict(guided, inputs)["ab"]
    mask = inputs["hint_mask"].copy()
    mask[0, -1, -1] = 1.0
    changed = np.abs(predict(guided, {**inputs, "hint_mask": mask})["ab"] - before)
    assert changed[0, -1, -1].max() > 1e-3
