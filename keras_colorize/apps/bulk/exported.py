"""The exported network of a bulk run, and photographs on their way through it."""

import collections
import dataclasses
import hashlib
from pathlib import Path

import numpy as np
import tensorflow as tf

from keras_colorize import __version__
from keras_colorize.errors import InputError
from keras_colorize.export import export_saved_model, read_exported
from keras_colorize.export.saved_model import CHECKSUMS, EXTRA
from keras_colorize.inference import Colorizer
from keras_colorize.inference.batch import written
from keras_colorize.inference.colorizer import BaseColorizer
from keras_colorize.io import read_photograph, write_photograph
from keras_colorize.precision import resolve_precision
from keras_colorize.presets import CONFIG_FILE, check_preset, default_preset, find_preset, sha256
from .manifest import HIDDEN

HELD_PIXELS = 32_000_000
"""Most pixels of full-size pictures that wait for others of their shape, about 0.2 GB."""

_GRAPH = "saved_model.pb"


class ExportedColorizer(BaseColorizer):
    """The network of a SavedModel, with `name/version` and checksum; it applies the saturation."""

    def __init__(self, path, name, sha256, working_size):
        self.path, self.name, self.sha256, self.working_size = path, name, sha256, working_size

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


Picture = collections.namedtuple("Picture", "task input_sha256 photograph preprocessed")
"""A photograph as read and as preprocessed for the network, with its task and checksum."""


def read_picture(task, colorizer):
    """Reads the photograph of a task; raises a PhotographError if it cannot be read."""
    photograph = read_photograph(task["source"])
    preprocessed = colorizer.preprocess(photograph.pixels)
    return Picture(task, sha256(task["source"]), photograph, preprocessed)


def write_picture(picture, ab, colorizer, mark_colorized):
    """Puts ab (h, w, 2) on a `Picture`, writes it and returns its dict for the manifest."""
    (pixels,) = colorizer.compose([picture.preprocessed], [np.asarray(ab)])
    photograph = dataclasses.replace(picture.photograph, pixels=pixels)
    task, target = picture.task, picture.task["target"]
    notes = write_photograph(target, photograph, mark_colorized=mark_colorized, overwrite=True)
    record = {"path": task["path"], "source": task["source"], "input_sha256": picture.input_sha256}
    return {**record, **written(target, pixels), "notes": [*photograph.notes, *notes]}


class ShapeBatches:
    """Collects `at_once` `Picture`s of a shape; beyond `held_pixels` the largest batch goes out.

    The others are `waiting`, a dict of lists by shape.
    """

    def __init__(self, at_once, held_pixels=HELD_PIXELS):
        self.at_once, self.held_pixels = at_once, held_pixels
        self.waiting = {}

    def add(self, picture):
        """Takes a picture; returns the list of the batches that are ready, lists of pictures."""
        shape = picture.preprocessed.network_input.shape
        self.waiting.setdefault(shape, []).append(picture)
        ready = [self.waiting.pop(shape)] if len(self.waiting[shape]) >= self.at_once else []
        while sum(map(_pixels, self.waiting.values())) > self.held_pixels:
            largest = max(self.waiting, key=lambda shape: _pixels(self.waiting[shape]))
            ready.append(self.waiting.pop(largest))
        return ready


def _pixels(pictures):
    return sum(picture.preprocessed.lightness.size for picture in pictures)
