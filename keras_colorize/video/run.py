"""A video from beginning to end, or from where it was interrupted."""

import dataclasses
import itertools
import os
from pathlib import Path

import av
import numpy as np

from keras_colorize import __version__
from keras_colorize.errors import InputError
from keras_colorize.inference.batch import ahead
from keras_colorize.io.metadata import MADE_COLORS
from .journal import Journal
from .reader import Source, turned, turned_back
from .steady import STEADY, SteadyColors
from .writer import FrameFolder, VideoFile, choose_encoding

# Change of L* of the pixel that changes most, at the working size, from which on a frame is
# predicted anew; a picture at rest with grain stays below.
STILL = 1.0


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What is known of a video when it is colorized.

    Attributes:
        frames: how many it has, of which an earlier run had done `resumed`.
        damaged: whether some of it could not be read; the output has the rest.
        notes: sentences on what was not kept, and what is damaged.
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
    on_frame=lambda done, total: None,
):
    """Colorizes a video of any length; returns an `Outcome`.

    Frames are decoded, predicted, composed and encoded side by side; one in which no pixel's L*
    changed by 1, at the working size, since the last prediction has its colors.
    Timestamps, sound, subtitles, chapters, metadata, rotation and the shape of pixels are
    copied. An interrupted run leaves `TARGET.unfinished`, from which the same call goes on.

    Args:
        colorizer: a `Colorizer`.
        source: path of the video.
        target: path of the output: .mp4, .m4v, .mov, .mkv or .webm; a name without a suffix, or
            that ends in a slash, is a folder of PNG files.
        steady: 0 colors every frame alone; towards 1 colors hold longer where nothing moves.
        codec: libx264, libx265, libvpx-vp9, libsvtav1 or ffv1; None for libx264, in .webm for
            libvpx-vp9.
        crf: constant rate factor; None for the default of the codec.
        lossless: whether nothing may be lost, which takes ffv1.
        encoder_options: further options of the encoder, text by name.
        drop_unsupported: whether sound and subtitles that the format cannot hold are left out.
        overwrite: whether an existing output is replaced.
        mark_colorized: whether the metadata says that the colors were made.
        on_frame: function of the frames done and the frames in all (None if unknown), called
            at the beginning and after each frame.

    Raises:
        VideoError: if the video cannot be read or the output not be written.
        ValueError: for arguments that do not fit, each other or the video.
    """
    steadiness = SteadyColors(steady)
    video, path = Source(source), Path(target)
    if os.path.lexists(path) and not overwrite:
        raise InputError(f"{path}: Expected a new output, but it exists; overwrite it or rename.")
    is_folder = str(target).endswith(("/", os.sep)) or not path.suffix or path.is_dir()
    if is_folder:
        output = FrameFolder(video, path, mark_colorized)
    else:
        mark = f"Colors made by keras-colorize with {colorizer.name} ({MADE_COLORS})"
        mark = mark if mark_colorized else None
        encoding = choose_encoding(video, path, codec, crf, lossless, encoder_options)
        output = VideoFile(video, path, encoding, mark, drop_unsupported, overwrite)
    state = video.path.stat()
    description = {
        "versions": [__version__, av.__version__],
        "source": [str(video.path.resolve()), state.st_size, state.st_mtime_ns],
        "target": output.description,
        "steady": steady,
        "weights": colorizer.config.sha256,
        "options": colorizer.options.record(),
    }
    journal = Journal(path, description)
    # A folder that was made of all frames just before the run was killed has them no more.
    if is_folder and not (journal.folder / "frames").exists():
        journal.restart()
    resumed = len(journal.frame_pts())
    state = steadiness.last = journal.last()
    on_frame(resumed, video.frames)

    def preprocessed():
        for picture in video.pictures(skip=resumed):
            # The network must see heads above feet, however the camera was held.
            yield picture, colorizer.preprocess(turned(picture.pixels, video.orientation))

    def predicted():
        most = 1 if colorizer.hints else min(colorizer.at_once, colorizer.most_at_once)
        frames = ahead(preprocessed(), most)
        # The inputs of the network, that of the last prediction before them, and what it predicts.
        keys, known = [state.get("key")], [state.get("predicted")]
        while group := list(itertools.islice(frames, most)):
            changed, places = [], []
            for _, frame in group:
                if keys[-1] is None or np.abs(frame.network_input - keys[-1]).max() >= STILL:
                    changed.append(frame)
                    keys.append(frame.network_input)
                places.append(len(changed))
            known.extend(colorizer.predict(changed) if changed else ())
            for (picture, frame), place in zip(group, places, strict=True):
                ab = steadiness(frame.network_input, known[place])
                after = {"key": keys[place], "predicted": known[place]}
                yield picture, frame, ab, steadiness.last | after
            keys, known = keys[-1:], known[-1:]

    def colorized():
        for picture, frame, ab, after in ahead(predicted()):
            pixels = turned_back(colorizer.compose([frame], [ab])[0], video.orientation)
            yield dataclasses.replace(picture, pixels=pixels), after

    def written():
        nonlocal state
        for done, (picture, after) in enumerate(ahead(colorized()), resumed + 1):
            state = after
            yield picture
            on_frame(done, video.frames)

    for arrays in output.segments(written(), journal):
        journal.add(arrays | state)
    output.finish(journal)
    # A tenth is a margin for files that are not exact about how long they are.
    enough = 0.9 * (video.seconds or 0.0) - 2 / float(video.rate)
    short, notes = video.reached < enough, [*video.notes, *output.notes]
    if journal.restarted:
        notes.append("an earlier run had other settings or another input: began anew")
    if video.damages:
        notes.append(f"{video.damages} packets or frames are damaged; the rest is colorized")
    if short:
        notes.append(f"it ends after {video.reached:.1f} of {video.seconds:.1f} seconds")
    return Outcome(video.count, resumed, video.damages > 0 or short, tuple(notes))
