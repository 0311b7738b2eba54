"""Entry point of the command `keras-colorize`.

It stands beside the package because importing the package imports Keras, which takes seconds:
`--help` must not wait for that, and what TensorFlow says at its start must be silenced before.
"""

import importlib.util
from pathlib import Path


def main():
    """Runs `keras_colorize/cli.py`, which imports the package when it needs it.

    Returns:
        Exit code.
    """
    package = importlib.util.find_spec("keras_colorize").submodule_search_locations[0]
    spec = importlib.util.spec_from_file_location(__name__ + ".cli", Path(package, "cli.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.main()
