"""Weights in a file by their names, in half precision.

Keras' own `.weights.h5` numbers layers by their order, so a network that gains or moves a layer
no longer reads its older files. Names of layers are public here, and a preset outlives such a
change; it takes half the space, too.
"""

import h5py
import numpy as np


def write_weights(model, path):
    """Writes the weights of a model.

    Args:
        model: a built `keras.Model` whose variables have distinct paths.
        path: file to write (HDF5): a dataset per variable, at the variable's path.
    """
    with h5py.File(path, "w") as file:
        for variable in model.weights:
            file.create_dataset(variable.path, data=_halved(np.asarray(variable)))


def read_weights(model, path):
    """Reads weights into a model: all of them, and nothing but them.

    Args:
        model: a built `keras.Model`.
        path: file that `write_weights` wrote.

    Raises:
        ValueError: if the file is no HDF5 file, or lacks a variable, has another one, or one of
            another shape.
    """
    try:
        with h5py.File(path) as file:
            values = _datasets(file)
    except OSError as error:
        raise ValueError(f"an unreadable file ({error})") from error
    _check_names({variable.path for variable in model.weights}, set(values))
    for variable in model.weights:
        value = values[variable.path]
        if value.shape != tuple(variable.shape):
            raise ValueError(f"{variable.path} of shape {value.shape} for {tuple(variable.shape)}")
        variable.assign(value.astype("float32"))


def _halved(value):
    with np.errstate(over="ignore"):
        half = value.astype("float16")
    # Batch statistics may be beyond the range of half precision.
    return half if np.isfinite(half).all() else value.astype("float32")


def _datasets(file):
    found = {}

    def collect(name, item):
        if isinstance(item, h5py.Dataset):
            found[name] = item[()]

    file.visititems(collect)
    return found


def _check_names(expected, found):
    if expected - found:
        raise ValueError(f"no {min(expected - found)}")
    if found - expected:
        raise ValueError(f"{min(found - expected)}, which the network has not")
