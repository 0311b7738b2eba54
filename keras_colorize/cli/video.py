"""The command that colorizes a video."""

import argparse
import contextlib
import sys
from pathlib import Path

from keras_colorize.errors import InputError

from .common import EXIT_FAILED, add_options, make_colorizer
from .progress import Progress


def add(commands):
    """Adds the command to the parser."""
    command = commands.add_parser("video", help="colorize a video; sound and timing are copied")
    command.add_argument("input", metavar="IN", help="video")
    command.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="OUT",
        help=".mp4, .m4v, .mov, .mkv or .webm; or a folder (name/) for PNG files",
    )
    command.add_argument(
        "--steady",
        type=float,
        metavar="0..1",
        help="how long colors hold where nothing moves; 0 colors every frame alone (default 0.8)",
    )
    command.add_argument("--overwrite", action="store_true", help="replace an existing output")
    command.add_argument(
        "--no-mark", action="store_true", help="do not say in the metadata that colors were made"
    )
    _add_encoding(command)
    add_options(command)
    command.set_defaults(check=_check, run=_video)


def _add_encoding(command):
    command.add_argument(
        "--codec", help="libx264, libx265, libvpx-vp9, libsvtav1 or ffv1 (default: by the output)"
    )
    command.add_argument("--crf", type=float, help="quality: lower is better and larger")
    command.add_argument("--lossless", action="store_true", help="FFV1 in RGB, best in .mkv")
    command.add_argument(
        "--encoder-option",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        type=_pair,
        help="further option of the encoder, such as preset=slow; repeatable",
    )
    command.add_argument(
        "--drop-unsupported",
        action="store_true",
        help="leave out sound and subtitles that the format of the output cannot hold",
    )


def _pair(text):
    name, sign, value = text.partition("=")
    if not (name and sign):
        raise argparse.ArgumentTypeError(f"expected NAME=VALUE, received {text!r}")
    return name, value


def _check(options):
    if not Path(options.input).is_file():
        raise InputError(f"{options.input}: expected a video, found no such file")


def _video(options):
    from keras_colorize.video import VideoError, colorize_video

    try:
        colorizer = make_colorizer(options, options.preset)
        with contextlib.ExitStack() as stack:
            bar = _Bar(stack)
            outcome = colorize_video(
                colorizer, options.input, options.output, on_frame=bar, **_settings(options)
            )
    except VideoError as error:
        print(f"keras-colorize: {error}", file=sys.stderr)
        return EXIT_FAILED
    except KeyboardInterrupt:
        print("keras-colorize: interrupted; the same command goes on from here", file=sys.stderr)
        return 130
    return _report(options, outcome)


def _settings(options):
    settings = {
        "codec": options.codec,
        "crf": options.crf,
        "lossless": options.lossless,
        "encoder_options": dict(options.encoder_option),
        "drop_unsupported": options.drop_unsupported,
        "overwrite": options.overwrite,
        "mark_colorized": not options.no_mark,
    }
    return settings if options.steady is None else {**settings, "steady": options.steady}


class _Bar:
    """A progress bar that appears with the first frame, when it is known how many there are."""

    def __init__(self, stack):
        self.stack, self.progress = stack, None

    def __call__(self, done, total):
        if self.progress is None:
            self.progress = self.stack.enter_context(Progress("colorizing", total, done, "frames"))
            if done:
                self.progress.say(f"note: {done} frames are done, going on from there")
        else:
            self.progress.advance()


def _report(options, outcome):
    for note in outcome.notes:
        print(f"note: {options.input}: {note}", file=sys.stderr)
    print(f"{outcome.frames} frames: {options.output}")
    return EXIT_FAILED if outcome.damaged else 0
