"""Runs a trainer by name, as `python trainers/NAME.py FLAGS` does in a checkout.

python -m keras_colorize_trainers train_fusion --data=pictures --run=runs/fusion
"""

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
    # The scripts import their siblings by bare names.
    sys.path.insert(0, str(FOLDER))
    sys.argv = [str(FOLDER / f"{name}.py"), *sys.argv[2:]]
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
