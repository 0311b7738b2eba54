import hashlib
import types

import numpy as np
import pytest

from keras_colorize.apps.bulk.exported import (
    ShapeBatches,
    export_preset,
    find_saved_model,
    read_picture,
    write_picture,
)
from keras_colorize.apps.bulk.manifest import BulkFolder
from keras_colorize.apps.bulk.runs import plan_tasks
from keras_colorize.io import read_photograph
from keras_colorize.presets import CONFIG_FILE, PresetError


def test_pictures_are_those_of_the_colorizer(served, bulk_colorizer, album, tmp_path):
    tasks = plan_tasks([album], BulkFolder(tmp_path / "out"))
    model = find_saved_model(served)
    assert (model.name, model.working_size, len(model.sha256)) == ("tiny/1", 96, 64)
    colorizer = model.load()
    pictures = {task["path"]: read_picture(task, colorizer) for task in tasks}
    shapes = {path: one.preprocessed.network_input.shape for path, one in pictures.items()}
    wide, tall = ("wide.jpg", "wide_too.png", "old/film.png"), ("tall.tif", "old/tall_too.jpg")
    assert {shapes[path] for path in wide} == {(64, 96, 1)}
    assert {shapes[path] for path in tall} == {(96, 64, 1)}
    # What is left of a broken run is replaced.
    (tmp_path / "out" / "wide.jpg").write_bytes(b"half a picture")
    batch = [pictures[path].preprocessed for path in wide]
    found = dict(zip(wide, colorizer.predict(batch), strict=True))
    (found["old/square.png"],) = colorizer.predict([pictures["old/square.png"].preprocessed])
    for path, ab in found.items():
        record = write_picture(pictures[path], ab, colorizer, mark_colorized=True)
        target = tmp_path / "out" / path
        written = read_photograph(target)
        expected = bulk_colorizer(read_photograph(record["source"]))
        # JPEG loses more by itself, of random colors in particular.
        assert written.pixels.dtype == expected.pixels.dtype
        if not path.endswith("jpg"):
            step = np.iinfo(written.pixels.dtype).max // 255
            assert np.abs(written.pixels.astype(int) - expected.pixels).max() <= step
        assert written.pixels.std() == pytest.approx(expected.pixels.std(), rel=0.1)
        assert record["output_sha256"] == hashlib.sha256(target.read_bytes()).hexdigest()
        with open(record["source"], "rb") as file:
            assert record["input_sha256"] == hashlib.file_digest(file, "sha256").hexdigest()
        assert (record["width"], record["height"]) == expected.pixels.shape[1::-1]
        assert b"DigitalSourceType" in target.read_bytes()


def test_what_is_no_saved_model(served, tmp_path):
    for folder in ("", "nowhere", "tiny"):
        with pytest.raises(ValueError, match="<name>/<version>"):
            find_saved_model(served.parents[1] / folder)
    (tmp_path / "saved_model.pb").touch()
    with pytest.raises(PresetError, match=CONFIG_FILE):
        find_saved_model(tmp_path)


def test_a_preset_is_exported_once(tiny_preset, tmp_path):
    path = export_preset(tiny_preset, tmp_path / "out", "float32")
    model = find_saved_model(path)
    assert (model.name, model.working_size) == ("tiny/1", 64)
    assert (tmp_path / "out" / ".bulk") in path.parents
    assert export_preset(tiny_preset, tmp_path / "out", "float32") == path


def test_pictures_of_one_shape_go_together_and_no_more_waits_than_fits():
    def feed(batches, *pictures):
        made = []
        for name, shape, pixels in pictures:
            waiting = types.SimpleNamespace(
                network_input=np.zeros((*shape, 1)), lightness=np.zeros(pixels)
            )
            made += batches.add(types.SimpleNamespace(name=name, preprocessed=waiting))
        return names(made)

    def names(batches):
        return sorted("".join(picture.name for picture in batch) for batch in batches)

    wide, tall, square = (32, 64), (64, 32), (32, 32)
    for at_once, whole, rest in ((2, ["ac"], ["b", "d"]), (1, list("abcd"), [])):
        batches = ShapeBatches(at_once)
        pictures = [("a", wide, 1), ("b", tall, 1), ("c", wide, 1), ("d", wide, 1)]
        assert feed(batches, *pictures) == whole
        assert names(batches.waiting.values()) == rest
    batches = ShapeBatches(16, held_pixels=100)
    assert feed(batches, ("a", square, 30), ("b", square, 30), ("c", wide, 40)) == []
    # The largest batch goes, and only it.
    assert feed(batches, ("d", tall, 1)) == ["ab"]
    # A picture that alone is too much goes at once, and the others may stay.
    assert feed(batches, ("e", (96, 32), 1000)) == ["e"]
    assert names(batches.waiting.values()) == ["c", "d"]
