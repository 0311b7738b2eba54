"""Cross-entropies against dense NumPy, SciPy and Keras."""

import keras
import numpy as np
import pytest
from keras import ops
from scipy.special import log_softmax
from scipy.stats import norm

from keras_colorize.bins import ab_centers
from keras_colorize.losses import AbCrossentropy, ChannelCrossentropy, SceneCrossentropy

SCENE_LOGITS = np.array([[1.0, 2.0, 0.0], [0.5, 0.5, 0.5], [3.0, -3.0, 1.0]], "float32")


def _per_pixel(loss, *batch):
    """Values of a loss before the reduction."""
    config = {**loss.get_config(), "reduction": "none"}
    return ops.convert_to_numpy(type(loss).from_config(config)(*batch))


def _batch(shape=(2, 3, 4), seed=0):
    """Random colors and logits."""
    rng = np.random.default_rng(seed)
    ab = rng.uniform(-90, 90, (*shape, 2)).astype("float32")
    return ab, rng.normal(0.0, 3.0, (*shape, 313)).astype("float32")


def _dense_targets(ab, neighbors=5, sigma=5.0):
    """Distributions over all 313 bins, zero but for the nearest."""
    distances = np.square(ab[..., None, :].astype("float64") - ab_centers()).sum(-1)
    farthest = np.sort(distances, axis=-1)[..., neighbors - 1 : neighbors]
    targets = np.where(distances <= farthest, np.exp(-distances / (2 * sigma**2)), 0.0)
    return targets / targets.sum(-1, keepdims=True), distances.argmin(-1)


@pytest.mark.parametrize("neighbors", [1, 5, 9])
def test_ab_equals_dense_cross_entropy(neighbors):
    ab, logits = _batch()
    targets, _ = _dense_targets(ab, neighbors)
    expected = -(targets * log_softmax(logits.astype("float64"), -1)).sum(-1)
    found = _per_pixel(AbCrossentropy(neighbors=neighbors), ab, logits)
    np.testing.assert_allclose(found, expected, atol=2e-3)


def test_class_weights_are_those_of_the_nearest_bin():
    ab, logits = _batch()
    weights = np.random.default_rng(1).uniform(0.1, 5.0, 313)
    _, nearest = _dense_targets(ab)
    plain = _per_pixel(AbCrossentropy(), ab, logits)
    weighted = _per_pixel(AbCrossentropy(weights), ab, logits)
    np.testing.assert_allclose(weighted, plain * weights[nearest], rtol=1e-5)
    with pytest.raises(ValueError, match="313 class_weights, one per bin, received 25"):
        AbCrossentropy(class_weights=np.ones(25))


def test_extreme_colors_and_logits_stay_finite_and_others_are_refused():
    ab = np.array([[[[-128.0, 127.0], [500.0, -500.0]]]], "float32")
    logits = 1e4 * np.eye(313, dtype="float32")[None, None, :2]
    assert np.isfinite(_per_pixel(AbCrossentropy(), ab, logits)).all()
    # Shapes must fit.
    ab, logits = (2, 3, 4, 2), (2, 3, 4, 313)
    wrong = (ab, (2, 3, 5, 313)), (ab, (2, 3, 4, 312)), ((2, 3, 4, 3), logits), (ab[1:], logits)
    for shapes in wrong:
        batch = [np.zeros(shape, "float32") for shape in shapes]
        with pytest.raises(ValueError, match="of one size, received shapes"):
            AbCrossentropy()(*batch)
        with pytest.raises(ValueError, match=r"K\), received shapes"):
            ChannelCrossentropy()(*batch)


def test_channels_are_the_sum_of_two_cross_entropies_one_hot_or_of_a_peaked_normal():
    rng = np.random.default_rng(0)
    truth = rng.uniform(-110, 110, (2, 3, 4, 2)).astype("float32")
    logits = rng.normal(size=(2, 3, 4, 2, 50)).astype("float32")
    index = np.clip((truth + 100) // 4, 0, 49).astype(int)
    apart = -np.take_along_axis(log_softmax(logits, -1), index[..., None], -1)[..., 0]
    found = _per_pixel(ChannelCrossentropy(), truth, logits)
    np.testing.assert_allclose(found, apart.sum(-1), rtol=1e-5)
    centers = np.linspace(-98, 98, 50)
    weights = norm.pdf(centers, truth[..., None], 3.0)
    weights /= weights.sum(-1, keepdims=True)
    expected = -(weights * log_softmax(logits, -1)).sum((-1, -2))
    found = _per_pixel(ChannelCrossentropy(sigma=3.0), truth, logits)
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    assert np.isfinite(_per_pixel(ChannelCrossentropy(sigma=0.01), truth * 1e4, logits)).all()


@pytest.mark.parametrize("shape", [(3,), (3, 1)])
@pytest.mark.parametrize("dtype", ["int32", "int64", "float32"])
def test_scenes_without_a_label_are_zero_and_stay_in_the_denominator(shape, dtype):
    labels = np.array([1, -1, 2], dtype).reshape(shape)
    expected = -log_softmax(SCENE_LOGITS, -1)[[0, 1, 2], [1, 0, 2]] * [1, 0, 1]
    found = _per_pixel(SceneCrossentropy(), labels, SCENE_LOGITS)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert float(SceneCrossentropy()(labels, SCENE_LOGITS)) == pytest.approx(expected.mean())


def _cases():
    rng = np.random.default_rng(0)
    options = {"name": "mine", "reduction": "sum"}
    yield AbCrossentropy(np.linspace(0.5, 2, 313), 3, **options), _batch()
    truth, logits = rng.uniform(-99, 99, (2, 3, 2)), rng.normal(size=(2, 3, 2, 25))
    yield ChannelCrossentropy(-125.0, 125.0, 4.0, **options), (truth, logits.astype("float32"))
    yield SceneCrossentropy(**options), (np.array([1, -1, 2]), SCENE_LOGITS)


@pytest.mark.parametrize(("loss", "batch"), list(_cases()), ids=lambda case: type(case).__name__)
def test_known_to_keras_and_computed_in_float32(loss, batch):
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert type(again) is type(loss)
    assert again.get_config() == loss.get_config()
    assert float(again(*batch)) == float(loss(*batch))
    low = ops.cast(batch[1], "bfloat16")
    exact = loss(batch[0], ops.cast(low, "float32"))
    found = loss(batch[0], low)
    assert keras.backend.standardize_dtype(found.dtype) == "float32"
    assert float(found) == pytest.approx(float(exact), rel=1e-6)
