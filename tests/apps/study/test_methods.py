from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from keras_colorize.apps.study import method_folders, paired_photographs
from keras_colorize.apps.study.methods import read_versions
from keras_colorize.io import PhotographError


def test_names_of_methods(tmp_path):
    (tmp_path / "a=b").mkdir()
    words = [f"{tmp_path}/first/", "other=some/where", f"{tmp_path}/a=b"]
    assert method_folders(words, "colors") == {
        "first": tmp_path / "first",
        "other": Path("some/where"),
        "a=b": tmp_path / "a=b",
        "truth": Path("colors"),
    }


@pytest.mark.parametrize(
    ("words", "truth"), [(["x/out", "y/out"], None), (["a", "truth=b"], "c"), (["a", "a=b"], None)]
)
def test_names_must_differ(words, truth):
    with pytest.raises(ValueError, match="name of its own"):
        method_folders(words, truth)


def test_photographs_are_paired_by_relative_path(folders):
    pairs = paired_photographs(folders)
    assert list(pairs) == [f"deep/photo{number:02}" for number in range(12)]
    assert pairs["deep/photo03"] == {
        name: folder / "deep" / "photo03.png" for name, folder in folders.items()
    }


def test_suffixes_may_differ(folders):
    path = folders["newest"] / "deep" / "photo03.png"
    path.rename(path.with_suffix(".tif"))
    assert paired_photographs(folders)["deep/photo03"]["newest"] == path.with_suffix(".tif")
    path.touch()
    with pytest.raises(PhotographError, match="expected one picture of this name"):
        paired_photographs(folders)


def test_missing_photographs_are_named(folders):
    for number in range(5):
        (folders["newest"] / "deep" / f"photo{number:02}.png").unlink()
    expected = "newest pictures: expected .* no deep/photo00, .*, deep/photo02 and 2 more"
    with pytest.raises(PhotographError, match=expected):
        paired_photographs(folders)


def test_folders_without_photographs(folders, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(PhotographError, match="a folder without any"):
        paired_photographs(folders | {"empty": tmp_path / "empty"})
    with pytest.raises(PhotographError, match="expected a folder"):
        paired_photographs(folders | {"nowhere": tmp_path / "nowhere"})


def test_versions_are_scaled_alike(folders):
    versions = read_versions(paired_photographs(folders)["deep/photo03"], 20)
    assert list(versions) == list(folders)
    assert {pixels.shape for pixels in versions.values()} == {(15, 20, 3)}
    # The fixture rolls the channels by one from method to method.
    rolled = np.roll(versions["oldest"], 1, axis=-1)
    np.testing.assert_array_equal(versions["newest"], rolled)


def test_versions_of_other_sizes_are_refused(folders):
    Image.new("RGB", (80, 60)).save(folders["newest"] / "deep" / "photo03.png")
    with pytest.raises(PhotographError, match="expected 40 x 30 pixels .* got 80 x 60"):
        read_versions(paired_photographs(folders)["deep/photo03"], 20)
