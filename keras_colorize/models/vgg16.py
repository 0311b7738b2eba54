"""VGG16 as an encoder (Simonyan & Zisserman 2015, configuration D), up to conv4_3.

The layers have the names and weights of `keras.applications.VGG16`, so its ImageNet weights fit.
Pooling rounds sizes up, so that a picture of any size leaves at least one pixel; on sizes that 8
divides there is no difference.
"""

import os

import h5py
import keras
from keras import layers

from keras_colorize.layers import GreyLevels
from keras_colorize.models.arguments import scaled

IMAGENET_MEANS = (103.939, 116.779, 123.68)
"""Means of blue, green and red over ImageNet, in the order of the channels that the released
weights expect: they come from Caffe, which reads blue first."""

_BLOCKS = ((2, 64), (2, 128), (3, 256), (3, 512))
"""Convolutions and channels of the blocks that are used."""


def vgg16_taps(lightness, width=1.0):
    """Applies the convolutional part to the grey photograph of a lightness.

    Args:
        lightness: Keras tensor (N, H, W, 1), L* in 0..100.
        width: factor on all channels.

    Returns:
        List of four Keras tensors (N, ceil(H/s), ceil(W/s), C), s = 1, 2, 4 and 8: conv1_2,
        conv2_2, conv3_3 and conv4_3, with 64, 128, 256 and 512 channels at width 1.
    """
    x = GreyLevels(IMAGENET_MEANS, name="grey_levels")(lightness)
    taps = []
    for block, (convolutions, filters) in enumerate(_BLOCKS, start=1):
        if taps:
            x = layers.MaxPooling2D(2, 2, padding="same", name=f"block{block - 1}_pool")(x)
        for number in range(1, convolutions + 1):
            name = f"block{block}_conv{number}"
            x = layers.Conv2D(
                scaled(filters, width), 3, padding="same", activation="relu", name=name
            )(x)
        taps.append(x)
    return taps


def load_vgg16(model, weights):
    """Copies ImageNet weights into the `vgg16` encoder of a model, in place.

    Args:
        model: a network built on `vgg16_taps` at width 1.
        weights: `"imagenet"` (downloaded by keras.applications; the weights are Oxford's, under
            CC BY 4.0) or the path of a weights file of `keras.applications.VGG16`, with or
            without its classifier, in the format of Keras 3 or the older one.

    Raises:
        ValueError: if the path does not exist, the file lacks a layer or has one of another
            shape, or the model has another encoder.
    """
    found = _read(weights)
    own = {layer.name: layer for layer in model.layers}
    for name in _names():
        if name not in own:
            raise ValueError(f"Expected a vgg16 encoder, {model.name} lacks {name!r}.")
        _check(name, found.get(name, ()), own[name].weights, weights)
    for name in _names():
        own[name].set_weights(found[name])


def _names():
    for block, (convolutions, _) in enumerate(_BLOCKS, start=1):
        for number in range(1, convolutions + 1):
            yield f"block{block}_conv{number}"


def _check(name, values, expected, source):
    found = [value.shape for value in values]
    wanted = [tuple(variable.shape) for variable in expected]
    if found != wanted:
        raise ValueError(
            f"Expected the weights of keras.applications.VGG16 in {source!r}, {name} of shapes "
            f"{wanted}; found {found or 'no such layer'}."
        )


def _read(weights):
    """Returns {layer name: [kernel, bias]} of whatever convolutions the source has."""
    if weights == "imagenet":
        source = keras.applications.VGG16(include_top=False, weights="imagenet")
        return {layer.name: layer.get_weights() for layer in source.layers if layer.weights}
    if not os.path.isfile(weights):
        raise ValueError(
            f"Expected 'imagenet' or the path of a VGG16 weights file, received {weights!r}."
        )
    try:
        with h5py.File(weights) as file:
            return _layers_of(file)
    except OSError as error:
        raise ValueError(
            f"Expected the weights of keras.applications.VGG16 in {weights!r}: {error}"
        ) from error


def _layers_of(file):
    """Collects the arrays by layer name; building the network to read it would take 0.5 GB."""
    wanted, found = set(_names()), {}

    def collect(path, group):
        # Keras 3 numbers the layers and notes their names; the older format has them as paths.
        name = group.attrs.get("name", path.rpartition("/")[2])
        if name not in wanted or not isinstance(group, h5py.Group):
            return
        keys = group.attrs.get("weight_names", sorted(group))
        found.setdefault(name, [group[key][()] for key in keys if key in group])

    file.visititems(collect)
    return found
