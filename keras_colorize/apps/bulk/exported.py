"""The exported network of a bulk run."""

import hashlib
from pathlib import Path

import tensorflow as tf

from keras_colorize import __version__
from keras_colorize.errors import InputError
from keras_colorize.export import export_saved_model, read_exported
from keras_colorize.export.saved_model import CHECKSUMS, EXTRA
from keras_colorize.inference import Colorizer
from keras_colorize.inference.colorizer import BaseColorizer
from keras_colorize.precision import resolve_precision
from keras_colorize.presets import CONFIG_FILE, check_preset, default_preset, find_preset, sha256
from .manifest import HIDDEN

_GRAPH = "saved_model.pb"


class ExportedColorizer(BaseColorizer):
    """The network of a SavedModel, with `name/version` and checksum; it applies the saturation."""

    def __init__(self, path, name, sha256, working_size):
        self.path, self.name, self.sha256, self.working_size = path, name, sha256, working_size
        self.at_once = self.most_at_once

    def load(self):
        """Loads the network; the other steps of colorizing do without."""
        self._model = tf.saved_model.load(self.path)
        return self

    def predict_ab(self, lightness, hints=None):
        """Predicts a and b, multiplied by the saturation that was exported."""
        signature = self._model.signatures["serving_default"]
        return signature(lightness=tf.constant(lightness))["ab"].numpy()


def find_saved_model(path):
    """Looks at a SavedModel without loading it; `InputError` if it has no colors or has changed."""
    path = Path(path).absolute()
    if not (path / _GRAPH).is_file():
        expected = "expected the folder <name>/<version> that `keras-colorize export` writes"
        raise InputError(f"{path}: {expected}, found no {_GRAPH} in it.")
    config = read_exported(path)
    if not config.colorizes:
        raise InputError(f"{path}: expected a network that colorizes, it only tells scenes apart.")
    # The file of checksums was found to agree with all others.
    checksum, name = sha256(path / EXTRA / CHECKSUMS), f"{path.parent.name}/{path.name}"
    return ExportedColorizer(str(path), name, checksum, int(config.working_size))


def export_preset(preset, output, precision="float32"):
    """Writes the SavedModel of a preset into an output folder, unless an earlier run did."""
    source = find_preset(default_preset() if preset is None else preset)
    dtype = resolve_precision(precision)
    parts = [sha256(source / CONFIG_FILE), check_preset(source).sha256, dtype, __version__]
    key = hashlib.sha256(" ".join(parts).encode()).hexdigest()
    folder = Path(output).absolute() / HIDDEN / "models" / key
    for graph in folder.glob(f"*/*/{_GRAPH}"):
        return graph.parent
    colorizer = Colorizer.from_preset(source, precision=precision)
    return export_saved_model(colorizer, folder, version=1, warmup=False)
