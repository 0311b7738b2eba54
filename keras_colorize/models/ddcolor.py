"""DDColor: Kang et al., ICCV 2023, "Towards photo-realistic image colorization via dual decoders".

A ConvNeXt encoder (Liu et al. 2022) sees the photograph; a pixel decoder brings its features back
to full size (section 3.2); in a color decoder learned queries attend to three scales of them
(section 3.3). Widths, paddings and epsilons are those of the authors' release (piddnad/DDColor,
Apache-2.0), whose weights `keras_colorize.presets` converts, spectral normalization included.
"""

import keras
import numpy as np
from keras import layers, ops

from keras_colorize.color.scaling import AB_LIMIT
from keras_colorize.errors import expect
from keras_colorize.layers import CropLike, GreyLevels
from keras_colorize.layers.normalization import LEVEL_MAX
from .encoders import TORCH_NORM, conv_block, lightness_input, scaled

ENCODERS = {
    "convnext_tiny": ((3, 3, 9, 3), (96, 192, 384, 768)),
    "convnext_large": ((3, 3, 27, 3), (192, 384, 768, 1536)),
}
"""Blocks and channels of the encoder's four stages."""

# Mean and deviation of ImageNet, channels in 0..1.
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_DECODER = (512, 512, 256)
UNITS = 256
"""Length of a query of `color_queries`."""

_HEADS = 8
_ROUNDS = 9
_DENSE = 2048


def ddcolor(encoder="convnext_tiny", queries=100, width=1.0, input_shape=(None, None, 1)):
    """Builds the network.

    Sizes that 32 does not divide are filled up with the last row and column, and cut off again.
    The release was trained on 256 x 256 and is used at 512 x 512.

    Args:
        encoder: a key of `ENCODERS`: DDColor-T or DDColor-L of the paper.
        queries: number of color queries.
        width: factor on the channels of all layers but the output; 1.0 is the paper.
        input_shape: (H, W, 1); None where the size may vary. Any size from 1 up works.

    Returns:
        Functional model: L* in 0..100, (N, H, W, 1), to a dict of one float32 tensor, `"ab"`
        (N, H, W, 2), a and b of CIELAB scaled as by `scale_ab`. They may leave [0, 1].
    """
    lightness = lightness_input(width, input_shape, encoder=(encoder, ENCODERS))
    expect(queries >= 1, f"1 query or more, received {queries}")
    x = PadToMultiple(32, dtype="float32", name="pad")(lightness)
    x = GreyLevels([LEVEL_MAX * mean for mean in _MEAN], dtype="float32", name="grey_levels")(x)
    scales = [1.0 / (LEVEL_MAX * deviation) for deviation in _DEVIATION]
    rgb = layers.Rescaling(scales, dtype="float32", name="scale_rgb")(x)
    features = _encoder(rgb, *ENCODERS[encoder], width)
    x, decoded = features[-1], []
    for number, channels in enumerate(_DECODER):
        x = _up_block(x, features[2 - number], f"up{number}", scaled(channels, width))
        decoded.append(x)
    # With heads of one channel, attention of Keras 3.15 in a TensorFlow graph of unknown sizes is
    # not what it is outside of one.
    colors = _color_decoder(decoded, queries, max(2, scaled(32, width)))
    # Of 4 x 4 pixels each; the shuffle is left to the layer after, which mixes channels first.
    fine = conv_block(x, 16 * colors.shape[-1], "last_up", 1, norm=None)
    x = ColorMaps(4, dtype="float32", name="refine")([colors, fine, rgb])
    x = CropLike(dtype="float32", name="crop")([x, lightness])
    ab = layers.Rescaling(1.0 / (2.0 * AB_LIMIT), 0.5, dtype="float32", name="ab")(x)
    return keras.Model(lightness, {"ab": ab}, name="ddcolor")


def _encoder(x, depths, widths, width):
    """ConvNeXt; the layer-normed outputs of its four stages, the finest first."""
    features = []
    for stage, (depth, channels) in enumerate(zip(depths, widths, strict=True)):
        norm = layers.LayerNormalization(epsilon=1e-6, name=f"down{stage}_norm")
        step = 2 if stage else 4
        conv = layers.Conv2D(scaled(channels, width), step, step, name=f"down{stage}")
        x = conv(norm(x)) if stage else norm(conv(x))
        for block in range(depth):
            x = _block(x, f"stage{stage}_block{block}")
        features.append(layers.LayerNormalization(epsilon=1e-6, name=f"stage{stage}_norm")(x))
    return features


def _block(x, name):
    channels = x.shape[-1]
    y = layers.DepthwiseConv2D(7, padding="same", name=f"{name}_depthwise")(x)
    y = layers.LayerNormalization(epsilon=1e-6, name=f"{name}_norm")(y)
    y = layers.Dense(4 * channels, "gelu", name=f"{name}_expand")(y)
    y = layers.Dense(channels, name=f"{name}_project")(y)
    y = LayerScale(name=f"{name}_scale")(y)
    return layers.Add(name=f"{name}_add")([x, y])


def _up_block(x, skip, name, channels):
    """Doubles the size by a pixel shuffle and merges the encoder's features of that size."""
    x = conv_block(x, 4 * channels, f"{name}_shuffle", 1, norm=TORCH_NORM)
    x = BlurredPixelShuffle(2, name=f"{name}_blur")(x)
    skip = layers.BatchNormalization(**TORCH_NORM, name=f"{name}_skip_bn")(skip)
    x = layers.Concatenate(name=f"{name}_concat")([x, skip])
    x = layers.ReLU(name=f"{name}_concat_relu")(x)
    x = conv_block(x, channels, f"{name}_merge", norm=None, use_bias=False)
    return layers.BatchNormalization(**TORCH_NORM, name=f"{name}_merge_bn")(x)


def _color_decoder(features, count, units):
    """Lets the queries look at each scale in turn; returns (N, count, 8 x units)."""
    length = _HEADS * units
    tokens = []
    for number, x in enumerate(features):
        x = layers.Conv2D(length, 1, kernel_initializer="he_uniform", name=f"scale{number}")(x)
        tokens.append(ScaleTokens(name=f"scale{number}_tokens")(x))
    queries = LearnedQueries(count, length, name="query_features")(tokens[0][0])
    places = LearnedQueries(count, length, name="query_places")(tokens[0][0])
    for step in range(_ROUNDS):
        for name in (f"cross{step}", f"self{step}"):
            placed = layers.Add(name=f"{name}_query")([queries, places])
            is_cross = name == f"cross{step}"
            keys, values = tokens[step % len(tokens)] if is_cross else (placed, queries)
            attention = layers.MultiHeadAttention(_HEADS, units, name=name)
            queries = _post_norm(queries, attention(placed, values, keys), name)
        y = layers.Dense(_DENSE * length // 256, "relu", name=f"dense{step}_expand")(queries)
        y = layers.Dense(length, name=f"dense{step}_project")(y)
        queries = _post_norm(queries, y, f"dense{step}")
    x = layers.LayerNormalization(epsilon=1e-5, name="queries_norm")(queries)
    for number in range(3):
        activation = "relu" if number < 2 else None
        x = layers.Dense(length, activation, name=f"color{number}")(x)
    return x


def _post_norm(queries, change, name):
    x = layers.Add(name=f"{name}_add")([queries, change])
    return layers.LayerNormalization(epsilon=1e-5, name=f"{name}_norm")(x)


def color_queries(features, count):
    """A small color decoder (section 3.3): queries that see the whole picture, (N, count, UNITS).

    Attends from them to features (N, h, w, C), coarsest first.
    """
    keys = []
    for number, x in enumerate(features):
        x = layers.Conv2D(UNITS, 1, name=f"queries_scale{number}")(x)
        x = layers.Reshape((-1, UNITS), name=f"queries_scale{number}_flat")(x)
        keys.append(layers.LayerNormalization(name=f"queries_scale{number}_norm")(x))
    queries = LearnedQueries(count, UNITS, name="queries")(keys[0])
    for step, key in enumerate(keys):
        for kind in ("cross", "self", "dense"):
            name = f"queries_step{step}_{kind}"
            y = layers.LayerNormalization(name=f"{name}_norm")(queries)
            if kind == "dense":
                y = layers.Dense(4 * UNITS, activation="gelu", name=f"{name}1")(y)
                y = layers.Dense(UNITS, name=f"{name}2")(y)
            else:
                attention = layers.MultiHeadAttention(_HEADS, UNITS // _HEADS, name=name)
                y = attention(y, key if kind == "cross" else y)
            queries = layers.Add(name=f"{name}_add")([queries, y])
    return layers.LayerNormalization(name="queries_norm")(queries)


@keras.saving.register_keras_serializable(package="keras_colorize")
class LearnedQueries(layers.Layer):
    """Learned vectors (N, count, units), the same for every picture."""

    def __init__(self, count, units, **kwargs):
        super().__init__(**kwargs)
        self.count, self.units = count, units

    def build(self, input_shape):
        options = {"initializer": "random_normal", "name": "vectors"}
        self.vectors = self.add_weight((self.count, self.units), **options)

    def call(self, x):
        vectors = ops.convert_to_tensor(self.vectors)
        return ops.broadcast_to(vectors, (ops.shape(x)[0], self.count, self.units))


@keras.saving.register_keras_serializable(package="keras_colorize")
class QueryMaps(layers.Layer):
    """Products of queries (N, K, C) with features (N, h, w, C), (N, h, w, K) (DDColor, eq. 5)."""

    def call(self, inputs):
        queries, features = inputs
        scale = float(queries.shape[-1]) ** -0.5
        return ops.einsum("nkc,nhwc->nhwk", queries * scale, features)


@keras.saving.register_keras_serializable(package="keras_colorize")
class PadToMultiple(layers.Layer):
    """Repeats the last row and column until a number divides height and width.

    Takes (N, H, W, C); returns (N, H', W', C), H' and W' the next multiples of `multiple`.
    """

    def __init__(self, multiple, **kwargs):
        super().__init__(**kwargs)
        self.multiple = multiple

    def call(self, x):
        for axis in (1, 2):
            size = ops.shape(x)[axis]
            places = ops.arange(self._next(size), dtype="int32")
            x = ops.take(x, ops.minimum(places, size - 1), axis=axis)
        return x

    def _next(self, size):
        return (size + self.multiple - 1) // self.multiple * self.multiple

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        return (batch, height and self._next(height), width and self._next(width), channels)


@keras.saving.register_keras_serializable(package="keras_colorize")
class LayerScale(layers.Layer):
    """Multiplies each channel of (..., C) by a learned factor, 1e-6 at first (Touvron 2021)."""

    def build(self, input_shape):
        start = keras.initializers.Constant(1e-6)
        self.gamma = self.add_weight(shape=input_shape[-1:], initializer=start, name="gamma")

    def call(self, x):
        return x * ops.convert_to_tensor(self.gamma)


@keras.saving.register_keras_serializable(package="keras_colorize")
class BlurredPixelShuffle(layers.Layer):
    """Enlarges by a pixel shuffle, then takes the mean of each pixel and those before it.

    The blur over 2 x 2 pixels takes the checkerboard away (Sugawara et al. 2018). Takes
    (N, h, w, scale^2 C), channels by row, column and channel of the result (by channel, row and
    column in PyTorch's `PixelShuffle`); returns (N, scale h, scale w, C).
    """

    def __init__(self, scale, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, x):
        return _blurred_shuffle(x, self.scale)


def _blurred_shuffle(x, scale):
    batch, height, width, _ = ops.shape(x)
    channels = x.shape[-1] // scale**2
    x = ops.reshape(x, (batch, height, width, scale, scale, channels))
    x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
    x = ops.reshape(x, (batch, height * scale, width * scale, channels))
    x = (x + ops.concatenate([x[:, :1], x[:, :-1]], axis=1)) * 0.5
    return (x + ops.concatenate([x[:, :, :1], x[:, :, :-1]], axis=2)) * 0.5


@keras.saving.register_keras_serializable(package="keras_colorize")
class ScaleTokens(layers.Layer):
    """Turns the features of one scale into keys and values for attention.

    Values are the features and a learned vector that tells the scale; keys have the sines and
    cosines of their places besides, half of the channels for the row, half for the column. Takes
    (N, h, w, C), C a multiple of 4; returns `(keys, values)`, each (N, h w, C).
    """

    def build(self, input_shape):
        start = "random_normal"
        self.level = self.add_weight(shape=input_shape[-1:], initializer=start, name="level")

    def call(self, x):
        batch, height, width, _ = ops.shape(x)
        channels = x.shape[-1]
        rows = ops.tile(_sines(height, channels // 2)[:, None], (1, width, 1))
        columns = ops.tile(_sines(width, channels // 2)[None], (height, 1, 1))
        places = ops.reshape(ops.concatenate([rows, columns], axis=-1), (-1, channels))
        values = ops.reshape(x, (batch, height * width, channels))
        values = values + ops.convert_to_tensor(self.level)
        return values + ops.cast(places, values.dtype), values


def _sines(count, channels):
    """Sines and cosines, in turn, of the places 1 to `count` as shares of a full circle."""
    places = ops.arange(1, count + 1, dtype="float32")
    places = places / (ops.cast(count, "float32") + 1e-6) * (2.0 * np.pi)
    index = np.arange(channels)
    frequencies = 10000.0 ** (-2.0 * (index // 2) / channels)
    phase = places[:, None] * ops.convert_to_tensor(frequencies, "float32")
    return ops.where(ops.convert_to_tensor(index % 2 == 0), ops.sin(phase), ops.cos(phase))


@keras.saving.register_keras_serializable(package="keras_colorize")
class ColorMaps(layers.Layer):
    """Mixes a and b from the products of queries with pixels, and from the input.

    The paper shuffles and blurs the features, multiplies every pixel with every query, appends
    the input and ends with a 1x1 convolution. All of that is linear: here the convolution comes
    first, so that two channels are shuffled instead of 256. float32 but for the product.

    Takes a list `[queries, features, rgb]` of shapes (N, K, C), (N, h, w, scale^2 C), channels as
    `BlurredPixelShuffle` orders them, and (N, scale h, scale w, 3); returns a and b of CIELAB,
    float32 (N, scale h, scale w, 2).
    """

    def __init__(self, scale, **kwargs):
        super().__init__(autocast=False, **kwargs)
        self.scale = scale

    def build(self, input_shape):
        queries, _, rgb = input_shape
        self.count = queries[1]
        self.kernel = self.add_weight(shape=(self.count + rgb[-1], 2), name="kernel")
        self.bias = self.add_weight(shape=(2,), initializer="zeros", name="bias")

    def call(self, inputs):
        queries, features, rgb = inputs
        kernel = ops.convert_to_tensor(self.kernel)
        mixed = ops.einsum("nkc,kd->ncd", ops.cast(queries, "float32"), kernel[: self.count])
        batch, height, width, _ = ops.shape(features)
        pixels = ops.reshape(features, (batch, -1, queries.shape[-1]))
        maps = ops.cast(ops.matmul(pixels, ops.cast(mixed, features.dtype)), "float32")
        maps = ops.reshape(maps, (batch, height, width, 2 * self.scale**2))
        maps = _blurred_shuffle(maps, self.scale)
        return maps + ops.matmul(rgb, kernel[self.count :]) + ops.convert_to_tensor(self.bias)

    def compute_output_shape(self, input_shape):
        return (*input_shape[2][:-1], 2)
