"""The layer `MeanField`: sizes, policies, files, training and serving."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_colorize.layers import MeanField, contrast_weights, evidence_lower_bound, mean_field


def inputs_of(height, width, channels=2, labels=6, batch=2, seed=0):
    """Random probabilities and lightness."""
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.ones(labels), (batch, height, width, channels))
    lightness = 50 + rng.normal(scale=0.5, size=(batch, height, width, 1))
    return [probabilities.astype("float32"), lightness.astype("float32")]


def model_of(**arguments):
    """A model of any size."""
    inputs = [keras.Input((None, None, 2, 6)), keras.Input((None, None, 1))]
    return keras.Model(inputs, MeanField(name="field", **arguments)(inputs))


@pytest.mark.parametrize("square_root", [False, True])
def test_the_layer_is_the_function(square_root):
    probabilities, lightness = inputs_of(4, 5)
    layer = MeanField(3, 2e-4, 5.0, square_root, (4.0, 1.0), dtype="mixed_bfloat16")
    q = layer([probabilities, lightness])
    unary = 5 * (np.sqrt(probabilities) if square_root else probabilities)
    case = (unary, *contrast_weights(lightness, 2e-4), (4.0, 1.0))
    expected = mean_field(*case, sweeps=3)
    np.testing.assert_allclose(*map(ops.convert_to_numpy, (q, expected)), atol=1e-5)
    one = MeanField.from_config(layer.get_config())([probabilities[..., 1, :], lightness])
    np.testing.assert_allclose(*map(ops.convert_to_numpy, (q[..., 1, :], one)), atol=1e-6)


def test_a_model_of_any_size_survives_a_file(tmp_path):
    arguments = {"sweeps": 2, "sigma": 0.01, "unary_scale": 5.0, "compatibility": (4.0, 1.0)}
    model = model_of(**arguments)
    assert model.weights == []
    assert model.output_shape == (None, None, None, 2, 6)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    inputs = inputs_of(5, 4)
    expected = ops.convert_to_numpy(MeanField(**arguments)(inputs))
    np.testing.assert_allclose(loaded.predict_on_batch(inputs), expected, atol=2e-4)


if keras.backend.backend() == "tensorflow":

    def test_an_exported_model_serves_the_same(tmp_path):
        model = model_of(sweeps=2)
        model.export(tmp_path, format="tf_saved_model", verbose=False)
        served = keras.layers.TFSMLayer(tmp_path, call_endpoint="serve")
        for size in [(3, 5), (4, 2)]:
            inputs = inputs_of(*size)
            np.testing.assert_allclose(served(inputs), model.predict_on_batch(inputs), atol=1e-5)


def test_the_gradient_is_finite_at_empty_bins(gradient_of):
    probabilities, lightness = inputs_of(3, 4)
    probabilities[0, 0, 0, 0] = np.eye(6)[2]
    layer = MeanField(2, square_root=True)

    def refined(x):
        q = layer([x, ops.convert_to_tensor(lightness)])
        unary, weights = 10.0 * ops.sqrt(x + 1e-12), contrast_weights(lightness)
        return evidence_lower_bound(q, unary, *weights)

    assert np.isfinite(gradient_of(refined, probabilities)).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sweeps": 0}, "1 sweep or more"),
        ({"sigma": 0.0}, "sigma above 0"),
        ({"compatibility": ()}, "of equal labels at least"),
    ],
)
def test_refuses_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        MeanField(**arguments)


@pytest.mark.parametrize(
    ("probabilities", "lightness", "message"),
    [
        ((1, 4, 5), (1, 4, 5, 1), "Expected probabilities"),
        ((1, 4, 5, 6), (1, 4, 5, 2), "Expected lightness"),
        ((1, 4, 5, 6), (1, 4, 4, 1), "Expected lightness"),
        ((1, 4, 5, 6), (1, 4, 5), "Expected lightness"),
    ],
)
def test_refuses_shapes(probabilities, lightness, message):
    with pytest.raises(ValueError, match=message):
        MeanField()([np.ones(probabilities, "float32"), np.ones(lightness, "float32")])
