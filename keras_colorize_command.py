"""Entry point of the command `keras-colorize`.

It stands beside the package because importing the package imports Keras, which takes seconds:
`--help` must not wait for that, and what TensorFlow says at its start must be silenced before.
"""

import importlib.util
import sys
from pathlib import Path


def main():
    """Runs `keras_colorize/cli`, which imports the package when it needs it.

    Returns:
        Exit code.
    """
    package = importlib.util.find_spec("keras_colorize").submodule_search_locations[0]
    start = Path(package, "cli", "__init__.py")
    spec = importlib.util.spec_from_file_location(
        "keras_colorize_cli", start, submodule_search_locations=[str(start.parent)]
    )
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.main()


if __name__ == "__main__":
    sys.exit(main())
