"""The look at every picture before training."""

import json
import os

import numpy as np
import pytest

from keras_colorize.data import is_near_grey, list_pictures, scan, scan_pictures


def _grey(seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (20, 24, 1), dtype="uint8").repeat(3, axis=-1)


@pytest.fixture
def mixed(tmp_path, make_picture, write_picture):
    """A folder with what folders of pictures hold."""
    root = tmp_path / "mixed"
    good = write_picture(root / "a_good.png", make_picture())
    write_picture(root / "b_good.jpg", make_picture(1))
    write_picture(root / "c_grey.png", _grey())
    tinted = np.clip(_grey().astype("int16") + [5, 0, -5], 0, 255).astype("uint8")
    write_picture(root / "d_faintly_tinted.png", tinted)
    sepia = (_grey() * np.array([1.0, 0.82, 0.6])).astype("uint8")
    write_picture(root / "e_sepia.png", sepia)
    (root / "f_truncated.jpg").write_bytes((root / "b_good.jpg").read_bytes()[:300])
    (root / "g_truncated.png").write_bytes(good.read_bytes()[:60])
    (root / "h_text.jpg").write_text("no picture at all")
    (root / "i_empty.jpg").touch()
    return root


def test_leaves_out_what_cannot_be_used(mixed):
    kept, report = scan_pictures(list_pictures(mixed))
    assert kept.names == ("a_good.png", "b_good.jpg", "e_sepia.png")
    assert report.total == 9
    assert report.near_grey == ("c_grey.png", "d_faintly_tinted.png")
    assert [name for name, _ in report.unreadable] == [
        "f_truncated.jpg",
        "g_truncated.png",
        "h_text.jpg",
        "i_empty.jpg",
    ]
    assert all(reason and "\n" not in reason for _, reason in report.unreadable)


def test_the_report_reads_well(mixed):
    text = str(scan_pictures(list_pictures(mixed))[1])
    assert text.startswith("9 pictures, 2 near-grey and 4 unreadable left out\n")
    assert len(text.splitlines()) == 5
    assert "\n  h_text.jpg: " in text


def test_near_grey_pictures_can_be_kept(mixed):
    kept, report = scan_pictures(list_pictures(mixed), drop_near_grey=False)
    assert len(kept) == 5
    assert report.near_grey == ()
    assert len(report.unreadable) == 4


def test_nothing_usable_is_an_error(tmp_path, write_picture):
    write_picture(tmp_path / "a.png", _grey())
    (tmp_path / "b.jpg").write_text("text")
    with pytest.raises(ValueError, match="found 2 pictures, 1 near-grey and 1 unreadable"):
        scan_pictures(list_pictures(tmp_path))


def test_near_grey_by_share_of_pixels():
    # Differences of 12 and more count as colour; 5 % of the pixels may have it.
    picture = np.full((10, 10, 3), 100, "uint8")
    picture[..., 0] += 11
    assert is_near_grey(picture)
    picture[0, :5, 0] += 1
    assert is_near_grey(picture)
    picture[0, 5, 0] += 1
    assert not is_near_grey(picture)
    assert is_near_grey(picture, threshold=13)
    assert not is_near_grey(np.uint8([[[255, 0, 0]]]))


def test_differences_of_8_bit_values_do_not_wrap():
    assert not is_near_grey(np.broadcast_to(np.uint8([0, 250, 255]), (4, 4, 3)))


@pytest.fixture
def looked_at(monkeypatch):
    """Names of the files that are decoded from here on."""
    names = []
    judge = scan._judge

    def spy(path):
        names.append(path.name)
        return judge(path)

    monkeypatch.setattr(scan, "_judge", spy)
    return names


def test_the_cache_spares_the_second_look(mixed, tmp_path, looked_at):
    cache = tmp_path / "run" / "scan.json"
    first = scan_pictures(list_pictures(mixed), cache)
    assert len(looked_at) == 9
    assert scan_pictures(list_pictures(mixed), cache) == first
    assert len(looked_at) == 9
    assert list(cache.parent.iterdir()) == [cache]


def test_changed_and_new_files_are_looked_at_again(
    mixed, tmp_path, looked_at, make_picture, write_picture
):
    cache = tmp_path / "scan.json"
    scan_pictures(list_pictures(mixed), cache)
    looked_at.clear()
    write_picture(mixed / "h_text.jpg", make_picture(3))
    stat = (mixed / "a_good.png").stat()
    os.utime(mixed / "a_good.png", ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    write_picture(mixed / "z_new.jpg", make_picture(4))
    kept, _ = scan_pictures(list_pictures(mixed), cache)
    assert sorted(looked_at) == ["a_good.png", "h_text.jpg", "z_new.jpg"]
    assert {"h_text.jpg", "z_new.jpg"} < set(kept.names)


def test_folders_share_a_cache(mixed, folder, tmp_path, looked_at):
    cache = tmp_path / "scan.json"
    scan_pictures(list_pictures(mixed), cache)
    scan_pictures(list_pictures(folder), cache)
    looked_at.clear()
    scan_pictures(list_pictures(mixed), cache)
    assert looked_at == []


def test_a_damaged_cache_is_made_anew(mixed, tmp_path):
    cache = tmp_path / "scan.json"
    for damage in ("", '{"a": [1,', "[]"):
        cache.write_text(damage)
        assert len(scan_pictures(list_pictures(mixed), cache)[0]) == 3
        assert len(json.loads(cache.read_text())) == 9
