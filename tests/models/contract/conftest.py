"""The table of all networks and heads; the tests beside it run for each row."""

import dataclasses
import itertools
from collections.abc import Callable

import keras
import numpy as np
import pytest

from keras_colorize.models import (
    dcgan_generator,
    ddcolor,
    distribution_unet,
    eccv16,
    iizuka16,
    resnet18_gray,
    resnet18_gray_classifier,
    siggraph17,
    vgg16_residual_encoder,
)


@dataclasses.dataclass(frozen=True)
class Network:
    """One row of the table.

    Attributes:
        small: makes a tiny form of the network, for inputs of any size.
        full: makes the network as its paper has it.
        parameters: number of parameters of `full`, counted by hand from the paper.
        heads: the outputs, {name: (stride, or 0 for what has no places; channels)}.
    """

    small: Callable
    full: Callable
    parameters: int
    heads: dict

    def outputs(self, height, width):
        """Shapes of the outputs without the batch, by name."""
        return {
            name: (*(-(-size // stride) for size in (height, width) if stride), *channels)
            for name, (stride, *channels) in self.heads.items()
        }


TINY = 1 / 16
CLASSES = {"class_logits": (0, 3)}


def _conv(inputs, outputs, kernel_size=3):
    """Parameters of a convolution without bias and of the batch normalisation after it."""
    return kernel_size**2 * inputs * outputs + 4 * outputs


def _convs(*widths, kernel_size=3):
    """Several of them, one after the other."""
    return sum(_conv(a, b, kernel_size) for a, b in itertools.pairwise(widths))


# Table 1 of Iizuka et al. 2016. Four numbers of batch normalisation per channel stand in for the
# bias of all but the outputs; dense layers are counted as 1x1 convolutions.
_LOCAL = _convs(1, 64, 128, 128, 256, 256, 512) + _convs(512, 512, 256)
_LOCAL += _convs(256, 128, 64, 64, 32) + 9 * 32 * 2 + 2
_GLOBAL = _convs(*5 * [512]) + _convs(7 * 7 * 512, 1024, 512, 256, kernel_size=1)
_FUSION = _conv(256 + 256, 256, 1)
_CLASS = _conv(512, 256, 1) + (256 + 1) * 205

# MobileNetV2 without classifier as in the Keras documentation: 3,538,984 in all, less the
# 1280 x 1000 + 1000 of the classifier; our first convolution reads three channels too.
_MOBILENET = 3_538_984 - 1_281_000


def _residual(stem, *widths):
    """Two blocks of He et al. 2016 per stride, the first with a 1x1 convolution as shortcut."""
    pairs = zip((stem, *widths), widths, strict=False)
    blocks = sum(_conv(a, b) + _conv(a, b, 1) + 3 * _conv(b, b) for a, b in pairs)
    return _conv(1, stem) + _conv(stem, stem) + blocks


def _decoder(taps, widths, units):
    """From the taps at strides 4, 8, 16 and 32 to 313 logits, with fused global features."""
    total = _conv(taps[3], widths[0], 1) + (taps[3] + 1) * units
    for before, width, tap in zip(widths, widths[1:], taps[2::-1], strict=False):
        total += _conv(tap, width // 2, 1) + _conv(before + width // 2, width)
    return total + (units + widths[1] + 1) * widths[1] + (widths[3] + 1) * 313


# Table 1 of He et al. 2016 as torchvision counts it: 11,689,512 with three input channels and
# 1000 classes, to which Keras adds the 2 x 4800 moving statistics.
_RESNET18 = 11_689_512 - 2 * 7 * 7 * 64 - (512 + 1) * 1000 + 2 * 4800
_LAYER2 = _conv(1, 64, 7) + 4 * _conv(64, 64)
_LAYER2 += _conv(64, 128) + _conv(64, 128, 1) + 3 * _conv(128, 128)
_ENDING = _convs(128, 64, 64, 32)
_FUSED = (512 + 1) * 256 + (256 + 128 + 1) * 128


def _biased(*widths):
    """3x3 convolutions with biases, one after the other."""
    return sum((9 * a + 1) * b for a, b in zip(widths, widths[1:], strict=False))


# Figure 2 of Zhang et al. 2016: conv1 to conv7 with their norms, the transposed 4x4 and conv8.
_ECCV16 = _biased(1, 64, 64, 128, 128, 256, 256, 256, *[512] * 12)
_ECCV16 += 4 * (64 + 128 + 256 + 4 * 512)
_ECCV16 += (16 * 512 + 1) * 256 + _biased(256, 256, 256) + (256 + 1) * 313

# Configuration D of Simonyan & Zisserman 2015 up to conv4_3, and its taps with their norms.
_VGG16 = _biased(3, 64, 64, 128, 128, 256, 256, 256, 512, 512, 512)
_VGG16_TAPS = (64, 128, 256, 512)
_SCORES = 2 * (64 + 1) * 50
_REGRESSION = {"head": "luv_uv", "aggregation": "finest", "final_widths": ()}
_ABLATED = {"head": "hs_logits", "aggregation": "sum", "residual_units": False}
_ABLATED["final_widths"] = (64,)


def _residual_units(*taps):
    """Section 3.5 of Hwang & Zhou 2016, taps from the finest to the coarsest."""
    pairs = zip(taps, taps[1:], strict=False)
    return 4 * sum(taps) + sum(_conv(b, a, 1) + _conv(a, a) for a, b in pairs)


def _dcgan(*widths):
    """The release of Nazeri et al. 2018: 4x4 convolutions down, and their mirror image.

    Each has batch normalisation, but the innermost, which has biases.
    """
    pairs = [(1, widths[0]), *zip(widths, widths[1:], strict=False)]
    below = (widths[-1], *(2 * width for width in widths[-2:0:-1]))
    pairs += zip(below, widths[-2::-1], strict=True)
    return sum(_conv(a, b, 4) for a, b in pairs) - 3 * widths[-1] + (widths[0] + 1) * 2


# The authors' release counts 227,869,328 (227.9 M in Table 2 of Kang et al. 2023), of which the
# norm before ConvNeXt's classifier, 2 x 1536, plays no part; Keras adds moving statistics.
_DDCOLOR_LARGE = 227_869_328 - 2 * 1536
_DDCOLOR_LARGE += 2 * (2048 + 768 + 512 + 2048 + 384 + 512 + 1024 + 192 + 256)


# The release counts 34,187,027, of which 529 x (256 + 1) are for bins of color.
_SIGGRAPH17 = 34_187_027 - 529 * 257 + 2 * (64 + 128 + 256 + 4 * 512 + 256 + 128)


def _small_ddcolor():
    """A network whose blocks count, as after training: they start at a millionth."""
    model = ddcolor(width=1 / 32, queries=4)
    for layer in model.layers:
        if layer.name.endswith("_scale"):
            layer.set_weights([np.full(layer.gamma.shape, 0.3)])
    return model


def _large_ddcolor():
    """DDColor-L without the gigabyte of its initial weights."""
    with keras.StatelessScope(initialize_variables=False):
        return ddcolor("convnext_large")


_SMALL_UNET = {"decoder_widths": (8, 8, 8, 8), "global_units": 4}
_SMALL_RESIDUAL = _SMALL_UNET | {"residual_widths": (4, 4, 8, 8, 8), "classes": 3}
_RESIDUAL_UNITS = _residual_units(*_VGG16_TAPS)

NETWORKS = {
    "iizuka16": Network(
        lambda: iizuka16(TINY, classes=3, global_size=32),
        lambda: iizuka16(classes=205),
        _LOCAL + _GLOBAL + _FUSION + _CLASS,
        {"ab": (2, 2)} | CLASSES,
    ),
    "iizuka16_baseline": Network(
        lambda: iizuka16(TINY, global_features=False, color_space="rgb"),
        lambda: iizuka16(global_features=False),
        _LOCAL + _conv(256, 256),
        {"rgb": (2, 3)},
    ),
    "distribution_unet": Network(
        lambda: distribution_unet(queries=4, **_SMALL_UNET),
        distribution_unet,
        _MOBILENET + _decoder((144, 192, 576, 1280), (256, 192, 128, 96), 256),
        {"ab_logits": (4, 313)},
    ),
    "distribution_unet_residual": Network(
        lambda: distribution_unet("residual", **_SMALL_RESIDUAL),
        lambda: distribution_unet("residual"),
        _residual(32, 64, 128, 192, 256) + _decoder((64, 128, 192, 256), (256, 192, 128, 96), 256),
        {"ab_logits": (4, 313)} | CLASSES,
    ),
    "resnet18_gray_classifier": Network(
        lambda: resnet18_gray_classifier(3, TINY),
        lambda: resnet18_gray_classifier(365),
        _RESNET18 + (512 + 1) * 365,
        CLASSES,
    ),
    "resnet18_gray": Network(
        lambda: resnet18_gray(width=TINY),
        resnet18_gray,
        _LAYER2 + _conv(128, 128) + _ENDING + 9 * 32 * 2 + 2,
        {"ab": (4, 2)},
    ),
    "resnet18_gray_fused": Network(
        lambda: resnet18_gray("B", "ab_channel_logits", True, classes=3, width=TINY),
        lambda: resnet18_gray("B", "ab_channel_logits", True),
        _RESNET18 + _FUSED + _conv(128, 128, 4) + _conv(128, 128) + _ENDING + 2 * _biased(32, 25),
        {"ab_channel_logits": (2, 2, 25)} | CLASSES,
    ),
    "eccv16": Network(lambda: eccv16(TINY), eccv16, _ECCV16, {"ab_logits": (4, 313)}),
    "ddcolor": Network(_small_ddcolor, _large_ddcolor, _DDCOLOR_LARGE, {"ab": (1, 2)}),
    "siggraph17": Network(lambda: siggraph17(width=TINY), siggraph17, _SIGGRAPH17, {"ab": (1, 2)}),
    "dcgan_generator": Network(
        lambda: dcgan_generator(width=TINY),
        dcgan_generator,
        _dcgan(64, 64, 128, 256, 512, 512, 512, 512),
        {"ab": (1, 2)},
    ),
    "vgg16_residual_encoder": Network(
        lambda: vgg16_residual_encoder(width=TINY),
        vgg16_residual_encoder,
        _VGG16 + _RESIDUAL_UNITS + _biased(704, 128, 64, 64) + _SCORES,
        {"luv_uv_logits": (1, 2, 50)},
    ),
    "vgg16_residual_encoder_baseline": Network(
        lambda: vgg16_residual_encoder(width=TINY, **_REGRESSION),
        lambda: vgg16_residual_encoder(**_REGRESSION),
        _VGG16 + _RESIDUAL_UNITS + (64 + 1) * 2,
        {"luv_uv": (1, 2)},
    ),
    "vgg16_residual_encoder_ablations": Network(
        lambda: vgg16_residual_encoder(width=TINY, smoothing=1.0, **_ABLATED),
        lambda: vgg16_residual_encoder(**_ABLATED),
        _VGG16 + 4 * sum(_VGG16_TAPS) + (128 + 256 + 512) * 64 + _biased(64, 64) + _SCORES,
        {"hs_logits": (1, 2, 50)},
    ),
    "vgg16_residual_encoder_resnet18": Network(
        lambda: vgg16_residual_encoder("resnet18_gray", width=TINY),
        lambda: vgg16_residual_encoder("resnet18_gray"),
        _RESNET18
        + _residual_units(64, 64, 128, 256, 512)
        + _biased(64 + 64 + 128 + 256 + 256, 128, 64, 64)
        + _SCORES,
        {"luv_uv_logits": (2, 2, 50)},
    ),
}

if keras.backend.backend() == "jax":
    # A minute of compilation each; what differs from other rows is in tests of their own.
    for name in ("distribution_unet", "resnet18_gray", "resnet18_gray_classifier"):
        del NETWORKS[name]
    for name in ("dcgan_generator", "ddcolor", "siggraph17", "vgg16_residual_encoder_resnet18"):
        del NETWORKS[name]


@pytest.fixture(scope="module", params=NETWORKS)
def network(request):
    return NETWORKS[request.param]


@pytest.fixture(params=["iizuka16", "distribution_unet_residual", "dcgan_generator"])
def served_network(request):
    """Networks whose layers ask for sizes that the exported graph must know how to ask for."""
    return NETWORKS[request.param]
