"""Lists of pictures, what is held out of them, and the look at every one before training."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from keras_colorize.data import UNLABELED, list_pictures
from keras_colorize.data.folders import scan_pictures, split_pictures
from keras_colorize.io.photograph import is_near_grey
from ._pictures import make_picture, write_picture


def _touch(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def test_the_folder_of_a_picture_is_its_class(tmp_path):
    _touch(tmp_path, "sea/b.jpg", "sea/a.PNG", "land/hills/c.jpeg", "land/d.bmp", "e.gif")
    pictures = list_pictures(tmp_path)
    assert pictures.names == ("e.gif", "land/d.bmp", "land/hills/c.jpeg", "sea/a.PNG", "sea/b.jpg")
    assert pictures.class_names == ("land", "land/hills", "sea")
    assert pictures.labels == (UNLABELED, 0, 1, 2, 2)
    assert pictures.paths[1] == str(tmp_path / "land" / "d.bmp")

    # Classes of another folder are kept.
    pictures = list_pictures(tmp_path, ("forest", "land"))
    assert pictures.class_names == ("forest", "land")
    assert pictures.labels == (UNLABELED, 1, UNLABELED, UNLABELED, UNLABELED)


def test_hidden_and_other_files_are_left_out_and_none_left_is_an_error(tmp_path):
    _touch(tmp_path, ".b.jpg", ".thumbnails/c.jpg", "x/.cache/d.jpg", "notes.txt", "jpg")
    (tmp_path / "folder.jpg").mkdir()
    with pytest.raises(ValueError, match=r"Expected pictures \(\.jpg, .*below .*, received none"):
        list_pictures(tmp_path)
    pictures = list_pictures(str(_touch(tmp_path, "a.jpg")))
    assert (pictures.names, pictures.class_names) == (("a.jpg",), ())
    # Hidden parents do not hide.
    assert len(list_pictures(_touch(tmp_path / ".data", "a.jpg"))) == 1
    for name in ("absent", "notes.txt"):
        with pytest.raises(ValueError, match=f"Expected a folder of pictures, received .*{name}"):
            list_pictures(tmp_path / name)


def test_a_split_holds_out_its_share_and_keeps_sides_when_others_come(tmp_path):
    splits = []
    for count in (200, 400):
        pictures = list_pictures(_touch(tmp_path, *(f"x/{i}.jpg" for i in range(count))))
        splits.append(split_pictures(pictures, 0.25))
    training, validation = splits[1]
    assert sorted(training.names + validation.names) == sorted(pictures.names)
    assert 70 <= len(validation) <= 130
    assert set(training.labels) == set(validation.labels) == {0}
    assert training.class_names == validation.class_names == ("x",)
    for before, after in zip(*splits, strict=True):
        assert set(before.names) < set(after.names)
    assert [len(side) for side in split_pictures(pictures, 0)] == [400, 0]
    assert [len(side) for side in split_pictures(pictures, 1)] == [0, 400]
    for share in (-0.1, 1.1):
        with pytest.raises(ValueError, match="validation_share in 0..1, received"):
            split_pictures(pictures, share)


@pytest.fixture
def mixed(tmp_path):
    """A folder with what folders of pictures hold."""
    root = tmp_path / "mixed"
    good = write_picture(root / "a_good.png", make_picture())
    write_picture(root / "b_good.jpg", make_picture(1))
    grey = np.random.default_rng(0).integers(0, 256, (20, 24, 1)).repeat(3, axis=-1)
    sepia, tinted = grey * np.array([1.0, 0.82, 0.6]), np.clip(grey + [5, 0, -5], 0, 255)
    for name, picture in (("c_grey", grey), ("d_faintly_tinted", tinted), ("e_sepia", sepia)):
        write_picture(root / f"{name}.png", picture.astype("uint8"))
    (root / "f_truncated.jpg").write_bytes((root / "b_good.jpg").read_bytes()[:300])
    (root / "g_truncated.png").write_bytes(good.read_bytes()[:60])
    (root / "h_text.jpg").write_text("no picture at all")
    (root / "i_empty.jpg").touch()
    return root


def test_leaves_out_what_cannot_be_used(mixed):
    names = list_pictures(mixed).names
    kept, report = scan_pictures(list_pictures(mixed))
    assert kept.names == ("a_good.png", "b_good.jpg")
    assert report.total == 9
    assert report.near_grey == ("c_grey.png", "d_faintly_tinted.png", "e_sepia.png")
    bad = ["f_truncated.jpg", "g_truncated.png", "h_text.jpg", "i_empty.jpg"]
    assert [name for name, _ in report.unreadable] == bad
    assert all(reason and "\n" not in reason for _, reason in report.unreadable)
    text = str(report)
    assert text.startswith("9 pictures, 3 near-grey and 4 unreadable left out\n")
    assert len(text.splitlines()) == 5
    kept, report = scan_pictures(list_pictures(mixed), drop_near_grey=False)
    assert (len(kept), len(report.near_grey), len(report.unreadable)) == (5, 0, 4)
    unusable = list_pictures(mixed).keep([name in "c_grey.png i_empty.jpg" for name in names])
    with pytest.raises(ValueError, match="received 2 pictures, 1 near-grey and 1 unreadable"):
        scan_pictures(unusable)


def test_near_grey_by_share_of_blocks():
    grey = np.random.default_rng(0).integers(60, 200, (160, 160, 1), "uint8").repeat(3, axis=-1)
    for dtype, scale in (("uint8", 1), ("uint16", 257)):
        picture = grey.astype(dtype) * scale
        assert is_near_grey(picture)
        # 1 % and 6 % of the picture are red.
        picture[:16, :16, 0] = 255 * scale
        assert is_near_grey(picture)
        picture[:40, :40, 0] = 255 * scale
        assert not is_near_grey(picture)
    assert not is_near_grey(np.uint8([[[255, 0, 0]]]))
    # Differences of 8-bit values do not wrap.
    assert not is_near_grey(np.broadcast_to(np.uint8([0, 250, 255]), (4, 4, 3)))


def test_toned_prints_are_near_grey_and_two_tones_are_not():
    grey = np.random.default_rng(0).integers(0, 256, (60, 60, 1)) / 255
    # Grain, and the rounding of JPEG.
    noise = np.random.default_rng(1).normal(0, 1.2, (60, 60, 3))
    for sepia_or_cyanotype in ((1.0, 0.82, 0.6), (0.5, 0.7, 1.0)):
        toned = np.power(grey, 2.0 - np.array(sepia_or_cyanotype))
        picture = np.clip(255 * toned + noise, 0, 255).astype("uint8")
        assert is_near_grey(picture)
        picture[:30] = picture[:30, :, ::-1]
        assert not is_near_grey(picture)


def test_the_cache_spares_the_second_look_at_what_did_not_change(
    mixed, folder, tmp_path, monkeypatch
):
    looked_at, read = [], Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda x: (looked_at.append(x.name), read(x))[1])
    cache = tmp_path / "run" / "scan.json"
    first = scan_pictures(list_pictures(mixed), cache)
    assert len(looked_at) == 9
    # Another folder may share it.
    scan_pictures(list_pictures(folder), cache)
    assert scan_pictures(list_pictures(mixed), cache) == first
    assert len(looked_at) == 9 + 11
    looked_at.clear()
    write_picture(mixed / "h_text.jpg", make_picture(3))
    stat = (mixed / "a_good.png").stat()
    os.utime(mixed / "a_good.png", ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    write_picture(mixed / "z_new.jpg", make_picture(4))
    kept, _ = scan_pictures(list_pictures(mixed), cache)
    assert sorted(looked_at) == ["a_good.png", "h_text.jpg", "z_new.jpg"]
    assert {"h_text.jpg", "z_new.jpg"} < set(kept.names)
    # A damaged one is made anew.
    for damage in ("", '{"a": [1,', "[]", '{"a": [1, 2, "good", ""]}'):
        cache.write_text(damage)
        assert scan_pictures(list_pictures(mixed), cache)[0] == kept
        assert len(json.loads(cache.read_text())["results"]) == 10
