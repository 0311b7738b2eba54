import numpy as np
import tensorflow as tf
from skimage.color import lab2rgb

from keras_colorize.bins import ab_centers, smooth_prior
from keras_colorize.data import TrainingData, ab_prior, list_pictures


def test_the_prior_is_that_of_the_colors_that_are_there(tmp_path):
    lab = np.empty((40, 40, 3))
    lab[:, :20] = (60, 30, 20)
    lab[:, 20:] = (60, -30, 40)
    rgb = np.rint(255 * lab2rgb(lab)).astype("uint8")
    for name in "ab":
        (tmp_path / f"{name}.png").write_bytes(tf.io.encode_png(rgb).numpy())
    data = TrainingData((list_pictures(tmp_path),), size=40, min_scale=1.0)
    counts = np.zeros(313)
    for color in ((30, 20), (-30, 40)):
        counts[np.flatnonzero((ab_centers() == color).all(axis=1))] = 1
    np.testing.assert_allclose(ab_prior(data, 50), smooth_prior(counts), atol=1e-6)
