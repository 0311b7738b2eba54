"""TensorFlow Datasets as a source, with sets that are made here."""

import shutil
import sys

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
        features = {
            "image": tfds.features.Image(),
            "label": tfds.features.ClassLabel(names=["sea/side", ".wood"]),
        }
        return tfds.core.DatasetInfo(
            builder=self, features=tfds.features.FeaturesDict(features), disable_shuffling=True
        )

    def _split_generators(self, _):
        return {
            "train": self._generate_examples(range(7)),
            "test": self._generate_examples(range(7, 9)),
        }

    def _generate_examples(self, keys):
        for key in keys:
            yield key, {"image": self.pictures[key], "label": key % 2}


class Words(tfds.core.GeneratorBasedBuilder):
    """A set without pictures."""

    VERSION = tfds.core.Version("1.0.0")
    code_path = None

    def _info(self):
        features = tfds.features.FeaturesDict({"text": tfds.features.Text()})
        return tfds.core.DatasetInfo(builder=self, features=features)

    def _split_generators(self, _):
        return {"train": iter(())}

    def _generate_examples(self):
        return iter(())


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


@pytest.fixture
def no_tfds(monkeypatch):
    """From here on there is no tensorflow-datasets."""
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)


def test_writes_the_original_bytes_by_class(data_dir, contents, tmp_path):
    pictures = write_tfds("two_classes", "train", tmp_path / "out", data_dir)
    assert pictures.class_names == ("sea_side", "wood")
    assert pictures.names == (
        "sea_side/00000000.jpg",
        "sea_side/00000002.png",
        "sea_side/00000004.png",
        "sea_side/00000006.jpg",
        "wood/00000001.png",
        "wood/00000003.jpg",
        "wood/00000005.png",
    )
    assert pictures.labels == (0, 0, 0, 0, 1, 1, 1)
    for name, path in zip(pictures.names, pictures.paths, strict=True):
        number = int(name.partition("/")[2].partition(".")[0])
        assert tf.io.read_file(path).numpy() == contents[number].read_bytes()
    assert len(scan_pictures(pictures)[0]) == 7


def test_split_and_limit(data_dir, tmp_path):
    assert len(write_tfds("two_classes", "test", tmp_path / "a", data_dir)) == 2
    assert len(write_tfds("two_classes:1.0.0", "train[2:]", tmp_path / "b", data_dir)) == 5
    assert len(write_tfds("two_classes", "train+test", tmp_path / "c", data_dir, limit=3)) == 3


@pytest.mark.usefixtures("no_tfds")
def test_a_missing_package_is_named(data_dir, tmp_path):
    with pytest.raises(ImportError, match=r"pip install 'keras-colorize\[tfds\]'"):
        write_tfds("two_classes", "train", tmp_path / "out", data_dir)
    assert not (tmp_path / "out").exists()


def test_an_interrupted_export_leaves_nothing(data_dir, contents, tmp_path, monkeypatch):
    def examples():
        yield {"image": contents[0].read_bytes()}
        raise KeyboardInterrupt

    monkeypatch.setattr(room, "_load", lambda *_: (examples(), ()))
    with pytest.raises(KeyboardInterrupt):
        write_tfds("two_classes", "train", tmp_path / "out", data_dir)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_exists_is_left_alone(data_dir, tmp_path, make_picture, write_picture):
    write_picture(tmp_path / "own" / "a.png", make_picture())
    with pytest.raises(ValueError, match="a new folder for the export, received .*own"):
        write_tfds("two_classes", "train", tmp_path / "own", data_dir)


def test_what_another_process_wrote_meanwhile_stays(contents, tmp_path, monkeypatch):
    def examples():
        yield {"image": contents[0].read_bytes()}
        shutil.copytree(contents[0].parent, tmp_path / "out")

    monkeypatch.setattr(room, "_load", lambda *_: (examples(), ()))
    assert len(write_tfds("any", "train", tmp_path / "out")) == 9
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("label", [{}, {"label": -1}])
def test_pictures_without_label_lie_in_the_folder(label, contents, tmp_path, monkeypatch):
    examples = [{"image": path.read_bytes(), **label} for path in contents[:2]]
    monkeypatch.setattr(room, "_load", lambda *_: (iter(examples), ()))
    pictures = write_tfds("any", "test", tmp_path / "out")
    assert pictures.names == ("00000000.jpg", "00000001.png")
    assert pictures.labels == (UNLABELED, UNLABELED)


def test_what_is_no_picture_is_refused(tmp_path, monkeypatch, data_dir):
    with pytest.raises(ValueError, match=r"a feature 'image', words has \['text'\]"):
        write_tfds("words", "train", tmp_path / "words", data_dir)
    monkeypatch.setattr(room, "_load", lambda *_: (iter([{"image": b"RIFF1234WEBP"}]), ()))
    with pytest.raises(ValueError, match="JPEG, PNG, GIF or BMP pictures, received b'RIFF1234'"):
        write_tfds("any", "test", tmp_path / "out")
    assert not (tmp_path / "out").exists()


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
    assert asked == [
        ("cats", "train", "cats-train"),
        ("resized/64x64", "train[:10%]", "resized_64x64-train_10_"),
    ]
