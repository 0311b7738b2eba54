"""The SavedModel that a bulk run colorizes with."""

import dataclasses
import hashlib
from pathlib import Path

import tensorflow as tf

from keras_colorize import __version__
from keras_colorize.apps.bulk.folder import HIDDEN
from keras_colorize.errors import InputError
from keras_colorize.export import export_saved_model, read_exported
from keras_colorize.inference import Colorizer
from keras_colorize.precision import resolve_precision
from keras_colorize.presets import (
    CONFIG_FILE,
    WEIGHTS_FILE,
    default_preset,
    find_preset,
    sha256,
)

_GRAPH = "saved_model.pb"


@dataclasses.dataclass(frozen=True)
class ServedModel:
    """A SavedModel on the disk.

    Attributes:
        path: absolute path of its folder.
        name: `name/version`.
        sha256: checksum of all its files and their names.
        working_size: long side in pixels that it was exported for.
    """

    path: str
    name: str
    sha256: str
    working_size: int


def find_saved_model(path):
    """Looks at a SavedModel without loading it.

    Args:
        path: its folder, as `export_saved_model` returns it.

    Returns:
        A `ServedModel`.

    Raises:
        ValueError: if it is none, one that only tells scenes apart, or changed since its export.
        PresetError: if it was not written by this library.
    """
    path = Path(path).absolute()
    if not (path / _GRAPH).is_file():
        raise InputError(
            f"{path}: expected a SavedModel, the folder <name>/<version> that `keras-colorize "
            f"export` writes, found no {_GRAPH} in it."
        )
    config = read_exported(path)
    if not config.colorizes:
        raise InputError(f"{path}: expected a network that colorizes, it only tells scenes apart.")
    name = f"{path.parent.name}/{path.name}"
    return ServedModel(str(path), name, _folder_sha256(path), int(config.working_size))


def _folder_sha256(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = (f"{sha256(path)} {path.relative_to(folder).as_posix()}\n" for path in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def load_network(path):
    """Loads the network of a SavedModel.

    Args:
        path: its folder.

    Returns:
        Function from L* at working size, float32 array (N, h, w, 1), to a and b multiplied by
        the saturation, float32 array (N, h', w', 2).
    """
    loaded = tf.saved_model.load(str(path))
    signature = loaded.signatures["serving_default"]

    def predict_ab(lightness):
        return signature(lightness=tf.constant(lightness))["ab"].numpy()

    # A signature holds its variables weakly: without the model they would be gone.
    predict_ab.loaded = loaded
    return predict_ab


def export_preset(preset, output, precision="float32"):
    """Writes the SavedModel of a preset into an output folder, where all workers see it.

    Args:
        preset: name or folder of a preset, or None for the default.
        output: the output folder of a bulk run. A SavedModel that an earlier run wrote there is
            taken again, so that its pictures count as made with the same network.
        precision: `"auto"` (what this machine computes fast in), `"float32"` or `"bfloat16"`.

    Returns:
        Path of the SavedModel.

    Raises:
        PresetError: if the preset is unknown or damaged.
        ValueError: for another precision, or a preset that cannot be exported.
    """
    source = find_preset(default_preset() if preset is None else preset)
    dtype = resolve_precision(precision)
    parts = [sha256(source / CONFIG_FILE), sha256(source / WEIGHTS_FILE), dtype, __version__]
    key = hashlib.sha256(" ".join(parts).encode()).hexdigest()
    folder = Path(output).absolute() / HIDDEN / "models" / key
    for graph in folder.glob(f"*/*/{_GRAPH}"):
        return graph.parent
    colorizer = Colorizer.from_preset(source, precision=precision)
    return export_saved_model(colorizer, folder, version=1, warmup=False)
