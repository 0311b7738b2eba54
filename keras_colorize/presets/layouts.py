"""Layouts of checkpoints that others published: which tensors fill which layer, and how.

One table per network. PyTorch has kernels as output, input, row, column; Keras as row, column,
input, output.
"""

import dataclasses
import functools

import keras
import numpy as np

from keras_colorize.errors import expect
from .config import PresetConfig, PresetError


@dataclasses.dataclass(frozen=True)
class Published:
    """A layout of checkpoints: which tensors fill which layer, and how."""

    config: PresetConfig  # what its weights get, but for description and license
    tell: tuple  # name and shape of a tensor that no other layout has
    # Rows of a regular expression of layer names, the tensors' prefix with its groups filled in,
    # and the function that reads them.
    table: tuple
    unused: str  # regular expression of further tensors, which play no part


def take(state, name, shape):
    """Takes a tensor of a shape out of a dict of arrays, as float32; else raises PresetError."""
    found = state[name].shape if name in state else "none"
    expect(found == shape, f"{name} of shape {shape}, received {found}", kind=PresetError)
    return state.pop(name).astype("float32")


def take_kernel(state, prefix, shape):
    """Takes the weight of a layer; spectral normalization is divided out of it.

    PyTorch stores the weight as trained, and u and v of the power iteration; in use the weight is
    divided by u^T W v, W with a row per output.
    """
    if f"{prefix}.weight_orig" not in state:
        return take(state, f"{prefix}.weight", shape)
    weight = take(state, f"{prefix}.weight_orig", shape)
    matrix = weight.reshape(shape[0], -1).astype("float64")
    u = take(state, f"{prefix}.weight_u", matrix.shape[:1])
    v = take(state, f"{prefix}.weight_v", matrix.shape[1:])
    sigma = u @ matrix @ v
    norm = f"a norm above 0 by {prefix}.weight_u and weight_v, received 0"
    expect(sigma != 0.0, norm, kind=PresetError)
    return (weight / sigma).astype("float32")


_PARTS = {"gamma": "weight", "bias": "bias", "beta": "bias"}
_PARTS |= {"moving_mean": "running_mean", "moving_variance": "running_var"}

# Readers: (state, prefix, layer) to the values of `layer.weights`, in their order; they take the
# tensors out of the state.


def _plain(state, prefix, layer):
    """A convolution of any kind, a dense layer or a normalization."""
    values = []
    for weight in layer.weights:
        if weight.name != "kernel":
            values.append(take(state, f"{prefix}.{_PARTS[weight.name]}", weight.shape))
            continue
        axes = (3, 2, 0, 1) if len(weight.shape) == 4 else (1, 0)
        if isinstance(layer, keras.layers.DepthwiseConv2D):
            axes = (2, 3, 0, 1)
        kernel = take_kernel(state, prefix, tuple(weight.shape[axis] for axis in axes))
        values.append(kernel.transpose(np.argsort(axes)))
    return values


def _single(state, name, layer):
    """The only weight of a layer, laid out as in PyTorch."""
    return [take(state, name, layer.weights[0].shape)]


def _shuffled(state, prefix, layer, scale=2):
    """A layer before a pixel shuffle, see `BlurredPixelShuffle` for the order of channels."""
    # From channel, place to place, channel.
    values = _plain(state, prefix, layer)
    split = [value.reshape(*value.shape[:-1], -1, scale**2) for value in values]
    return [np.swapaxes(value, -1, -2) for value in split]


def _attention(state, prefix, layer):
    """Query, key and value in one matrix, a row per output, heads one after the other."""
    length = layer.query_dense.kernel.shape[0]
    kernels = np.split(take(state, f"{prefix}.in_proj_weight", (3 * length, length)), 3)
    biases = np.split(take(state, f"{prefix}.in_proj_bias", (3 * length,)), 3)
    kernels.append(take(state, f"{prefix}.out_proj.weight", (length, length)))
    biases.append(take(state, f"{prefix}.out_proj.bias", (length,)))
    values = {}
    parts = ("query", "key", "value", "attention_output")
    for part, kernel, bias in zip(parts, kernels, biases, strict=True):
        values |= {f"{part}/kernel": kernel.T, f"{part}/bias": bias}
    return [values["/".join(weight.path.split("/")[-2:])] for weight in layer.weights]


def _color_maps(state, prefix, layer):
    inputs, outputs = layer.kernel.shape
    kernel = take_kernel(state, prefix, (outputs, inputs, 1, 1))
    return [kernel[:, :, 0, 0].T, take(state, f"{prefix}.bias", (outputs,))]


_ARCH, _UP, _COLOR = "encoder.arch.", "decoder.layers.", "decoder.color_decoder."
_BLOCK = r"stage(\d+)_block(\d+)_"
_DDCOLOR = (
    ("down0", rf"{_ARCH}downsample_layers.0.0", _plain),
    ("down0_norm", rf"{_ARCH}downsample_layers.0.1", _plain),
    (r"down(\d)", rf"{_ARCH}downsample_layers.\1.1", _plain),
    (r"down(\d)_norm", rf"{_ARCH}downsample_layers.\1.0", _plain),
    (rf"{_BLOCK}depthwise", rf"{_ARCH}stages.\1.\2.dwconv", _plain),
    (rf"{_BLOCK}norm", rf"{_ARCH}stages.\1.\2.norm", _plain),
    (rf"{_BLOCK}expand", rf"{_ARCH}stages.\1.\2.pwconv1", _plain),
    (rf"{_BLOCK}project", rf"{_ARCH}stages.\1.\2.pwconv2", _plain),
    (rf"{_BLOCK}scale", rf"{_ARCH}stages.\1.\2.gamma", _single),
    (r"stage(\d)_norm", rf"{_ARCH}norm\1", _plain),
    (r"up(\d)_shuffle", rf"{_UP}\1.shuf.conv.0", _shuffled),
    (r"up(\d)_shuffle_bn", rf"{_UP}\1.shuf.conv.1", _shuffled),
    (r"up(\d)_skip_bn", rf"{_UP}\1.bn", _plain),
    (r"up(\d)_merge", rf"{_UP}\1.conv.0", _plain),
    (r"up(\d)_merge_bn", rf"{_UP}\1.conv.2", _plain),
    ("last_up", "decoder.last_shuf.conv.0", functools.partial(_shuffled, scale=4)),
    (r"scale(\d)", rf"{_COLOR}input_proj.\1", _plain),
    (r"scale(\d)_tokens", rf"{_COLOR}level_embed.weight.\1", _single),
    ("query_features", f"{_COLOR}query_feat.weight", _single),
    ("query_places", f"{_COLOR}query_embed.weight", _single),
    (r"cross(\d)", rf"{_COLOR}transformer_cross_attention_layers.\1.multihead_attn", _attention),
    (r"self(\d)", rf"{_COLOR}transformer_self_attention_layers.\1.self_attn", _attention),
    (r"(cross|self)(\d)_norm", rf"{_COLOR}transformer_\1_attention_layers.\2.norm", _plain),
    (r"dense(\d)_expand", rf"{_COLOR}transformer_ffn_layers.\1.linear1", _plain),
    (r"dense(\d)_project", rf"{_COLOR}transformer_ffn_layers.\1.linear2", _plain),
    (r"dense(\d)_norm", rf"{_COLOR}transformer_ffn_layers.\1.norm", _plain),
    ("queries_norm", f"{_COLOR}decoder_norm", _plain),
    (r"color(\d)", rf"{_COLOR}color_embed.layers.\1", _plain),
    ("refine", "refine_net.0.0", _color_maps),
)


_ZHANG = (
    (r"conv([1-7])_1", r"model\1.0", _plain),
    (r"conv([1-7])_2", r"model\1.2", _plain),
    (r"conv([1-7])_3", r"model\1.4", _plain),
    (r"conv([12])_bn", r"model\1.4", _plain),
    (r"conv([3-7])_bn", r"model\1.6", _plain),
)
_SIGGRAPH17 = (
    *_ZHANG,
    (r"conv(\d+)_up", r"model\1up.0", _plain),
    (r"conv(\d+)_1", r"model\1.1", _plain),
    ("conv8_2", "model8.3", _plain),
    ("conv8_bn", "model8.5", _plain),
    ("conv9_bn", "model9.3", _plain),
    ("conv8_short", "model3short8.0", _plain),
    ("conv9_short", "model2short9.0", _plain),
    ("conv10_short", "model1short10.0", _plain),
    ("ab_tanh", "model_out.0", _plain),
)
_ECCV16 = (
    *_ZHANG,
    ("conv8_1", "model8.0", _plain),
    ("conv8_2", "model8.2", _plain),
    ("conv8_3", "model8.4", _plain),
    ("ab_logits", "model8.6", _plain),
)


def _ddcolor(encoder, channels):
    arguments, trained = {"encoder": encoder}, {"working_size": 512, "trained_on": ("ImageNet",)}
    return Published(
        config=PresetConfig("ddcolor", arguments, "ab", **trained),
        tell=(f"{_ARCH}downsample_layers.0.0.weight", (channels, 3, 4, 4)),
        table=_DDCOLOR,
        # ImageNet's mean and deviation, and the norm before a classifier that is gone.
        unused=r"mean|std|encoder\.arch\.norm\.(weight|bias)",
    )


LAYOUTS = {
    "ddcolor_tiny": _ddcolor("convnext_tiny", 96),
    "ddcolor": _ddcolor("convnext_large", 192),
    "siggraph17": Published(
        config=PresetConfig("siggraph17", {"hints": True}, "ab", trained_on=("ImageNet",)),
        tell=("model1.0.weight", (64, 4, 3, 3)),
        table=_SIGGRAPH17,
        # The branch to 529 bins of color.
        unused=r"model_class\.0\.(weight|bias)",
    ),
    "eccv16_release": Published(
        # The mean over the bins is the decoder of the release.
        config=PresetConfig("eccv16", {}, "ab_logits", decoder="mean", trained_on=("ImageNet",)),
        tell=("model1.0.weight", (64, 1, 3, 3)),
        table=_ECCV16,
        # The centers of the 313 bins, which decoding has from its own table.
        unused=r"model_out\.weight",
    ),
}
"""Layouts that are known, by the name of the preset that they become."""
