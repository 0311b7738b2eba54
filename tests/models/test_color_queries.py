import keras
import numpy as np
import pytest

from keras_colorize.models import distribution_unet, fold_batch_norm
from keras_colorize.models.color_queries import LearnedQueries, QueryMaps

SMALL = {"decoder_widths": (8, 8, 8, 8), "residual_widths": (4, 4, 8, 8, 8), "global_units": 4}


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return distribution_unet("residual", queries=5, query_units=16, query_rounds=2, **SMALL)


def _lightness(height, width):
    return np.random.default_rng(0).uniform(0, 100, (2, height, width, 1)).astype("float32")


def test_maps_are_scaled_products():
    rng = np.random.default_rng(0)
    queries, features = rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 5, 6, 4))
    maps = QueryMaps()([queries.astype("float32"), features.astype("float32")])
    for n in range(2):
        expected = features[n] @ queries[n].T / 2.0
        np.testing.assert_allclose(np.asarray(maps)[n], expected, atol=1e-5)


def test_every_picture_gets_the_same_vectors():
    layer = LearnedQueries(3, 4)
    vectors = np.asarray(layer(np.zeros((2, 7, 1), "float32")))
    np.testing.assert_array_equal(vectors[0], vectors[1])
    np.testing.assert_array_equal(vectors[0], np.asarray(layer.vectors))


@pytest.mark.parametrize("size", [(1, 1), (33, 34)])
def test_any_size(model, size):
    logits = model(_lightness(*size))["ab_logits"]
    assert tuple(logits.shape) == (2, -(-size[0] // 4), -(-size[1] // 4), 313)


def test_what_is_far_away_counts(model):
    """A network of convolutions alone could not see from one end to the other."""
    lightness = _lightness(16, 512)
    changed = lightness.copy()
    changed[:, :, 448:] = 0.0
    near, far = (np.asarray(model(x)["ab_logits"])[:, :, :8] for x in (lightness, changed))
    assert np.abs(near - far).max() > 1e-4


def test_the_folded_network_gives_the_same(model):
    lightness = _lightness(20, 24)
    folded = fold_batch_norm(model)(lightness)["ab_logits"]
    np.testing.assert_allclose(
        np.asarray(folded), np.asarray(model(lightness)["ab_logits"]), atol=1e-4
    )


def test_a_saved_network_loads(model, tmp_path):
    path = tmp_path / "model.keras"
    model.save(path)
    lightness = _lightness(8, 12)
    loaded = keras.saving.load_model(path)(lightness)["ab_logits"]
    np.testing.assert_allclose(
        np.asarray(loaded), np.asarray(model(lightness)["ab_logits"]), atol=1e-5
    )
