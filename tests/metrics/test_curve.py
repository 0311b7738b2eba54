import numpy as np
import pytest
from keras import ops

from keras_colorize.bins import ab_centers
from keras_colorize.metrics import AreaUnderCurve, area_under_curve


def _colors(seed):
    return np.random.default_rng(seed).uniform(-90, 90, (3, 8, 9, 2)).astype("float32")


def test_is_the_area_under_the_swept_curve():
    # As the paper defines it: the share of pixels within each threshold from 0 to 150, integrated.
    true, pred = _colors(0), _colors(1)
    distance = np.linalg.norm(true.astype("float64") - pred, axis=-1)
    thresholds = np.linspace(0, 150, 30001)
    shares = [(distance <= threshold).mean() for threshold in thresholds]
    expected = np.trapezoid(shares, thresholds) / 150
    found = ops.convert_to_numpy(area_under_curve(true, pred)).mean()
    assert found == pytest.approx(expected, abs=1e-4)


def test_by_hand():
    true = np.zeros((4, 2), "float32")
    pred = np.float32([[0, 0], [0, -75], [90, 120], [300, 0]])
    found = ops.convert_to_numpy(area_under_curve(true, pred))
    np.testing.assert_allclose(found, [1.0, 0.5, 0.0, 0.0], atol=1e-6)


def test_rebalanced_metric_weights_pixels_by_their_true_color():
    rare, common = ab_centers()[[3, 150]]
    true = np.stack([common, common, common, rare])[None, None]
    pred = true.copy()
    pred[0, 0, 3] += np.float32([0, 75])
    weights = np.ones(313)
    weights[3] = 9.0
    for class_weights, expected in ((None, 3.5 / 4), (weights, (3 + 9 * 0.5) / 12)):
        metric = AreaUnderCurve(class_weights)
        metric.update_state(true, pred)
        assert float(metric.result()) == pytest.approx(expected, rel=1e-5)
    # With weights per picture beside those of the bins.
    metric = AreaUnderCurve(weights)
    metric.update_state(
        np.concatenate([true, true]), np.concatenate([pred, true]), np.float32([0, 5])
    )
    assert float(metric.result()) == pytest.approx(1.0)


def test_another_number_of_weights():
    with pytest.raises(ValueError, match="313"):
        AreaUnderCurve([1.0, 2.0])
