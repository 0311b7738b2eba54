"""A residual encoder with global fusion whose head is a distribution over the ab bins.

It joins Dahl 2016 and Hwang & Zhou 2016 (residual encoder), Iizuka et al. 2016 (fusion, eq. 5),
Zhang et al. 2016 (313 bins) and Kang et al. 2023 (color queries).
"""

import keras
from keras import layers

from keras_colorize.bins import bin_count
from keras_colorize.errors import expect
from keras_colorize.layers import GlobalLocalFusion, ResizeLike
from .ddcolor import QueryMaps, color_queries
from .encoders import ENCODERS, RESIDUAL_WIDTHS, conv_block, encode, lightness_input, load_encoder

DECODER_WIDTHS = (256, 192, 128, 96)
"""Channels of the decoder at strides 32, 16, 8 and 4."""

STRIDE = 4
"""Rows of lightness per row of logits."""


def distribution_unet(
    encoder="mobilenet_v2",
    encoder_weights=None,
    decoder_widths=DECODER_WIDTHS,
    residual_widths=RESIDUAL_WIDTHS,
    global_units=256,
    queries=0,
    classes=None,
    input_shape=(None, None, 1),
):
    """Builds the library's own network.

    Args:
        encoder: `"efficientnet_lite2"`, `"mobilenet_v2"` or `"residual"`, see `encode`.
        encoder_weights: None (random), the path of published weights of the encoder, or
            `"imagenet"` for `"mobilenet_v2"`.
        decoder_widths: channels at strides 32, 16, 8 and 4.
        residual_widths: channels of the residual encoder: stem and strides 4, 8, 16 and 32.
        global_units: size of the global feature vector that is fused at stride 16; 0 for none.
        queries: number of color queries that look at strides 32, 16 and 8; 0 for none.
        classes: number of scene classes of the class branch on the global features, or None.
        input_shape: (H, W, 1); None where the size may vary. Any size from 1 up works.

    Returns:
        Functional model: L* in 0..100, (N, H, W, 1), to a dict of float32 tensors
        `"ab_logits"` (N, ceil(H/4), ceil(W/4), 313) and, with classes, `"class_logits"`
        (N, classes).
    """
    known = {"encoder": (encoder, ENCODERS)}
    lightness = lightness_input(1.0, input_shape, classes, global_units > 0, **known)
    expect(len(decoder_widths) == 4, f"4 decoder_widths, received {tuple(decoder_widths)}")
    expect(len(residual_widths) == 5, f"5 residual_widths, received {tuple(residual_widths)}")
    *finer, deepest = encode(lightness, encoder, residual_widths)
    x = conv_block(deepest, decoder_widths[0], "decoder32_conv", kernel_size=1)
    if global_units:
        pooled = layers.GlobalAveragePooling2D(name="global_pool")(deepest)
        dense = layers.Dense(global_units, activation="relu", name="global_dense")
        global_features = dense(pooled)
    scales = [x]
    for stride, skip, width in zip((16, 8, 4), finer[::-1], decoder_widths[1:], strict=True):
        # Wide features are narrowed first: the 3x3 convolution after it is the costly part.
        skip = conv_block(skip, width // 2, f"decoder{stride}_tap", kernel_size=1)
        x = ResizeLike(name=f"decoder{stride}_up")([x, skip])
        x = layers.Concatenate(name=f"decoder{stride}_concat")([x, skip])
        x = conv_block(x, width, f"decoder{stride}_conv")
        if stride == 16 and global_units:
            x = GlobalLocalFusion(width, name="fusion")([x, global_features])
        scales.append(x)
    if queries:
        asked = color_queries(scales[:-1], queries)
        asked = layers.Dense(decoder_widths[-1], name="queries_color")(asked)
        x = layers.Concatenate(name="query_concat")([x, QueryMaps(name="query_maps")([asked, x])])
    logits = layers.Conv2D(bin_count(), 1, dtype="float32", name="ab_logits")
    outputs = {"ab_logits": logits(x)}
    if classes is not None:
        head = layers.Dense(classes, dtype="float32", name="class_logits")
        outputs["class_logits"] = head(global_features)
    model = keras.Model(lightness, outputs, name="distribution_unet")
    if encoder_weights is not None:
        load_encoder(model, encoder, encoder_weights)
    return model
