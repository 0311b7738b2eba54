import io
from collections import Counter

import numpy as np
import pytest
import skimage.color
from PIL import Image

from keras_colorize.apps.study import make_real_or_colorized


@pytest.fixture
def methods(folders):
    return {name: folders[name] for name in ("newest", "truth")}


def test_the_parts_of_a_session(methods):
    study = make_real_or_colorized(methods, 1, trials=10, practice=2)
    parts = Counter((one["part"], one["method"]) for one in study.meaning.values())
    assert parts == {
        ("practice", "newest"): 2,
        ("practice", "truth"): 2,
        ("catch", "catch"): 1,
        ("catch", "truth"): 1,
        ("test", "newest"): 9,
        ("test", "truth"): 9,
    }
    assert study.settings["expected_votes"] == 12
    assert len({one["path"] for one in study.meaning.values()}) == 12


def test_catch_pairs_are_not_told_from_others(methods):
    study = make_real_or_colorized(methods, 1, trials=10, practice=2)
    parts = [study.meaning[ids[0]]["part"] for ids in study.data["pairs"]]
    assert sorted(parts) == ["catch"] + ["test"] * 9
    first = {study.meaning[ids[0]]["method"] for ids in study.data["pairs"]}
    assert first >= {"newest", "truth"}
    for one in study.data["practice"]:
        assert study.meaning[one["colorized"]]["method"] == "newest"


def test_catch_pairs_have_the_lightness_and_other_colors(folders, methods):
    for folder in methods.values():
        for number, path in enumerate(sorted(folder.rglob("*.png"))):
            color = skimage.color.hsv2rgb([[[number / 12, 0.5, 0.8]]])[0, 0]
            Image.new("RGB", (40, 30), tuple(int(255 * level) for level in color)).save(path)
    study = make_real_or_colorized(methods, 1, trials=10, practice=2)
    lab = {
        one["method"]: skimage.color.rgb2lab(
            np.asarray(Image.open(io.BytesIO(study.pictures[name])))
        )
        for name, one in study.meaning.items()
        if one["part"] == "catch"
    }
    assert np.abs(lab["catch"] - lab["truth"])[..., 0].max() < 2.0
    assert np.linalg.norm((lab["catch"] - lab["truth"])[..., 1:], axis=-1).min() > 30.0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({}, "expected at least 50 photographs, .* got 12"),
        ({"trials": 1, "practice": 0}, "at least 2 trials"),
    ],
)
def test_sessions_that_cannot_be(methods, words, message):
    with pytest.raises(ValueError, match=message):
        make_real_or_colorized(methods, 1, **words)


def test_one_method_and_the_truth_are_needed(folders):
    chosen = [["truth"], ["newest"], ["newest", "oldest", "truth"]]
    for names in chosen:
        with pytest.raises(ValueError, match="expected one method"):
            make_real_or_colorized({name: folders[name] for name in names}, 1)
    with pytest.raises(ValueError, match="not called"):
        make_real_or_colorized({"catch": folders["newest"], "truth": folders["truth"]}, 1)
