"""The command `export`: a preset as a SavedModel for TensorFlow Serving, or as one file."""

import argparse
import re
import sys

from keras_colorize.errors import InputError
from .common import add_options, count, make_colorizer

SAVED_MODEL = "saved_model"
FORMATS = (SAVED_MODEL, "onnx", "litert", "litert-int8")
# Photographs that a calibration looks at, at most; more make it longer and no better.
CALIBRATION = 100


def add(commands):
    """Adds the command to the parser."""
    command = commands.add_parser(
        "export",
        help="write a SavedModel, ONNX or LiteRT",
        description="Write a preset for other programs. Whoever runs a SavedModel runs a program, "
        "which can read and write files: serve only those that you or people you trust exported.",
    )
    command.add_argument("preset", metavar="PRESET", help="name or folder of a preset")
    command.add_argument("-o", "--output", required=True, help="folder of served networks, or file")
    command.add_argument("--format", choices=FORMATS, default=SAVED_MODEL, help="what is written")
    group = command.add_argument_group("SavedModel", "a folder to be served")
    option = group.add_argument
    option("--name", help="name of the network there; that of the preset by default")
    option("--version", type=count, help="by default the one after the highest there")
    option("--max-megapixels", type=count, default=100, help="largest that the server decodes")
    option("--no-warmup", action="store_true", help="without requests to warm up (extra `serving`)")
    option = command.add_argument_group("ONNX and LiteRT", "one file").add_argument
    size = "that a LiteRT file takes, by default a square of the working size; or any"
    option("--size", type=_size, metavar="WIDTHxHEIGHT", help=size)
    photographs = f"for litert-int8: such as it will see, of which at most {CALIBRATION} are taken"
    option("--calibration", nargs="+", metavar="IN", help=photographs)
    option("--overwrite", action="store_true", help="replace an existing file")
    add_options(command, preset=False)
    command.set_defaults(check=_check, run=_export)


def _size(text):
    sides = re.fullmatch(r"([1-9]\d*)x([1-9]\d*)", text)
    if not sides and text != "any":
        raise argparse.ArgumentTypeError(f"expected a size like 320x256, or any, received {text!r}")
    return (int(sides[2]), int(sides[1])) if sides else text


def _check(options):
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


def _export(options):
    from keras_colorize.export import export_litert, export_onnx, export_saved_model

    export, settings = export_litert, {"size": options.size, "overwrite": options.overwrite}
    if options.format == "litert-int8":
        settings |= {"quantize": "int8", "calibration": _readable(options.calibration)}
    elif options.format == "onnx":
        export, settings = export_onnx, {"overwrite": options.overwrite}
    elif options.format == SAVED_MODEL:
        export, settings = export_saved_model, {"name": options.name, "version": options.version}
        settings["max_pixels"] = 1_000_000 * options.max_megapixels
        settings["warmup"] = not options.no_warmup
    print(export(make_colorizer(options, options.preset, scenes=True), options.output, **settings))
    return 0


def _readable(inputs):
    """Yields photographs; those that cannot be read are said and left out."""
    from keras_colorize.io import PhotographError, find_photographs, read_photograph

    photographs = find_photographs(inputs)
    for path, _ in photographs[:: -(-len(photographs) // CALIBRATION)]:
        try:
            yield read_photograph(path)
        except PhotographError as error:
            print(f"left out: {error}", file=sys.stderr)
