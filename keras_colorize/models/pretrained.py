"""ImageNet weights of `keras.applications`: downloaded, or from files of Keras 3 and older."""

import functools
import os
import re

import h5py
import keras

from keras_colorize.errors import expect, expecting


def read_layers(network, weights, names, include_top=False):
    """Arrays of the layers `names` of a network of `keras.applications`: {name: [array, ...]}.

    `weights` is `"imagenet"` (downloaded) or the path of such a file, else ValueError; what the
    file lacks is left out.
    """
    if weights == "imagenet":
        instead = "weights from the web, or the path of a file with them in place of 'imagenet'"
        with expecting(instead, Exception):  # Keras has no narrower one for a failed download.
            source = getattr(keras.applications, network)(include_top=include_top, weights=weights)
        return {name: source.get_layer(name).get_weights() for name in names}
    known = f"'imagenet' or a file of {network}, received {weights!r}"
    expect(os.path.isfile(weights), known)
    arrays = {}

    def collect(path, group):
        # Keras 3 numbers the layers and notes their names; the older format has them as paths.
        name = group.attrs.get("name", path.rpartition("/")[2])
        if name in names and isinstance(group, h5py.Group):
            keys = group.attrs.get("weight_names", sorted(group))
            arrays.setdefault(name, [group[key][()] for key in keys if key in group])

    # Building the network to read it would take 0.5 GB for VGG16.
    with expecting(_of(network, weights), OSError), h5py.File(weights) as file:
        file.visititems(collect)
    return arrays


def load_layers(model, network, weights, names):
    """Copies what `read_layers` reads into a model by `copy_layers`."""
    read = functools.partial(read_layers, network, weights)
    copy_layers(model, names, read, _of(network, weights))


def copy_layers(model, names, read, source):
    """Copies arrays into the layers of a model whose names match a pattern: all, or ValueError.

    `read` makes of a list of names a dict of name to arrays; `source` says whose they are.
    """
    layers = [one for one in model.layers if one.weights and re.fullmatch(names, one.name)]
    expect(layers, f"a network with the layers of {source}, received {model.name}")
    values = read([layer.name for layer in layers])
    for layer in layers:
        shapes = [value.shape for value in values.get(layer.name, ())]
        expected = [tuple(variable.shape) for variable in layer.weights]
        found = f"{layer.name} of shapes {expected}; found {shapes or 'no such layer'}"
        expect(shapes == expected, f"{source}, {found}")
    for layer in layers:
        layer.set_weights(values[layer.name])


def _of(network, weights):
    return f"the weights of keras.applications.{network} in {weights!r}"
