"""The command that shows a page in the browser: `web`."""

import argparse
import sys

from .common import EXIT_FAILED, add_options, make_colorizer, whole


def add(commands):
    """Adds the command to the parser."""
    command = commands.add_parser("web", help="a page in the browser that colorizes photographs")
    command.add_argument(
        "--host", default="127.0.0.1", help="address to listen at (default: this machine alone)"
    )
    command.add_argument("--port", type=_port, default=7860, help="7860 by default, 0 for any")
    command.add_argument(
        "--root-path", default="", metavar="/PATH", help="path or address at a proxy, if any"
    )
    command.add_argument(
        "--max-upload-mb", type=float, default=100.0, metavar="N", help="of one file (default: 100)"
    )
    command.add_argument(
        "--max-megapixels",
        type=float,
        default=100.0,
        metavar="N",
        help="of one photograph (default: 100)",
    )
    add_options(command)
    command.set_defaults(check=_check, run=_web)


def _port(text):
    if whole(text) > 65535:
        raise argparse.ArgumentTypeError(f"expected a port up to 65535, received {text!r}")
    return whole(text)


def _check(options):
    from keras_colorize.apps.web import Limits

    options.limits = Limits(options.max_upload_mb, options.max_megapixels)


def _web(options):
    from keras_colorize.apps.web import serve

    colorizer = make_colorizer(options, options.preset)
    try:
        serve(
            colorizer,
            host=options.host,
            port=options.port,
            root_path=options.root_path,
            limits=options.limits,
            on_start=_say,
        )
    except ImportError as error:
        print(f"keras-colorize: {error}", file=sys.stderr)
        return EXIT_FAILED
    return 0


def _say(address):
    print(f"The page is at {address}; Ctrl+C ends it and removes what was uploaded.", flush=True)
