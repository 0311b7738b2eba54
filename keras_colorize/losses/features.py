"""How differently a network that knows photographs sees two pictures."""

from keras import ops

from keras_colorize.color import lab_to_rgb, unscale_ab

# Keeps the gradient finite where a network sees nothing, all its features being 0.
_TINY = 1e-6


def feature_distance(true, made):
    """Mean squared distance of feature vectors of length 1 (Zhang et al. 2018), over layers.

    Args:
        true: list of tensors (N, h, w, C), one per layer, each of its own size.
        made: list of tensors of the same shapes.

    Returns:
        float32 number: 0 where all directions are equal, up to 4 per layer.
    """
    pairs = zip(true, made, strict=True)
    squares = [ops.square(_directions(one) - _directions(other)) for one, other in pairs]
    return sum(ops.mean(ops.sum(square, axis=-1)) for square in squares)


def answer_divergence(true, made, temperature=1.0):
    """Divergence of softened class probabilities (Hinton, Vinyals & Dean 2015, section 2).

    Args:
        true: logits of the teacher, (N, classes).
        made: logits of the student, of the same shape.
        temperature: number above 0; a high one compares unlikely classes, too.

    Returns:
        float32 number: the mean Kullback-Leibler divergence in nats, times the squared
        temperature, so that its gradient is of one size at all temperatures.
    """
    true, made = (ops.cast(logits, "float32") / temperature for logits in (true, made))
    difference = ops.log_softmax(true) - ops.log_softmax(made)
    return temperature**2 * ops.mean(ops.sum(ops.softmax(true) * difference, axis=-1))


def picture(lightness, ab):
    """What a network of color pictures is shown.

    Args:
        lightness: L* in 0..100, (N, H, W, 1).
        ab: a and b scaled to [0, 1], (N, h, w, 2) of any size.

    Returns:
        float32 tensor (N, H, W, 3), sRGB scaled to [-1, 1]; gradients pass inside the gamut.
    """
    lightness = ops.cast(lightness, "float32")
    ab = ops.image.resize(unscale_ab(ab), ops.shape(lightness)[1:3])
    rgb = lab_to_rgb(ops.concatenate([lightness, ab], axis=-1))
    return 2.0 * ops.clip(rgb, 0.0, 1.0) - 1.0


def _directions(features):
    features = ops.cast(features, "float32")
    squares = ops.sum(ops.square(features), axis=-1, keepdims=True)
    return features * ops.rsqrt(squares + _TINY)
