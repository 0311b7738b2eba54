import os
import stat

import numpy as np
import pytest

from keras_colorize.io import (
    Photograph,
    PhotographError,
    read_photograph,
    write_photograph,
    writing,
)
from keras_colorize.io.atomic import atomic_file


@pytest.fixture
def black():
    return Photograph(np.zeros((4, 4, 3), np.uint8))


def test_a_writer_that_fails_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError), atomic_file(tmp_path / "a.png") as stream:
        stream.write(b"half of it")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fault", [ValueError("broken encoder"), OSError(28, "No space left")])
def test_an_encoder_that_fails_leaves_the_old_file(fault, black, tmp_path, monkeypatch):
    path = tmp_path / "a.tif"
    path.write_bytes(b"old")

    def fail(stream, photograph):
        stream.write(b"half of it")
        raise fault

    monkeypatch.setattr(writing, "write_tiff", fail)
    with pytest.raises(PhotographError, match=f"a.tif: expected .*{fault.args[-1]}"):
        write_photograph(path, black, overwrite=True)
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("a.tif", b"old")]


def test_nothing_is_seen_before_it_is_whole(tmp_path):
    path = tmp_path / "a.png"
    with atomic_file(path) as stream:
        stream.write(b"half")
        assert not path.exists()
        assert [p.suffix for p in tmp_path.iterdir()] == [".part"]
    assert path.read_bytes() == b"half"
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


def test_an_existing_file_is_not_replaced(black, tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    with pytest.raises(PhotographError, match="exists already"):
        write_photograph(path, black)
    assert path.read_bytes() == b"old"
    write_photograph(path, black, overwrite=True)
    assert read_photograph(path).pixels.max() == 0


def no_links(*_):
    raise PermissionError(1, "Operation not permitted")


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_came_meanwhile_is_not_replaced(links, tmp_path, monkeypatch):
    if not links:
        monkeypatch.setattr(os, "link", no_links)
    path = tmp_path / "a.png"
    with pytest.raises(PhotographError, match="exists already"), atomic_file(path) as stream:
        stream.write(b"ours")
        path.write_bytes(b"theirs")
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("a.png", b"theirs")]


def test_file_systems_without_links(black, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "link", no_links)
    write_photograph(tmp_path / "a.png", black)
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]
    assert read_photograph(tmp_path / "a.png").pixels.max() == 0


def test_permissions_follow_the_umask(black, tmp_path):
    write_photograph(tmp_path / "a.png", black)
    (tmp_path / "b.png").touch()
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("a.png", "b.png")]
    assert modes[0] == modes[1]


def test_missing_folders_are_made(black, tmp_path):
    write_photograph(tmp_path / "x" / "y" / "a.png", black)
    assert (tmp_path / "x" / "y" / "a.png").is_file()


def test_a_folder_that_cannot_be_written(black, tmp_path):
    # A file stands where the folder should be: that fails for every user, root included.
    (tmp_path / "x").touch()
    with pytest.raises(PhotographError, match="expected a file that can be written"):
        write_photograph(tmp_path / "x" / "a.png", black)


def test_long_names(black, tmp_path):
    path = tmp_path / ("n" * 251 + ".png")
    write_photograph(path, black)
    assert path.is_file()
