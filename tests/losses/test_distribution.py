"""Cross-entropy over the bins of ab."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_colorize.bins import ab_centers
from keras_colorize.losses import AbCrossentropy, ab_crossentropy

ON_JAX = keras.backend.backend() == "jax"


def _batch(shape=(2, 3, 4), seed=0):
    """Random colours and logits."""
    rng = np.random.default_rng(seed)
    ab = rng.uniform(-90, 90, (*shape, 2)).astype("float32")
    return ab, rng.normal(0.0, 3.0, (*shape, 313)).astype("float32")


def _log_softmax(logits):
    logits = logits.astype("float64")
    logits = logits - logits.max(-1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(-1, keepdims=True))


def _dense_targets(ab, neighbors=5, sigma=5.0):
    """Distributions over all 313 bins, zero but for the nearest."""
    distances = np.square(ab[..., None, :].astype("float64") - ab_centers()).sum(-1)
    farthest = np.sort(distances, axis=-1)[..., neighbors - 1 : neighbors]
    targets = np.where(distances <= farthest, np.exp(-distances / (2 * sigma**2)), 0.0)
    return targets / targets.sum(-1, keepdims=True), distances.argmin(-1)


@pytest.mark.parametrize(("neighbors", "sigma"), [(5, 5.0), (9, 8.0)])
def test_equals_dense_cross_entropy(neighbors, sigma):
    ab, logits = _batch()
    targets, _ = _dense_targets(ab, neighbors, sigma)
    loss = ab_crossentropy(ab, logits, neighbors=neighbors, sigma=sigma)
    assert keras.backend.standardize_dtype(loss.dtype) == "float32"
    expected = -(targets * _log_softmax(logits)).sum(-1)
    np.testing.assert_allclose(ops.convert_to_numpy(loss), expected, atol=2e-3)


def test_one_neighbor_is_sparse_cross_entropy():
    ab, logits = _batch()
    _, nearest = _dense_targets(ab)
    expected = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(nearest, logits)
    loss = AbCrossentropy(neighbors=1)(ab, logits)
    assert float(loss) == pytest.approx(float(expected), rel=1e-5)


def test_class_weights_are_those_of_the_nearest_bin():
    ab, logits = _batch()
    weights = np.random.default_rng(1).uniform(0.1, 5.0, 313)
    _, nearest = _dense_targets(ab)
    plain = ops.convert_to_numpy(ab_crossentropy(ab, logits))
    weighted = ops.convert_to_numpy(ab_crossentropy(ab, logits, weights))
    np.testing.assert_allclose(weighted, plain * weights[nearest], rtol=1e-5)
    alone = float(AbCrossentropy(class_weights=weights)(ab, logits))
    assert alone == pytest.approx((plain * weights[nearest]).mean(), rel=1e-5)


def test_bfloat16_logits_are_compared_in_float32():
    ab, logits = _batch()
    low = ops.cast(logits, "bfloat16")
    exact = AbCrossentropy()(ab, ops.convert_to_numpy(ops.cast(low, "float32")))
    loss = AbCrossentropy()(ab, low)
    assert keras.backend.standardize_dtype(loss.dtype) == "float32"
    assert float(loss) == pytest.approx(float(exact), rel=1e-6)


def test_is_finite_for_extreme_colors_and_logits():
    ab = np.array([[[[-128.0, 127.0], [500.0, -500.0]]]], "float32")
    logits = 1e4 * np.eye(313, dtype="float32")[None, None, :2]
    assert np.isfinite(ops.convert_to_numpy(ab_crossentropy(ab, logits))).all()


def test_a_sample_weight_leaves_pictures_out():
    ab, logits = _batch()
    loss = AbCrossentropy(reduction="sum")
    kept = float(loss(ab, logits, sample_weight=np.array([1.0, 0.0]).reshape(2, 1, 1)))
    assert kept == pytest.approx(float(loss(ab[:1], logits[:1])), rel=1e-5)


@pytest.mark.parametrize(
    ("ab_shape", "logits_shape"),
    [
        ((2, 3, 4, 2), (2, 3, 5, 313)),
        ((2, 3, 4, 2), (2, 3, 4, 312)),
        ((2, 3, 4, 3), (2, 3, 4, 313)),
        ((3, 4, 2), (2, 3, 4, 313)),
    ],
)
def test_shapes_must_fit(ab_shape, logits_shape):
    with pytest.raises(ValueError, match="of the same height and width, received shapes"):
        ab_crossentropy(np.zeros(ab_shape, "float32"), np.zeros(logits_shape, "float32"))


def test_class_weights_must_fit():
    with pytest.raises(ValueError, match="313 class_weights, one per bin, received 25"):
        AbCrossentropy(class_weights=np.ones(25))


def test_config_round_trip():
    loss = AbCrossentropy(np.linspace(0.5, 2, 313), 3, 7.0, reduction="sum", name="ab")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(loss))
    assert isinstance(again, AbCrossentropy)
    assert again.get_config() == loss.get_config()
    batch = _batch()
    assert float(again(*batch)) == float(loss(*batch))


def test_fit_learns_a_color(tmp_path):
    inputs = keras.Input((None, None, 1))
    logits = keras.layers.Conv2D(313, 1, kernel_initializer="zeros")(inputs)
    model = keras.Model(inputs, logits)
    weights = np.ones(313)
    model.compile(keras.optimizers.Adam(0.1), AbCrossentropy(weights), jit_compile=ON_JAX)
    ab = np.broadcast_to(np.float32([20, 30]), (4, 2, 2, 2))
    history = model.fit(np.ones((4, 2, 2, 1)), ab, epochs=10, verbose=0).history["loss"]
    assert history[0] == pytest.approx(np.log(313), rel=1e-3)
    assert history[-1] < history[0] - 1
    model.save(tmp_path / "model.keras")
    assert isinstance(keras.saving.load_model(tmp_path / "model.keras").loss, AbCrossentropy)
