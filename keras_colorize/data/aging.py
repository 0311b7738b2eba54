"""Color views as old plates and films would show them, the same for the same seed."""

import functools

import tensorflow as tf

from keras_colorize.color.xyz import XYZ_FROM_RGB
from keras_colorize.errors import expect

# Weights of red, green and blue light: the eye, which panchromatic film follows; orthochromatic
# film (1880s to 1920s), blind to red; and the plates before it, which saw blue light alone.
_RESPONSES = (tuple(XYZ_FROM_RGB[1]), (0.02, 0.58, 0.40), (0.0, 0.08, 0.92))

# sRGB's curve is near to this power. The exact one, of keras.ops, does not run in a tf.data
# pipeline on other backends, and no film was as exact.
_GAMMA = 2.2


def aged_view(rgb, seed, parts=None):
    """Shows a view as an old black-and-white photograph would.

    In this order: an `orthochromatic` response to the light, `blur` of the lens or of a small
    print, another `contrast` and exposure, `grain`, `fading`, and `scratches` with dust; the
    strength of each follows from the seed, from faint to that of a bad print.

    From float32 (H, W, 3), sRGB in [0, 1], and an integer seed (2,), to the same with equal
    channels. Parts are names among `PARTS`, else `ValueError`, or () for grey alone; None draws
    them.
    """
    expect(set(parts or ()) <= set(PARTS), f"parts among {', '.join(PARTS)}, received {parts}")
    seeds = tf.unstack(tf.random.split(seed, len(PARTS) + 1))
    drawn = tf.random.stateless_uniform((len(PARTS),), seeds[-1])
    shares = _SHARES if parts is None else {name: float(name in parts) for name in PARTS}
    present = tf.unstack(drawn < tf.constant(list(shares.values())))
    grey = _exposed(tf.convert_to_tensor(rgb), present[0], seeds[0])
    for part, here, own in zip(_ON_GREY.values(), present[1:], seeds[1:-1], strict=True):
        # Bound at once: a loop's names change before a graph is traced.
        old = functools.partial(part, grey, own)
        grey = tf.cond(here, old, functools.partial(tf.identity, grey))
    return tf.repeat(tf.clip_by_value(grey, 0.0, 1.0), 3, axis=-1)


def _exposed(rgb, orthochromatic, seed):
    """Grey (H, W, 1) of what the film sees."""
    eye, ortho, blue = (tf.constant(weights, "float32") for weights in _RESPONSES)
    # Between the eye and orthochromatic film, or beyond, the more rarely the farther.
    (drawn,) = _draw(seed, (0.3, 1.0))
    way = 2.0 * drawn**1.5
    film = tf.where(way < 1.0, eye + way * (ortho - eye), ortho + (way - 1.0) * (blue - ortho))
    light = tf.linalg.matvec(_power(rgb, _GAMMA), tf.where(orthochromatic, film, eye))
    return _power(light, 1 / _GAMMA)[..., None]


def _blur(grey, seed):
    """Loses what is smaller than 1.2 to 2.5 pixels."""
    (factor,) = _draw(seed, (1.2, 2.5))
    size = tf.shape(grey)[:2]
    smaller = tf.maximum(tf.cast(tf.round(tf.cast(size, "float32") / factor), "int32"), 1)
    blurred = tf.image.resize(grey, smaller, antialias=True)
    return tf.ensure_shape(tf.image.resize(blurred, size, "bicubic"), grey.shape)


def _contrast(grey, seed):
    """Other tones: gamma, a flatter or a steeper middle, an exposure that may lose the sky."""
    power, middle, exposure = _draw(seed, (-0.35, 0.35), (-0.3, 0.8), (-0.05, 0.25))
    # A blurred edge swings beyond the range.
    grey = _power(tf.minimum(grey, 1.0), tf.exp(power))
    grey += middle * (grey * grey * (3.0 - 2.0 * grey) - grey)
    return tf.minimum(grey * tf.exp(exposure), 1.0)


def _grain(grey, seed):
    """Noise of grains of 1 to 3 pixels, strongest in the middle tones."""
    strength, radius = _draw(seed, (-4.8, -3.0), (0.3, 1.1))
    tone = tf.clip_by_value(grey, 0.0, 1.0)
    visible = 0.25 + 3.0 * tone * (1.0 - tone)
    size = tf.shape(grey)[:2] + 6
    noise = tf.random.stateless_normal(tf.concat([[1], size, [1]], 0), seed)
    line = tf.exp(-0.5 * (tf.range(-3.0, 4.0) / radius) ** 2)
    line /= tf.norm(line)
    for kernel in (line[:, None, None, None], line[None, :, None, None]):
        noise = tf.nn.conv2d(noise, kernel, 1, "VALID")
    return grey + tf.exp(strength) * visible * tf.ensure_shape(noise[0], grey.shape)


def _fading(grey, seed):
    """Raised blacks, lowered whites, and an unevenness as of stains."""
    black, white, uneven = _draw(seed, (0.0, 0.2), (0.75, 1.0), (0.0, 0.04))
    coarse = tf.random.stateless_normal((4, 4, 1), seed)
    coarse = tf.image.resize(coarse, tf.shape(grey)[:2], "bicubic")
    return black + (white - black) * grey + uneven * tf.ensure_shape(coarse, grey.shape)


def _scratches(grey, seed):
    """A few thin vertical lines and specks of dust, each bright or dark, most of them faint."""
    seeds = tf.unstack(tf.random.split(seed, 2))
    height = tf.cast(tf.shape(grey)[0], "float32")
    lines = _marks(grey, 4, seeds[0], (0.1 * height, height), (0.3, 0.6))
    return grey + lines + _marks(grey, 16, seeds[1], (0.4, 1.3), (0.4, 1.3))


PARTS = ("orthochromatic", "blur", "contrast", "grain", "fading", "scratches")
"""What may have happened to an old photograph."""

_SHARES = dict(zip(PARTS, (0.6, 0.4, 0.6, 0.7, 0.5, 0.4), strict=True))
_ON_GREY = dict(zip(PARTS[1:], (_blur, _contrast, _grain, _fading, _scratches), strict=True))


def _marks(grey, count, seed, heights, widths):
    """Sum (H, W, 1) of marks anywhere; the ranges are of their extent in pixels."""
    size = tf.cast(tf.shape(grey)[:2], "float32")
    drawn = tf.random.stateless_uniform((5, count, 1), seed)
    rows, columns, tall, wide, strength = tf.unstack(drawn)
    axes = (rows, size[0], _scaled(tall, heights)), (columns, size[1], _scaled(wide, widths))
    # How much each pixel of a side has of every mark, (count, length).
    across, along = (
        tf.exp(-0.5 * ((tf.range(length) - place * (length - 1.0)) / extent) ** 2)
        for place, length, extent in axes
    )
    # The third power makes most of them faint.
    weights = 0.5 * (2.0 * strength - 1.0) ** 3
    marks = tf.matmul(weights * across, along, transpose_a=True)
    return tf.ensure_shape(marks[..., None], grey.shape)


def _power(values, exponent):
    # Three times as quick as `tf.pow`.
    return tf.exp(exponent * tf.math.log(tf.maximum(values, 1e-8)))


def _draw(seed, *ranges):
    """A number from each range."""
    drawn = tf.unstack(tf.random.stateless_uniform((len(ranges),), seed))
    return [_scaled(share, limits) for share, limits in zip(drawn, ranges, strict=True)]


def _scaled(share, limits):
    return limits[0] + share * (limits[1] - limits[0])
