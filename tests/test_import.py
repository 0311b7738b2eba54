"""Importing the library must not bring in TensorFlow where another backend is chosen."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
BACKEND_NEUTRAL = ["color", "bins", "layers", "losses", "metrics", "models"]


def _brings_in_tensorflow(*modules):
    script = f"import sys, {', '.join(modules)}; print('tensorflow' in sys.modules)"
    environment = os.environ | {"KERAS_BACKEND": "jax", "PYTHONPATH": str(ROOT)}
    result = subprocess.run(
        [sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, check=True
    )
    return result.stdout.decode().strip() == "True"


def test_the_library_does_not_import_tensorflow():
    rooms = [f"keras_colorize.{room}" for room in BACKEND_NEUTRAL]
    assert not _brings_in_tensorflow("keras_colorize", *rooms)


def test_the_check_itself_can_fail():
    assert _brings_in_tensorflow("keras_colorize", "tensorflow")
