import json

import numpy as np
import pytest
from skimage.color import lab2rgb, rgb2hsv, rgb2luv

from keras_colorize.bins import HS_BINS, LUV_UV_BINS, ab_centers, smooth_prior
from keras_colorize.data import (
    TrainingData,
    ab_counts,
    ab_prior,
    bin_means,
    list_pictures,
    prior_json,
    read_prior,
)

COLORS = np.uint8([[200, 60, 40], [90, 160, 70], [205, 70, 50], [0, 0, 255]])
REFERENCE = {
    "luv_uv_logits": (rgb2luv, slice(1, 3), LUV_UV_BINS),
    "hs_logits": (rgb2hsv, slice(0, 2), HS_BINS),
}


def test_every_picture_is_counted_once_and_gives_the_prior(tmp_path, write_picture):
    # Three pictures, half of one color and half of another.
    lab, colors = np.full((40, 40, 3), 60.0), ((30, 20), (-30, 40))
    lab[:, :20, 1:], lab[:, 20:, 1:] = colors
    for name in "abc":
        write_picture(tmp_path / f"{name}.png", np.rint(255 * lab2rgb(lab)).astype("uint8"))
    bins = [np.flatnonzero((ab_centers() == color).all(axis=1))[0] for color in colors]
    pictures, seen = list_pictures(tmp_path), []
    counts = ab_counts(pictures, 40, lambda: seen.append(1))
    assert len(seen) == 3
    # Colors are means of 4x4 pixels, and the pictures are 40x40.
    assert counts[bins].tolist() == [3 * 50, 3 * 50]
    assert counts.sum() == 3 * 100
    data = TrainingData((pictures,), size=40, min_scale=1.0)
    np.testing.assert_allclose(ab_prior(data, 50), smooth_prior(counts), atol=1e-6)
    with pytest.raises(ValueError, match="multiples of 4"):
        ab_counts(pictures, 42)


def test_a_file_keeps_counts_and_prior_and_others_are_refused(tmp_path):
    counts = np.random.default_rng(0).integers(0, 9, 313)
    path = tmp_path / "prior.json"
    path.write_text(prior_json(counts, 7, 128))
    fields = json.loads(path.read_text())
    assert fields["counts"] == counts.tolist()
    assert (fields["pictures"], fields["size"]) == (7, 128)
    np.testing.assert_allclose(read_prior(path), smooth_prior(counts), rtol=1e-12)
    path.unlink()
    with pytest.raises(ValueError, match="prior.json is not"):
        read_prior(path)
    for text, message in (
        ("no json", "Expected a file of `keras-colorize prior`"),
        ("[1, 2]", "Expected a file of"),
        ('{"format": 9, "prior": []}', "is not: format 9"),
        ('{"format": 1}', "is not: 'prior'"),
        ('{"format": 1, "prior": "high"}', "Expected a file of"),
        ('{"format": 1, "prior": [0.5, 0.5]}', "Expected a distribution over 313 bins"),
        (json.dumps({"format": 1, "prior": [1.0] * 313}), "Expected a distribution"),
        (json.dumps({"format": 1, "prior": [float("nan")] * 313}), "Expected a distribution"),
    ):
        path.write_text(text)
        with pytest.raises(ValueError, match=message):
            read_prior(path)


@pytest.mark.parametrize("output", REFERENCE)
def test_means_of_what_is_there_and_centers_elsewhere(tmp_path, write_picture, output):
    for number, color in enumerate(COLORS):
        write_picture(tmp_path / f"{number}.png", np.tile(color, (16, 16, 1)))
    data = TrainingData((list_pictures(tmp_path),), size=16, min_scale=1.0)
    convert, channels, bins = REFERENCE[output]
    # 100 views of 4 pictures: 25 of each.
    found = bin_means(data, output, stride=4, pictures=100)
    values = convert(COLORS[None] / 255)[0, :, channels]
    indices = np.clip((values - bins.low) // bins.step, 0, bins.count - 1).astype(int)
    expected = np.tile(bins.centers().astype("float64"), (2, 1))
    for channel, own in enumerate(indices.T):
        for index in set(own):
            expected[channel, index] = values[own == index, channel].mean()
    np.testing.assert_allclose(found, expected, atol=2e-3)
    if output == "luv_uv_logits":
        # The outer bins hold what lies beyond: v of sRGB blue is -130, by scikit-image.
        assert found[1, 0] == pytest.approx(-130.3, abs=0.1)
    with pytest.raises(ValueError, match="among ab_channel_logits.*received 'ab_logits'"):
        bin_means(data, "ab_logits")
