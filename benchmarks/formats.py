"""A preset in every format of one file: size, time, and what its colors lose.

Photographs are measured as `keras-colorize evaluate` measures them. A LiteRT file takes one size,
to which each photograph is stretched: Keras on stretched photographs stands beside it. Times are
processor time on one thread, which others on the machine hardly change.

    python benchmarks/formats.py vivid photographs/ --calibration others/
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from onnxruntime import InferenceSession, SessionOptions

from keras_colorize import Colorizer
from keras_colorize.evaluation import measure, measured_paths
from keras_colorize.export import export_litert, export_onnx
from keras_colorize.export.formats import colors_model
from keras_colorize.inference.compose import compose, resize_bicubic, to_working_size
from keras_colorize.inference.pixels import lightness_of

RUNS = 50


def main():
    """Prints a table, a row per format."""
    options = _parse()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    colorizer = Colorizer.from_preset(options.preset, precision="float32")
    with tempfile.TemporaryDirectory() as folder:
        methods = dict(_methods(colorizer, Path(folder), options))
    paths = measured_paths(options.folder)[: options.limit]
    summary = measure(methods, paths).summary()
    head = ("format", "MB", f"ms at {colorizer.working_size}x{colorizer.working_size}")
    head += ("PSNR mean", "ab error", "colorfulness", "off in the mean", "off at most")
    print(f"| {' | '.join(head)} |")
    print("|---|---|---|---|---|---|---|---|")
    for name, method in methods.items():
        figures = [summary[name][key] for key in ("psnr_mean", "ab_error", "colorfulness")]
        off = np.concatenate(method.off)
        cells = [f"{cell:.2f}" for cell in (*figures, off.mean(), off.max())]
        print(f"| {name} | {method.megabytes} | {method.milliseconds()} | {' | '.join(cells)} |")


def _parse():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("preset", help="name or folder of a preset")
    parser.add_argument("folder", help="folder of color photographs")
    parser.add_argument("--calibration", required=True, help="folder of other photographs")
    parser.add_argument("--pictures", type=int, default=60, help="of the calibration")
    parser.add_argument("--limit", type=int, help="measure N")
    return parser.parse_args()


def _methods(colorizer, folder, options):
    model, side = colors_model(colorizer), colorizer.working_size

    def keras(lightness):
        return model.predict_on_batch(lightness)["ab"]

    yield "Keras", Method(keras, keras, side)
    path = export_onnx(colorizer, folder / "network.onnx")
    yield "ONNX", Method(onnx_of(path), keras, side, path)
    yield "Keras, stretched", Method(keras, keras, side, stretch=True)
    calibration = measured_paths(options.calibration)
    calibration = calibration[:: max(1, len(calibration) // options.pictures)]
    for name, more in (
        ("LiteRT", {}),
        ("LiteRT int8", {"quantize": "int8", "calibration": calibration}),
    ):
        path = export_litert(colorizer, folder / f"{name}.tflite", **more)
        yield name, Method(litert_of(path), keras, side, path, stretch=True)


def onnx_of(path):
    """A function of lightness to ab that runs an ONNX file."""
    options = SessionOptions()
    options.intra_op_num_threads = 1
    session = InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return lambda lightness: session.run(["ab"], {"lightness": lightness})[0]


def litert_of(path):
    """A function of lightness to ab that runs a LiteRT file."""
    runner = Interpreter(str(path), num_threads=1).get_signature_runner()
    return lambda lightness: runner(lightness=lightness)["ab"]


class Method:
    """Colorizes with one format, and keeps how far it is from Keras on the same input."""

    def __init__(self, run, reference, side, path=None, stretch=False):
        self.run, self.reference, self.side, self.stretch = run, reference, side, stretch
        self.megabytes = f"{path.stat().st_size / 1e6:.1f}" if path else "-"
        self.off = []

    def __call__(self, rgb):
        """Colorizes sRGB (H, W, 3) in [0, 1]."""
        lightness = lightness_of(rgb)
        seen = self._seen(lightness)[None]
        ab = self.run(seen)
        self.off.append(np.abs(ab - self.reference(seen)).ravel())
        return compose(lightness[None], ab)[0]

    def _seen(self, lightness):
        if not self.stretch:
            return to_working_size(lightness, self.side)
        size = (self.side, self.side)
        return np.clip(resize_bicubic(lightness[None], size)[0], 0.0, 100.0)

    def milliseconds(self):
        """Time of one picture, the quickest of many."""
        lightness = np.full((1, self.side, self.side, 1), 50.0, "float32")
        times = []
        for _ in range(RUNS):
            start = time.process_time()
            self.run(lightness)
            times.append(time.process_time() - start)
        return f"{1e3 * min(times):.0f}"


if __name__ == "__main__":
    main()
