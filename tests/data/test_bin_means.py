import numpy as np
import pytest
import tensorflow as tf
from skimage.color import rgb2hsv, rgb2luv

from keras_colorize.bins import HS_BINS, LUV_UV_BINS
from keras_colorize.data import TrainingData, bin_means, list_pictures

COLORS = np.uint8([[200, 60, 40], [90, 160, 70], [205, 70, 50], [0, 0, 255]])
REFERENCE = {
    "luv_uv_logits": (rgb2luv, slice(1, 3), LUV_UV_BINS),
    "hs_logits": (rgb2hsv, slice(0, 2), HS_BINS),
}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Pictures of one color each, whole."""
    root = tmp_path_factory.mktemp("colors")
    for number, color in enumerate(COLORS):
        picture = np.tile(color, (16, 16, 1))
        (root / f"{number}.png").write_bytes(tf.io.encode_png(picture).numpy())
    return TrainingData((list_pictures(root),), size=16, min_scale=1.0)


@pytest.mark.parametrize("output", REFERENCE)
def test_means_of_what_is_there_and_centers_elsewhere(data, output):
    convert, channels, bins = REFERENCE[output]
    # 100 views of 4 pictures: 25 of each.
    found = bin_means(data, output, stride=4, pictures=100)
    values = convert(COLORS[None] / 255)[0, :, channels]
    indices = np.clip((values - bins.low) // bins.step, 0, bins.count - 1).astype(int)
    expected = np.tile(bins.centers().astype("float64"), (2, 1))
    for channel in (0, 1):
        for index in set(indices[:, channel]):
            inside = indices[:, channel] == index
            expected[channel, index] = values[inside, channel].mean()
    np.testing.assert_allclose(found, expected, atol=2e-3)
    assert found.shape == (2, 50)


def test_the_outer_bins_hold_what_lies_beyond(data):
    # v of sRGB blue is -130, by scikit-image.
    assert bin_means(data, "luv_uv_logits", pictures=50)[1, 0] == pytest.approx(-130.3, abs=0.1)


def test_other_outputs_have_no_such_bins(data):
    with pytest.raises(ValueError, match="among ab_channel_logits.*received 'ab_logits'"):
        bin_means(data, "ab_logits")
