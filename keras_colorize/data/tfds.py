"""TensorFlow Datasets as a source: written once to a folder, for an epoch's order asks for any."""

import re
from pathlib import Path

from keras_colorize.data.folders import list_pictures
from keras_colorize.errors import InputError
from keras_colorize.io import PhotographError
from keras_colorize.io.atomic import atomic_path, write_file

PREFIX = "tfds:"
_SUFFIXES = {b"\xff\xd8\xff": "jpg", b"\x89PNG": "png", b"GIF8": "gif", b"BM": "bmp"}


def list_source(source, exports, class_names=None):
    """Lists the pictures of a folder or of a TFDS set, see `list_pictures` and `write_tfds`.

    Args:
        source: path of a folder, or `tfds:NAME[/SPLIT]`. The split is `train` unless given; a
            NAME with a configuration (`imagenet_resized/64x64`) needs its split.
        exports: folder below which a TFDS set is written, or was written before.
        class_names: see `list_pictures`.
    """
    folder = Path(source)
    if str(source).startswith(PREFIX):
        name, slash, split = str(source).removeprefix(PREFIX).rpartition("/")
        name, split = (name, split) if slash else (split, "train")
        folder = Path(exports) / re.sub(r"[^\w.-]+", "_", f"{name}-{split}")
        if not folder.exists():
            write_tfds(name, split, folder)
    return list_pictures(folder, class_names)


def write_tfds(name, split, folder, data_dir=None):
    """Writes an image set of TensorFlow Datasets to `folder/class/number.jpg` (or `.png`).

    The bytes are the original ones; pictures without a label lie in the folder itself. After an
    error there is no folder. Returned is its `PictureSet`.

    Args:
        name: name of the set, as `tfds.load` takes it; `ValueError` for one without pictures.
        split: its split, for example `"train"` or `"train[:10%]"`.
        folder: a new folder, else `ValueError`; one that another process makes meanwhile stays.
        data_dir: where TFDS keeps its data; None for its default.

    Raises:
        ImportError: without the package tensorflow-datasets (extra `tfds`).
    """
    folder = Path(folder)
    if folder.exists():
        raise InputError(f"Expected a new folder for the export, received {folder}.")
    examples, class_names = _load(name, split, data_dir)
    try:
        with atomic_path(folder) as part:
            for number, example in enumerate(examples):
                label, encoded = int(example.get("label", -1)), example["image"]
                # A slash would nest folders and a leading dot hide them.
                parent = class_names[label].replace("/", "_").lstrip(".") if label >= 0 else ""
                suffixes = [s for start, s in _SUFFIXES.items() if encoded.startswith(start)]
                if not suffixes:
                    received = f"received {encoded[:8]!r}..."
                    raise InputError(f"Expected JPEG, PNG, GIF or BMP pictures, {received}")
                write_file(part / parent / f"{number:08}.{suffixes[0]}", encoded)
    except PhotographError:
        # Another worker may have written the same one meanwhile.
        if not folder.exists():
            raise
    return list_pictures(folder)


def _load(name, split, data_dir):
    """An iterator of examples with encoded pictures, and the names of the classes."""
    try:
        import tensorflow_datasets as tfds
    except ImportError as error:
        hint = "pip install 'keras-colorize[tfds]'"
        raise ImportError(f"{PREFIX}{name} needs tensorflow-datasets: {hint}") from error
    builder = tfds.builder(name, data_dir=data_dir)
    features = builder.info.features
    if "image" not in features:
        raise InputError(f"Expected a set with a feature 'image', {name} has {sorted(features)}.")
    builder.download_and_prepare()
    decoders = {"image": tfds.decode.SkipDecoding()}
    dataset = builder.as_dataset(split=split, shuffle_files=False, decoders=decoders)
    class_names = features["label"].names if "label" in features else ()
    return dataset.as_numpy_iterator(), class_names
