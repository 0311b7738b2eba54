"""Options and exit codes that commands share."""

import argparse
import math
import sys
from pathlib import Path

from keras_colorize.errors import InputError
from keras_colorize.inference.options import add_arguments, given_options
from keras_colorize.presets import DEFAULT, find_preset, shipped_folders
from keras_colorize.presets.download import PUBLISHED

# Some photographs failed; the command was called wrongly, and nothing was done.
EXIT_FAILED, EXIT_USAGE = 1, 2

NO_MARK = {
    "action": "store_true",
    "help": "do not say in the metadata (IPTC DigitalSourceType) that colors were made",
}
"""What `--no-mark` is."""


def add_options(command, preset=True):
    """Adds the options of a `Colorizer`, and `--preset` unless it is an argument."""
    if preset:
        known = f"name or folder of a preset (default: {DEFAULT})"
        argument = command.add_argument("--preset", help=known)
        argument.completer = lambda **_: [*shipped_folders(), *PUBLISHED]
    add_arguments(command)


def check_options(options):
    """Checks the options that commands share, as far as that can be done without Keras."""
    # What others published is fetched later.
    if getattr(options, "preset", None) and options.preset not in PUBLISHED:
        find_preset(options.preset)
    for name in ("style", "palette", "hints", "hint_layer"):
        path = getattr(options, name, None)
        if path and not Path(path).is_file():
            flag = f"--{name.replace('_', '-')}"
            raise InputError(f"Expected a file with {flag}, received {path}: no such file.")
    if hasattr(options, "refine"):
        given_options(options)


def number(kind, low, high=math.inf):
    """A type of argparse: int or float from `low` to `high`."""

    def read(text):
        try:
            value = kind(text)
        except (ValueError, ZeroDivisionError):
            value = math.nan
        if not low <= value <= high:
            limits = f"from {low} on" if high == math.inf else f"from {low} to {high}"
            raise argparse.ArgumentTypeError(f"expected a number {limits}, received {text!r}")
        return value

    return read


count, whole = number(int, 1), number(int, 0)


def make_colorizer(options, preset, scenes=False, **more):
    """Builds the `Colorizer` of the options.

    Raises `InputError` for a preset that only tells `scenes` apart, unless these are allowed.
    """
    from keras_colorize.inference.colorizer import Colorizer
    from keras_colorize.inference.runtime import onnx_file

    openvino = getattr(options, "runtime", None) == "openvino"
    if openvino and not onnx_file(find_preset(preset or DEFAULT)).exists():
        said = "making a file of the network for OpenVINO: half a minute, once for each preset"
        print(said, file=sys.stderr, flush=True)
    colorizer = Colorizer.from_preset(preset, **{**given_options(options), **more})
    if not (scenes or colorizer.config.colorizes):
        raise InputError(f"expected a preset that colorizes, {preset} only tells scenes apart")
    return colorizer
