"""Trained networks to and from folders: weights by name, in half precision.

Keras' own `.weights.h5` numbers layers by their order, so a network that gains or moves a layer
no longer reads its older files; names of layers are public here.
"""

import dataclasses
import hashlib
import io
from pathlib import Path

import h5py
import keras
import numpy as np

from keras_colorize import models
from keras_colorize.errors import expect, expecting
from keras_colorize.io.atomic import atomic_file
from .config import CONFIG_FILE, WEIGHTS_FILE, PresetError, check_preset
from .names import find_preset


def load_preset(name_or_folder, dtype=None):
    """Builds a trained network; returns `(model, config)`.

    The preset is `name` or `name@version` of one that came with the library, or a folder; `dtype`
    is a policy such as `"mixed_bfloat16"`, or None for the global one. Raises PresetError if it is
    unknown (the message lists the names), incomplete or damaged.
    """
    folder = find_preset(name_or_folder)
    config = check_preset(folder)
    place, path = {"where": folder / CONFIG_FILE, "kind": PresetError}, folder / config.weights
    with expecting(f"arguments of {config.network}", ValueError, TypeError, **place):
        model = build_network(config, dtype)
        known = f"an output among {', '.join(model.output)}, received {config.output!r}"
        expect(config.output in model.output, known)
    with expecting("them", where=f"{path}, weights of {config.network}", kind=PresetError):
        read_weights(model, path)
    return model, config


def build_network(config, dtype=None):
    """Builds the network of a `PresetConfig` with fresh weights; `dtype` as in `load_preset`."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(dtype or before)
    try:
        return getattr(models, config.network)(**config.arguments)
    finally:
        keras.config.set_dtype_policy(before)


def save_preset(model, folder, config, overwrite=False):
    """Writes a preset; returns its `PresetConfig` with the checksum of the weights.

    The model is the trained network, as `config.network` builds it; the folder is made. Raises
    PresetError if a preset is there, unless `overwrite`, PhotographError if a file cannot be
    written.
    """
    folder = Path(folder)
    free = overwrite or not (folder / CONFIG_FILE).exists()
    expect(free, f"a folder without a preset, received {folder} with one", kind=PresetError)
    # Both are on the disk before one takes its name: where a write fails, an old preset stays.
    with (
        atomic_file(folder / WEIGHTS_FILE, overwrite=True) as weights,
        atomic_file(folder / CONFIG_FILE, overwrite=True) as file,
    ):
        # In memory first: HDF5 can end the process when a disk is full.
        encoded = io.BytesIO()
        write_weights(model, encoded)
        weights.write(encoded.getbuffer())
        checksum = hashlib.sha256(encoded.getbuffer()).hexdigest()
        config = dataclasses.replace(config, weights=WEIGHTS_FILE, sha256=checksum)
        file.write(config.to_json().encode())
    return config


def write_weights(model, path):
    """Writes the weights of a built model whose variables have distinct paths.

    `path` is a path or binary file to write (HDF5): a dataset per variable, at its path.
    """
    with h5py.File(path, "w") as file:
        for variable in model.weights:
            value = np.asarray(variable)
            with np.errstate(over="ignore"):
                half = value.astype("float16")
            # Batch statistics may be beyond the range of half precision.
            fits = np.isfinite(half).all()
            file.create_dataset(variable.path, data=half if fits else value.astype("float32"))


def read_weights(model, path):
    """Reads weights that `write_weights` wrote into a built model: all of them, and nothing else.

    Raises ValueError if the file is no HDF5 file, or its variables or their shapes are others.
    """
    values = {}

    def add(name, item):
        if isinstance(item, h5py.Dataset):
            values[name] = item[()]

    with expecting("a file of weights", OSError), h5py.File(path) as file:
        file.visititems(add)
    names = {variable.path for variable in model.weights}
    missing, surplus = names - set(values), set(values) - names
    expect(not missing, f"all weights of the network, received no {min(missing, default='')}")
    expect(not surplus, f"no {min(surplus, default='')}, which the network has not")
    for variable in model.weights:
        value = values[variable.path]
        shapes = f"{value.shape} for {tuple(variable.shape)}"
        expect(
            value.shape == tuple(variable.shape), f"{variable.path} of one shape, received {shapes}"
        )
        variable.assign(value.astype("float32"))
