"""TensorFlow Datasets as a source of pictures, by way of a folder.

A set is written to disk once, with the original encoded bytes and a subfolder per class, and is
then a source like any other: the same scan for bad and near-grey pictures, the same split, the
same mixing with other folders, and the same resumable order of every epoch, which needs access to
any picture at any time. A stream of examples would offer none of these.
"""

import itertools
import json
import re
from pathlib import Path

from keras_colorize.data.pictures import list_pictures
from keras_colorize.io.atomic import write_file

PREFIX = "tfds:"
"""Beginning of a source that is a TFDS name."""

_MARKER = ".tfds.json"
_SUFFIXES = {b"\xff\xd8\xff": "jpg", b"\x89PNG": "png", b"GIF8": "gif", b"BM": "bmp"}


def list_source(source, exports, class_names=None):
    """Lists the pictures of a folder or of a TFDS set.

    Args:
        source: path of a folder, or `tfds:NAME[/SPLIT]`. The split is `train` unless given; a
            NAME with a configuration (`imagenet_resized/64x64`) needs its split.
        exports: folder below which a TFDS set is written, see `write_tfds`.
        class_names: see `list_pictures`.

    Returns:
        A `PictureSet`.

    Raises:
        ImportError, ValueError: see `write_tfds` and `list_pictures`.
    """
    if not str(source).startswith(PREFIX):
        return list_pictures(source, class_names)
    name, slash, split = str(source).removeprefix(PREFIX).rpartition("/")
    if not slash:
        name, split = split, "train"
    folder = Path(exports) / re.sub(r"[^\w.-]+", "_", f"{name}-{split}")
    write_tfds(name, split, folder)
    return list_pictures(folder, class_names)


def write_tfds(name, split, folder, data_dir=None, limit=None):
    """Writes an image set of TensorFlow Datasets to `folder/class/number.jpg` (or `.png`).

    A complete export is reused, without TensorFlow Datasets; an interrupted one is completed.

    Args:
        name: name of the set, as `tfds.load` takes it.
        split: its split, for example `"train"` or `"train[:10%]"`.
        folder: where the pictures go; new, empty, or an export of the same request.
        data_dir: where TFDS keeps its data; None for its default.
        limit: most pictures to write; None for all.

    Returns:
        The `PictureSet` of the folder. Pictures without a label lie in the folder itself.

    Raises:
        ImportError: without the package tensorflow-datasets (extra `tfds`).
        ValueError: for a set without pictures, or a folder that holds something else.
    """
    folder = Path(folder)
    request = {"name": name, "split": split, "limit": limit}
    if not _is_complete(folder, request):
        examples, class_names = _load(name, split, data_dir)
        folder.mkdir(parents=True, exist_ok=True)
        _mark(folder, request, complete=False)
        for number, example in enumerate(itertools.islice(examples, limit)):
            label = int(example.get("label", -1))
            parent = folder / _folder_name(class_names[label]) if label >= 0 else folder
            _write_picture(parent, number, example["image"])
        _mark(folder, request, complete=True)
    return list_pictures(folder)


def _is_complete(folder, request):
    """Returns whether the export is done; refuses folders with something else in them."""
    marker = folder / _MARKER
    if not marker.exists():
        if folder.exists() and any(folder.iterdir()):
            raise ValueError(f"Expected a new or empty folder for the export, received {folder}.")
        return False
    found = json.loads(marker.read_text())
    complete = found.pop("complete")
    if found != request:
        raise ValueError(f"Expected the export of {request} in {folder}, found that of {found}.")
    return complete


def _load(name, split, data_dir):
    """Returns an iterator of examples with encoded pictures, and the names of the classes."""
    try:
        import tensorflow_datasets as tfds
    except ImportError as error:
        raise ImportError(
            f"{PREFIX}{name} needs tensorflow-datasets: pip install 'keras-colorize[tfds]'"
        ) from error
    builder = tfds.builder(name, data_dir=data_dir)
    features = builder.info.features
    if "image" not in features:
        raise ValueError(f"Expected a set with a feature 'image', {name} has {sorted(features)}.")
    builder.download_and_prepare()
    # In the order of the files, so that an interrupted export goes on with the same numbers.
    dataset = builder.as_dataset(
        split=split, shuffle_files=False, decoders={"image": tfds.decode.SkipDecoding()}
    )
    class_names = features["label"].names if "label" in features else ()
    return dataset.as_numpy_iterator(), class_names


def _folder_name(class_name):
    # A slash would nest folders and a leading dot hide them.
    return class_name.replace("/", "_").lstrip(".")


def _write_picture(parent, number, encoded):
    suffix = next((s for start, s in _SUFFIXES.items() if encoded.startswith(start)), None)
    if suffix is None:
        raise ValueError(f"Expected JPEG, PNG, GIF or BMP pictures, received {encoded[:8]!r}...")
    path = parent / f"{number:08}.{suffix}"
    if not path.exists():
        write_file(path, encoded, overwrite=True)


def _mark(folder, request, complete):
    write_file(folder / _MARKER, json.dumps({**request, "complete": complete}), overwrite=True)
