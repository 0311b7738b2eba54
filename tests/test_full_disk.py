"""On a full disk a file is whole, or reported as failed and nothing of it is left."""

import contextlib
import resource

import keras
import numpy as np
import pytest
import tensorflow as tf
from skimage import data

from keras_colorize import save_preset
from keras_colorize.apps.bulk.runs import read_lines
from keras_colorize.io import Photograph, PhotographError, contact_sheet, write_photograph
from keras_colorize.io.atomic import append_line, atomic_file
from keras_colorize.training.callbacks import BestWeights
from keras_colorize.training.checkpoints import RunCheckpoint


@contextlib.contextmanager
def file_limit(folder, size):
    """A folder where no file may grow beyond a size, on any machine and for any user."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield folder
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def sheet(path, photograph):
    contact_sheet([[photograph.pixels.astype(np.uint8)] * 3] * 3, ["a", "b", "c"], path, cell=100)


FORMATS = ("jpg", "png", "tif", "webp", "avif", "bmp", "ppm")
WRITERS = [
    *((suffix, np.uint8, write_photograph) for suffix in FORMATS),
    *((suffix, np.uint16, write_photograph) for suffix in ("png", "tif")),
    *((suffix, np.uint8, sheet) for suffix in ("jpg", "png")),
]


@pytest.mark.parametrize(("suffix", "dtype", "write"), WRITERS)
def test_a_picture_on_a_full_disk_is_whole_or_reported(suffix, dtype, write, tmp_path):
    levels = data.astronaut()[:150, :150].astype(dtype) * (257 if dtype == np.uint16 else 1)
    photograph = Photograph(np.ascontiguousarray(levels))
    write(tmp_path / f"whole.{suffix}", photograph)
    whole = (tmp_path / f"whole.{suffix}").read_bytes()
    need = len(whole)
    near = [need + pages * 4096 + odd for pages in range(-6, 3) for odd in (-1, 0, 1)]
    sizes = sorted(size for size in {*near, *range(1, need, need // 8)} if size > 0)
    folder, reported = tmp_path / "disk", 0
    folder.mkdir()
    for size in sizes:
        with file_limit(folder, size):
            try:
                write(folder / f"a.{suffix}", photograph)
                assert content(folder) == {f"a.{suffix}": whole}, f"torn at {size} of {need}"
                (folder / f"a.{suffix}").unlink()
            except PhotographError as error:
                assert "expected a file that can be written" in str(error)
                assert content(folder) == {}
                reported += 1
    assert 0 < reported < len(sizes)


def test_an_encoder_that_loses_the_error_of_a_write(tmp_path):
    with (
        file_limit(tmp_path, 9000) as folder,
        pytest.raises(PhotographError, match="a.bin: expected a file that can be written"),
        atomic_file(folder / "a.bin") as stream,
        contextlib.suppress(OSError),
    ):
        stream.write(bytes(20_000))
    assert content(tmp_path) == {}


@pytest.mark.parametrize("share", [0.0, 0.5, 0.999])
def test_a_preset_on_a_full_disk_stays_the_old_one(share, tiny_model, tiny_config, tmp_path):
    save_preset(tiny_model, tmp_path, tiny_config)
    before = content(tmp_path)
    size = int(share * len(before["weights.h5"]))
    with file_limit(tmp_path, size), pytest.raises(PhotographError, match="weights.h5"):
        save_preset(tiny_model, tmp_path, tiny_config, overwrite=True)
    assert content(tmp_path) == before


def test_a_checkpoint_on_a_full_disk_leaves_the_old_ones(tmp_path):
    model = keras.Sequential([keras.Input((40,)), keras.layers.Dense(50)])
    model.compile(keras.optimizers.SGD(momentum=0.9), "mse")
    checkpoint = RunCheckpoint(model, tmp_path)
    checkpoint.save(5)
    before = content(tmp_path / "checkpoints")
    for size in (0, 100, max(map(len, before.values())) - 1):
        with file_limit(tmp_path, size), pytest.raises(tf.errors.OpError):
            checkpoint.save(7)
        assert checkpoint.steps() == [5]
        assert set(content(tmp_path / "checkpoints")) == set(before)
        assert checkpoint.restore() == 5


def test_a_line_of_a_manifest_is_whole_or_reported(tmp_path):
    path = tmp_path / "lines.jsonl"
    append_line(path, '{"path": "a.jpg"}')
    size = path.stat().st_size
    with file_limit(tmp_path, size + 5), pytest.raises(PhotographError, match="no space"):
        append_line(path, '{"path": "b.jpg"}')
    assert path.stat().st_size == size
    # The line follows whole where there is room again.
    append_line(path, '{"path": "b.jpg"}')
    assert read_lines(path) == [{"path": "a.jpg"}, {"path": "b.jpg"}]


def test_best_weights_that_cannot_be_written_leave_the_old_ones(tmp_path, monkeypatch):
    best = BestWeights(tmp_path)
    best.set_model(keras.Sequential([keras.Input((4,)), keras.layers.Dense(5)]))
    best.on_test_end({"loss": 2.0})
    before = content(tmp_path)
    assert set(before) == {"best.weights.h5", "best.json"}

    def fail(path):
        # As HDF5 does; on a disk that is really full, it would go on to crash this process.
        path.write_bytes(b"half of it")
        raise RuntimeError("unable to extend file properly")

    monkeypatch.setattr(best.model, "save_weights", fail)
    with pytest.raises(RuntimeError, match="unable to extend"):
        best.on_test_end({"loss": 1.0})
    assert content(tmp_path) == before
