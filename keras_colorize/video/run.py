"""A video from beginning to end, or from where it was interrupted."""

import dataclasses
import itertools

import av
import numpy as np

from keras_colorize import __version__
from keras_colorize.errors import InputError, expect
from keras_colorize.inference.batch import ahead, made_by
from keras_colorize.io.metadata import MADE_COLORS
from keras_colorize.presets import sha256
from .carry import carried_colors, mixed_colors
from .journal import Journal
from .reader import Source, turned, turned_back
from .sequence import FrameFolder, Sequence, is_sequence, new_folder
from .shots import shots_in_color
from .steady import STEADY, SteadyColors
from .writer import VideoFile, choose_encoding

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
        kept: how many are in shots that were in color, and kept their colors.
    """

    frames: int
    resumed: int
    damaged: bool
    notes: tuple
    kept: int = 0


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
    excerpt=None,
    rate=None,
    keep_color=False,
    references=None,
    hints=None,
    on_frame=lambda done, total: None,
):
    """Colorizes a video of any length; returns an `Outcome`.

    Frames are decoded, predicted, composed and encoded side by side; one in which no pixel's L*
    changed by 1, at the working size, since the last prediction has its colors. Frames are shown
    to the network as they are, without the options `levels` and `border`.
    Timestamps, sound, subtitles, chapters, metadata, rotation and the shape of pixels are
    copied. An interrupted run leaves `TARGET.unfinished`, from which the same call goes on.

    Args:
        colorizer: a `Colorizer`.
        source: path of the video; or of numbered pictures, a folder or a pattern such as
            `scan/f%06d.dpx`.
        target: path of the output: .mp4, .m4v, .mov, .mkv, .mxf or .webm; a pattern; a name
            without a suffix, or that ends in a slash, is a folder of pictures: PNG, or of the
            names and formats that the source has.
        steady: 0 colors every frame alone; towards 1 colors hold longer where nothing moves.
        codec: h264, hevc, vp9, av1, prores, dnxhr or ffv1; None for h264, in .webm for vp9.
        crf: constant rate factor; None for the default of the codec.
        lossless: whether nothing may be lost, which takes ffv1.
        encoder_options: further options of the encoder, text by name.
        drop_unsupported: whether sound and subtitles that the format cannot hold are left out.
        overwrite: whether an existing output is replaced.
        mark_colorized: whether the metadata says that the colors were made.
        excerpt: the `Excerpt` that is taken, whose time begins at 0; None for all.
        rate: frames a second of numbered pictures; None for what DPX files say, or else 24.
        keep_color: whether the frames of shots that are in color keep their colors; every frame
            is read twice for that.
        references: dict of paths of colored pictures by the number of the frame that they show,
            from 1, or as numbered pictures have it; their colors are carried through the shot.
        hints: dict of lists of points by number, see `inference.hints.point_hints`, likewise.
        on_frame: function of the frames done and the frames in all (None if unknown), called
            at the beginning and after each frame.

    Raises:
        VideoError: if the video cannot be read or the output not be written.
        ValueError: for arguments that do not fit, each other or the video.
    """
    steadiness, references, hints = SteadyColors(steady), references or {}, hints or {}
    # Found in each frame alone, they would make the colors flicker.
    colorizer = colorizer.replace(levels=False, border=False)
    numbered = is_sequence(source)
    expect(numbered or rate is None, f"no rate of a video, which has one, received {rate}")
    video = Sequence(source, excerpt, rate) if numbered else Source(source, excerpt)
    path, template = new_folder(target, video, overwrite)
    if template:
        mark = made_by(colorizer)[1] if mark_colorized else None
        output = FrameFolder(video, path, template, mark)
    else:
        mark = f"Colors made by keras-colorize with {colorizer.name} ({MADE_COLORS})"
        mark = mark if mark_colorized else None
        encoding = choose_encoding(video, path, codec, crf, lossless, encoder_options)
        output = VideoFile(video, path, encoding, mark, drop_unsupported, overwrite)
    description = {
        "versions": [__version__, av.__version__],
        "source": [*video.fingerprint(), str(video.excerpt), str(video.rate)],
        "target": output.description,
        "steady": steady,
        "keep_color": keep_color,
        "references": [[number, sha256(path)] for number, path in sorted(references.items())],
        "hints": sorted(hints.items()),
        "weights": colorizer.config.sha256,
        "options": colorizer.options.record(),
    }
    journal = Journal(path, description)
    # A folder that was made of all frames just before the run was killed has them no more.
    if template and not (journal.folder / "frames").exists():
        journal.restart()
    known_pts = journal.frame_pts()
    resumed = len(known_pts)
    state = steadiness.last = journal.last()
    on_frame(resumed, video.frames)

    def preprocessed():
        flags = shots_in_color(video) if keep_color else itertools.repeat(False)
        flags = itertools.islice(flags, resumed, None)
        for picture, kept in zip(video.pictures(known_pts), flags, strict=False):
            # The network must see heads above feet, however the camera was held.
            upright = turned(picture.pixels, video.orientation)
            yield picture, None if kept else colorizer.preprocess(upright)

    def predicted():
        most = 1 if colorizer.hints else min(colorizer.at_once, colorizer.most_at_once)
        frames, kept, given = ahead(preprocessed(), most), int(state.get("kept", 0)), None
        # The network's input at the last prediction, and what it predicted.
        key, known = state.get("key"), state.get("predicted")
        if references or hints:
            given = carried_colors(colorizer, video, references, hints)
            given = itertools.islice(given, resumed, None)
        while group := list(itertools.islice(frames, most)):
            changed, last = [], key
            for _, frame in group:
                if frame and (last is None or np.abs(frame.network_input - last).max() >= STILL):
                    changed.append(frame)
                    last = frame.network_input
            predictions = iter(colorizer.predict(changed) if changed else ())
            for picture, frame in group:
                colors = given and next(given)
                if changed and frame is changed[0]:
                    key, known = changed.pop(0).network_input, next(predictions)
                if frame is None:
                    ab, kept, steadiness.last = None, kept + 1, {}
                else:
                    ab = mixed_colors(known, frame.network_input, colors) if given else known
                    ab = steadiness(frame.network_input, ab)
                after = steadiness.last | {"kept": kept}
                if known is not None:
                    after |= {"key": key, "predicted": known}
                yield picture, frame, ab, after

    def colorized():
        for picture, frame, ab, after in ahead(predicted()):
            pixels, kept = picture.pixels, frame is None
            if frame:
                pixels = turned_back(colorizer.compose([frame], [ab])[0], video.orientation)
            yield dataclasses.replace(picture, pixels=pixels, kept=kept), after

    def shown():
        nonlocal state
        for done, (picture, after) in enumerate(ahead(colorized()), resumed + 1):
            state = after
            yield picture
            on_frame(done, video.frames)

    pictures = shown()
    while arrays := output.segment(itertools.islice(pictures, journal.segment_frames), journal):
        journal.add(arrays | state)
    if not video.count:
        journal.remove()
        raise InputError(f"{source}: Expected a start before the end, received {excerpt.start}.")
    kept = int(state.get("kept", 0))
    if kept == video.count:
        output.mark = None
    output.finish(journal)
    journal.remove()
    taken, short = video.files if numbered else range(1, video.count + 1), video.ends_early()
    lost = [number for number in (*references, *hints) if number not in taken]
    notes = {
        f"frames {lost}, whose colors are given, are not in it": lost,
        f"{kept} frames are in shots that are in color, and keep their colors": kept,
        "an earlier run had other settings or another input: began anew": journal.restarted,
        f"{video.damages} packets or frames are damaged; the rest is colorized": video.damages,
        f"it ends after {video.reached:.1f} of {video.seconds or 0:.1f} seconds": short,
    }
    notes = (*video.notes, *output.notes, *(note for note, holds in notes.items() if holds))
    return Outcome(video.count, resumed, video.damages > 0 or short, notes, kept)
