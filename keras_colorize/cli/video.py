"""The command that colorizes a video."""

import argparse
import itertools
import re
import sys
from fractions import Fraction
from pathlib import Path

from keras_colorize.errors import expect
from .common import EXIT_FAILED, NO_MARK, add_options, count, make_colorizer, number
from .progress import show_progress

# Suffixes that only photographs have.
_PHOTOGRAPHS = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".dpx", ".jp2")


def add(commands):
    """Adds the command to the parser."""
    command = commands.add_parser("video", help="colorize a video; sound and timing are copied")
    option = command.add_argument
    pictures = "video; or numbered pictures: a folder, or a pattern such as scan/f%%06d.dpx"
    option("input", metavar="IN", help=pictures)
    formats = ".mp4, .m4v, .mov, .mkv, .mxf or .webm; or a folder (name/) or pattern for pictures"
    option("-o", "--output", required=True, metavar="OUT", help=formats)
    steady = "how long colors hold where nothing moves; 0 colors every frame alone (default 0.8)"
    option("--steady", type=float, metavar="0..1", default=0.8, help=steady)
    option("--overwrite", action="store_true", help="replace an existing output")
    command.add_argument("--no-mark", **NO_MARK)
    codecs = "h264, hevc, vp9, av1, prores, dnxhr or ffv1 (default: h264, in .webm vp9)"
    option("--codec", help=codecs)
    option("--crf", type=float, help="quality: lower is better and larger (default: the codec's)")
    option("--lossless", action="store_true", help="FFV1 in RGB, best in .mkv")
    pair = {"metavar": "NAME=VALUE", "type": _pair, "action": "append", "default": []}
    further = "further option of the encoder, such as preset=slow; repeatable"
    option("--encoder-option", **pair, help=further)
    dropped = "leave out sound and subtitles that the format of the output cannot hold"
    option("--drop-unsupported", action="store_true", help=dropped)
    found = "frames of shots that are in color: as they are (default), or colorized, too"
    option("--already-color", choices=("keep", "colorize"), default="keep", help=found)
    rate = "frames a second of numbered pictures (default: what DPX files say, or 24)"
    option("--rate", type=number(Fraction, Fraction(1, 1000), 1000), metavar="N", help=rate)
    option = command.add_argument_group("excerpt", "to try before the whole").add_argument
    time = {"type": _seconds, "metavar": "[[H:]M:]S"}
    option("--start", **time, default=0.0, help="where it begins (default: 0)")
    option("--duration", **time, help="how long it is")
    option("--frames", type=count, metavar="N", help="how many frames it has at most")
    option = command.add_argument_group("given colors", "carried through the shot").add_argument
    known = "picture in color of frame N, counted from 1, or as pictures are numbered; repeatable"
    given = {"metavar": "N=PICTURE", "type": _pair, "action": "append", "default": []}
    option("--reference", **given, help=known)
    known = 'list of hints, {"frame": N, "x": 12, "y": 30, "color": "#rrggbb"}'
    option("--hints", metavar="FILE.json", help=known)
    add_options(command)
    command.set_defaults(check=_check, run=_video)


def _pair(text):
    name, sign, value = text.partition("=")
    if not (name and sign):
        raise argparse.ArgumentTypeError(f"expected NAME=VALUE, received {text!r}")
    return name, value


def _seconds(text):
    if not re.fullmatch(r"(\d+:){0,2}\d+(\.\d*)?", text):
        raise argparse.ArgumentTypeError(f"expected seconds or H:M:S, received {text!r}")
    return sum(60**power * float(part) for power, part in enumerate(reversed(text.split(":"))))


def _check(options):
    from keras_colorize.inference.points import read_points

    path = Path(options.input)
    expect(path.exists() or "%" in path.name, "a video, found no such file", path)
    is_photograph = path.is_file() and path.suffix.lower() in _PHOTOGRAPHS
    advice = "keras-colorize colorize takes it"
    expect(not is_photograph, f"a video, received a photograph: {advice}", path)
    flickers = options.levels or options.border
    expect(not flickers, "no --levels and --border with a video, whose colors would flicker")
    options.references, options.points = {}, {}
    for frame, picture in options.reference:
        is_picture = frame.isdecimal() and Path(picture).is_file()
        expect(is_picture, f"N=PICTURE of a file, received {frame}={picture}")
        options.references[int(frame)] = picture
    for point in read_points(options.hints) if options.hints else ():
        frame = point.get("frame") if isinstance(point, dict) else None
        expect(isinstance(frame, int), f"hints with a frame, received {point}", options.hints)
        options.points.setdefault(frame, []).append(point)


def _video(options):
    from keras_colorize.video import Excerpt, VideoError, colorize_video

    calls = itertools.count()

    def on_frame(done, total):
        if next(calls):
            progress.advance()
            return
        progress.resume(done, total)
        if done:
            progress.say(f"note: {done} frames are done, going on from there")

    names = ("steady", "codec", "crf", "lossless", "drop_unsupported", "overwrite", "rate")
    settings = {name: getattr(options, name) for name in (*names, "references")}
    settings["excerpt"] = Excerpt(options.start, options.duration, options.frames)
    settings |= {"keep_color": options.already_color == "keep", "hints": options.points}
    settings |= {"mark_colorized": not options.no_mark, "on_frame": on_frame}
    settings["encoder_options"] = dict(options.encoder_option)
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
    for note in outcome.notes if not options.quiet else ():
        print(f"note: {options.input}: {note}", file=sys.stderr)
    print(f"{outcome.frames} frames: {options.output}")
    return EXIT_FAILED if outcome.damaged else 0
