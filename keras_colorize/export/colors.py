"""A `Colorizer` as one Keras model, which exporters take."""

import keras

from keras_colorize.inference.prediction import decoded


def colors_model(colorizer):
    """Makes the model that goes from lightness to color as a colorizer does.

    Args:
        colorizer: a `Colorizer` whose options work pixel by pixel: without style, refinement,
            palette and hints, and not with the decoder `"sample"`.

    Returns:
        Functional `keras.Model`: L* (N, H, W, 1) in; out, a dict of `ab` (N, h, w, 2) in
        float32, decoded and multiplied by the saturation, and of the other outputs of the
        network, such as `class_logits` (N, classes).

    Raises:
        ValueError: for other options.
    """
    _check(colorizer)
    model, output = colorizer.model, colorizer.config.output
    outputs = dict(model.output)
    if colorizer.config.colorizes:
        # The network may have a layer called `ab`; outputs are named by the keys of the dict.
        ab = _Decoded(colorizer, name="colors", dtype="float32")([outputs.pop(output), model.input])
        outputs = {"ab": ab, **outputs}
    return keras.Model(model.input, outputs, name=model.name)


class _Decoded(keras.layers.Layer):
    """The last step of a colorizer. Only for export: it cannot be saved as a layer."""

    def __init__(self, colorizer, **kwargs):
        super().__init__(**kwargs)
        self.colorizer = colorizer

    def call(self, inputs):
        prediction, lightness = inputs
        return self.colorizer.saturation * decoded(self.colorizer, prediction, lightness)

    def compute_output_shape(self, input_shape):
        return (*input_shape[0][:3], 2)


def _check(colorizer):
    found = [
        name
        for name in ("style", "refinement", "palette", "hints")
        if getattr(colorizer, name) is not None
    ]
    found += ["decoder='sample'"] if colorizer.decoder == "sample" else []
    if found:
        raise ValueError(
            "Expected a colorizer without style, refinement, palette, hints and the decoder "
            f"sample, which need more than one pass over the picture; received {', '.join(found)}."
        )
