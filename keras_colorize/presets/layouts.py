"""Layouts of checkpoints that others published: which tensors fill which layer, and how.

One table per network. PyTorch has kernels as output, input, row, column; Keras as row, column,
input, output.
"""

import dataclasses

import numpy as np

from keras_colorize.models.siggraph17 import BLOCKS, SHORTCUTS


@dataclasses.dataclass(frozen=True)
class Published:
    """A layout of checkpoints.

    Attributes:
        network: name of the factory, see `PresetConfig`.
        arguments: arguments of the factory.
        output: name of its color output.
        working_size: long side in pixels that the authors use.
        license: SPDX name of the license that the authors gave.
        source: where the authors publish it.
        citation: the paper.
        tell: name and shape of a tensor that no other layout has.
        table: rows of `(layers, tensors, reader)`: a regular expression of layer names, the
            tensors' prefix with its groups filled in, and the function that reads them.
        unused: regular expression of tensors that may be there and play no part.
    """

    network: str
    arguments: dict
    output: str
    working_size: int
    license: str
    source: str
    citation: str
    tell: tuple
    table: tuple
    unused: str


# Readers: (tensors, prefix, layer) to the values of `layer.weights`, in their order.


def _with_bias(values, tensors, prefix, layer, size):
    return [*values, tensors.take(f"{prefix}.bias", size)] if layer.use_bias else values


def _conv(tensors, prefix, layer):
    rows, columns, inputs, outputs = layer.kernel.shape
    kernel = tensors.take_kernel(prefix, outputs, inputs, rows, columns)
    return _with_bias([kernel.transpose(2, 3, 1, 0)], tensors, prefix, layer, outputs)


def _depthwise(tensors, prefix, layer):
    rows, columns, channels, _ = layer.kernel.shape
    kernel = tensors.take(f"{prefix}.weight", channels, 1, rows, columns)
    return [kernel.transpose(2, 3, 0, 1), tensors.take(f"{prefix}.bias", channels)]


def _transposed(tensors, prefix, layer):
    rows, columns, outputs, inputs = layer.kernel.shape
    kernel = tensors.take(f"{prefix}.weight", inputs, outputs, rows, columns)
    return [kernel.transpose(2, 3, 1, 0), tensors.take(f"{prefix}.bias", outputs)]


def _dense(tensors, prefix, layer):
    inputs, outputs = layer.kernel.shape
    kernel = tensors.take(f"{prefix}.weight", outputs, inputs)
    return [kernel.T, tensors.take(f"{prefix}.bias", outputs)]


def _layer_norm(tensors, prefix, layer):
    shape = layer.gamma.shape
    return [tensors.take(f"{prefix}.{part}", *shape) for part in ("weight", "bias")]


def _batch_norm(tensors, prefix, layer):
    shape = layer.moving_mean.shape
    parts = ("weight", "bias", "running_mean", "running_var")
    return [tensors.take(f"{prefix}.{part}", *shape) for part in parts]


def _single(tensors, name, layer):
    """The only weight of a layer, laid out as in PyTorch."""
    return [tensors.take(name, *layer.weights[0].shape)]


def _shuffled(scale):
    """Reads a layer before a pixel shuffle, see `BlurredPixelShuffle` for the order of channels."""

    def read(tensors, prefix, layer):
        reader = _batch_norm if hasattr(layer, "moving_mean") else _conv
        values = reader(tensors, prefix, layer)
        # From channel, place to place, channel.
        split = [value.reshape(*value.shape[:-1], -1, scale**2) for value in values]
        return [np.swapaxes(value, -1, -2) for value in split]

    return read


def _attention(tensors, prefix, layer):
    """Query, key and value in one matrix, a row per output, heads one after the other."""
    length = layer.query_dense.kernel.shape[0]
    kernels = np.split(tensors.take(f"{prefix}.in_proj_weight", 3 * length, length), 3)
    biases = np.split(tensors.take(f"{prefix}.in_proj_bias", 3 * length), 3)
    last = tensors.take(f"{prefix}.out_proj.weight", length, length)
    values = {
        f"{part}/{kind}": value
        for part, kernel, bias in zip(("query", "key", "value"), kernels, biases, strict=True)
        for kind, value in (("kernel", kernel.T), ("bias", bias))
    }
    values["attention_output/kernel"] = last.T
    values["attention_output/bias"] = tensors.take(f"{prefix}.out_proj.bias", length)
    return [values["/".join(weight.path.split("/")[-2:])] for weight in layer.weights]


def _color_maps(tensors, prefix, layer):
    inputs, outputs = layer.kernel.shape
    kernel = tensors.take_kernel(prefix, outputs, inputs, 1, 1)
    return [kernel[:, :, 0, 0].T, tensors.take(f"{prefix}.bias", outputs)]


_ARCH, _UP, _COLOR = "encoder.arch.", "decoder.layers.", "decoder.color_decoder."
_BLOCK = r"stage(\d+)_block(\d+)_"
_DDCOLOR = (
    ("down0", rf"{_ARCH}downsample_layers.0.0", _conv),
    ("down0_norm", rf"{_ARCH}downsample_layers.0.1", _layer_norm),
    (r"down(\d)", rf"{_ARCH}downsample_layers.\1.1", _conv),
    (r"down(\d)_norm", rf"{_ARCH}downsample_layers.\1.0", _layer_norm),
    (rf"{_BLOCK}depthwise", rf"{_ARCH}stages.\1.\2.dwconv", _depthwise),
    (rf"{_BLOCK}norm", rf"{_ARCH}stages.\1.\2.norm", _layer_norm),
    (rf"{_BLOCK}expand", rf"{_ARCH}stages.\1.\2.pwconv1", _dense),
    (rf"{_BLOCK}project", rf"{_ARCH}stages.\1.\2.pwconv2", _dense),
    (rf"{_BLOCK}scale", rf"{_ARCH}stages.\1.\2.gamma", _single),
    (r"stage(\d)_norm", rf"{_ARCH}norm\1", _layer_norm),
    (r"up(\d)_shuffle", rf"{_UP}\1.shuf.conv.0", _shuffled(2)),
    (r"up(\d)_shuffle_bn", rf"{_UP}\1.shuf.conv.1", _shuffled(2)),
    (r"up(\d)_skip_bn", rf"{_UP}\1.bn", _batch_norm),
    (r"up(\d)_merge", rf"{_UP}\1.conv.0", _conv),
    (r"up(\d)_merge_bn", rf"{_UP}\1.conv.2", _batch_norm),
    ("last_up", "decoder.last_shuf.conv.0", _shuffled(4)),
    (r"scale(\d)", rf"{_COLOR}input_proj.\1", _conv),
    (r"scale(\d)_tokens", rf"{_COLOR}level_embed.weight.\1", _single),
    ("query_features", f"{_COLOR}query_feat.weight", _single),
    ("query_places", f"{_COLOR}query_embed.weight", _single),
    (r"cross(\d)", rf"{_COLOR}transformer_cross_attention_layers.\1.multihead_attn", _attention),
    (r"cross(\d)_norm", rf"{_COLOR}transformer_cross_attention_layers.\1.norm", _layer_norm),
    (r"self(\d)", rf"{_COLOR}transformer_self_attention_layers.\1.self_attn", _attention),
    (r"self(\d)_norm", rf"{_COLOR}transformer_self_attention_layers.\1.norm", _layer_norm),
    (r"dense(\d)_expand", rf"{_COLOR}transformer_ffn_layers.\1.linear1", _dense),
    (r"dense(\d)_project", rf"{_COLOR}transformer_ffn_layers.\1.linear2", _dense),
    (r"dense(\d)_norm", rf"{_COLOR}transformer_ffn_layers.\1.norm", _layer_norm),
    ("queries_norm", f"{_COLOR}decoder_norm", _layer_norm),
    (r"color(\d)", rf"{_COLOR}color_embed.layers.\1", _dense),
    ("refine", "refine_net.0.0", _color_maps),
)


def _ddcolor(encoder, channels):
    return Published(
        network="ddcolor",
        arguments={"encoder": encoder},
        output="ab",
        working_size=512,
        license="Apache-2.0",
        source="https://github.com/piddnad/DDColor",
        citation="Kang et al., DDColor: Towards Photo-Realistic Image Colorization via Dual "
        "Decoders, ICCV 2023",
        tell=(f"{_ARCH}downsample_layers.0.0.weight", (channels, 3, 4, 4)),
        table=_DDCOLOR,
        # ImageNet's mean and deviation, counters, and the norm before a classifier that is gone.
        unused=r"mean|std|.*\.num_batches_tracked|encoder\.arch\.norm\.(weight|bias)",
    )


_SIGGRAPH17 = (
    # Every convolution is followed by a ReLU, and in blocks 8 to 10 one comes first.
    *(
        (f"conv{block}_{part}", f"model{block}.{2 * part - 1 - (block < 8)}", _conv)
        for block, (depth, *_) in BLOCKS.items()
        for part in range(1, depth + 1)
    ),
    *(
        (f"conv{block}_bn", f"model{block}.{2 * depth + (block > 7)}", _batch_norm)
        for block, (depth, *_) in BLOCKS.items()
    ),
    (r"conv(\d+)_up", r"model\1up.0", _transposed),
    *(
        (f"conv{block}_short", f"model{below}short{block}.0", _conv)
        for block, below in SHORTCUTS.items()
    ),
    ("ab_tanh", "model_out.0", _conv),
)
_ECCV16 = (
    (r"conv8_1", "model8.0", _transposed),
    *(
        (f"conv{block}_{part}", f"model{block}.{2 * part - 2}", _conv)
        for block in range(1, 9)
        for part in (1, 2, 3)
    ),
    *((f"conv{block}_bn", f"model{block}.4", _batch_norm) for block in (1, 2)),
    *((f"conv{block}_bn", f"model{block}.6", _batch_norm) for block in range(3, 8)),
    ("ab_logits", "model8.6", _conv),
)

LAYOUTS = {
    "ddcolor_tiny": _ddcolor("convnext_tiny", 96),
    "ddcolor": _ddcolor("convnext_large", 192),
    "siggraph17": Published(
        network="siggraph17",
        arguments={},
        output="ab",
        working_size=256,
        license="BSD-2-Clause",
        source="https://github.com/richzhang/colorization",
        citation="Zhang et al., Real-Time User-Guided Image Colorization with Learned Deep "
        "Priors, SIGGRAPH 2017",
        tell=("model1.0.weight", (64, 4, 3, 3)),
        table=_SIGGRAPH17,
        # The branch to 529 bins of color, and counters.
        unused=r"model_class\.0\.(weight|bias)|.*\.num_batches_tracked",
    ),
    "eccv16_release": Published(
        network="eccv16",
        arguments={},
        output="ab_logits",
        working_size=256,
        license="BSD-2-Clause",
        source="https://github.com/richzhang/colorization",
        citation="Zhang, Isola and Efros, Colorful Image Colorization, ECCV 2016",
        tell=("model1.0.weight", (64, 1, 3, 3)),
        table=_ECCV16,
        # The centers of the 313 bins, which decoding has from its own table, and counters.
        unused=r"model_out\.weight|.*\.num_batches_tracked",
    ),
}
"""Layouts that are known, by the name of the preset that they become."""
