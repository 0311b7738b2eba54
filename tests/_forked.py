"""Does what `python SCRIPT FLAGS` does, in a process that has TensorFlow already."""

import os
import runpy
import sys
from pathlib import Path

import tensorflow as tf


def run(script, flags, variables, output):
    """Takes over the process."""
    os.environ.update(variables)
    if variables.get("EAGER"):
        # Tracing takes longer than a few steps.
        tf.config.run_functions_eagerly(True)
    file = os.open(output, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    for standard in (1, 2):
        os.dup2(file, standard)
    sys.argv = [script, *flags]
    sys.path.insert(0, str(Path(script).parent))
    runpy.run_path(script, run_name="__main__")


# Whoever runs this file hands the names over; it cannot be imported by name.
run(**globals()["given"])
