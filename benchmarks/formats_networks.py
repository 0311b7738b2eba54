"""Which networks each format of one file can hold: every factory, tiny, with random weights.

A cell is the largest difference of the file's outputs to those of Keras, as a share of the largest
value of these. Nothing that int8 makes of random weights tells about trained ones: there, a cell
says whether the file was made and runs. What converters say to a no goes to the standard error.

    python benchmarks/formats_networks.py
"""

import sys
import tempfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from onnxruntime import InferenceSession

from keras_colorize import Colorizer, PresetConfig, models
from keras_colorize.export import export_litert, export_onnx
from keras_colorize.export.formats import colors_model

SIZE = (64, 96)
TINY = {"width": 1 / 16}
UNET = {"decoder_widths": (8, 8, 8, 8), "global_units": 4}
SMALL = {"encoder": "residual", "residual_widths": (4, 4, 8, 8, 8), "classes": 3}
REGRESSION = {"head": "luv_uv", "aggregation": "finest", "final_widths": ()}
NETWORKS = {
    "iizuka16": (models.iizuka16, {**TINY, "classes": 3, "global_size": 32}),
    "iizuka16, RGB, no global features": (
        models.iizuka16,
        {**TINY, "global_features": False, "color_space": "rgb"},
    ),
    "iizuka16, YUV": (models.iizuka16, {**TINY, "color_space": "yuv", "global_size": 32}),
    "distribution_unet": (models.distribution_unet, UNET),
    "distribution_unet, residual": (models.distribution_unet, {**UNET, **SMALL}),
    "resnet18_gray": (models.resnet18_gray, TINY),
    "resnet18_gray, B, fused": (
        models.resnet18_gray,
        {**TINY, "decoder": "B", "head": "ab_channel_logits", "global_features": True},
    ),
    "resnet18_gray_classifier": (models.resnet18_gray_classifier, {"classes": 3, **TINY}),
    "dcgan_generator": (models.dcgan_generator, {"level_set": 32, **TINY}),
    "eccv16": (models.eccv16, TINY),
    "vgg16_residual_encoder": (models.vgg16_residual_encoder, TINY),
    "vgg16_residual_encoder, regression": (
        models.vgg16_residual_encoder,
        {**TINY, **REGRESSION},
    ),
    "vgg16_residual_encoder, hue, smoothed": (
        models.vgg16_residual_encoder,
        {**TINY, "head": "hs_logits", "smoothing": 1.0},
    ),
    "vgg16_residual_encoder on ResNet-18": (
        models.vgg16_residual_encoder,
        {"encoder": "resnet18_gray", **TINY},
    ),
}


def main():
    """Prints a table, a row per network."""
    generator = np.random.default_rng(0)
    lightness = generator.uniform(0.0, 100.0, (1, *SIZE, 1)).astype("float32")
    print("| network | ONNX | LiteRT | LiteRT, any size | LiteRT int8 |\n|---|---|---|---|---|")
    for name, (factory, arguments) in NETWORKS.items():
        keras.utils.set_random_seed(0)
        colorizer = _colorizer(factory(**arguments))
        expected = colors_model(colorizer).predict_on_batch(lightness)
        cells = [_cell(attempt, colorizer, lightness, expected) for attempt in ATTEMPTS]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def _colorizer(model):
    heads = [name for name in model.output if name != "class_logits"]
    return Colorizer(model, PresetConfig("", {}, (heads or ["class_logits"])[0]))


def _onnx(colorizer, folder, lightness):
    path = export_onnx(colorizer, folder / "network.onnx")
    session = InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [one.name for one in session.get_outputs()]
    return dict(zip(names, session.run(names, {"lightness": lightness}), strict=True))


def _litert(**settings):
    def attempt(colorizer, folder, lightness):
        path = export_litert(colorizer, folder / "network.tflite", **settings)
        interpreter = Interpreter(str(path))
        interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], (1, *SIZE, 1))
        (name,) = interpreter.get_signature_list()["serving_default"]["inputs"]
        return interpreter.get_signature_runner()(**{name: lightness})

    return attempt


NOISE = list(np.random.default_rng(1).integers(0, 256, (4, *SIZE), dtype=np.uint8))
INT8 = {"size": SIZE, "quantize": "int8", "calibration": NOISE}
ATTEMPTS = (_onnx, _litert(size=SIZE), _litert(size="any"), _litert(**INT8))


def _cell(attempt, colorizer, lightness, expected):
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = attempt(colorizer, Path(folder), lightness)
        except (ValueError, RuntimeError) as error:
            print(error, file=sys.stderr)
            return "no"
    off = [np.abs(found[name] - one).max() / np.abs(one).max() for name, one in expected.items()]
    return "yes" if attempt is ATTEMPTS[-1] else f"{max(off):.0e}"


if __name__ == "__main__":
    tf.get_logger().setLevel("ERROR")
    main()
