"""Mean field against explicit sums and exact marginals; the layer `MeanField`."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_colorize.layers import MeanField, contrast_weights, mean_field

PAPER = (10.0, 3.0, 3.0)
SIZES = [(1, 1), (1, 2), (1, 5), (4, 1), (2, 2), (3, 5), (4, 6), (5, 4)]


def field(height, width, labels, seed=0, batch=1, scale=1.0):
    """Random potentials and weights, as `mean_field` takes them."""
    rng = np.random.default_rng(seed)
    unary = rng.normal(scale=2.0, size=(batch, height, width, labels))
    right = rng.uniform(0, scale, (batch, height, width - 1, 1))
    down = rng.uniform(0, scale, (batch, height - 1, width, 1))
    return tuple(x.astype("float32") for x in (unary, right, down))


def numpy_of(x):
    return ops.convert_to_numpy(x)


def agreement(labels, compatibility):
    """S as the K x K matrix that the library never forms."""
    near = np.abs(np.subtract.outer(np.arange(labels), np.arange(labels)))
    return np.r_[compatibility, np.zeros(labels)][near]


def coordinate_ascent(unary, right, down, compatibility, sweeps):
    """One picture, pixel by pixel, black after red, in double precision."""
    labels = unary.shape[-1]
    between = agreement(labels, compatibility)
    pairs = [((y, x), (y, x + 1), right[y, x, 0]) for y, x in np.ndindex(right.shape[:2])]
    pairs += [((y, x), (y + 1, x), down[y, x, 0]) for y, x in np.ndindex(down.shape[:2])]
    q = np.full(unary.shape, 1.0 / labels)
    for color in [0, 1] * sweeps:
        for place in np.ndindex(unary.shape[:2]):
            if sum(place) % 2 == color:
                logits = unary[place].astype(float)
                for one, other, weight in pairs:
                    if place in (one, other):
                        logits += weight * between @ q[other if place == one else one]
                q[place] = np.exp(logits - np.logaddexp.reduce(logits))
    return q


@pytest.mark.parametrize(
    ("size", "labels", "compatibility"),
    [*((size, 7, PAPER) for size in SIZES), ((3, 4), 2, PAPER), ((3, 4), 5, (2.0,))],
)
def test_equals_pixel_by_pixel_in_numpy(size, labels, compatibility, compiled):
    unary, right, down = field(*size, labels, batch=2, scale=0.3)
    # Two fields on one grid, which know nothing of each other.
    fields = np.stack([unary, unary[::-1]], axis=3)
    solve = compiled(lambda *field: mean_field(*field, compatibility, sweeps=3))
    found = numpy_of(solve(fields, right, down))
    for n, f in np.ndindex(2, 2):
        one = fields[n, :, :, f], right[n], down[n]
        expected = coordinate_ascent(*one, compatibility, sweeps=3)
        np.testing.assert_allclose(found[n, :, :, f], expected, atol=2e-6)


def chain_marginals(strength, solve):
    """Exact marginals of a chain by forward-backward, and those of mean field."""
    unary, right, down = field(1, 7, 4, scale=strength)
    between = agreement(4, PAPER)
    forward, backward = [unary[0, 0, 0].astype(float)], [np.zeros(4)]
    for x in range(6):
        passed = forward[-1][:, None] + right[0, 0, x, 0] * between
        forward.append(unary[0, 0, x + 1] + np.logaddexp.reduce(passed, axis=0))
    for x in reversed(range(6)):
        passed = (unary[0, 0, x + 1] + backward[0])[None] + right[0, 0, x, 0] * between
        backward.insert(0, np.logaddexp.reduce(passed, axis=1))
    logits = np.add(forward, backward)
    exact = np.exp(logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True))
    return exact, numpy_of(solve(unary, right, down))[0, 0]


def test_a_chain_of_weak_pairs_agrees_with_forward_backward(compiled):
    solve = compiled(lambda *field: mean_field(*field, sweeps=20))
    errors = [np.abs(np.subtract(*chain_marginals(s, solve))).max() for s in (1e-1, 1e-2, 1e-3)]
    # The error is of second order in the strength of the pairs.
    assert errors[0] > 10 * errors[1] > 100 * errors[2]
    assert errors[2] < 1e-5


def test_the_gradient_reaches_the_potentials(gradient_of, compiled):
    unary, right, down = field(3, 4, 5, scale=0.1)
    weights = np.random.default_rng(4).normal(size=unary.shape).astype("float32")

    @compiled
    def outcome(x):
        return ops.sum(mean_field(x, right, down, sweeps=2) * weights)

    step = np.zeros_like(unary)
    step[0, 1, 2, 3] = 1e-2
    measured = (float(outcome(unary + step)) - float(outcome(unary - step))) / 2e-2
    found = gradient_of(lambda x: ops.reshape(outcome(x), (1,)), unary)
    np.testing.assert_allclose(found[0, 1, 2, 3], measured, rtol=0.02, atol=1e-4)
    assert np.count_nonzero(found) == found.size


def test_large_potentials_stay_finite(compiled):
    unary, right, down = field(4, 5, 6)
    q = numpy_of(compiled(mean_field)(1e4 * unary, right, down))
    np.testing.assert_allclose(q.sum(axis=-1), 1.0, atol=1e-5)


def test_contrast_weights_of_the_paper():
    lightness = np.array([[[50.0], [51.0]], [[50.0], [90.0]]], "float32")[None]
    right, down = (numpy_of(w) for w in contrast_weights(lightness))
    # A step of 1 in L* is 0.01 in [0, 1]: exp(-0.0001 / 0.0001) = 1/e.
    np.testing.assert_allclose(right.ravel(), [np.exp(-1.0), 0.0], atol=1e-5)
    np.testing.assert_allclose(down.ravel(), [1.0, 0.0], atol=1e-5)


def inputs_of(height, width):
    """Random probabilities and lightness."""
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(6), (2, height, width, 2))
    lightness = 50 + rng.normal(scale=0.5, size=(2, height, width, 1))
    return [probabilities.astype("float32"), lightness.astype("float32")]


def test_the_layer_is_the_function():
    probabilities, lightness = inputs_of(4, 5)
    layer = MeanField(3, 2e-4, 5.0, (4.0, 1.0), dtype="mixed_bfloat16")
    q = layer([probabilities, lightness])
    unary = 5 * probabilities
    case = (unary, *contrast_weights(lightness, 2e-4), (4.0, 1.0))
    expected = mean_field(*case, sweeps=3)
    np.testing.assert_allclose(*map(ops.convert_to_numpy, (q, expected)), atol=1e-5)
    one = MeanField.from_config(layer.get_config())([probabilities[..., 1, :], lightness])
    np.testing.assert_allclose(*map(ops.convert_to_numpy, (q[..., 1, :], one)), atol=1e-6)


def test_a_model_of_any_size_survives_a_file(tmp_path, compiled):
    arguments = {"sweeps": 2, "sigma": 0.01, "unary_scale": 5.0, "compatibility": (4.0, 1.0)}
    inputs = [keras.Input((None, None, 2, 6)), keras.Input((None, None, 1))]
    model = keras.Model(inputs, MeanField(**arguments)(inputs))
    assert model.weights == []
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    inputs = inputs_of(5, 4)
    expected = numpy_of(compiled(MeanField(**arguments))(inputs))
    np.testing.assert_allclose(loaded.predict_on_batch(inputs), expected, atol=2e-4)


def test_the_gradient_is_finite_at_empty_bins(gradient_of):
    probabilities, lightness = inputs_of(3, 4)
    probabilities[0, 0, 0, 0] = np.eye(6)[2]
    layer = MeanField(2)
    lightness = ops.convert_to_tensor(lightness)
    gradient = gradient_of(lambda x: layer([x, lightness])[..., 1], probabilities)
    assert np.isfinite(gradient).all()


def test_refuses():
    for arguments, message in (
        ({"sweeps": 0}, "1 sweep or more"),
        ({"sigma": 0.0}, "sigma above 0"),
        ({"compatibility": ()}, "of equal labels at least"),
    ):
        with pytest.raises(ValueError, match=message):
            MeanField(**arguments)
    for probabilities, lightness, message in (
        ((1, 4, 5), (1, 4, 5, 1), "Expected probabilities"),
        ((1, 4, 5, 6), (1, 4, 5, 2), "Expected lightness"),
        ((1, 4, 5, 6), (1, 4, 4, 1), "Expected lightness"),
        ((1, 4, 5, 6), (1, 4, 5), "Expected lightness"),
    ):
        with pytest.raises(ValueError, match=message):
            MeanField().build([probabilities, lightness])
