import errno
import io
import os
import stat

import numpy as np
import pytest

from keras_colorize.io import Photograph, PhotographError, read_photograph, write_photograph
from keras_colorize.io.atomic import atomic_file, atomic_path, publish, remove_leftovers, write_file

BLACK = Photograph(np.zeros((4, 4, 3), np.uint8))


@pytest.fixture(params=[True, False], ids=["links", "no links"])
def links(request, monkeypatch):
    """A file system with hard links, and one without."""

    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    if not request.param:
        monkeypatch.setattr(os, "link", refuse)


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize(
    "fault", [RuntimeError("broken"), OSError(errno.ENOENT, "no such source"), MemoryError()]
)
def test_errors_of_the_body_stay_what_they_are_and_leave_nothing(fault, tmp_path):
    for writer in (atomic_file, atomic_path):
        with pytest.raises(type(fault)) as caught, writer(tmp_path / "a.png") as output:
            if writer is atomic_path:
                output.write_bytes(b"half of it")
            else:
                output.write(b"half of it")
            raise fault
        assert caught.value is fault
        assert content(tmp_path) == {}


def test_an_encoder_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    (tmp_path / "a.tif").write_bytes(b"old")

    def fail(stream, *_):
        stream.write(b"half of it")
        raise ValueError("broken encoder")

    monkeypatch.setattr("keras_colorize.io.writing._write_tiff", fail)
    with pytest.raises(PhotographError, match="a.tif: expected .*broken encoder"):
        write_photograph(tmp_path / "a.tif", BLACK, overwrite=True)
    assert content(tmp_path) == {"a.tif": b"old"}


def test_what_a_killed_run_left_goes_and_what_is_at_work_stays(tmp_path):
    left, other = tmp_path / f".{'0f' * 16}.part", tmp_path / ".mine.part"
    left.touch()
    other.touch()
    with atomic_file(tmp_path / "a.png") as stream:
        for path in tmp_path.iterdir():
            os.utime(path, (10**9, 10**9))
        stream.write(b"whole")
        remove_leftovers(tmp_path)
        assert other.exists() and not left.exists()
    assert content(tmp_path) == {"a.png": b"whole", ".mine.part": b""}


def test_nothing_is_seen_before_it_is_whole(tmp_path):
    path = tmp_path / "a.png"
    with atomic_file(path) as stream:
        stream.write(b"half")
        assert [p.suffix for p in tmp_path.iterdir()] == [".part"]
        # Encoders in C find no number to write to unseen.
        with pytest.raises(io.UnsupportedOperation):
            stream.fileno()
    assert content(tmp_path) == {"a.png": b"half"}


def test_an_existing_file_is_not_replaced(links, tmp_path):
    path = tmp_path / "a.png"
    write_photograph(tmp_path / ("n" * 251 + ".png"), BLACK)
    path.write_bytes(b"old")
    with pytest.raises(PhotographError, match="exists already"):
        write_photograph(path, BLACK)
    assert path.read_bytes() == b"old"
    write_photograph(path, BLACK, overwrite=True)
    assert read_photograph(path).pixels.max() == 0
    assert len(list(tmp_path.iterdir())) == 2


def test_a_file_that_came_meanwhile_is_not_replaced(links, tmp_path):
    path = tmp_path / "a.png"
    with pytest.raises(PhotographError, match="exists already"), atomic_file(path) as stream:
        stream.write(b"ours")
        path.write_bytes(b"theirs")
    assert content(tmp_path) == {"a.png": b"theirs"}


def test_folders_appear_whole_and_replace_whole_ones(tmp_path):
    path = tmp_path / "model"
    with atomic_path(path) as part:
        write_file(part / "inside" / "a", "first")
        assert not path.exists()
    with pytest.raises(PhotographError, match="exists already"), atomic_path(path):
        pass
    write_file(tmp_path / "part" / "b", "second")
    with pytest.raises(PhotographError, match="exists already"):
        publish(tmp_path / "part", path)
    assert (path / "inside" / "a").read_text() == "first"
    publish(tmp_path / "part", path, overwrite=True)
    assert [p.name for p in tmp_path.iterdir()] == ["model"]
    assert content(path) == {"b": b"second"}


def test_permissions_follow_the_umask_and_a_file_is_no_folder(tmp_path):
    write_file(tmp_path / "x" / "a.png", b"")
    (tmp_path / "b.png").touch()
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("x/a.png", "b.png")]
    assert modes[0] == modes[1]
    # A file stands where the folder should be: that fails for every user, root included.
    with pytest.raises(PhotographError, match="expected a file that can be written"):
        write_file(tmp_path / "b.png" / "a.png", b"")


@pytest.mark.parametrize("writer", [atomic_file, atomic_path])
def test_a_disk_that_fails_only_at_fsync(writer, tmp_path, monkeypatch):
    def fail(_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(PhotographError, match="Input/output error"), writer(tmp_path / "a") as out:
        (out.write if writer is atomic_file else out.write_bytes)(b"x")
    assert content(tmp_path) == {}
