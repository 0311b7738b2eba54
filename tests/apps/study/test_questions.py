import io
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import skimage.color
from PIL import Image

from keras_colorize.apps.study import (
    make_naturalness,
    make_real_or_colorized,
    method_folders,
    paired_photographs,
)
from keras_colorize.apps.study.questions import read_versions
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
    for words, truth in ((["x/out", "y/out"], None), (["a", "truth=b"], "c"), (["a", "a=b"], None)):
        with pytest.raises(ValueError, match="name of its own"):
            method_folders(words, truth)


def test_suffixes_may_differ(folders):
    path = folders["newest"] / "deep" / "photo03.png"
    path.rename(path.with_suffix(".tif"))
    pair = paired_photographs(folders)["deep/photo03"]
    assert list(pair) == list(folders)
    assert pair["newest"] == path.with_suffix(".tif")
    path.touch()
    with pytest.raises(PhotographError, match="expected one picture of this name"):
        paired_photographs(folders)


def test_missing_photographs_are_named(folders):
    for number in range(5):
        (folders["newest"] / "deep" / f"photo{number:02}.png").unlink()
    expected = "newest pictures: expected .* no deep/photo00, .*, deep/photo02 and 2 more"
    with pytest.raises(PhotographError, match=expected):
        paired_photographs(folders)


def test_folders_that_do_not_fit(folders, tmp_path):
    with pytest.raises(PhotographError, match="no such file or folder"):
        paired_photographs(folders | {"nowhere": tmp_path / "nowhere"})
    Image.new("RGB", (80, 60)).save(folders["newest"] / "deep" / "photo03.png")
    with pytest.raises(PhotographError, match="expected 40 x 30 pixels .* received 80 x 60"):
        read_versions(paired_photographs(folders)["deep/photo03"], 20)


def test_every_method_of_every_photograph(folders):
    done = []
    study = make_naturalness(folders, 1, per_participant=100, on_picture=lambda: done.append(1))
    assert len(done) == study.data["perParticipant"] == 12
    assert Counter(one["method"] for one in study.meaning.values()) == dict.fromkeys(folders, 12)
    assert study.settings["expected_votes"] == 36
    for ids in study.data["photographs"]:
        assert len({study.meaning[name]["path"] for name in ids}) == 1
        assert {study.meaning[name]["method"] for name in ids} == set(folders)
    # The first of them is of any method.
    assert {study.meaning[ids[0]]["method"] for ids in study.data["photographs"]} == set(folders)


def test_some_photographs_are_drawn(folders):
    study = make_naturalness(folders, 3, max_pictures=5, per_participant=4)
    assert len(study.data["photographs"]) == 5
    assert study.data["perParticipant"] == 4
    assert study.settings["expected_votes"] == 12
    other = make_naturalness(folders, 4, max_pictures=5)
    paths = [{one["path"] for one in made.meaning.values()} for made in (study, other)]
    assert paths[0] != paths[1]


@pytest.fixture
def methods(folders):
    return {name: folders[name] for name in ("newest", "truth")}


def test_the_parts_of_a_session(methods):
    study = make_real_or_colorized(methods, 1, trials=10, practice=2)
    parts = Counter((one["part"], one["method"]) for one in study.meaning.values())
    newest = {("practice", "newest"): 2, ("catch", "catch"): 1, ("test", "newest"): 9}
    assert parts == newest | {(part, "truth"): number for (part, _), number in newest.items()}
    assert study.settings["expected_votes"] == 12
    assert len({one["path"] for one in study.meaning.values()}) == 12
    # Catch pairs are not told from others.
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
    names = [name for name, one in study.meaning.items() if one["part"] == "catch"]
    pictures = [Image.open(io.BytesIO(study.pictures[name])) for name in names]
    one, other = (skimage.color.rgb2lab(np.asarray(picture)) for picture in pictures)
    assert np.abs(one - other)[..., 0].max() < 2.0
    assert np.linalg.norm((one - other)[..., 1:], axis=-1).min() > 30.0


def test_sessions_that_cannot_be(folders, methods):
    for names in (["truth"], ["newest"], ["newest", "oldest", "truth"], ["catch", "truth"]):
        with pytest.raises(ValueError, match="expected one method, not called"):
            make_real_or_colorized({name: folders.get(name) for name in names}, 1)
    with pytest.raises(ValueError, match="expected at least 50 photographs, .* received 12"):
        make_real_or_colorized(methods, 1)
    with pytest.raises(ValueError, match="at least 2 trials"):
        make_real_or_colorized(methods, 1, trials=1, practice=0)
