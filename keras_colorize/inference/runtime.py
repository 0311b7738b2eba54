"""The network of a preset in OpenVINO, which computes it on a processor without TensorFlow."""

import hashlib
import os
import subprocess
import sys

from keras_colorize import __version__
from keras_colorize.errors import InputError, extra_import
from keras_colorize.precision import processor_has_bfloat16
from keras_colorize.presets.config import read_config
from keras_colorize.presets.download import user_cache

_EXPORT = """\
import sys
from keras_colorize import Colorizer
from keras_colorize.export import export_onnx
export_onnx(Colorizer.from_preset(sys.argv[1]).model, sys.argv[2], overwrite=True)
"""


def onnx_file(folder):
    """Path of the ONNX file, which may not be there yet, of a preset's folder in the user's cache.

    Presets that share a network share the file.
    """
    key = hashlib.sha256(read_config(folder).identity.encode()).hexdigest()[:32]
    return user_cache("openvino") / "onnx" / __version__ / f"{key}.onnx"


class OpenvinoNetwork:
    """The network of L* of a preset; TensorFlow exports it when it is first used on a machine.

    Args:
        folder: folder of a preset.
        precision: `"float32"`, `"bfloat16"` or `"auto"`, of the processor.

    Raises:
        PresetError: if its config is damaged, or a package of the extra is missing.
        InputError: if the network cannot be exported.
    """

    drops = takes_hints = False

    def __init__(self, folder, precision):
        with extra_import("openvino"):
            import openvino
        path = onnx_file(folder)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            command = [sys.executable, "-c", _EXPORT, str(folder), str(path)]
            environment = {**os.environ, "KERAS_BACKEND": "tensorflow"}
            made = subprocess.run(command, env=environment, capture_output=True, text=True)
            if made.returncode:
                said = (made.stderr.strip().splitlines() or ["it was killed"])[-1]
                raise InputError(f"Expected a network that OpenVINO can have, received {said}")
        low = precision == "bfloat16" or (precision == "auto" and processor_has_bfloat16())
        hints = {
            "INFERENCE_PRECISION_HINT": "bf16" if low else "f32",
            "CACHE_DIR": str(path.parent),
        }
        hints |= {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": os.cpu_count()}
        self._compiled = openvino.Core().compile_model(path, "CPU", hints)

    def predict(self, lightness):
        """Predicts the outputs, a dict of float32 arrays, of L* (N, H, W, 1), float32 in 0..100."""
        outputs = self._compiled({"lightness": lightness})
        return {port.any_name: value for port, value in outputs.items()}
