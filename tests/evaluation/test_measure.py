import numpy as np
import pytest
from PIL import Image
from skimage import color, metrics

from keras_colorize.evaluation import (
    Figures,
    format_table,
    measure,
    measured_paths,
    scaled_rgb,
    summarize,
)
from keras_colorize.files import PhotographError


@pytest.fixture
def folder(tmp_path):
    """Two hand-made color pictures, and one below them."""
    noise = np.random.default_rng(0).integers(40, 215, (3, 12, 16, 3), dtype=np.uint8)
    for name, pixels in zip(("b.png", "a.png", "sub/c.png"), noise, strict=True):
        path = tmp_path / "truth" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
    return tmp_path / "truth"


def _grey(rgb):
    lab = color.rgb2lab(rgb)
    return color.lab2rgb(lab * [1, 0, 0])


def test_figures_of_grey_are_those_of_skimage(folder):
    (path,) = measured_paths(folder, 1)
    rgb = np.asarray(Image.open(path)) / 255.0
    found = measure({}, [path])[path]["grey"]
    expected = metrics.peak_signal_noise_ratio(rgb, _grey(rgb), data_range=1.0)
    assert found.psnr == pytest.approx(expected, abs=0.01)
    error = np.linalg.norm(color.rgb2lab(rgb)[..., 1:], axis=-1).mean()
    assert found.ab_error == pytest.approx(error, abs=0.05)
    assert found.colorfulness == pytest.approx(0.0, abs=0.1)


def test_the_truth_is_perfect(folder):
    for row in measure({}, measured_paths(folder)).values():
        assert row["truth"].psnr == np.inf
        assert row["truth"].ab_error == 0.0
        assert row["truth"].colorfulness > 30


def test_methods_stand_between_grey_and_truth(folder):
    seen = []
    paths = measured_paths(folder)
    methods = {"red": lambda rgb: np.full_like(rgb, [1.0, 0.0, 0.0])}
    results = measure(methods, paths, on_picture=lambda: seen.append(1))
    assert list(results) == paths
    assert len(seen) == 3
    assert list(summarize(results)) == ["grey", "red", "truth"]
    # The chroma of pure red is 104.55 in L*a*b* (scikit-image: a 80.09, b 67.20).
    assert 80 < summarize(results)["red"]["ab error"] < 130


def test_a_colorizer_is_a_method(folder, tiny_colorizer):
    results = measure({"tiny": tiny_colorizer}, measured_paths(folder, 1))
    ((_, row),) = results.items()
    assert row["tiny"].psnr < np.inf


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


def test_table():
    results = {
        "one": {"grey": Figures(20.0, 12.0, 0.0), "truth": Figures(float("inf"), 0.0, 30.0)},
        "two": {"grey": Figures(24.0, 8.0, 0.0), "truth": Figures(float("inf"), 0.0, 41.0)},
        "six": {"grey": Figures(31.0, 7.0, 3.0), "truth": Figures(float("inf"), 0.0, 40.0)},
    }
    assert format_table(summarize(results)) == (
        "| method | PSNR mean | PSNR median | ab error | colorfulness |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| grey | 25.00 | 24.00 | 9.00 | 1.00 |\n"
        "| truth | inf | inf | 0.00 | 37.00 |"
    )
