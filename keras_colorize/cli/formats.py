"""The formats of `export` that are one file: ONNX and LiteRT."""

import argparse
import sys

from .options import make_any_colorizer

SAVED_MODEL = "saved_model"
FORMATS = (SAVED_MODEL, "onnx", "litert", "litert-int8")

MOST = 100
"""Photographs that a calibration looks at; more make it longer and no better."""


def add(command):
    """Adds the options of the formats to the command."""
    group = command.add_argument_group("formats", "a folder to be served, or one file")
    group.add_argument("--format", choices=FORMATS, default=SAVED_MODEL, help="what is written")
    group.add_argument(
        "--size",
        type=_size,
        metavar="WIDTHxHEIGHT",
        help="that a LiteRT file takes, by default a square of the working size; or any",
    )
    group.add_argument(
        "--calibration",
        nargs="+",
        metavar="IN",
        help="for litert-int8: photographs such as it will see, files or folders, of which at "
        f"most {MOST} are taken",
    )
    group.add_argument("--overwrite", action="store_true", help="replace an existing file")


def _size(text):
    if text == "any":
        return text
    sides = text.split("x")
    if len(sides) != 2 or not all(side.isdecimal() and int(side) for side in sides):
        raise argparse.ArgumentTypeError(f"expected a size like 320x256, or any, received {text!r}")
    width, height = map(int, sides)
    return height, width


def check(options):
    """Refuses options of another format.

    Raises:
        ValueError: if there are any.
    """
    one_file = options.format != SAVED_MODEL
    foreign = {
        "--name": options.name and one_file,
        "--version": options.version and one_file,
        "--no-warmup": options.no_warmup and one_file,
        "--size": options.size and not options.format.startswith("litert"),
        "--calibration": options.calibration and options.format != "litert-int8",
        "--overwrite": options.overwrite and not one_file,
    }
    found = [name for name, given in foreign.items() if given]
    if found:
        raise ValueError(f"expected no {', '.join(found)} with --format {options.format}")
    if options.format == "litert-int8" and not options.calibration:
        raise ValueError("expected --calibration with --format litert-int8")


def export_file(options):
    """Writes the file; returns its path."""
    from keras_colorize.export import export_litert, export_onnx

    colorizer = make_any_colorizer(options, options.preset)
    if options.format == "onnx":
        return export_onnx(colorizer, options.output, overwrite=options.overwrite)
    settings = {"size": options.size, "overwrite": options.overwrite}
    if options.format == "litert-int8":
        settings.update(quantize="int8", calibration=_readable(options.calibration))
    return export_litert(colorizer, options.output, **settings)


def _readable(inputs):
    """Yields photographs; those that cannot be read are said and left out."""
    from keras_colorize.io import PhotographError, find_photographs, read_photograph

    found = find_photographs(inputs)
    for path, _ in found[:: -(-len(found) // MOST)]:
        try:
            yield read_photograph(path)
        except PhotographError as error:
            print(f"left out: {error}", file=sys.stderr)
