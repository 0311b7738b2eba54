"""VGG16 residual encoder: Hwang & Zhou 2016, after Dahl 2016.

"Image Colorization with Deep Convolutional Neural Networks". Sections below are the paper's; its
figures with the widths of the last layers are lost, so `FINAL_WIDTHS` is our choice.
"""

import keras
from keras import layers

from keras_colorize.bins import CHANNEL_BINS
from keras_colorize.errors import expect
from keras_colorize.layers import GaussianSmoothing, ResizeLike, StackChannels
from .encoders import conv_block, encode, lightness_input, load_encoder, scaled, vgg16_features
from .resnet18 import resnet18_features

ENCODER_STRIDES = {
    "vgg16": (1, 2, 4, 8),
    "resnet18_gray": (2, 4, 8, 16, 32),
    "mobilenet_v2": (4, 8, 16, 32),
}
"""Strides of the features of each encoder; the output has the first."""

REGRESSION_HEADS = {"luv_uv": 0.5, "hs": 0.0}
"""Outputs of two numbers, and what they are for grey."""

CLASSIFICATION_HEADS = {
    "luv_uv_logits": ("u_logits", "v_logits"),
    "hs_logits": ("h_logits", "s_logits"),
}
"""Outputs of two distributions, and the layers that make them."""

AGGREGATIONS = ("concat", "sum", "finest")
"""How the scales of the decoder come together before the last convolutions."""

FINAL_WIDTHS = (128, 64, 64)
"""Channels of the 3x3 convolutions between the aggregation and the output."""

# Of the moving statistics, as in Lasagne, with which the paper was made (section 5.2). Features
# begin far from mean 0 and variance 1, so slower statistics stay wrong for hundreds of steps.
_MOMENTUM = 0.9


def vgg16_residual_encoder(
    encoder="vgg16",
    encoder_weights=None,
    head="luv_uv_logits",
    width=1.0,
    decoder_width=1.0,
    aggregation="concat",
    residual_units=True,
    final_widths=FINAL_WIDTHS,
    smoothing=None,
    input_shape=(None, None, 1),
):
    """Builds the final classification model (section 3.6), the baseline or an ablation.

    The baseline (section 3.5) is `head="luv_uv", aggregation="finest", final_widths=()`. The final
    model concatenates 704 channels at full size, 135 MiB for 224x224 pixels in float32.

    Args:
        encoder: a key of `ENCODER_STRIDES`; the paper has `"vgg16"`.
        encoder_weights: None (random), `"imagenet"`, or the path of a weights file of
            `keras.applications`. For resnet18_gray there is `take_encoder`.
        head: `"luv_uv"` or `"luv_uv_logits"`; with HSV (section 5.2) `"hs"` or `"hs_logits"`.
        width: factor on the channels of all layers but the outputs; 1.0 is the paper.
            mobilenet_v2 has no other.
        decoder_width: further factor on the channels outside the encoder.
        aggregation: `"concat"` (section 3.6), `"sum"` after 1x1 convolutions (section 5.2), or
            `"finest"` for the last scale of the decoder alone.
        residual_units: False takes the features, max-pooled, in place of the decoder's scales
            (section 5.2).
        final_widths: channels of each 3x3 convolution after the aggregation.
        smoothing: None, or the standard deviation in output pixels of a Gaussian that smooths
            the class scores (section 5.3).
        input_shape: (H, W, 1); None where the size may vary. Any size from 1 up works.

    Returns:
        Functional model: L* in 0..100, (N, H, W, 1), to a dict with one float32 tensor, of
        height ceil(H / s), s the first of `ENCODER_STRIDES[encoder]`: `"luv_uv"` (N, h, w, 2),
        u and v of L*u*v* as `scale_luv_uv` has them, `"hs"` (N, h, w, 2) in [0, 1], neither
        clipped, or `"luv_uv_logits"` or `"hs_logits"` (N, h, w, 2, 50).
    """
    lightness = lightness_input(
        width,
        input_shape,
        encoder=(encoder, ENCODER_STRIDES),
        head=(head, (*REGRESSION_HEADS, *CLASSIFICATION_HEADS)),
        aggregation=(aggregation, AGGREGATIONS),
    )
    expect(decoder_width > 0, f"a decoder_width above 0, received {decoder_width}")
    fits = encoder != "mobilenet_v2" or width == 1
    expect(fits, f"width 1 with encoder 'mobilenet_v2', received {width}")
    fits = aggregation != "finest" or residual_units
    expect(fits, "aggregation 'concat' or 'sum' without residual units, received 'finest'")
    fits = smoothing is None or head in CLASSIFICATION_HEADS
    expect(fits, f"smoothing of class scores only, received {smoothing} with head {head!r}")
    encoders = {"vgg16": vgg16_features, "resnet18_gray": resnet18_features}
    if encoder in encoders:
        features = encoders[encoder](lightness, width)
    else:
        features = encode(lightness, encoder)
    features = list(zip(ENCODER_STRIDES[encoder], features, strict=True))[::-1]
    x = _aggregate(_scales(features, decoder_width, residual_units), aggregation)
    # No batch normalization in "the last few layers before the output" (section 3.4).
    for number, channels in enumerate(final_widths, start=1):
        conv = {"padding": "same", "activation": "relu", "name": f"final_conv{number}"}
        x = layers.Conv2D(scaled(channels, width * decoder_width), 3, **conv)(x)
    if head in CLASSIFICATION_HEADS:
        # Two parallel 1x1 convolutions, "fully-connected layers" of each pixel (section 3.6).
        scores = []
        for name in CLASSIFICATION_HEADS[head]:
            score = layers.Conv2D(CHANNEL_BINS[head].count, 1, dtype="float32", name=name)(x)
            if smoothing is not None:
                score = GaussianSmoothing(smoothing, dtype="float32", name=f"{name}_smooth")(score)
            scores.append(score)
        output = StackChannels(dtype="float32", name=head)(scores)
    else:
        # Small weights, so that training starts at gray and not at loud noise.
        start = {"kernel_initializer": keras.initializers.RandomNormal(stddev=1e-3)}
        start["bias_initializer"] = keras.initializers.Constant(REGRESSION_HEADS[head])
        output = layers.Conv2D(2, 1, dtype="float32", name=head, **start)(x)
    model = keras.Model(lightness, {head: output}, name="vgg16_residual_encoder")
    if encoder_weights is not None:
        load_encoder(model, encoder, encoder_weights)
    return model


def _scales(features, factor, residual_units):
    """The "creating" side of section 3.5: its scales; they and the features coarsest first."""
    if not residual_units:
        scales = []
        for stride, tap in features:
            x = layers.MaxPooling2D(padding="same", name=f"tap{stride}_pool")(tap)
            scales.append(_normalized(stride, x, scaled(x.shape[-1], factor)))
        return [*scales[:-1], ResizeLike(name=f"tap{stride}_up")([scales[-1], tap])]
    # Glorot's weights, section 5.2.
    options = {"kernel_initializer": "glorot_uniform", "norm": {"momentum": _MOMENTUM}}
    (stride, x), *finer = features
    x, scales = _normalized(stride, x, x.shape[-1]), []
    for stride, skip in finer:
        name, channels = f"decoder{stride}", scaled(skip.shape[-1], factor)
        x = conv_block(x, channels, f"{name}_narrow", kernel_size=1, **options)
        scales = scales or [x]
        skip = _normalized(stride, skip, channels)
        # Doubled by the size of what is added, for a stride rounds sizes up.
        x = ResizeLike(name=f"{name}_up")([x, skip])
        x = layers.Add(name=f"{name}_sum")([x, skip])
        x = conv_block(x, channels, f"{name}_conv", **options)
        scales.append(x)
    return scales


def _normalized(stride, features, channels):
    x = layers.BatchNormalization(momentum=_MOMENTUM, name=f"tap{stride}_bn")(features)
    if channels == features.shape[-1]:
        return x
    return layers.Conv2D(channels, 1, use_bias=False, name=f"tap{stride}_narrow")(x)


def _aggregate(scales, aggregation):
    """All scales at the size of the finest, joined (section 3.6)."""
    *coarser, finest = scales
    if aggregation == "finest":
        return finest
    joined = []
    for number, x in enumerate(coarser, start=1):
        if aggregation == "sum":
            # Narrow before the up-sampling, where there are fewer places.
            options = {"use_bias": False, "name": f"scale{number}_narrow"}
            x = layers.Conv2D(finest.shape[-1], 1, **options)(x)
        joined.append(ResizeLike(name=f"scale{number}_up")([x, finest]))
    join = layers.Add if aggregation == "sum" else layers.Concatenate
    return join(name=aggregation)([*joined, finest])
