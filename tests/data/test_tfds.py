"""TensorFlow Datasets as a source, with sets that are made here."""

import shutil
import sys
import types

import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from keras_colorize.data import UNLABELED, list_pictures, list_source, scan_pictures, write_tfds
from keras_colorize.data import tfds as room


class TwoClasses(tfds.core.GeneratorBasedBuilder):
    """Seven pictures to train on and two to test with, as bytes that must survive."""

    VERSION = tfds.core.Version("1.0.0")
    code_path = None  # Looking for checksums beside the code needs one more package.
    pictures = {}

    def _info(self):
        label = tfds.features.ClassLabel(names=["sea/side", ".wood"])
        features = tfds.features.FeaturesDict({"image": tfds.features.Image(), "label": label})
        return tfds.core.DatasetInfo(builder=self, features=features, disable_shuffling=True)

    def _split_generators(self, _):
        splits = {"train": range(7), "test": range(7, 9)}
        return {name: self._generate_examples(keys) for name, keys in splits.items()}

    def _generate_examples(self, keys):
        for key in keys:
            yield key, {"image": self.pictures[key], "label": key % 2}


@pytest.fixture(scope="module")
def contents(tmp_path_factory, make_picture, write_picture):
    """Encoded pictures of the set, PNG and JPEG by turns of three."""
    folder = tmp_path_factory.mktemp("originals")
    names = [f"{key}.{'png' if key % 3 else 'jpg'}" for key in range(9)]
    return [write_picture(folder / n, make_picture(i)) for i, n in enumerate(names)]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory, contents):
    folder = tmp_path_factory.mktemp("tfds")
    TwoClasses.pictures = {key: str(path) for key, path in enumerate(contents)}
    TwoClasses(data_dir=folder).download_and_prepare()
    return folder


def test_writes_the_original_bytes_by_class(data_dir, contents, tmp_path):
    pictures = write_tfds("two_classes", "train", tmp_path / "out", data_dir)
    assert pictures.class_names == ("sea_side", "wood")
    expected = [f"sea_side/0000000{i}" for i in ("0.jpg", "2.png", "4.png", "6.jpg")]
    expected += [f"wood/0000000{i}" for i in ("1.png", "3.jpg", "5.png")]
    assert list(pictures.names) == expected
    assert pictures.labels == (0, 0, 0, 0, 1, 1, 1)
    for name, path in zip(pictures.names, pictures.paths, strict=True):
        number = int(name.partition("/")[2].partition(".")[0])
        assert tf.io.read_file(path).numpy() == contents[number].read_bytes()
    assert len(scan_pictures(pictures)[0]) == 7
    assert len(write_tfds("two_classes", "test", tmp_path / "a", data_dir)) == 2
    assert len(write_tfds("two_classes:1.0.0", "train[2:]", tmp_path / "b", data_dir)) == 5
    assert len(write_tfds("two_classes", "train+test[:1]", tmp_path / "c", data_dir)) == 8
    with pytest.raises(ValueError, match="a new folder for the export, received .*out"):
        write_tfds("two_classes", "train", tmp_path / "out", data_dir)


@pytest.fixture
def export(tmp_path, monkeypatch):
    """Writes examples to the folder `out`."""

    def write(examples):
        monkeypatch.setattr(room, "_load", lambda *_: (iter(examples), ()))
        return write_tfds("any", "train", tmp_path / "out")

    return write


def test_an_interrupted_export_leaves_nothing_or_what_another_process_wrote(
    export, contents, tmp_path
):
    def examples(error):
        yield {"image": contents[0].read_bytes()}
        if error:
            raise error
        shutil.copytree(contents[0].parent, tmp_path / "out")

    with pytest.raises(KeyboardInterrupt):
        export(examples(KeyboardInterrupt))
    assert list(tmp_path.iterdir()) == []
    assert len(export(examples(None))) == 9
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_pictures_without_label_lie_in_the_folder(export, contents):
    first, second = (path.read_bytes() for path in contents[:2])
    pictures = export([{"image": first}, {"image": second, "label": -1}])
    assert pictures.names == ("00000000.jpg", "00000001.png")
    assert pictures.labels == (UNLABELED, UNLABELED)


def test_what_is_no_picture_or_lacks_the_package_is_refused(export, tmp_path, monkeypatch):
    words = types.SimpleNamespace(info=types.SimpleNamespace(features={"text": None}))
    monkeypatch.setattr(tfds, "builder", lambda *_, **__: words)
    with pytest.raises(ValueError, match=r"words has \['text'\]"):
        write_tfds("words", "train", tmp_path / "words")
    with pytest.raises(ValueError, match="JPEG, PNG, GIF or BMP pictures, received b'RIFF1234'"):
        export([{"image": b"RIFF1234WEBP"}])
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)
    with pytest.raises(ImportError, match=r"pip install 'keras-colorize\[tfds\]'"):
        write_tfds("two_classes", "train", tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_source_is_a_folder_or_a_name(folder, tmp_path, monkeypatch):
    assert list_source(folder, tmp_path, ("forest",)) == list_pictures(folder, ("forest",))
    asked = []

    def write(name, split, target):
        asked.append((name, split, target.relative_to(tmp_path).as_posix()))
        target.mkdir()
        (target / "a.jpg").touch()

    monkeypatch.setattr(room, "write_tfds", write)
    for _ in range(2):
        assert list_source("tfds:cats", tmp_path).names == ("a.jpg",)
    list_source("tfds:resized/64x64/train[:10%]", tmp_path)
    # What is there is used again.
    resized = "resized/64x64", "train[:10%]", "resized_64x64-train_10_"
    assert asked == [("cats", "train", "cats-train"), resized]
