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
from keras_colorize.io.atomic import atomic_file
from .config import CONFIG_FILE, WEIGHTS_FILE, PresetError, check_preset
from .names import find_preset


def load_preset(name_or_folder, dtype=None):
    """Builds a trained network.

    Args:
        name_or_folder: `name` or `name@version` of a preset that came with the library, or the
            path of a folder.
        dtype: dtype policy, for example `"mixed_bfloat16"`; None takes the global policy.

    Returns:
        `(model, config)`.

    Raises:
        PresetError: if it is unknown (the message lists the names), incomplete or damaged.
    """
    folder = find_preset(name_or_folder)
    config, config_path = check_preset(folder), folder / CONFIG_FILE
    path = folder / config.weights
    try:
        model = build_network(config, dtype)
    except (ValueError, TypeError) as error:
        said = f"{config_path}: Expected arguments of {config.network}"
        raise PresetError(f"{said}, received {config.arguments}: {error}") from error
    if config.output not in model.output:
        known = f"{config_path}: Expected an output among {', '.join(model.output)}"
        raise PresetError(f"{known}, received {config.output!r}.")
    try:
        read_weights(model, path)
    except ValueError as error:
        said = f"{path}: Expected weights of {config.network}, received {error}."
        raise PresetError(said) from error
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

    Args:
        model: the trained network, as `config.network` builds it.
        folder: folder to write to; it is made.
        config: its `PresetConfig`.
        overwrite: whether a preset that is there is replaced.

    Raises:
        PresetError: if the folder already holds a preset and `overwrite` is False.
        PhotographError: if a file cannot be written.
    """
    folder = Path(folder)
    if (folder / CONFIG_FILE).exists() and not overwrite:
        raise PresetError(f"{folder}: Expected a folder without a preset, received one with it.")
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

    Raises:
        ValueError: if the file is no HDF5 file, or its variables or their shapes are others.
    """
    values = {}

    def add(name, item):
        if isinstance(item, h5py.Dataset):
            values[name] = item[()]

    try:
        with h5py.File(path) as file:
            file.visititems(add)
    except OSError as error:
        raise ValueError(f"an unreadable file ({error})") from error
    names = {variable.path for variable in model.weights}
    if missing := names - set(values):
        raise ValueError(f"no {min(missing)}")
    if surplus := set(values) - names:
        raise ValueError(f"{min(surplus)}, which the network has not")
    for variable in model.weights:
        value = values[variable.path]
        if value.shape != tuple(variable.shape):
            raise ValueError(f"{variable.path} of shape {value.shape} for {tuple(variable.shape)}")
        variable.assign(value.astype("float32"))
