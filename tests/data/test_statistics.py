import json

import numpy as np
import pytest
from skimage.color import lab2rgb

from keras_colorize.bins import ab_centers, smooth_prior
from keras_colorize.data import TrainingData, list_pictures
from keras_colorize.data.statistics import ab_counts, ab_prior, prior_json, read_prior
from ._pictures import write_picture


def test_every_picture_is_counted_once_and_gives_the_prior(tmp_path):
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
    with pytest.raises(ValueError, match="prior.json, received"):
        read_prior(path)
    for text, message in (
        ("no json", "Expected a file of `keras-colorize prior`"),
        ("[1, 2]", "Expected a file of"),
        ('{"format": 9, "prior": []}', "of format 1, received 9"),
        ('{"format": 1}', "received: 'prior'"),
        ('{"format": 1, "prior": "high"}', "Expected a file of"),
        ('{"format": 1, "prior": [0.5, 0.5]}', "Expected a distribution over 313 bins"),
        (json.dumps({"format": 1, "prior": [1.0] * 313}), "Expected a distribution"),
        (json.dumps({"format": 1, "prior": [float("nan")] * 313}), "Expected a distribution"),
    ):
        path.write_text(text)
        with pytest.raises(ValueError, match=message):
            read_prior(path)
