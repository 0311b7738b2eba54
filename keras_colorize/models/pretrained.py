"""ImageNet weights of `keras.applications`: downloaded, or from files of Keras 3 and older."""

import os
import re

import h5py
import keras

from keras_colorize.errors import expect


def read_layers(network, weights, names, include_top=False):
    """Arrays of the layers `names` of a network of `keras.applications`: {name: [array, ...]}.

    `weights` is `"imagenet"` (downloaded) or the path of such a file, else ValueError; what the
    file lacks is left out.
    """
    if weights == "imagenet":
        try:
            source = getattr(keras.applications, network)(include_top=include_top, weights=weights)
        except Exception as error:  # Keras has no narrower one for a download that fails.
            instead = "or the path of a file with them in place of 'imagenet'"
            raise ValueError(f"Expected weights from the web, {instead}: {error}") from error
        return {name: source.get_layer(name).get_weights() for name in names}
    if not os.path.isfile(weights):
        raise ValueError(f"Expected 'imagenet' or a file of {network}, received {weights!r}.")
    arrays = {}

    def collect(path, group):
        # Keras 3 numbers the layers and notes their names; the older format has them as paths.
        name = group.attrs.get("name", path.rpartition("/")[2])
        if name in names and isinstance(group, h5py.Group):
            keys = group.attrs.get("weight_names", sorted(group))
            arrays.setdefault(name, [group[key][()] for key in keys if key in group])

    try:
        # Building the network to read it would take 0.5 GB for VGG16.
        with h5py.File(weights) as file:
            file.visititems(collect)
    except OSError as error:
        expected = f"Expected the weights of keras.applications.{network}"
        raise ValueError(f"{expected} in {weights!r}: {error}") from error
    return arrays


def load_layers(model, network, weights, names):
    """Copies what `read_layers` reads into the layers of a model whose names match a pattern.

    Raises ValueError, and copies nothing, if it does not fit.
    """
    layers = [layer for layer in model.layers if re.fullmatch(names, layer.name)]
    expect(layers, f"a network with layers of {network}, received {model.name}")
    values = read_layers(network, weights, [layer.name for layer in layers])
    for layer in layers:
        shapes = [value.shape for value in values.get(layer.name, ())]
        expected = [tuple(variable.shape) for variable in layer.weights]
        if shapes != expected:
            found = f"{layer.name} of shapes {expected}; found {shapes or 'no such layer'}"
            source = f"the weights of keras.applications.{network} in {weights!r}"
            raise ValueError(f"Expected {source}, {found}.")
    for layer in layers:
        layer.set_weights(values[layer.name])
