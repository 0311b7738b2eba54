import keras
import numpy as np
import pytest
from keras import ops
from skimage import color

from keras_colorize.metrics import Ciede2000, ciede2000

# Sharma, Wu, Dalal 2005, table 1: L a b of two colors and their difference.
SHARMA = """
50.0000 2.6772 -79.7751 50.0000 0.0000 -82.7485 2.0425
50.0000 3.1571 -77.2803 50.0000 0.0000 -82.7485 2.8615
50.0000 2.8361 -74.0200 50.0000 0.0000 -82.7485 3.4412
50.0000 -1.3802 -84.2814 50.0000 0.0000 -82.7485 1.0000
50.0000 -1.1848 -84.8006 50.0000 0.0000 -82.7485 1.0000
50.0000 -0.9009 -85.5211 50.0000 0.0000 -82.7485 1.0000
50.0000 0.0000 0.0000 50.0000 -1.0000 2.0000 2.3669
50.0000 -1.0000 2.0000 50.0000 0.0000 0.0000 2.3669
50.0000 2.4900 -0.0010 50.0000 -2.4900 0.0009 7.1792
50.0000 2.4900 -0.0010 50.0000 -2.4900 0.0010 7.1792
50.0000 2.4900 -0.0010 50.0000 -2.4900 0.0011 7.2195
50.0000 2.4900 -0.0010 50.0000 -2.4900 0.0012 7.2195
50.0000 -0.0010 2.4900 50.0000 0.0009 -2.4900 4.8045
50.0000 -0.0010 2.4900 50.0000 0.0010 -2.4900 4.8045
50.0000 -0.0010 2.4900 50.0000 0.0011 -2.4900 4.7461
50.0000 2.5000 0.0000 50.0000 0.0000 -2.5000 4.3065
50.0000 2.5000 0.0000 73.0000 25.0000 -18.0000 27.1492
50.0000 2.5000 0.0000 61.0000 -5.0000 29.0000 22.8977
50.0000 2.5000 0.0000 56.0000 -27.0000 -3.0000 31.9030
50.0000 2.5000 0.0000 58.0000 24.0000 15.0000 19.4535
50.0000 2.5000 0.0000 50.0000 3.1736 0.5854 1.0000
50.0000 2.5000 0.0000 50.0000 3.2972 0.0000 1.0000
50.0000 2.5000 0.0000 50.0000 1.8634 0.5757 1.0000
50.0000 2.5000 0.0000 50.0000 3.2592 0.3350 1.0000
60.2574 -34.0099 36.2677 60.4626 -34.1751 39.4387 1.2644
63.0109 -31.0961 -5.8663 62.8187 -29.7946 -4.0864 1.2630
61.2901 3.7196 -5.3901 61.4292 2.2480 -4.9620 1.8731
35.0831 -44.1164 3.7933 35.0232 -40.0716 1.5901 1.8645
22.7233 20.0904 -46.6940 23.0331 14.9730 -42.5619 2.0373
36.4612 47.8580 18.3852 36.2715 50.5065 21.2231 1.4146
90.8027 -2.0831 1.4410 91.1528 -1.6435 0.0447 1.4441
90.9257 -0.5406 -0.9208 88.6381 -0.8985 -0.7239 1.5381
6.7747 -0.2908 -2.4247 5.8714 -0.0985 -2.2286 0.6377
2.0776 0.0795 -1.1350 0.9033 -0.0636 -0.5514 0.9082
"""


def _value(first, second):
    return ops.convert_to_numpy(ciede2000(first, second))


def test_published_table():
    table = np.array([line.split() for line in SHARMA.strip().splitlines()], "float32")
    assert len(table) == 34
    np.testing.assert_allclose(_value(table[:, :3], table[:, 3:6]), table[:, 6], atol=1e-4)
    np.testing.assert_allclose(_value(table[:, 3:6], table[:, :3]), table[:, 6], atol=1e-4)


def test_all_over_the_gamut_as_scikit_image():
    rgb = np.random.default_rng(0).random((2, 4000, 3))
    first, second = color.rgb2lab(rgb).astype("float32")
    expected = color.deltaE_ciede2000(first.astype("float64"), second.astype("float64"))
    np.testing.assert_allclose(_value(first, second), expected, rtol=1e-4, atol=1e-4)


def test_equal_colors_and_greys():
    lab = np.float32([[50, 20, -30], [0, 0, 0], [100, 0, 0]])
    np.testing.assert_array_equal(_value(lab, lab), np.zeros(3))
    # Of greys only the lightness differs: 50 to 60 by hand, S_L at the mean 55.
    expected = 10.0 / (1.0 + 0.015 * 25.0 / np.sqrt(45.0))
    assert _value(np.float32([50, 0, 0]), np.float32([60, 0, 0])) == pytest.approx(expected)


def test_metric_is_the_mean_over_pixels_of_srgb():
    rgb = np.random.default_rng(1).random((2, 3, 4, 5, 3)).astype("float32")
    metric = Ciede2000()
    metric.update_state(rgb[0], rgb[1])
    expected = color.deltaE_ciede2000(color.rgb2lab(rgb[0]), color.rgb2lab(rgb[1])).mean()
    assert float(metric.result()) == pytest.approx(expected, rel=1e-3)


def test_half_precision_is_computed_in_float32():
    lab = np.float32([[50, 20, -30], [30, 0, 8]])
    found = ciede2000(ops.cast(lab, "bfloat16"), ops.cast(lab[::-1].copy(), "bfloat16"))
    assert keras.backend.standardize_dtype(found.dtype) == "float32"
    # These numbers are exact in bfloat16.
    np.testing.assert_allclose(ops.convert_to_numpy(found), _value(lab, lab[::-1]), rtol=1e-6)
