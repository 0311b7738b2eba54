import shutil

import numpy as np
import pytest
from PIL import Image
from skimage import color, metrics

from keras_colorize.evaluation import as_grey, measure, measured_paths, scaled_rgb
from keras_colorize.io import PhotographError


def test_metrics_of_grey_and_truth_are_those_of_skimage(folder):
    (path,) = measured_paths(folder, 1)
    rgb = np.asarray(Image.open(path)) / 255.0
    lab = color.rgb2lab(rgb)
    row = measure({}, [path]).pictures[path]
    grey = color.lab2rgb(lab * [1, 0, 0])
    expected = metrics.peak_signal_noise_ratio(rgb, grey, data_range=1.0)
    assert row["grey"]["psnr"] == pytest.approx(expected, abs=0.01)
    error = np.linalg.norm(lab[..., 1:], axis=-1).mean()
    assert row["grey"]["ab_error"] == pytest.approx(error, abs=0.05)
    assert row["grey"]["colorfulness"] == pytest.approx(0.0, abs=0.1)
    assert (row["truth"]["psnr"], row["truth"]["ab_error"]) == (np.inf, 0.0)
    assert row["truth"]["colorfulness"] > 30


def test_methods_stand_between_grey_and_truth(folder):
    seen = []
    paths = measured_paths(folder)
    methods = {"red": lambda rgb: np.full_like(rgb, [1.0, 0.0, 0.0])}
    measurement = measure(methods, paths, on_sample=seen.append)
    assert list(measurement.pictures) == paths == [sample.path for sample in seen]
    for row in measurement.pictures.values():
        assert list(row) == ["grey", "red", "truth"]
        # The chroma of pure red is 104.55 in L*a*b* (scikit-image: a 80.09, b 67.20).
        assert 80 < row["red"]["ab_error"] < 130
    assert list(seen[0].predictions) == ["grey", "red", "truth"]


def test_what_cannot_be_read_is_left_out(folder):
    (folder / "broken.png").write_text("This is no photograph.")
    paths, seen = measured_paths(folder), []
    measurement = measure({}, paths, on_sample=seen.append)
    assert [sample.path for sample in seen] == paths
    ((path, reason),) = measurement.failures.items()
    assert path == folder / "broken.png"
    assert "broken.png" in reason
    assert list(measurement.pictures) == [one for one in paths if one != path]
    assert measure({}, [path]).overall == {}


def test_pictures_that_were_colorized_before(folder, tmp_path):
    (path,) = measured_paths(folder, 1)
    rgb = np.asarray(Image.open(path))
    # Another program made it darker: only its color is measured.
    lab = color.rgb2lab(rgb) * [0.7, 0.9, 0.9]
    darker = np.uint8(np.rint(255 * np.clip(color.lab2rgb(lab), 0, 1)))
    Image.fromarray(darker).save(tmp_path / "made.png")
    colorized = {"other": {path: tmp_path / "made.png"}}
    row = measure({}, [path], colorized=colorized).pictures[path]
    assert list(row) == ["grey", "other", "truth"]
    assert row["other"]["psnr"] > row["grey"]["psnr"] + 10
    assert 0 < row["other"]["ab_error"] < 0.2 * row["grey"]["ab_error"]


def test_colorized_pictures_that_are_broken_or_of_another_size(folder, tmp_path):
    paths = measured_paths(folder, 2)
    (tmp_path / "broken.png").write_text("This is no photograph.")
    Image.new("RGB", (16, 13)).save(tmp_path / "large.png")
    made = {paths[0]: tmp_path / "broken.png", paths[1]: tmp_path / "large.png"}
    failures = measure({}, paths, colorized={"other": made}).failures
    assert "broken.png" in failures[paths[0]]
    assert "expected a picture of 16x12, received 16x13" in failures[paths[1]]


def test_evaluators_add_metrics(folder):
    class Evaluator:
        def update(self, path, target, predictions):
            assert target is predictions["truth"]
            return {"grey": {"letters": float(len(path.name))}}

        def result(self):
            return {"grey": {"set": 7.0}}

    measurement = measure({}, measured_paths(folder), evaluators=[Evaluator()])
    row = measurement.pictures[folder / "a.png"]
    assert row["grey"]["letters"] == 5.0
    assert "letters" not in row["truth"]
    assert "auc_rebalanced" in measurement.overall["truth"]
    assert measurement.summary()["grey"]["set"] == 7.0


def test_more_threads_change_nothing(folder):
    for number in range(20):
        shutil.copy(folder / "a.png", folder / f"{number:02}.png")
    (folder / "05.png").write_text("This is no photograph.")
    paths = measured_paths(folder)
    alone, helped = measure({}, paths), measure({}, paths, workers=3)
    assert helped == alone
    assert list(helped.pictures) == [path for path in paths if path.name != "05.png"]


def test_paths_are_in_order(folder, tmp_path):
    assert measured_paths(folder) == [folder / "a.png", folder / "b.png", folder / "sub/c.png"]
    assert measured_paths(folder, 2) == [folder / "a.png", folder / "b.png"]
    (tmp_path / "nothing").mkdir()
    with pytest.raises(PhotographError, match="without any"):
        measured_paths(tmp_path / "nothing")


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
