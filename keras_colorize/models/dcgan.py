"""The conditional DCGAN of Nazeri, Ng and Ebrahimi 2018, as used by Zhou & Zhou 2019.

"Image Colorization using Generative Adversarial Networks"; Zhou & Zhou, "Automatic Colorization",
section 2.2.1. Channels and strides are those of the authors' release.
"""

import functools

import keras
from keras import layers

from keras_colorize.errors import expect
from keras_colorize.layers import (
    BatchStatisticsNormalization,
    CropLike,
    PadToAtLeast,
    PermanentDropout,
    SpectralNorm,
)
from .encoders import lightness_input, scaled

_NORMS = {"moving": layers.BatchNormalization, "batch": BatchStatisticsNormalization}
BATCH_NORM_MODES = (*_NORMS, "none")
"""What batch normalization sees in inference."""

# Channels and strides of the contracting path by level set; the expansive path mirrors it.
_GENERATOR = {
    32: ((64, 1), (128, 2), (256, 2), (512, 2), (512, 2)),
    256: ((64, 1), (64, 2), (128, 2), (256, 2), (512, 2), (512, 2), (512, 2), (512, 2)),
}
# Both end at 4x4, which the last convolution covers.
_DISCRIMINATOR = {
    32: ((64, 2), (128, 2), (256, 2), (512, 1)),
    256: ((64, 2), (128, 2), (256, 2), (512, 2), (512, 2), (512, 2)),
}
_KERNEL = 4
# Convolutions that see this stride or more may see a width of 1, see `_down`.
_DEEP_STRIDE = 16


def dcgan_generator(
    level_set=256,
    width=1.0,
    dropout=0.5,
    dropout_in_inference=False,
    batch_norm_momentum=0.99,
    batch_norm_mode="moving",
    spectral_norm=False,
    input_shape=(None, None, 1),
):
    """Builds the generator, a U-Net whose only noise is dropout.

    All levels have skip connections, that of the first at full resolution. Sizes that the strides
    do not divide are padded level by level and cropped again. The innermost level, which may be a
    single pixel, has no batch normalization.

    Args:
        level_set: 32 for pictures of about 32x32 (four halvings), 256 for 256x256 (seven).
        width: factor on the channels of all layers but the output; 1.0 is the release.
        dropout: share dropped in the two (32) or three (256) innermost expansive layers.
        dropout_in_inference: whether inference drops them too, so that each call differs (Isola
            et al. 2017, section 2).
        batch_norm_momentum: momentum of the moving statistics.
        batch_norm_mode: what inference normalizes by: `"moving"` statistics or those of the
            `"batch"`; `"none"` leaves batch normalization out.
        spectral_norm: whether all layers but the output are spectrally normalized.
        input_shape: (H, W, 1); None where the size may vary. Any size from 1 up works.

    Returns:
        Functional model: L* in 0..100, (N, H, W, 1), to a dict of one float32 tensor, `"ab"`
        (N, H, W, 2) in [0, 1], the paper's tanh rescaled.
    """
    momentum = batch_norm_momentum
    lightness = _input(width, input_shape, level_set, batch_norm_mode, momentum, dropout)
    convolve = functools.partial(_convolve, norms=(batch_norm_mode, momentum, spectral_norm))
    x = layers.Rescaling(0.02, -1.0, dtype="float32", name="scale_lightness")(lightness)
    drop = PermanentDropout if dropout_in_inference else layers.Dropout
    features, stride, last = [], 1, len(_GENERATOR[level_set]) - 1
    for number, (channels, strides) in enumerate(_GENERATOR[level_set]):
        options = {"deep": stride >= _DEEP_STRIDE, "norm": number < last}
        x = convolve(x, scaled(channels, width), f"down{number}", strides, **options)
        features.append(x)
        stride *= strides
    for step, number in enumerate(reversed(range(last))):
        up = f"up{number}"
        x = convolve(x, features[number].shape[-1], up, 2, up=True)
        x = CropLike(name=f"{up}_crop")([x, features[number]])
        if step < (2 if level_set == 32 else 3):  # "several"
            x = drop(dropout, name=f"{up}_dropout")(x)
        x = layers.Concatenate(name=f"{up}_concat")([x, features[number]])
    # Small weights, for a start near gray. Half precision could not tell neighboring colors apart.
    small = keras.initializers.RandomNormal(stddev=0.02)
    options = {"activation": "tanh", "kernel_initializer": small, "dtype": "float32"}
    x = layers.Conv2D(2, 1, name="ab_tanh", **options)(x)
    ab = layers.Rescaling(0.5, 0.5, dtype="float32", name="ab")(x)
    return keras.Model(lightness, {"ab": ab}, name="dcgan_generator")


def dcgan_discriminator(
    level_set=256,
    width=1.0,
    batch_norm_momentum=0.99,
    batch_norm_mode="moving",
    spectral_norm=False,
    input_shape=(None, None, 1),
):
    """Builds the discriminator, which tells true colors from those of a generator.

    The scores of pictures larger than the level set are averaged; smaller ones are padded. In
    training with batch normalization, a single picture must be larger than 8x8 (level set 32)
    or 64x64 (256), or the score does not depend on it. Arguments are those of `dcgan_generator`;
    the score is spectrally normalized, too.

    Returns:
        Functional model: `{"lightness": L* in 0..100 (N, H, W, 1), "ab": a and b scaled to
        [0, 1] (N, H, W, 2)}` to float32 logits (N, 1) that the colors are true.
    """
    momentum = batch_norm_momentum
    lightness = _input(width, input_shape, level_set, batch_norm_mode, momentum)
    convolve = functools.partial(_convolve, norms=(batch_norm_mode, momentum, spectral_norm))
    ab = keras.Input((*input_shape[:2], 2), name="ab")
    # In [-1, 1] and float32, for half precision is finest around 0.
    x = layers.Rescaling(0.02, -1.0, dtype="float32", name="scale_lightness")(lightness)
    colors = layers.Rescaling(2.0, -1.0, dtype="float32", name="scale_ab")(ab)
    x, stride = layers.Concatenate(dtype="float32", name="seen")([x, colors]), 1
    for number, (channels, strides) in enumerate(_DISCRIMINATOR[level_set]):
        options = {"deep": stride >= _DEEP_STRIDE and strides > 1, "norm": number > 0}
        x = convolve(x, scaled(channels, width), f"conv{number}", strides, **options)
        stride *= strides
    x = PadToAtLeast(_KERNEL, name="pad")(x)
    score = layers.Conv2D(1, _KERNEL, dtype="float32", name="score")
    x = SpectralNorm(score)(x) if spectral_norm else score(x)
    logits = layers.GlobalAveragePooling2D(dtype="float32", name="logits")(x)
    return keras.Model({"lightness": lightness, "ab": ab}, logits, name="dcgan_discriminator")


def _input(width, input_shape, level_set, mode, momentum, dropout=0.0):
    for name, share in (("batch_norm_momentum", momentum), ("dropout", dropout)):
        expect(0 <= share < 1, f"a {name} of at least 0 and below 1, received {share}")
    choices = {"level_set": (level_set, _GENERATOR), "batch_norm_mode": (mode, BATCH_NORM_MODES)}
    return lightness_input(width, input_shape, **choices)


def _convolve(x, channels, name, strides, norms, norm=True, deep=False, up=False):
    """Convolution, its norms and LeakyReLU, or `up`, transposed, with ReLU.

    `norms` are mode and momentum of the batch normalization, and whether there is a spectral one.
    TensorFlow's gradient of a convolution of stride 2 with padding is wrong in bfloat16 on
    processors where the width is 1. Where that may be (`deep`), the padding is a layer of its own.
    """
    mode, momentum, spectral = norms
    if deep:
        # What "same" pads; an even size leaves the last row and column unused.
        x = layers.ZeroPadding2D(((1, 2), (1, 2)), name=f"{name}_pad")(x)
    kind, kinds = layers.Conv2DTranspose if up else layers.Conv2D, _NORMS if norm else {}
    options = {"use_bias": mode not in kinds, "kernel_initializer": "he_normal", "name": name}
    layer = kind(channels, _KERNEL, strides, "valid" if deep else "same", **options)
    x = SpectralNorm(layer)(x) if spectral else layer(x)
    if mode in kinds:
        x = kinds[mode](momentum=momentum, name=f"{name}_bn")(x)
    relu = layers.ReLU(name=f"{name}_relu") if up else layers.LeakyReLU(0.2, name=f"{name}_relu")
    return relu(x)
