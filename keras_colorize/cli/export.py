"""The command `export`: a preset as a SavedModel for TensorFlow Serving, or as one file."""

from . import formats
from .options import add_options, count, make_any_colorizer


def add(commands):
    """Adds the command to the parser."""
    command = commands.add_parser("export", help="write a SavedModel, ONNX or LiteRT")
    command.add_argument("preset", metavar="PRESET", help="name or folder of a preset")
    command.add_argument(
        "-o", "--output", required=True, metavar="OUT", help="folder of served networks, or file"
    )
    formats.add(command)
    command.add_argument("--name", help="name of the network there; that of the preset by default")
    command.add_argument("--version", type=count, help="by default the one after the highest there")
    command.add_argument(
        "--max-megapixels",
        type=count,
        default=100,
        help="largest picture that the server decodes, by default 100",
    )
    command.add_argument(
        "--no-warmup",
        action="store_true",
        help="no requests to warm up with, which take the extra `serving`",
    )
    add_options(command, preset=False)
    # What this machine computes fast in says nothing of the server.
    command.set_defaults(run=_export, precision="float32")


def _export(options):
    formats.check(options)
    try:
        made = _saved_model if options.format == formats.SAVED_MODEL else formats.export_file
        print(made(options))
    except (FileExistsError, ImportError) as error:
        raise ValueError(error) from error
    return 0


def _saved_model(options):
    from keras_colorize.export import export_saved_model

    return export_saved_model(
        make_any_colorizer(options, options.preset),
        options.output,
        name=options.name,
        version=options.version,
        max_pixels=1_000_000 * options.max_megapixels,
        warmup=not options.no_warmup,
    )
