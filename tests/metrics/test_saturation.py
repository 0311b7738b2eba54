import numpy as np
import pytest
import skimage.color
import skimage.data
from keras import ops

from keras_colorize.metrics import SaturationDifference, saturation_difference


def _value(true, made):
    return ops.convert_to_numpy(saturation_difference(true, made))


def test_is_the_formula_of_the_paper():
    # Hwang & Zhou 2016, 5.1: |sum S_p - sum S_a| / sum S_a, here with scikit-image's S of HSV.
    true = skimage.data.coffee()[::8, ::8].astype("float32") / 255
    made = np.clip(0.2 + 0.6 * true, 0, 1)
    s_true, s_made = (skimage.color.rgb2hsv(rgb)[..., 1].sum() for rgb in (true, made))
    expected = 100 * abs(s_made - s_true) / s_true
    assert expected > 10
    np.testing.assert_allclose(_value(true[None], made[None]), [expected], rtol=1e-4)


def test_grey_is_wholly_off_and_the_sign_does_not_matter():
    true = np.float32([[[1.0, 0.5, 0.5], [0.5, 0.5, 0.5]]])
    grey, vivid = np.full_like(true, 0.5), np.float32([[[1.0, 0.0, 0.0], [0.5, 0.5, 0.5]]])
    assert _value(true, grey) == pytest.approx(100.0)
    assert _value(true, vivid) == pytest.approx(100.0)
    assert _value(true, true) == 0.0


def test_a_grey_truth_stays_finite():
    grey, red = np.full((2, 2, 3), 0.5, "float32"), np.float32([[[1, 0, 0]] * 2] * 2)
    assert _value(grey, grey) == 0.0
    # Saturation 1 where the truth has none counts against one per cent.
    assert _value(grey, red) == pytest.approx(10000.0)


def test_metric_is_the_mean_over_pictures():
    rgb = np.random.default_rng(0).random((2, 5, 4, 4, 3)).astype("float32")
    metric = SaturationDifference()
    for rows in (slice(0, 4), slice(4, 5)):
        metric.update_state(rgb[0, rows], rgb[1, rows])
    assert float(metric.result()) == pytest.approx(_value(*rgb).mean(), rel=1e-5)
