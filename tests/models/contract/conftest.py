"""The table of all networks and heads; the tests beside it run for each row."""

import dataclasses
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
        outputs: maps height and width to {output name: shape without batch}.
    """

    small: Callable
    full: Callable
    parameters: int
    outputs: Callable


def _half(size):
    return -(-size // 2)


# Table 1 of Iizuka et al. 2016: 3x3 kernels as inputs x outputs, dense layers, W of equation 5.
# Four numbers of batch normalisation per channel stand in for the bias of all but the outputs.
_LOW = 9 * (1 * 64 + 64 * 128 + 128 * 128 + 128 * 256 + 256 * 256 + 256 * 512)
_LOW_NORM = 4 * (64 + 128 + 128 + 256 + 256 + 512)
_GLOBAL = 9 * 4 * 512 * 512 + 7 * 7 * 512 * 1024 + 1024 * 512 + 512 * 256
_GLOBAL_NORM = 4 * (4 * 512 + 1024 + 512 + 256)
_MID = 9 * (512 * 512 + 512 * 256)
_MID_NORM = 4 * (512 + 256)
_FUSION = 512 * 256
_BASELINE = 9 * 256 * 256
_FUSION_NORM = 4 * 256
_COLOR = 9 * (256 * 128 + 128 * 64 + 64 * 64 + 64 * 32)
_COLOR_NORM = 4 * (128 + 64 + 64 + 32)
_AB = 9 * 32 * 2 + 2
_CLASS = 512 * 256 + 4 * 256 + 256 * 205 + 205
_LOCAL = _LOW + _LOW_NORM + _MID + _MID_NORM + _COLOR + _COLOR_NORM + _AB

# MobileNetV2 without classifier as in the Keras documentation: 3,538,984 in all, less the
# 1280 x 1000 + 1000 of the classifier; our first convolution reads three channels too.
_MOBILENET = 3_538_984 - 1_281_000


def _conv(inputs, outputs, kernel_size=3):
    """Parameters of a convolution without bias and of the batch normalisation after it."""
    return kernel_size**2 * inputs * outputs + 4 * outputs


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


def _quarter(size):
    return -(-size // 4)


# Table 1 of He et al. 2016 as torchvision counts it: 11,689,512 with three input channels and
# 1000 classes, to which Keras adds the 2 x 4800 moving statistics.
_RESNET18 = 11_689_512 - 2 * 7 * 7 * 64 - (512 + 1) * 1000 + 2 * 4800
_LAYER2 = _conv(1, 64, 7) + 4 * _conv(64, 64)
_LAYER2 += _conv(64, 128) + _conv(64, 128, 1) + 3 * _conv(128, 128)
_ENDING = _conv(128, 64) + _conv(64, 64) + _conv(64, 32)
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


NETWORKS = {
    "iizuka16": Network(
        small=lambda: iizuka16(width=1 / 16, classes=3, global_size=32),
        full=lambda: iizuka16(classes=205),
        parameters=_LOCAL + _GLOBAL + _GLOBAL_NORM + _FUSION + _FUSION_NORM + _CLASS,
        outputs=lambda h, w: {"ab": (_half(h), _half(w), 2), "class_logits": (3,)},
    ),
    "iizuka16_baseline": Network(
        small=lambda: iizuka16(width=1 / 16, global_features=False, color_space="rgb"),
        full=lambda: iizuka16(global_features=False),
        parameters=_LOCAL + _BASELINE + _FUSION_NORM,
        outputs=lambda h, w: {"rgb": (_half(h), _half(w), 3)},
    ),
    "distribution_unet": Network(
        small=lambda: distribution_unet(decoder_widths=(8, 8, 8, 8), global_units=4),
        full=distribution_unet,
        parameters=_MOBILENET + _decoder((144, 192, 576, 1280), (256, 192, 128, 96), 256),
        outputs=lambda h, w: {"ab_logits": (_quarter(h), _quarter(w), 313)},
    ),
    "distribution_unet_residual": Network(
        small=lambda: distribution_unet(
            "residual",
            decoder_widths=(8, 8, 8, 8),
            residual_widths=(4, 4, 8, 8, 8),
            global_units=4,
            classes=3,
        ),
        full=lambda: distribution_unet("residual"),
        parameters=_residual(32, 64, 128, 192, 256)
        + _decoder((64, 128, 192, 256), (256, 192, 128, 96), 256),
        outputs=lambda h, w: {
            "ab_logits": (_quarter(h), _quarter(w), 313),
            "class_logits": (3,),
        },
    ),
    "resnet18_gray_classifier": Network(
        small=lambda: resnet18_gray_classifier(3, width=1 / 16),
        full=lambda: resnet18_gray_classifier(365),
        parameters=_RESNET18 + (512 + 1) * 365,
        outputs=lambda h, w: {"class_logits": (3,)},
    ),
    "resnet18_gray": Network(
        small=lambda: resnet18_gray(width=1 / 16),
        full=resnet18_gray,
        parameters=_LAYER2 + _conv(128, 128) + _ENDING + 9 * 32 * 2 + 2,
        outputs=lambda h, w: {"ab": (_quarter(h), _quarter(w), 2)},
    ),
    "resnet18_gray_fused": Network(
        small=lambda: resnet18_gray("B", "ab_channel_logits", True, classes=3, width=1 / 16),
        full=lambda: resnet18_gray("B", "ab_channel_logits", True),
        parameters=_RESNET18
        + _FUSED
        + _conv(128, 128, 4)
        + _conv(128, 128)
        + _ENDING
        + 2 * _biased(32, 25),
        outputs=lambda h, w: {
            "ab_channel_logits": (_half(h), _half(w), 2, 25),
            "class_logits": (3,),
        },
    ),
    "eccv16": Network(
        small=lambda: eccv16(width=1 / 16),
        full=eccv16,
        parameters=_ECCV16,
        outputs=lambda h, w: {"ab_logits": (_quarter(h), _quarter(w), 313)},
    ),
    "ddcolor": Network(
        small=_small_ddcolor,
        full=_large_ddcolor,
        parameters=_DDCOLOR_LARGE,
        outputs=lambda h, w: {"ab": (h, w, 2)},
    ),
    "siggraph17": Network(
        small=lambda: siggraph17(width=1 / 16),
        full=siggraph17,
        parameters=_SIGGRAPH17,
        outputs=lambda h, w: {"ab": (h, w, 2)},
    ),
    "dcgan_generator": Network(
        small=lambda: dcgan_generator(width=1 / 16),
        full=dcgan_generator,
        parameters=_dcgan(64, 64, 128, 256, 512, 512, 512, 512),
        outputs=lambda h, w: {"ab": (h, w, 2)},
    ),
    "vgg16_residual_encoder": Network(
        small=lambda: vgg16_residual_encoder(width=1 / 16),
        full=vgg16_residual_encoder,
        parameters=_VGG16 + _residual_units(*_VGG16_TAPS) + _biased(704, 128, 64, 64) + _SCORES,
        outputs=lambda h, w: {"luv_uv_logits": (h, w, 2, 50)},
    ),
    "vgg16_residual_encoder_baseline": Network(
        small=lambda: vgg16_residual_encoder(width=1 / 16, **_REGRESSION),
        full=lambda: vgg16_residual_encoder(**_REGRESSION),
        parameters=_VGG16 + _residual_units(*_VGG16_TAPS) + (64 + 1) * 2,
        outputs=lambda h, w: {"luv_uv": (h, w, 2)},
    ),
    "vgg16_residual_encoder_ablations": Network(
        small=lambda: vgg16_residual_encoder(width=1 / 16, smoothing=1.0, **_ABLATED),
        full=lambda: vgg16_residual_encoder(**_ABLATED),
        parameters=_VGG16
        + 4 * sum(_VGG16_TAPS)
        + (128 + 256 + 512) * 64
        + _biased(64, 64)
        + _SCORES,
        outputs=lambda h, w: {"hs_logits": (h, w, 2, 50)},
    ),
    "vgg16_residual_encoder_resnet18": Network(
        small=lambda: vgg16_residual_encoder("resnet18_gray", width=1 / 16),
        full=lambda: vgg16_residual_encoder("resnet18_gray"),
        parameters=_RESNET18
        + _residual_units(64, 64, 128, 256, 512)
        + _biased(64 + 64 + 128 + 256 + 256, 128, 64, 64)
        + _SCORES,
        outputs=lambda h, w: {"luv_uv_logits": (_half(h), _half(w), 2, 50)},
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
