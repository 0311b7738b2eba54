"""The command that colorizes a video."""

import argparse
import itertools
import sys
from pathlib import Path

from keras_colorize.errors import InputError
from .common import EXIT_FAILED, NO_MARK, add_options, make_colorizer
from .progress import show_progress


def add(commands):
    """Adds the command to the parser."""
    command = commands.add_parser("video", help="colorize a video; sound and timing are copied")
    option = command.add_argument
    option("input", metavar="IN", help="video")
    formats = ".mp4, .m4v, .mov, .mkv or .webm; or a folder (name/) for PNG files"
    option("-o", "--output", required=True, metavar="OUT", help=formats)
    steady = "how long colors hold where nothing moves; 0 colors every frame alone (default 0.8)"
    option("--steady", type=float, metavar="0..1", default=0.8, help=steady)
    option("--overwrite", action="store_true", help="replace an existing output")
    command.add_argument("--no-mark", **NO_MARK)
    option("--codec", help="libx264, libx265, libvpx-vp9, libsvtav1 or ffv1; else by the output")
    option("--crf", type=float, help="quality: lower is better and larger")
    option("--lossless", action="store_true", help="FFV1 in RGB, best in .mkv")
    pair = {"metavar": "NAME=VALUE", "type": _pair, "action": "append", "default": []}
    further = "further option of the encoder, such as preset=slow; repeatable"
    option("--encoder-option", **pair, help=further)
    dropped = "leave out sound and subtitles that the format of the output cannot hold"
    option("--drop-unsupported", action="store_true", help=dropped)
    add_options(command)
    command.set_defaults(check=_check, run=_video)


def _pair(text):
    name, sign, value = text.partition("=")
    if not (name and sign):
        raise argparse.ArgumentTypeError(f"expected NAME=VALUE, received {text!r}")
    return name, value


def _check(options):
    if not Path(options.input).is_file():
        raise InputError(f"{options.input}: expected a video, found no such file")


def _video(options):
    try:
        from keras_colorize.video import VideoError, colorize_video
    except ImportError as error:
        raise InputError(error) from error

    calls = itertools.count()

    def on_frame(done, total):
        if next(calls):
            progress.advance()
            return
        progress.resume(done, total)
        if done:
            progress.say(f"note: {done} frames are done, going on from there")

    names = ("steady", "codec", "crf", "lossless", "drop_unsupported", "overwrite")
    settings = {name: getattr(options, name) for name in names}
    settings["encoder_options"] = dict(options.encoder_option)
    settings |= {"mark_colorized": not options.no_mark, "on_frame": on_frame}
    try:
        colorizer = make_colorizer(options, options.preset)
        with show_progress("colorizing", unit="frames") as progress:
            outcome = colorize_video(colorizer, options.input, options.output, **settings)
    except VideoError as error:
        print(f"keras-colorize: {error}", file=sys.stderr)
        return EXIT_FAILED
    except KeyboardInterrupt:
        print("keras-colorize: interrupted; the same command goes on from here", file=sys.stderr)
        return 130
    for note in outcome.notes:
        print(f"note: {options.input}: {note}", file=sys.stderr)
    print(f"{outcome.frames} frames: {options.output}")
    return EXIT_FAILED if outcome.damaged else 0
