import keras
import numpy as np
import pytest
from keras import ops
from scipy.ndimage import gaussian_filter

from keras_colorize.layers import GaussianSmoothing


def _map(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


@pytest.mark.parametrize(
    ("shape", "sigma", "truncate"),
    [
        ((2, 9, 14, 3), 1.0, 4.0),
        ((1, 12, 7, 2), 2.3, 3.0),
        # Maps far smaller than the Gaussian are mirrored again and again.
        ((1, 1, 2, 4), 3.0, 4.0),
        ((1, 3, 1, 1), 5.0, 4.0),
    ],
)
def test_equals_scipy(shape, sigma, truncate):
    x = _map(*shape)
    found = ops.convert_to_numpy(GaussianSmoothing(sigma, truncate)(x))
    expected = gaussian_filter(x, (0, sigma, sigma, 0), mode="reflect", truncate=truncate)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_flat_map_stays_flat_to_its_border():
    flat = np.full((1, 6, 5, 2), 3.0, "float32")
    np.testing.assert_allclose(ops.convert_to_numpy(GaussianSmoothing(2.0)(flat)), 3.0, rtol=1e-5)


def test_model_of_any_size_survives_a_file(tmp_path):
    inputs = keras.Input((None, None, 2))
    model = keras.Model(inputs, GaussianSmoothing(1.5, truncate=2.0)(inputs))
    assert model.output_shape == (None, None, None, 2)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for x in (_map(1, 8, 5, 2), _map(2, 3, 4, 2)):
        found = loaded.predict_on_batch(x)
        expected = gaussian_filter(x, (0, 1.5, 1.5, 0), mode="reflect", truncate=2.0)
        np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("arguments", [{"sigma": 0}, {"sigma": 1.0, "truncate": -1}])
def test_refuses(arguments):
    with pytest.raises(ValueError, match="must be above 0"):
        GaussianSmoothing(**arguments)
