"""Batch normalization folded into the layer before it (Iizuka et al. 2016, section 3.4)."""

import keras
import numpy as np
from keras import layers

from keras_colorize.errors import expect
from keras_colorize.layers import GlobalLocalFusion, PermanentDropout
from .ddcolor import LayerScale

_FOLDABLE = (
    layers.Conv2D,
    layers.Conv2DTranspose,
    layers.Dense,
    layers.DepthwiseConv2D,
    layers.LayerNormalization,
    GlobalLocalFusion,
)


def fold_batch_norm(model, dropout="preset"):
    """Makes the network for inference that has its batch normalizations folded away.

    A `BatchNormalization` is folded where all its inputs come from one convolution (also
    transposed or depthwise), dense layer, layer normalization or `GlobalLocalFusion` without
    activation, and that layer's results go nowhere else; so is a `LayerScale`. Models inside it
    stay as they are. The model is Functional, else ValueError, and not changed; returns a new one,
    not for training, with the same inputs, outputs up to rounding, layer names and dtype policies.
    Whether inference drops says `dropout`, `"on"` or `"off"` (Isola et al. 2017, section 3.3);
    `"preset"` leaves that as it is.
    """
    is_functional = hasattr(model, "output_names")
    expect(is_functional, f"a Functional keras.Model, received {type(model).__name__}")
    norms = _foldable_norms(model)
    norm_after = {layer.name: norm for norm, layer in norms.values()}
    clones = []

    def clone(layer):
        gains = layer.name in norm_after and hasattr(layer, "use_bias")
        bias = {"use_bias": True} if gains else {}
        kind = type(layer)
        if dropout != "preset" and isinstance(layer, layers.Dropout):
            kind = PermanentDropout if dropout == "on" else layers.Dropout
        clones.append((layer, kind.from_config(layer.get_config() | bias)))
        return clones[-1][1]

    def call(layer, *args, **kwargs):
        if layer.name in norms:
            return keras.tree.flatten((args, kwargs))[0]
        return layer(*args, **kwargs)

    folded = keras.models.clone_model(model, clone_function=clone, call_function=call)
    for layer, copy in clones:
        # What is not built was folded away.
        if not (isinstance(copy, layers.Layer) and copy.built):
            continue
        weights, norm = layer.get_weights(), norm_after.get(layer.name)
        if norm is not None:
            kernel, *bias = weights
            factor, offset = _affine(norm)
            scale = factor
            if isinstance(layer, layers.DepthwiseConv2D):
                # (rows, columns, input channels, multiplier), output channels in that order.
                scale = factor.reshape(kernel.shape[-2:])
            elif isinstance(layer, layers.Conv2DTranspose):
                scale = factor[:, None]
            weights = [kernel * scale, offset + (bias[0] * factor if bias else 0.0)]
        copy.set_weights(weights)
    # A plain model: `clone_model` would carry over the optimizer too.
    return keras.Model(folded.input, folded.output, name=model.name)


def _affine(norm):
    """What a norm is in inference: a factor and an offset, each (C,)."""
    values = [one.astype("float64") for one in norm.get_weights()]
    if type(norm) is LayerScale:
        return values[0], 0.0
    *affine, mean, variance = values
    factor = (affine[0] if norm.scale else 1.0) / np.sqrt(variance + norm.epsilon)
    return factor, (affine[-1] if norm.center else 0.0) - mean * factor


def _foldable_norms(model):
    """The norms to fold: {name: (the norm, the layer before it)}."""
    config = model.get_config()
    nodes = {layer["name"]: layer["inbound_nodes"] for layer in config["layers"]}
    sources = {name: _sources(inbound) for name, inbound in nodes.items()}
    outputs = _sources(config["output_layers"])
    norms = {}
    for norm in model.layers:
        folds = type(norm) in (layers.BatchNormalization, LayerScale)
        if not folds or len(sources[norm.name]) != 1:
            continue
        (name,) = sources[norm.name]
        layer = model.get_layer(name)
        readers = {reader for reader, read in sources.items() if name in read}
        alone = readers == {norm.name} and name not in outputs
        # Called with `training=True` it works on the statistics of the batch.
        trains = any(item is True for item in keras.tree.flatten(nodes[norm.name]))
        linear = type(layer) in _FOLDABLE and _is_linear(layer)
        axes = (-1, len(norm.get_build_config()["input_shape"]) - 1)
        last = getattr(layer, "data_format", "channels_last") == "channels_last"
        if alone and not trains and linear and last and getattr(norm, "axis", -1) in axes:
            norms[norm.name] = (norm, layer)
    return norms


def _is_linear(layer):
    """Whether a layer ends with a factor and an offset for each of its last channels."""
    if type(layer) is layers.LayerNormalization:
        return layer.center and layer.scale and layer.axis == [-1]
    return layer.activation is keras.activations.linear


def _sources(config):
    """Names of the layers that a piece of a Functional model's config refers to."""
    if isinstance(config, dict):
        if "keras_history" in config:
            return {config["keras_history"][0]}
        config = list(config.values())
    if not isinstance(config, list | tuple):
        return set()
    if len(config) == 3 and isinstance(config[0], str):
        return {config[0]}
    return set().union(*(_sources(item) for item in config))
