"""A video from beginning to end, or from where it was interrupted."""

import dataclasses
from pathlib import Path

import numpy as np

from keras_colorize import __version__
from keras_colorize.inference.compose import compose, to_working_size
from keras_colorize.inference.pixels import lightness_of
from keras_colorize.video.encoding import choose_encoding
from keras_colorize.video.errors import load_av
from keras_colorize.video.frames import FrameReader
from keras_colorize.video.journal import Journal
from keras_colorize.video.muxing import mark_of
from keras_colorize.video.orientation import turned, turned_back
from keras_colorize.video.source import read_source
from keras_colorize.video.steady import STEADY, SteadyColors
from keras_colorize.video.targets import FileTarget, FolderTarget, is_folder


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of a video.

    Attributes:
        frames: how many it has.
        resumed: how many of them an earlier run had done.
        damaged: whether some of it could not be read; the output has the rest.
        notes: sentences for people: what was not kept, and what is damaged.
    """

    frames: int
    resumed: int
    damaged: bool
    notes: tuple


def colorize_video(
    colorizer,
    source,
    target,
    *,
    steady=STEADY,
    codec=None,
    crf=None,
    lossless=False,
    encoder_options=None,
    drop_unsupported=False,
    overwrite=False,
    mark_colorized=True,
    on_frame=None,
):
    """Colorizes a video of any length, a frame at a time.

    Timestamps, sound, subtitles, chapters, metadata, rotation and the shape of pixels are
    copied. An interrupted run leaves `TARGET.unfinished`, from which the same call goes on.

    Args:
        colorizer: a `Colorizer`.
        source: path of the video.
        target: path of the output: its suffix says the format, see `CONTAINERS`; a name without
            one, or that ends in a slash, is a folder of PNG files.
        steady: 0 colors every frame alone; towards 1 colors hold longer where nothing moves.
        codec: see `choose_encoding`.
        crf: see `choose_encoding`.
        lossless: see `choose_encoding`.
        encoder_options: further options of the encoder, text by name.
        drop_unsupported: whether sound and subtitles that the format cannot hold are left out.
        overwrite: whether an existing output is replaced.
        mark_colorized: whether the metadata says that the colors were made.
        on_frame: function of the frames done and the frames in all (None if unknown), called
            at the beginning and after each frame.

    Returns:
        An `Outcome`.

    Raises:
        VideoError: if the video cannot be read or the output not be written.
        ValueError: for arguments that do not fit, each other or the video.
    """
    steadiness = SteadyColors(steady)
    video = read_source(source)
    if is_folder(target):
        goal = FolderTarget(video, target, mark_colorized, overwrite)
    else:
        options = {"codec": codec, "crf": crf, "lossless": lossless, "options": encoder_options}
        encoding = choose_encoding(video, target, **options)
        mark = mark_of(colorizer) if mark_colorized else None
        goal = FileTarget(video, target, encoding, mark, drop_unsupported, overwrite)
    journal = Journal(Path(target), _description(colorizer, video, goal, steady))
    reader, resumed = FrameReader(video), journal.frames()
    steadiness.restore(journal.state())
    report = on_frame or (lambda done, total: None)
    _fill(journal, goal, reader, _Painter(colorizer, video, steadiness), report, resumed)
    goal.finish(journal)
    notes = [*video.notes, *goal.notes, *_complaints(reader, journal.restarted)]
    return Outcome(reader.count, resumed, reader.damages > 0 or _is_short(reader), tuple(notes))


class _Painter:
    """Colors one frame after the other."""

    def __init__(self, colorizer, source, steadiness):
        self.colorizer, self.orientation = colorizer, source.orientation
        self.steadiness = steadiness

    def __call__(self, pixels):
        lightness = lightness_of(pixels)
        # The network must see heads above feet, however the camera was held.
        shown = turned(lightness, self.orientation)
        seen = to_working_size(shown, self.colorizer.working_size)
        ab = self.steadiness(seen, np.asarray(self.colorizer.predict_ab(seen[None]))[0])
        ab = turned_back(ab, self.orientation)
        made = np.empty(pixels.shape, pixels.dtype)
        compose(lightness[None], ab[None], self.colorizer.saturation, made[None])
        return made


def _fill(journal, goal, reader, painter, report, done):
    total = reader.source.frames
    report(done, total)
    segment = goal.segment(journal, done)
    for picture in reader.pictures(skip=done):
        segment.add(dataclasses.replace(picture, pixels=painter(picture.pixels)))
        report(reader.count, total)
        if segment.full:
            journal.add(segment.arrays(), painter.steadiness.state())
            segment = goal.segment(journal, reader.count)
    if len(segment):
        journal.add(segment.arrays(), painter.steadiness.state())


def _description(colorizer, video, goal, steady):
    found = video.path.stat()
    return {
        "versions": [__version__, load_av().__version__],
        "source": [str(video.path.resolve()), found.st_size, found.st_mtime_ns],
        "target": goal.description(),
        "steady": steady,
        "weights": colorizer.config.sha256,
        "options": colorizer.options.record(),
    }


def _is_short(reader):
    """A tenth is a margin for files that are not exact about how long they are."""
    stated = reader.source.seconds
    return stated is not None and reader.seconds < 0.9 * stated - 2 / float(reader.source.rate)


def _complaints(reader, restarted):
    if restarted:
        yield "an earlier run had other settings or another input: began anew"
    if reader.damages:
        yield f"{reader.damages} packets or frames are damaged; the rest is colorized"
    if _is_short(reader):
        yield f"it ends after {reader.seconds:.1f} of {reader.source.seconds:.1f} seconds"
