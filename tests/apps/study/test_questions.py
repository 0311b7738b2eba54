import base64
import io
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import skimage.color
from PIL import Image

from keras_colorize.apps.study import questions
from keras_colorize.errors import InputError


def test_names_of_methods(tmp_path):
    (tmp_path / "a=b").mkdir()
    words = [f"{tmp_path}/first/", "other=some/where", f"{tmp_path}/a=b"]
    assert questions.method_folders(words, "colors") == {
        "first": tmp_path / "first",
        "other": Path("some/where"),
        "a=b": tmp_path / "a=b",
        "truth": Path("colors"),
    }
    for words, truth in ((["x/out", "y/out"], None), (["a", "truth=b"], "c"), (["a", "a=b"], None)):
        with pytest.raises(ValueError, match="name of its own"):
            questions.method_folders(words, truth)


def test_every_method_needs_every_photograph_once_and_in_one_size(folders, tmp_path):
    files = sorted((folders["newest"] / "deep").iterdir())
    # Suffixes may differ.
    files[3] = files[3].rename(files[3].with_suffix(".tif"))
    questions.make_naturalness(folders, 1, size=20)
    again = files[3].with_suffix(".png")
    again.touch()
    with pytest.raises(InputError, match="newest pictures: .* two of deep/photo03"):
        questions.make_naturalness(folders, 1)
    again.unlink()
    Image.new("RGB", (80, 60)).save(files[3])
    with pytest.raises(InputError, match=r"one size .* 40 x 30 pixels, .*tif of 80 x 60"):
        questions.make_naturalness(folders, 1)
    for path in files[:5]:
        path.unlink()
    with pytest.raises(InputError, match="none .* deep/photo00, .*, deep/photo02 and 2 more"):
        questions.make_naturalness(folders, 1)
    with pytest.raises(InputError, match="no such file or folder"):
        questions.make_naturalness(folders | {"nowhere": tmp_path / "nowhere"}, 1)


def test_every_method_of_every_photograph(folders):
    done = []

    def track(photographs):
        for photograph in photographs:
            yield photograph
            done.append(len(photographs))

    study = questions.make_naturalness(folders, 1, per_participant=100, track=track)
    assert len(done) == study.page["perParticipant"] == done[0] == 12
    meaning, photographs = study.key["pictures"], study.page["photographs"]
    assert Counter(one["method"] for one in meaning.values()) == dict.fromkeys(folders, 12)
    assert study.key["expected_votes"] == 36
    for ids in photographs:
        assert len({meaning[name]["path"] for name in ids}) == 1
        assert {meaning[name]["method"] for name in ids} == set(folders)
    # The first of them is of any method.
    assert {meaning[ids[0]]["method"] for ids in photographs} == set(folders)
    # Or some, which are drawn.
    made = [
        questions.make_naturalness(folders, i, max_pictures=5, per_participant=4) for i in (3, 4)
    ]
    assert len(made[0].page["photographs"]) == 5
    assert (made[0].page["perParticipant"], made[0].key["expected_votes"]) == (4, 12)
    paths = [{one["path"] for one in study.key["pictures"].values()} for study in made]
    assert paths[0] != paths[1]


def test_the_parts_of_a_session(folders):
    methods = {name: folders[name] for name in ("newest", "truth")}
    for folder in methods.values():
        for number, path in enumerate(sorted(folder.rglob("*.png"))):
            color = skimage.color.hsv2rgb([[[number / 12, 0.5, 0.8]]])[0, 0]
            Image.new("RGB", (40, 30), tuple(int(255 * level) for level in color)).save(path)
    study = questions.make_real_or_colorized(methods, 1, trials=10, practice=2)
    meaning, pairs = study.key["pictures"], study.page["pairs"]
    parts = Counter((one["part"], one["method"]) for one in meaning.values())
    newest = {("practice", "newest"): 2, ("catch", "catch"): 1, ("test", "newest"): 9}
    assert parts == newest | {(part, "truth"): number for (part, _), number in newest.items()}
    assert study.key["expected_votes"] == 12
    assert len({one["path"] for one in meaning.values()}) == 12
    # Catch pairs are not told from others.
    assert sorted(meaning[ids[0]]["part"] for ids in pairs) == ["catch"] + ["test"] * 9
    assert {meaning[ids[0]]["method"] for ids in pairs} >= {"newest", "truth"}
    for one in study.page["practice"]:
        assert meaning[one["colorized"]]["method"] == "newest"
    # They have the lightness and other colors.
    names = [name for name, one in meaning.items() if one["part"] == "catch"]
    contents = [base64.b64decode(study.page["pictures"][name]) for name in names]
    pictures = [Image.open(io.BytesIO(content)) for content in contents]
    one, other = (skimage.color.rgb2lab(np.asarray(picture)) for picture in pictures)
    assert np.abs(one - other)[..., 0].max() < 2.0
    assert np.linalg.norm((one - other)[..., 1:], axis=-1).min() > 30.0
    with pytest.raises(ValueError, match="50 photographs or more, received 12"):
        questions.make_real_or_colorized(methods, 1)
    for names in ("truth", "newest", "newest oldest truth", "catch truth"):
        with pytest.raises(ValueError, match="one method beside"):
            questions.make_real_or_colorized(dict.fromkeys(names.split()), 1)
