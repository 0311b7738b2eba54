import hashlib

import numpy as np
import pytest

from keras_colorize.apps.bulk.folder import BulkFolder
from keras_colorize.apps.bulk.pictures import read_picture, write_picture
from keras_colorize.apps.bulk.served import export_preset, find_saved_model, load_network
from keras_colorize.apps.bulk.tasks import plan_tasks
from keras_colorize.io import PhotographError, read_photograph
from keras_colorize.presets import CONFIG_FILE, PresetError


def assert_as_the_colorizer(colorizer, source, target):
    made, expected = read_photograph(target), colorizer(read_photograph(source))
    assert made.pixels.dtype == expected.pixels.dtype
    if target.suffix != ".jpg":
        step = np.iinfo(made.pixels.dtype).max // 255
        assert np.abs(made.pixels.astype(int) - expected.pixels).max() <= step
    # JPEG loses more than that by itself, of random colors in particular.
    assert made.pixels.std() == pytest.approx(expected.pixels.std(), rel=0.1)


def test_pictures_are_those_of_the_colorizer(served, bulk_colorizer, album, tmp_path):
    tasks = plan_tasks([album], BulkFolder(tmp_path / "out"))
    model = find_saved_model(served)
    network = load_network(served)
    pictures = [read_picture(task, model.working_size) for task in tasks]
    shapes = {task["path"]: one.seen.shape for task, one in zip(tasks, pictures, strict=True)}
    assert shapes["wide.jpg"] == shapes["wide_too.png"] == shapes["old/film.png"] == (64, 96, 1)
    assert shapes["tall.tif"] == shapes["old/tall_too.jpg"] == (96, 64, 1)
    wide = [one for one in pictures if one.seen.shape == (64, 96, 1)]
    for picture, ab in zip(wide, network(np.stack([one.seen for one in wide])), strict=True):
        record = write_picture(picture, ab, mark_colorized=True)
        target = tmp_path / "out" / record["path"]
        assert_as_the_colorizer(bulk_colorizer, record["source"], target)
        assert record["output_sha256"] == hashlib.sha256(target.read_bytes()).hexdigest()
        with open(record["source"], "rb") as file:
            assert record["input_sha256"] == hashlib.file_digest(file, "sha256").hexdigest()
        assert (record["width"], record["height"]) == picture.photograph.pixels.shape[1::-1]
        assert b"DigitalSourceType" in target.read_bytes()


def test_what_is_left_of_a_broken_run_is_replaced(album, tmp_path):
    (task,) = plan_tasks([album / "old" / "square.png"], BulkFolder(tmp_path / "out"))
    (tmp_path / "out" / "square.png").write_bytes(b"half a picture")
    ab = np.zeros((3, 3, 2), np.float32)
    record = write_picture(read_picture(task, 64), ab, mark_colorized=False)
    made = read_photograph(task["target"])
    assert made.pixels.dtype == np.uint16
    assert np.ptp(made.pixels, axis=-1).max() <= 257
    assert record["notes"] == []
    assert b"DigitalSourceType" not in (tmp_path / "out" / "square.png").read_bytes()


def test_bad_files_say_why(album, tmp_path):
    (album / "wide.jpg").write_text("This is no photograph.")
    (task,) = plan_tasks([album / "wide.jpg"], BulkFolder(tmp_path / "out"))
    with pytest.raises(PhotographError, match="expected a photograph"):
        read_picture(task, 64)


def test_a_saved_model_is_known_by_its_contents(served):
    model = find_saved_model(served)
    assert (model.name, model.working_size) == ("tiny/1", 96)
    assert len(model.sha256) == 64
    assert find_saved_model(served) == model


@pytest.mark.parametrize("folder", ["", "nowhere", "tiny"])
def test_what_is_no_saved_model(served, folder):
    with pytest.raises(ValueError, match="<name>/<version>"):
        find_saved_model(served.parents[1] / folder)


def test_a_saved_model_of_others(tmp_path):
    (tmp_path / "saved_model.pb").touch()
    with pytest.raises(PresetError, match=CONFIG_FILE):
        find_saved_model(tmp_path)


def test_a_preset_is_exported_once(tiny_preset, tmp_path):
    path = export_preset(tiny_preset, tmp_path / "out", "float32")
    before = find_saved_model(path)
    assert (before.name, before.working_size) == ("tiny/1", 64)
    assert export_preset(tiny_preset, tmp_path / "out", "float32") == path
    assert find_saved_model(path) == before
    assert (tmp_path / "out" / ".bulk") in path.parents
