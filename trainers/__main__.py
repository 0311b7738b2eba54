"""Runs a trainer by name, as `python trainers/NAME.py FLAGS` does in a checkout.

python -m keras_colorize_trainers train_fusion --data=pictures --run=runs/fusion
"""

import contextlib
import importlib
import os
import runpy
import sys
from pathlib import Path

FOLDER = Path(__file__).parent


def main():
    """Takes the name from the command line."""
    scripts = [path for path in FOLDER.glob("[a-z]*.py") if "__main__" in path.read_text("utf-8")]
    names = sorted(path.stem for path in scripts if path.stem != "settings")
    name = sys.argv[1].removesuffix(".py") if len(sys.argv) > 1 else ""
    if name not in names:
        sys.exit(f"Expected one of {', '.join(names)}, received {name or 'nothing'}.")
    _import_quietly("keras")
    # The scripts import their siblings by bare names.
    sys.path.insert(0, str(FOLDER))
    sys.argv = [str(FOLDER / f"{name}.py"), *sys.argv[2:]]
    runpy.run_path(sys.argv[0], run_name="__main__")


def _import_quietly(name):
    """Imports TensorFlow without its lines, unless TF_CPP_MIN_LOG_LEVEL is set lower than 3."""
    if os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3") != "3":
        return
    stderr = os.dup(2)
    with open(os.devnull, "wb") as nowhere, contextlib.ExitStack() as after:
        after.callback(os.close, stderr)
        after.callback(os.dup2, stderr, 2)
        os.dup2(nowhere.fileno(), 2)
        importlib.import_module(name)


if __name__ == "__main__":
    main()
