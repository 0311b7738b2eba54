"""What a served network answers to: encoded pictures or lightness in, color out."""

import tensorflow as tf

from keras_colorize.export import graph
from keras_colorize.export.reading import read_picture
from keras_colorize.inference.options import RANGES

CLASSES = 5
"""Most scenes that `classify_bytes` names."""

_BYTES = tf.TensorSpec((None,), tf.string, name="image_bytes")


def make_signatures(colorizer, max_pixels):
    """Makes the functions of a served network.

    Args:
        colorizer: a `Colorizer` without style, palette and hints.
        max_pixels: most pixels of a picture.

    Returns:
        Dict of `tf.function` by name of signature.
    """
    makers = {
        "serving_default": _serving_default,
        "colorize_bytes": _colorize_bytes,
        "colorize_bytes_with": _colorize_bytes_with,
    }
    if colorizer.contract.class_names:
        makers["classify_bytes"] = _classify_bytes
    return {name: make(colorizer, max_pixels) for name, make in makers.items()}


def _signature(*specs):
    return tf.function(input_signature=specs, autograph=False)


def _serving_default(colorizer, _):
    @_signature(tf.TensorSpec((None, None, None, 1), tf.float32, name="lightness"))
    def serving_default(lightness):
        ab = graph.ab_of(colorizer, lightness, colorizer.temperature)
        return {"ab": colorizer.saturation * ab}

    return serving_default


def _colorize_bytes(colorizer, max_pixels):
    @_signature(_BYTES)
    def colorize_bytes(image_bytes):
        count = tf.shape(image_bytes)
        saturation = tf.fill(count, tf.constant(colorizer.saturation, tf.float32))
        temperature = tf.fill(count, tf.constant(colorizer.temperature, tf.float32))
        return _colorized(colorizer, max_pixels, image_bytes, saturation, temperature)

    return colorize_bytes


def _colorize_bytes_with(colorizer, max_pixels):
    options = [tf.TensorSpec((None,), tf.float32, name) for name in ("saturation", "temperature")]

    @_signature(_BYTES, *options)
    def colorize_bytes_with(image_bytes, saturation, temperature):
        given = {"saturation": saturation, "temperature": temperature}
        with tf.control_dependencies(_option_checks(image_bytes, given)):
            image_bytes = tf.identity(image_bytes)
        return _colorized(colorizer, max_pixels, image_bytes, saturation, temperature)

    return colorize_bytes_with


def _classify_bytes(colorizer, max_pixels):
    names = colorizer.contract.class_names
    count = min(CLASSES, len(names))

    @_signature(_BYTES)
    def classify_bytes(image_bytes):
        def classify(pixels, _):
            seen = graph.to_working_size(graph.lightness_of(pixels), colorizer.working_size)
            logits = graph.outputs_of(colorizer, seen[None])["class_logits"][0]
            return tf.nn.softmax(tf.cast(logits, tf.float32))

        nothing = tf.zeros(len(names))
        probabilities = _each(
            classify, max_pixels, nothing, image_bytes, tf.range(tf.size(image_bytes))
        )
        best, indices = tf.math.top_k(probabilities, count)
        return {"scenes": tf.gather(tf.constant(names), indices), "probabilities": best}

    return classify_bytes


def _colorized(colorizer, max_pixels, image_bytes, saturation, temperature):
    def colorize(pixels, options):
        saturation, temperature = tf.unstack(options)
        lightness = graph.lightness_of(pixels)
        seen = graph.to_working_size(lightness, colorizer.working_size)
        ab = graph.ab_of(colorizer, seen[None], temperature)[0]
        return tf.io.encode_png(graph.composed(pixels, lightness, ab, saturation))

    options = tf.stack([saturation, temperature], axis=-1)
    made = _each(colorize, max_pixels, tf.constant(b""), image_bytes, options)
    return {"png_bytes": made}


def _each(function, max_pixels, nothing, image_bytes, options):
    """Applies a function to each picture and its options, one after the other.

    Pictures of a batch differ in size, and one at a time bounds the memory. What cannot be read
    fails the batch when all were looked at, by an error that names every place and reason.
    """

    def one(inputs):
        contents, option = inputs
        picture = read_picture(contents, max_pixels)
        made = tf.cond(
            picture.refused == "", lambda: _of_either(function, picture, option), lambda: nothing
        )
        return made, picture.refused

    specs = (tf.TensorSpec(nothing.shape, nothing.dtype), tf.TensorSpec((), tf.string))
    made, refused = tf.map_fn(
        one, (image_bytes, options), fn_output_signature=specs, parallel_iterations=1
    )
    with tf.control_dependencies([_check("image_bytes", refused)]):
        return tf.identity(made)


def _of_either(function, picture, option):
    return tf.cond(
        tf.size(picture.deep_pixels) > 0,
        lambda: function(picture.deep_pixels, option),
        lambda: function(picture.pixels, option),
    )


def _option_checks(image_bytes, options):
    for name, values in options.items():
        low, high = RANGES[name]
        message = f"expected {name} between {low} and {high}"
        fits = tf.logical_and(values >= low, values <= high)
        wrong = tf.strings.join([message + ", received ", tf.strings.as_string(values)])
        count = tf.debugging.Assert(
            tf.size(values) == tf.size(image_bytes),
            [
                f"{name}: expected a number for each of image_bytes",
                tf.size(image_bytes),
                tf.size(values),
            ],
        )
        with tf.control_dependencies([count]):
            yield _check(name, tf.where(fits, "", wrong))


def _check(name, refused):
    """Fails unless every reason is empty."""
    places = tf.where(refused != "")[:, 0]
    reasons = tf.gather(refused, places)
    lines = tf.strings.join([f"{name}[", tf.strings.as_string(places), "]: ", reasons])
    return tf.debugging.Assert(
        tf.size(places) == 0, [tf.strings.reduce_join(lines, separator="; ")]
    )
