"""The command `export`: a preset as a SavedModel for TensorFlow Serving, or as one file."""

import argparse
import sys

from keras_colorize.errors import InputError

from .common import add_options, count, make_colorizer

SAVED_MODEL = "saved_model"
FORMATS = (SAVED_MODEL, "onnx", "litert", "litert-int8")

CALIBRATION = 100
"""Photographs that a calibration looks at, at most; more make it longer and no better."""


def add(commands):
    """Adds the command to the parser."""
    command = commands.add_parser(
        "export",
        help="write a SavedModel, ONNX or LiteRT",
        description="Write a preset for other programs. Whoever runs a SavedModel runs a program, "
        "which can read and write files: serve only those that you or people you trust exported.",
    )
    command.add_argument("preset", metavar="PRESET", help="name or folder of a preset")
    command.add_argument(
        "-o", "--output", required=True, metavar="OUT", help="folder of served networks, or file"
    )
    command.add_argument("--format", choices=FORMATS, default=SAVED_MODEL, help="what is written")
    group = command.add_argument_group("SavedModel", "a folder to be served")
    group.add_argument("--name", help="name of the network there; that of the preset by default")
    group.add_argument("--version", type=count, help="by default the one after the highest there")
    group.add_argument(
        "--max-megapixels",
        type=count,
        default=100,
        help="largest picture that the server decodes, by default 100",
    )
    group.add_argument(
        "--no-warmup",
        action="store_true",
        help="no requests to warm up with, which take the extra `serving`",
    )
    group = command.add_argument_group("ONNX and LiteRT", "one file")
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
        f"most {CALIBRATION} are taken",
    )
    group.add_argument("--overwrite", action="store_true", help="replace an existing file")
    add_options(command, preset=False)
    command.set_defaults(check=_check, run=_export)


def _size(text):
    if text == "any":
        return text
    sides = text.split("x")
    if len(sides) != 2 or not all(side.isdecimal() and int(side) for side in sides):
        raise argparse.ArgumentTypeError(f"expected a size like 320x256, or any, received {text!r}")
    width, height = map(int, sides)
    return height, width


def _export(options):
    try:
        print(_write(options))
    except (FileExistsError, ImportError) as error:
        raise InputError(error) from error
    return 0


def _check(options):
    """Raises a ValueError for options of another format."""
    one_file = options.format != SAVED_MODEL
    foreign = {
        "--name": options.name and one_file,
        "--version": options.version and one_file,
        "--no-warmup": options.no_warmup and one_file,
        "--size": options.size and not options.format.startswith("litert"),
        "--calibration": options.calibration and options.format != "litert-int8",
        "--overwrite": options.overwrite and not one_file,
    }
    received = [name for name, given in foreign.items() if given]
    if received:
        raise InputError(f"expected no {', '.join(received)} with --format {options.format}")
    if options.format == "litert-int8" and not options.calibration:
        raise InputError("expected --calibration with --format litert-int8")


def _write(options):
    from keras_colorize.export import export_litert, export_onnx, export_saved_model

    colorizer, output = make_colorizer(options, options.preset, scenes=True), options.output
    if options.format == SAVED_MODEL:
        return export_saved_model(
            colorizer,
            output,
            name=options.name,
            version=options.version,
            max_pixels=1_000_000 * options.max_megapixels,
            warmup=not options.no_warmup,
        )
    settings = {"overwrite": options.overwrite}
    if options.format == "onnx":
        return export_onnx(colorizer, output, **settings)
    if options.format == "litert-int8":
        settings |= {"quantize": "int8", "calibration": _readable(options.calibration)}
    return export_litert(colorizer, output, size=options.size, **settings)


def _readable(inputs):
    """Yields photographs; those that cannot be read are said and left out."""
    from keras_colorize.io import PhotographError, find_photographs, read_photograph

    photographs = find_photographs(inputs)
    for path, _ in photographs[:: -(-len(photographs) // CALIBRATION)]:
        try:
            yield read_photograph(path)
        except PhotographError as error:
            print(f"left out: {error}", file=sys.stderr)
