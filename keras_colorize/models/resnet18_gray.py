"""Single-stream colorizer on a gray ResNet-18.

Melas-Kyriazi & Han 2017 ("Combining Deep Convolutional Neural Networks with Markov Random Fields
for Image Colorization"), also with the decoder of Zhou & Zhou 2019 ("Automatic Colorization",
table 1) and with the fusion layer of George 2022.
"""

import keras
from keras import layers

from keras_colorize.bins import AB_BINS
from keras_colorize.layers import CropLike, GlobalLocalFusion, StackChannels, Upsample2x
from .encoders import conv_block, lightness_input, scaled
from .resnet18 import resnet18_features

STRIDES = {"A": 4, "B": 2}
"""Rows of lightness per row of color, by decoder."""

HEADS = ("ab", "ab_channel_logits")
"""Names of the color outputs to choose from."""

# Channels of the convolutions of each decoder, and of what fuses the global features.
_DECODERS = {"A": (128, 64, 64, 32), "B": (128, 128, 64, 64, 32)}
_GLOBAL_UNITS = 256
_FUSION_UNITS = 128


def resnet18_gray(
    decoder="A",
    head="ab",
    global_features=False,
    classes=None,
    width=1.0,
    input_shape=(None, None, 1),
):
    """Builds the single-stream colorizer on the first six stages, stem to layer2.

    Args:
        decoder: `"A"` (Melas-Kyriazi & Han), 128, up, 64, 64, 32, out; or `"B"` (Zhou & Zhou,
            table 1), a transposed 4x4 convolution of stride 2 with 128 channels, then 128, 64,
            64, 32, out, and the prediction doubled bilinearly.
        head: `"ab"`, a regression, or `"ab_channel_logits"`, logits over 25 bins of a and 25
            of b (section 3.2).
        global_features: whether features of the whole picture are fused with those of layer2
            (George 2022, section 3.1).
        classes: number of scene classes of a class branch on the global features, which is that
            of `resnet18_gray_classifier`; or None.
        width: factor on the channels of all layers but the outputs; 1.0 is the papers'.
        input_shape: (H, W, 1); None where the size may vary. Any size from 1 up works.

    Returns:
        Functional model: L* in 0..100, (N, H, W, 1), to a dict of float32 tensors: `"ab"` in
        [0, 1], (N, ceil(H/s), ceil(W/s), 2), or `"ab_channel_logits"` (N, ceil(H/s), ceil(W/s),
        2, 25), s = 4 with decoder A and 2 with B; and, with classes, `"class_logits"`
        (N, classes).
    """
    choices = {"decoder": (decoder, STRIDES), "head": (head, HEADS)}
    lightness = lightness_input(width, input_shape, classes, global_features, **choices)
    stages = 4 if global_features else 2
    half, quarter, x, *deeper = resnet18_features(lightness, width, stages)
    class_outputs = {}
    if global_features:
        pooled = layers.GlobalAveragePooling2D(name="global_pool")(deeper[-1])
        units = scaled(_GLOBAL_UNITS, width)
        vector = layers.Dense(units, activation="relu", name="global_dense")(pooled)
        x = GlobalLocalFusion(scaled(_FUSION_UNITS, width), name="fusion")([x, vector])
        if classes is not None:
            logits = layers.Dense(classes, dtype="float32", name="class_logits")
            class_outputs["class_logits"] = logits(pooled)
    first, *others = (scaled(channels, width) for channels in _DECODERS[decoder])
    if decoder == "A":
        x = conv_block(x, first, "decoder_conv1")
        x = layers.UpSampling2D(name="decoder_up")(x)
    else:
        x = layers.Conv2DTranspose(first, 4, 2, "same", use_bias=False, name="decoder_conv1")(x)
        x = layers.BatchNormalization(name="decoder_conv1_bn")(x)
        x = layers.ReLU(name="decoder_conv1_relu")(x)
    x = CropLike(name="decoder_crop")([x, quarter])
    for number, channels in enumerate(others, start=2):
        x = conv_block(x, channels, f"decoder_conv{number}")
    names = ["ab"] if head == "ab" else ["a_logits", "b_logits"]
    channels, activation = (2, "sigmoid") if head == "ab" else (AB_BINS.count, None)
    outputs = []
    for part in names:
        # Half precision could not tell neighboring colors apart.
        options = {"activation": activation, "dtype": "float32", "name": part}
        y = layers.Conv2D(channels, 3, padding="same", **options)(x)
        if decoder == "B":
            y = Upsample2x(dtype="float32", name=f"{part}_up")(y)
            y = CropLike(dtype="float32", name=f"{part}_crop")([y, half])
        outputs.append(y)
    output = y if head == "ab" else StackChannels(dtype="float32", name=head)(outputs)
    return keras.Model(lightness, {head: output, **class_outputs}, name="resnet18_gray")
