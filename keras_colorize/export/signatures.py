"""What a served network answers to: encoded pictures or lightness in, color out."""

import tensorflow as tf

from keras_colorize.export import graph
from keras_colorize.export.reading import read_picture
from keras_colorize.inference.options import RANGES

CLASSES = 5
"""Most scenes that `classify_bytes` names."""

PNG_LEVEL = 3
"""Effort of the compression: a third of the time of the usual 6, for files of the same size."""

_LIGHTNESS = tf.TensorSpec((None, None, None, 1), tf.float32, name="lightness")
_BYTES = tf.TensorSpec((None,), tf.string, name="image_bytes")
_SATURATION = tf.TensorSpec((None,), tf.float32, name="saturation")
_TEMPERATURE = tf.TensorSpec((None,), tf.float32, name="temperature")


def make_signatures(colorizer, max_pixels):
    """Makes the functions of a served network, see `export_saved_model`.

    Args:
        colorizer: a `Colorizer` without style, palette and hints.
        max_pixels: most pixels of a picture that is decoded.

    Returns:
        Dict of `tf.function` by name of signature.
    """
    if not colorizer.config.colorizes:
        classify = _classify_bytes(colorizer, max_pixels)
        return {"serving_default": classify, "classify_bytes": classify}
    predict_ab = _predict_ab(colorizer)
    colorize = _colorize(colorizer.working_size, max_pixels, predict_ab)
    made = {
        "serving_default": _serving_default(colorizer, predict_ab),
        "colorize_bytes": _colorize_bytes(colorizer, colorize),
        "colorize_bytes_with": _colorize_bytes_with(colorize),
    }
    if colorizer.config.class_names:
        made["classify_bytes"] = _classify_bytes(colorizer, max_pixels)
    return made


def _function(*specs):
    return tf.function(input_signature=specs, autograph=False)


def _predict_ab(colorizer):
    @_function(_LIGHTNESS, tf.TensorSpec((), tf.float32))
    def predict_ab(lightness, temperature):
        return graph.predict_ab(colorizer, lightness, temperature)

    return predict_ab


def _serving_default(colorizer, predict_ab):
    @_function(_LIGHTNESS)
    def serving_default(lightness):
        return {"ab": colorizer.saturation * predict_ab(lightness, colorizer.temperature)}

    return serving_default


def _colorize(working_size, max_pixels, predict_ab):
    def colorize_one(picture, saturation, temperature):
        lightness = picture.apply(graph.lightness_of)
        seen = graph.to_working_size(lightness, working_size)
        ab = predict_ab(seen[None], temperature)[0]

        def encoded(pixels):
            made = graph.composed(pixels, lightness, ab, saturation)
            return tf.io.encode_png(made, compression=PNG_LEVEL)

        return picture.apply(encoded)

    @_function(_BYTES, _SATURATION, _TEMPERATURE)
    def colorize(image_bytes, saturation, temperature):
        inputs = (image_bytes, saturation, temperature)
        return _each(colorize_one, tf.constant(b""), max_pixels, *inputs)

    return colorize


def _colorize_bytes(colorizer, colorize):
    @_function(_BYTES)
    def colorize_bytes(image_bytes):
        values = (colorizer.saturation, colorizer.temperature)
        options = [tf.fill(tf.shape(image_bytes), tf.constant(one, tf.float32)) for one in values]
        return {"png_bytes": colorize(image_bytes, *options)}

    return colorize_bytes


def _colorize_bytes_with(colorize):
    @_function(_BYTES, _SATURATION, _TEMPERATURE)
    def colorize_bytes_with(image_bytes, saturation, temperature):
        count = tf.size(image_bytes)
        checks = [
            _check_option("saturation", saturation, count),
            _check_option("temperature", temperature, count),
        ]
        with tf.control_dependencies(checks):
            image_bytes = tf.identity(image_bytes)
        return {"png_bytes": colorize(image_bytes, saturation, temperature)}

    return colorize_bytes_with


def _classify_bytes(colorizer, max_pixels):
    names = colorizer.config.class_names

    def classify_one(picture):
        seen = graph.to_working_size(picture.apply(graph.lightness_of), colorizer.working_size)
        logits = graph.outputs_of(colorizer, seen[None])["class_logits"][0]
        return tf.nn.softmax(tf.cast(logits, tf.float32))

    @_function(_BYTES)
    def classify_bytes(image_bytes):
        probabilities = _each(classify_one, tf.zeros(len(names)), max_pixels, image_bytes)
        best, indices = tf.math.top_k(probabilities, min(CLASSES, len(names)))
        return {"scenes": tf.gather(tf.constant(names), indices), "probabilities": best}

    return classify_bytes


def _each(function, nothing, max_pixels, image_bytes, *options):
    """Applies a function to each picture and its options, one after the other.

    Pictures of a batch differ in size, and one at a time bounds the memory. What cannot be read
    fails the batch when all were looked at, by an error that names every place and reason.
    """

    def one(inputs):
        picture = read_picture(inputs[0], max_pixels)
        fits = picture.refused == ""
        made = tf.cond(fits, lambda: function(picture, *inputs[1:]), lambda: nothing)
        return made, picture.refused

    specs = (tf.TensorSpec(nothing.shape, nothing.dtype), tf.TensorSpec((), tf.string))
    inputs = (image_bytes, *options)
    made, refused = tf.map_fn(one, inputs, fn_output_signature=specs, parallel_iterations=1)
    with tf.control_dependencies([_check_reasons("image_bytes", refused)]):
        return tf.identity(made)


def _check_option(name, values, count):
    low, high = RANGES[name]
    expected = f"expected a number between {low} and {high} for each of image_bytes, received "
    wrong = tf.strings.join([expected, tf.strings.as_string(values, shortest=True)])
    refused = tf.where(tf.logical_and(values >= low, values <= high), "", wrong)
    numbers = tf.strings.format(f"{name}: {expected}{{}} for {{}}", (tf.size(values), count))
    with tf.control_dependencies([tf.debugging.Assert(tf.size(values) == count, [numbers])]):
        return _check_reasons(name, refused)


def _check_reasons(name, refused):
    """Fails unless every reason is empty."""
    places = tf.where(refused != "")[:, 0]
    reasons = tf.gather(refused, places)
    lines = tf.strings.join([f"{name}[", tf.strings.as_string(places), "]: ", reasons])
    message = tf.strings.reduce_join(lines, separator="; ")
    return tf.debugging.Assert(tf.size(places) == 0, [message])
