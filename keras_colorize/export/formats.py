"""Networks as one file for other programs: ONNX, and LiteRT for phones and small boards."""

import contextlib
import importlib
import os
import tempfile
import warnings
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_colorize.export.colors import colors_model
from keras_colorize.export.graph import check_backend
from keras_colorize.inference import Colorizer
from keras_colorize.inference.options import STRIDE
from keras_colorize.inference.pictures import photograph_of, pictures_of
from keras_colorize.inference.pixels import lightness_of
from keras_colorize.models import fold_batch_norm

ANY = "any"
"""The `size` of a LiteRT file whose input may be resized."""

INT8_OUTPUTS = ("ab", "ab_logits", "ab_channel_logits", "class_logits")
"""Color outputs whose decoding survives 8 bits; the others pass through other color spaces."""

QUANTIZATIONS = (None, "int8")
"""What `export_litert` takes as `quantize`."""


def export_onnx(source, path, *, overwrite=False):
    """Writes an ONNX file, for pictures of any size.

    Its input `lightness` is float32 (N, H, W, 1), L* in 0..100. Its outputs are named like the
    network's: for a `Colorizer`, `ab` (N, h, w, 2), decoded and multiplied by the saturation as
    that one does, and `class_logits` where there are classes; for a network, its heads as they
    are. The file is run once and compared with the network before it takes its name.

    Args:
        source: a `Colorizer` on the TensorFlow backend without style, refinement, palette and
            hints, or a Functional network of the library; in float32.
        path: path of the file, `*.onnx`; missing folders are made.
        overwrite: whether an existing file is replaced.

    Returns:
        The path.

    Raises:
        FileExistsError: if the file exists and `overwrite` is False.
        ValueError: for another suffix, or a source that cannot be exported to ONNX.
        ImportError: if the extra `onnx` is missing.
    """
    runtime = _import("onnxruntime")
    with _new_file(path, ".onnx", overwrite) as target:
        _import("tf2onnx")
        model = _network(source)
        _convert(model, target, "onnx", (None, None, None, 1))
        _name_sizes(target)
        _compare(model, runtime.InferenceSession(target, providers=["CPUExecutionProvider"]))
    return Path(path)


def export_litert(source, path, *, size=None, quantize=None, calibration=(), overwrite=False):
    """Writes a LiteRT file (TensorFlow Lite as it was called), for one picture at a time.

    Inputs and outputs are those of `export_onnx`, float32 also where the file computes in int8.

    Args:
        source: see `export_onnx`.
        path: path of the file, `*.tflite`; missing folders are made.
        size: height and width in pixels of the input, which graphics processors and other
            accelerators want fixed; None for a square of the working size (256 for a network);
            `"any"` for a file whose input is resized before it runs, if the network allows.
        quantize: None for float32, or `"int8"` for weights and features of 8 bits.
        calibration: for `"int8"`, some 50 photographs such as the file will see, as a
            `Colorizer` takes them; the range of every feature is found by them.
        overwrite: whether an existing file is replaced.

    Returns:
        The path.

    Raises:
        FileExistsError: if the file exists and `overwrite` is False.
        ValueError: for another suffix, a source that cannot be exported to LiteRT, an unknown
            `quantize`, int8 without photographs or with a color output that it is too coarse
            for, or photographs without int8.
        PhotographError: if a photograph of the calibration cannot be read.
    """
    with _new_file(path, ".tflite", overwrite) as target:
        if quantize and isinstance(source, Colorizer):
            _check_int8(source.config.output)
        model = _network(source)
        square = 2 * (_working_size(source),)
        seen = [_stretched(one, square if size in (None, ANY) else size) for one in calibration]
        shape = (None, None) if size == ANY else size or square
        _convert(model, target, "litert", (1, *shape, 1), **_litert_settings(quantize, seen))
    return Path(path)


@contextlib.contextmanager
def _new_file(path, suffix, overwrite):
    """Yields the path of a file that takes its name when all went well."""
    path = Path(path)
    if path.suffix.lower() != suffix:
        raise ValueError(f"{path}: expected a name that ends in {suffix}.")
    if os.path.lexists(path) and not overwrite:
        raise FileExistsError(f"{path}: expected a new file, but it exists already.")
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".") as folder:
        made = Path(folder, f"made{suffix}")
        yield made
        made.replace(path)


def _import(module):
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(
            f"Expected {module} to export to ONNX with; "
            f"`pip install keras-colorize[onnx]` brings it ({error})."
        ) from error


def _network(source):
    check_backend()
    model = colors_model(source) if isinstance(source, Colorizer) else fold_batch_norm(source)
    low = {layer.compute_dtype for layer in model.layers} - {"float32"}
    if low:
        raise ValueError(
            f"{model.name}: expected a network in float32, found {', '.join(sorted(low))}; "
            'it is loaded so with precision="float32".'
        )
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


def _cannot_hold(form, reason):
    # What converters say runs over pages; the first line has the operation.
    lines = str(reason).strip().splitlines() or [type(reason).__name__]
    return ValueError(f"{form} cannot hold this network: {lines[0][:300]}")


def _name_sizes(path):
    """Checks that the file is whole, and names the sizes that it leaves open."""
    onnx = _import("onnx")
    made = onnx.load(path)
    for value in (*made.graph.input, *made.graph.output):
        names = ("batch", "height", "width") if value.name == "lightness" else ("batch", "h", "w")
        left_open = [size for size in value.type.tensor_type.shape.dim if size.dim_param]
        for size, name in zip(left_open, names, strict=False):
            size.dim_param = name
    try:
        onnx.checker.check_model(made)
    except onnx.checker.ValidationError as error:
        raise _cannot_hold("onnx", error) from error
    onnx.save(made, path)


def _compare(model, session):
    """Runs the file: tf2onnx translates some operations wrongly without a word."""
    lightness = np.random.default_rng(0).uniform(0.0, 100.0, (2, 64, 96, 1)).astype("float32")
    expected = model.predict_on_batch(lightness)
    found = session.run(list(expected), {"lightness": lightness})
    for made, (name, right) in zip(found, expected.items(), strict=True):
        off = np.abs(made - right).mean()
        if not off <= 1e-3 * max(1.0, np.abs(right).mean()):
            raise _cannot_hold("onnx", f"its {name} comes out {off:.3g} off on average.")


def _litert_settings(quantize, pictures):
    if quantize not in QUANTIZATIONS:
        raise ValueError(f"Expected quantize among {QUANTIZATIONS}, received {quantize!r}.")
    if bool(pictures) != (quantize == "int8"):
        raise ValueError(
            "Expected photographs for calibration with int8 and none without, received "
            f"{len(pictures)} with quantize={quantize!r}."
        )
    # An operation that LiteRT lacks is an error: else the file would need TensorFlow to run.
    settings = {"target_spec": {"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS]}}
    if pictures:
        settings["optimizations"] = [tf.lite.Optimize.DEFAULT]
        settings["representative_dataset"] = lambda: ([picture] for picture in pictures)
    return settings


def _check_int8(output):
    if output not in INT8_OUTPUTS:
        raise ValueError(
            f"Expected a color output among {', '.join(INT8_OUTPUTS)} for int8, which is too "
            f"coarse to turn {output} into a and b, received {output}; the network alone, "
            "`colorizer.model`, can be exported."
        )


def _working_size(source):
    wanted = source.working_size if isinstance(source, Colorizer) else 256
    return max(STRIDE, round(wanted / STRIDE) * STRIDE)


def _stretched(picture, size):
    """Lightness (1, H, W, 1) of a photograph at the size of the file."""
    pixels = picture if isinstance(picture, np.ndarray) else photograph_of(picture).pixels
    lightness = lightness_of(pictures_of(pixels)[0, ..., :3])
    small = ops.image.resize(lightness, size, interpolation="bicubic", antialias=True)
    return np.clip(ops.convert_to_numpy(small), 0.0, 100.0)[None]
