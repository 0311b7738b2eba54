"""Networks as one file for other programs: ONNX, and LiteRT for phones and small boards."""

import importlib
import warnings
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from keras_colorize.errors import InputError, expect, extra_import
from keras_colorize.inference import Colorizer
from keras_colorize.inference.compose import resize_bicubic
from keras_colorize.inference.options import STRIDE
from keras_colorize.inference.pixels import lightness_of, pixels_of
from keras_colorize.io.atomic import atomic_path
from keras_colorize.models import fold_batch_norm
from .saved_model import check_backend

# Color outputs whose decoding survives 8 bits; the others pass through other color spaces.
INT8_OUTPUTS = ("ab", "ab_logits", "ab_channel_logits", "class_logits")


def export_onnx(source, path, *, overwrite=False):
    """Writes an ONNX file, for pictures of any size, and returns its path.

    Its input `lightness` is float32 (N, H, W, 1), L* in 0..100. A `Colorizer` gives `ab`
    (N, h, w, 2), decoded and multiplied by its saturation, and `class_logits` where there are
    classes; a network its heads as they are. A file that computes something else is refused.

    The source is a `Colorizer` on the TensorFlow backend without style, refinement, palette and
    hints, or a Functional network of the library; in float32. The path is `*.onnx`; missing
    folders are made. Raises ValueError for another suffix, a source that cannot be exported to
    ONNX, or a file that exists, unless `overwrite`; ImportError if the extra `onnx` is missing.
    """
    with extra_import("onnx"):
        onnxruntime, handler = map(importlib.import_module, ("onnxruntime", "tf2onnx.handler"))
    handler.tf_op("Erfc").register_compat_handler(_write_erfc, 9)
    expect(Path(path).suffix.lower() == ".onnx", f"a name that ends in .onnx, received {path}")
    with atomic_path(path, overwrite) as target:
        model = _network(source)
        _convert(model, target, "onnx", (None, None, None, 1))
        # The file is run: tf2onnx translates some operations wrongly without a word.
        lightness = np.random.default_rng(0).uniform(0.0, 100.0, (2, 64, 96, 1)).astype("float32")
        expected = model.predict_on_batch(lightness)
        session = onnxruntime.InferenceSession(target, providers=["CPUExecutionProvider"])
        received = session.run(list(expected), {"lightness": lightness})
        for value, (name, wanted) in zip(received, expected.items(), strict=True):
            error = np.abs(value - wanted).mean()
            if not error <= 1e-3 * max(1.0, np.abs(wanted).mean()):
                raise _cannot_hold("onnx", f"its {name} comes out {error:.3g} off on average.")
    return Path(path)


def export_litert(source, path, *, size=None, quantize=None, calibration=(), overwrite=False):
    """Writes a LiteRT file (once TensorFlow Lite), for one picture at a time; returns its path.

    Inputs and outputs are those of `export_onnx`, float32 also where the file computes in int8.

    Args:
        source: see `export_onnx`.
        path: path of the file, `*.tflite`; missing folders are made.
        size: height and width in pixels of the input, which accelerators want fixed; None for a
            square of the working size (256 for a network); `"any"` for an input that is resized
            before it runs, if the network allows.
        quantize: None for float32, or `"int8"` for weights and features of 8 bits.
        calibration: for `"int8"`, some 50 photographs such as the file will see, as a
            `Colorizer` takes them; they decide the range of every feature.
        overwrite: whether an existing file is replaced.

    Raises ValueError for another suffix, a source that LiteRT or int8 cannot hold, an unknown
    `quantize`, int8 without photographs or photographs without int8, or a file that exists;
    PhotographError if a photograph of the calibration cannot be read.
    """
    expect(quantize in (None, "int8"), f"quantize among None and 'int8', received {quantize!r}")
    expect(Path(path).suffix.lower() == ".tflite", f"a name that ends in .tflite, received {path}")
    with atomic_path(path, overwrite) as target:
        working_size, output = 256, None
        if isinstance(source, Colorizer):
            working_size, output = source.working_size, source.config.output
        known = f"a color output among {', '.join(INT8_OUTPUTS)}"
        fits = not quantize or output in (None, *INT8_OUTPUTS)
        expect(fits, f"{known}: int8 is too coarse to turn {output} into a and b")
        model = _network(source)
        square = 2 * (max(STRIDE, round(working_size / STRIDE) * STRIDE),)
        fixed = square if size in (None, "any") else size
        lightness = (lightness_of(pixels_of(picture)[0, ..., :3]) for picture in calibration)
        pictures = [np.clip(resize_bicubic(one[None], fixed), 0.0, 100.0) for one in lightness]
        shape = (None, None) if size == "any" else fixed
        fits, received = bool(pictures) == (quantize == "int8"), f"received {len(pictures)}"
        expect(fits, f"photographs for calibration with int8 alone, {received} with {quantize=}")
        # An operation that LiteRT lacks is an error: else the file would need TensorFlow to run.
        settings = {"target_spec": {"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS]}}
        if pictures:
            settings["optimizations"] = [tf.lite.Optimize.DEFAULT]
            settings["representative_dataset"] = lambda: ([picture] for picture in pictures)
        _convert(model, target, "litert", (1, *shape, 1), **settings)
    return Path(path)


def colors_model(colorizer):
    """Makes the model from L* (N, H, W, 1) to `ab` (N, h, w, 2), saturated, and other outputs."""
    options = ("style", "refinement", "palette", "hints")
    received = [name for name in options if getattr(colorizer, name) is not None]
    received += ["decoder='sample'"] if colorizer.decoder == "sample" else []
    expect(not received, f"options of single pixels, received {', '.join(received)}")
    model, output = colorizer.model, colorizer.config.output
    outputs = dict(model.output)
    if colorizer.config.colorizes:
        # The network may have a layer called `ab`; outputs are named by the keys of the dict.
        decode = keras.layers.Lambda(
            lambda inputs: colorizer.saturation * colorizer.decode(*inputs),
            output_shape=lambda shapes: (*shapes[0][:3], 2),
            name="colors",
            dtype="float32",
        )
        outputs = {"ab": decode([outputs.pop(output), model.input]), **outputs}
    return keras.Model(model.input, outputs, name=model.name)


def _network(source):
    check_backend()
    model = colors_model(source) if isinstance(source, Colorizer) else fold_batch_norm(source)
    low = ", ".join(sorted({layer.compute_dtype for layer in model.layers} - {"float32"}))
    expect(not low, f"a network in float32, received {low}: load it with precision='float32'")
    return model


def _convert(model, target, form, shape, **settings):
    spec = keras.InputSpec(shape=shape, dtype="float32", name="lightness")
    try:
        with warnings.catch_warnings():
            # Both converters use what NumPy and TensorFlow are about to take away.
            warnings.simplefilter("ignore")
            model.export(target, format=form, verbose=False, input_signature=[spec], **settings)
    except Exception as error:
        raise _cannot_hold(form, error) from error


def _write_erfc(graph, node, **_):
    """How tf2onnx writes Erfc, which Keras' GELU has and ONNX has not: as 1 - Erf."""
    shapes, dtypes = node.output_shapes, node.output_dtypes
    graph.remove_node(node.name)
    erf = graph.make_node("Erf", node.input, shapes=shapes, dtypes=dtypes)
    one = graph.make_const(f"{node.name}_one", np.float32(1.0))
    inputs = [one.output[0], erf.output[0]]
    graph.make_node("Sub", inputs, outputs=node.output, shapes=shapes, dtypes=dtypes)


def _cannot_hold(form, reason):
    # What converters say runs over pages; the first line has the operation.
    lines = str(reason).strip().splitlines() or [type(reason).__name__]
    return InputError(f"{form} cannot hold this network: {lines[0][:300]}")
