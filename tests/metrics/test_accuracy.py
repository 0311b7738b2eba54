import numpy as np
import pytest
from keras import ops

from keras_colorize.metrics import BinAccuracy, bin_accuracy


def _value(*arguments, **options):
    return ops.convert_to_numpy(bin_accuracy(*arguments, **options))


def test_bins_of_the_paper_are_four_wide():
    # Fifty bins over -100..100: 0, 1 and 3.9 share a bin, 4 and -0.1 do not.
    true = np.zeros((5, 2), "float32")
    pred = np.float32([[0, 1], [3.9, 4], [-0.1, -4], [100, 2], [3, -30]])
    np.testing.assert_array_equal(_value(true, pred), [[1, 1], [1, 0], [0, 0], [0, 1], [1, 0]])


def test_beyond_the_range_is_the_last_bin():
    np.testing.assert_array_equal(
        _value(np.float32([[98, -150]]), np.float32([[170, -97]])), [[1, 1]]
    )


def test_logits_are_decoded_by_their_largest():
    logits = np.zeros((2, 2, 50), "float32")
    logits[0, 0, 25] = logits[0, 1, 24] = logits[1, 0, 49] = logits[1, 1, 0] = 1.0
    true = np.float32([[1, 1], [99, -99]])
    np.testing.assert_array_equal(_value(true, logits), [[1, 0], [1, 1]])
    # 25 bins of a and b, ten wide, centred on multiples of ten.
    logits = np.zeros((1, 2, 25), "float32")
    logits[0, 0, 12] = logits[0, 1, 13] = 1.0
    true = np.float32([[-4.9, 5.1]])
    np.testing.assert_array_equal(_value(true, logits, low=-125, high=125), [[1, 1]])


@pytest.mark.parametrize(
    ("shape", "bins"), [((3, 3), None), ((3, 1, 50), None), ((3, 2, 25), 50), ((3,), None)]
)
def test_shapes_that_do_not_fit(shape, bins):
    with pytest.raises(ValueError, match="Expected predictions"):
        bin_accuracy(np.zeros((3, 2), "float32"), np.zeros(shape, "float32"), bins=bins)


def test_metric_of_one_channel_and_of_both():
    true = np.zeros((2, 2, 2, 2), "float32")
    pred = true.copy()
    pred[0, 0, 0, 0] = 50.0
    pred[:, :, 1, 1] = 50.0
    for channel, expected in ((0, 7 / 8), (1, 1 / 2), (None, 11 / 16)):
        metric = BinAccuracy(channel)
        metric.update_state(true, pred)
        assert float(metric.result()) == pytest.approx(expected)
