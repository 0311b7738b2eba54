import numpy as np
import pytest
from PIL import Image
from skimage import color

from keras_colorize.evaluation import as_grey, measured_paths, recolored, scaled_rgb
from keras_colorize.io import PhotographError


def test_paths_are_in_order_and_limited(folder):
    names = ["a.png", "b.png", "sub/c.png"]
    for limit, expected in ((None, names), (2, names[:2]), (9, names)):
        paths = measured_paths(folder, limit)
        assert [path.relative_to(folder).as_posix() for path in paths] == expected


def test_a_folder_without_photographs(tmp_path):
    with pytest.raises(PhotographError, match="without any"):
        measured_paths(tmp_path)


def test_large_photographs_are_scaled_down_and_small_ones_are_not(folder, tmp_path):
    path = folder / "a.png"
    np.testing.assert_allclose(scaled_rgb(path, 16), np.asarray(Image.open(path)) / 255, atol=1e-6)
    assert scaled_rgb(path, 8).shape == (6, 8, 3)
    Image.new("L", (400, 1), 200).save(tmp_path / "line.png")
    small = scaled_rgb(tmp_path / "line.png", 40)
    np.testing.assert_allclose(small, np.full((1, 40, 3), 200 / 255), atol=1e-5)


def test_grey_has_the_lightness():
    lightness = np.float32([[[0.0], [53.585], [100.0]]])
    # scikit-image: L* 53.585 is the grey level 128.
    np.testing.assert_allclose(as_grey(lightness)[0, :, 0], [0, 128 / 255, 1], atol=1e-4)


def test_recoloring_takes_lightness_here_and_color_there():
    rgb = np.random.default_rng(0).uniform(0.4, 0.6, (2, 4, 5, 3)).astype("float32")
    lab = color.rgb2lab(recolored(*rgb))
    np.testing.assert_allclose(lab[..., 0], color.rgb2lab(rgb[0])[..., 0], atol=0.05)
    np.testing.assert_allclose(lab[..., 1:], color.rgb2lab(rgb[1])[..., 1:], atol=0.1)
