"""Global/local fusion network: Iizuka, Simo-Serra and Ishikawa, SIGGRAPH 2016.

"Let there be Color!: Joint End-to-end Learning of Global and Local Image Priors for Automatic
Image Colorization with Simultaneous Classification". Sections below are the paper's.
"""

import keras
from keras import layers

from keras_colorize.errors import expect
from keras_colorize.layers import CropLike, GlobalLocalFusion, ResizeTo
from .encoders import lightness_input, scaled

CLASS_LOSS_WEIGHT = 1 / 300
"""Alpha of equation 6: the weight of the class cross-entropy beside the color error."""

HEADS = {"lab": ("ab", 2), "yuv": ("yuv_uv", 2), "rgb": ("rgb", 3)}
"""Name and channels of the color output in each color space of section 4.8."""

# Table 1: (channels, stride) of every 3x3 convolution, and the fully connected sizes.
_LOW = ((64, 2), (128, 1), (128, 2), (256, 1), (256, 2), (512, 1))
_GLOBAL = ((512, 2), (512, 1), (512, 2), (512, 1))
_GLOBAL_DENSE = (1024, 512, 256)
_MID = ((512, 1), (256, 1))
_FUSION = 256
_COLOR = (128, 64, 64, 32)
_CLASS_DENSE = 256


def iizuka16(
    width=1.0,
    classes=None,
    global_features=True,
    color_space="lab",
    global_size=224,
    symmetric_padding=True,
    input_shape=(None, None, 1),
):
    """Builds the network of section 3, its baseline or one of its color spaces.

    At the size of `global_size` both branches share the low-level features, as in the paper's
    training; at any other the global branch sees a resized copy, with the same weights.

    Args:
        width: factor on the channels of all layers but the outputs; 1.0 is the paper.
        classes: number of scene classes of the classification branch (section 3.3), or None.
        global_features: False is the baseline of section 4, a 3x3 convolution instead.
        color_space: `"lab"`, `"yuv"` or `"rgb"`, a key of `HEADS`.
        global_size: height and width that the global branch sees; a multiple of 32.
        symmetric_padding: whether convolutions of stride 2 are padded on all sides (section
            3.2.1), as Torch pads; False is Keras' "same", which even sizes get on two.
        input_shape: (H, W, 1); None where the size may vary. Any size from 1 up works.

    Returns:
        Functional model: L* in 0..100, (N, H, W, 1), to a dict of float32 tensors: `"ab"`,
        `"yuv_uv"` or `"rgb"` in [0, 1], (N, ceil(H/2), ceil(W/2), 2 or 3), and, with classes,
        `"class_logits"` (N, classes).
    """
    known = {"color_space": (color_space, HEADS)}
    lightness = lightness_input(width, input_shape, classes, global_features, **known)
    is_whole = global_size >= 32 and global_size % 32 == 0
    expect(is_whole, f"a global_size that 32 divides, received {global_size}")
    x = layers.Rescaling(0.01, dtype="float32", name="lightness_scaled")(lightness)
    # Low-level features, section 3.2.1: at half size and at an eighth.
    first, *others = _convolutions("low_conv", _LOW, width, symmetric_padding)
    half_size = _apply([first], x)
    low = _apply(others, half_size)
    # Mid-level features, section 3.2.3.
    local, class_outputs = _apply(_convolutions("mid_conv", _MID, width), low), {}
    if global_features:
        if tuple(input_shape[:2]) != (global_size, global_size):
            copy = ResizeTo(global_size, global_size, antialias=True, name="global_copy")(x)
            low = _apply([first, *others], copy)
        # Section 3.2.2: what the classifier reads, and the global feature vector.
        x = _apply(_convolutions("global_conv", _GLOBAL, width, symmetric_padding), low)
        vector = layers.Flatten(name="global_flatten")(x)
        for number, units in enumerate(_GLOBAL_DENSE, start=1):
            dense = layers.Dense(scaled(units, width), use_bias=False, name=f"global_dense{number}")
            scene, vector = vector, _apply([_normalized(dense)], vector)
        if classes is not None:
            # Section 3.3: the class loss reaches the global branch and the low level only.
            dense = layers.Dense(scaled(_CLASS_DENSE, width), use_bias=False, name="class_dense1")
            x = _apply([_normalized(dense)], scene)
            logits = layers.Dense(classes, dtype="float32", name="class_logits")
            class_outputs["class_logits"] = logits(x)
        # Section 3.2.4, equation 5, with batch normalization before the ReLU.
        fusion = GlobalLocalFusion(scaled(_FUSION, width), None, use_bias=False, name="fusion")
        local = _apply([_normalized(fusion)[1:]], fusion([local, vector]))
    else:
        local = _apply(_convolutions("baseline_conv", ((_FUSION, 1),), width), local)
    # Section 3.2.5.
    colors = _convolutions("color_conv", [(channels, 1) for channels in _COLOR], width)
    x = layers.UpSampling2D(name="color_up1")(_apply(colors[:1], local))
    x = layers.UpSampling2D(name="color_up2")(_apply(colors[1:3], x))
    # Strides round sizes up, so doubling overshoots where 8 does not divide them.
    x = CropLike(name="color_crop")([_apply(colors[3:], x), half_size])
    head, channels = HEADS[color_space]
    # A sigmoid in half precision could not tell neighboring colors apart.
    options = {"activation": "sigmoid", "dtype": "float32", "name": head}
    output = layers.Conv2D(channels, 3, padding="same", **options)(x)
    return keras.Model(lightness, {head: output, **class_outputs}, name="iizuka16")


def _convolutions(prefix, plan, width, symmetric=False):
    """A block of layers per (channels, stride): 3x3 convolution, norm, ReLU."""
    blocks = []
    for number, (channels, stride) in enumerate(plan, start=1):
        name, pad = f"{prefix}{number}", symmetric and stride > 1
        options = {"padding": "valid" if pad else "same", "use_bias": False, "name": name}
        block = _normalized(layers.Conv2D(scaled(channels, width), 3, stride, **options))
        blocks.append([*[layers.ZeroPadding2D(name=f"{name}_pad")] * pad, *block])
    return blocks


def _normalized(layer):
    """The layer with the batch normalization and the ReLU that follow it."""
    norm = layers.BatchNormalization(name=f"{layer.name}_bn")
    return [layer, norm, layers.ReLU(name=f"{layer.name}_relu")]


def _apply(blocks, x):
    for block in blocks:
        for layer in block:
            x = layer(x)
    return x


def split_style(model):
    """Cuts a copy of a network in two for style transfer (section 4.5).

    With `style, colors = split_style(model)`, `colors([a, style(b)])` colors the picture `a`
    with the global features of the picture `b`. The model has global features, which a layer
    `"fusion"` reads, else ValueError. Returns two Functional models: lightness (N, H, W, 1) to the
    global features (N, G), and `[lightness, global features]` to a dict of the color output.
    """
    names = [layer.name for layer in model.layers]
    expect("fusion" in names, f"a network with a layer named 'fusion', received {model.name}")
    # Cutting a Functional model adds calls to its layers, so that `layer.output` of the cut one
    # would no longer be unique: cut a copy.
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    _, vector = copy.get_layer("fusion").input
    colors = {name: x for name, x in copy.output.items() if name != "class_logits"}
    return (
        keras.Model(copy.input, vector, name=f"{model.name}_style"),
        keras.Model([copy.input, vector], colors, name=f"{model.name}_colors"),
    )
