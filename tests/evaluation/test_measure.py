import shutil

import numpy as np
import pytest
from PIL import Image
from skimage import color, metrics

from keras_colorize.evaluation import measure, measured_paths, pair_outputs, scaled_rgb
from keras_colorize.io import PhotographError


def test_metrics_of_grey_and_truth_are_those_of_skimage(folder):
    assert measured_paths(folder) == [folder / "a.png", folder / "b.png", folder / "sub/c.png"]
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


def test_methods_stand_between_grey_and_truth_and_evaluators_add_metrics(folder):
    class Evaluator:
        def update(self, path, target, predictions):
            assert target is predictions["truth"]
            return {"grey": {"letters": float(len(path.name))}}

        def result(self):
            return {"grey": {"set": 7.0}}

    (folder / "broken.png").write_text("This is no photograph.")
    paths, seen = measured_paths(folder), []
    methods = {"red": lambda rgb: np.full_like(rgb, [1.0, 0.0, 0.0])}
    found = measure(methods, paths, evaluators=[Evaluator()], on_sample=seen.append)
    assert [sample.path for sample in seen] == paths
    assert list(seen[0].predictions) == ["grey", "red", "truth"]
    ((broken, reason),) = found.failures.items()
    assert broken == folder / "broken.png"
    assert "broken.png" in reason
    assert list(found.pictures) == [path for path in paths if path != broken]
    for row in found.pictures.values():
        assert list(row) == ["grey", "red", "truth"]
        # The chroma of pure red is 104.55 in L*a*b* (scikit-image: a 80.09, b 67.20).
        assert 80 < row["red"]["ab_error"] < 130
        assert (row["grey"]["letters"], "letters" in row["truth"]) == (5.0, False)
    assert "auc_rebalanced" in found.overall["truth"]
    assert found.summary()["grey"]["set"] == 7.0
    assert measure({}, [broken]).overall == {}


def test_pictures_that_were_colorized_before(folder, tmp_path):
    paths = measured_paths(folder)
    rgb = np.asarray(Image.open(paths[0]))
    # Another program made it darker: only its color is measured.
    lab = color.rgb2lab(rgb) * [0.7, 0.9, 0.9]
    darker = np.uint8(np.rint(255 * np.clip(color.lab2rgb(lab), 0, 1)))
    names = ("a.png", "cut.png", "large.png")
    made = {path: tmp_path / name for path, name in zip(paths, names, strict=True)}
    Image.fromarray(darker).save(made[paths[0]])
    made[paths[1]].write_text("This is no photograph.")
    Image.new("RGB", (16, 13)).save(made[paths[2]])
    found = measure({}, paths, colorized={"other": made})
    row = found.pictures[paths[0]]
    assert list(row) == ["grey", "other", "truth"]
    assert row["other"]["psnr"] > row["grey"]["psnr"] + 10
    assert 0 < row["other"]["ab_error"] < 0.2 * row["grey"]["ab_error"]
    assert "cut.png" in found.failures[paths[1]]
    assert "expected a size of 16x12, received 16x13" in found.failures[paths[2]]


def test_more_threads_change_nothing(folder):
    for number in range(6, 11):
        shutil.copy(folder / "a.png", folder / f"{number:02}.png")
    (folder / "08.png").write_text("This is no photograph.")
    paths = measured_paths(folder)
    alone, helped = measure({}, paths), measure({}, paths, workers=3)
    assert helped == alone
    assert list(helped.pictures) == [path for path in paths if path.name != "08.png"]


def test_large_photographs_are_scaled_down_and_small_ones_are_not(folder, tmp_path):
    path = folder / "a.png"
    np.testing.assert_allclose(scaled_rgb(path, 16), np.asarray(Image.open(path)) / 255, atol=1e-6)
    assert scaled_rgb(path, 8).shape == (6, 8, 3)
    Image.new("L", (400, 1), 200).save(tmp_path / "line.png")
    small = scaled_rgb(tmp_path / "line.png", 40)
    np.testing.assert_allclose(small, np.full((1, 40, 3), 200 / 255), atol=1e-5)


@pytest.fixture
def outputs(folder, tmp_path):
    """A copy of the true pictures, to be spoiled, and one that belongs to none."""
    shutil.copytree(folder, tmp_path / "made")
    Image.new("RGB", (16, 12)).save(tmp_path / "made" / "more.png")
    return tmp_path / "made"


def test_pairs_by_relative_path_whatever_the_format(folder, outputs):
    paths, more = measured_paths(folder), [outputs / "more.png"]
    with Image.open(outputs / "sub" / "c.png") as picture:
        picture.save(outputs / "sub" / "c.jpg")
    # The same name goes before another suffix; without it the other one is taken.
    pairs, extra = pair_outputs(outputs, folder, paths)
    assert pairs == {path: outputs / path.relative_to(folder) for path in paths}
    assert sorted(extra) == [*more, outputs / "sub" / "c.jpg"]
    (outputs / "sub" / "c.png").unlink()
    # What cannot be opened is left to the measurement, what a limit leaves out is not extra.
    (outputs / "a.png").write_text("This is no photograph.")
    pairs, extra = pair_outputs(outputs, folder, paths)
    assert (len(pairs), pairs[folder / "sub/c.png"]) == (3, outputs / "sub" / "c.jpg")
    assert extra == pair_outputs(outputs, folder, paths[:1])[1] == more


def test_faults_are_named_in_one_line(folder, outputs):
    exif = Image.Exif()
    exif[274] = 6  # Turned by a quarter: stored 12x16, shown 16x12.
    Image.new("RGB", (12, 16)).save(outputs / "a.png", exif=exif)
    pair_outputs(outputs, folder, measured_paths(folder))
    Image.new("RGB", (16, 12)).save(outputs / "a.png", exif=exif)
    (outputs / "b.png").unlink()
    (outputs / "sub" / "c.png").unlink()
    for suffix in ("jpg", "webp"):
        Image.new("RGB", (16, 12)).save(outputs / "sub" / f"c.{suffix}")
    with pytest.raises(PhotographError) as caught:
        pair_outputs(outputs, folder, measured_paths(folder))
    assert str(caught.value) == (
        f"{outputs}: expected one picture of the same name and size for each of 3 "
        f"of {folder}, found a.png: 12x16 for 16x12; b.png: missing; sub/c.png: c.jpg, c.webp"
    )
    for number in range(8):
        shutil.copy(folder / "a.png", folder / f"x{number}.png")
    with pytest.raises(PhotographError, match=r"x0.png: missing; x1.png: missing and 6 more$"):
        pair_outputs(outputs, folder, measured_paths(folder))
