"""What the scripts that write presets share: how they are run."""

import pathlib
import sys

from keras_colorize.presets import PresetError


def command(work):
    """Makes a `main` for `app.run` that tells what is wrong in one line, not a traceback.

    Args:
        work: called without arguments; reads the flags.

    Returns:
        A function of the arguments of the command line.
    """

    def main(arguments):
        try:
            if len(arguments) > 1:
                raise ValueError(f"Expected flags only, received {' '.join(arguments[1:])}.")
            work()
        except (ValueError, OSError, PresetError) as error:
            sys.exit(f"{pathlib.Path(arguments[0]).name}: {error}")

    return main
