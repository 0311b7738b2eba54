"""The video that is colorized: what is known of it, and its frames as sRGB arrays."""

import dataclasses
import hashlib
import math
import re
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import Interpolation

from keras_colorize.errors import expect

# Numbers of color matrices in ITU-T H.273, which FFmpeg takes over; its scaler has its own, of
# which two share one.
BT709, BT601 = 1, 6
SCALER_MATRICES = {BT709: 1, 4: 4, 5: 5, BT601: 5, 7: 7, 9: 9}
# From here on videos that do not name their matrix are in BT.709, below in BT.601.
HD_LINES = 720
# Frames a second that a camera may have taken; some files name the steps of their clock instead.
BELIEVABLE_RATE = 1000
# Numbers that FFmpeg has for video levels, and for levels from 0 to the highest.
LIMITED_RANGE, FULL_RANGE = 1, 2
# Pixel formats of the arrays, of uint8 and of uint16.
SHALLOW, DEEP = "rgb24", "rgb48le"
# Flags of FFmpeg's scaler for them; with its own, colors get a level darker. With 16 bits, the
# chroma of every pixel would come out of the scaler as garbage.
_ACCURATE = Interpolation.BILINEAR | Interpolation.ACCURATE_RND
_EVERY_CHROMA = Interpolation.FULL_CHR_H_INT | Interpolation.FULL_CHR_H_INP
SCALER_FLAGS = {SHALLOW: _ACCURATE | _EVERY_CHROMA, DEEP: _ACCURATE}


class VideoError(Exception):
    """A video that cannot be read or written."""


@dataclasses.dataclass(frozen=True)
class Picture:
    """A frame: timestamp, duration (0 if not said), and pixels as stored, uint8 or uint16.

    Its `number` counts from 1, or is that of a numbered picture, of which there is the `original`,
    too: a `Photograph`, or the header of a DPX file. A frame that was in color is `kept`.
    """

    pts: int
    duration: int
    pixels: np.ndarray
    number: int
    original: object = None
    kept: bool = False


@dataclasses.dataclass(frozen=True)
class Excerpt:
    """The part that is taken: `start` and `duration` in seconds, `frames` at most."""

    start: float = 0.0
    duration: float | None = None
    frames: int | None = None

    def __post_init__(self):
        """Checks the values."""
        fits = self.start >= 0 and all(x is None or x > 0 for x in (self.duration, self.frames))
        known = "a start of 0 or more, and a duration and a number of frames above 0, received"
        expect(fits, f"{known} {self.start}, {self.duration} and {self.frames}")


class Source:
    """A video, with its frames; `VideoError` if nothing in it can be decoded.

    Times are in steps of `time_base`, which is in seconds; `frames` and `seconds` of the excerpt
    are as the file says, or None. `pictures` counts the frames that it has read in `count`, up to
    the second `reached`, and the packets or frames with damage in `damages`.
    """

    def __init__(self, path, excerpt=None):
        self.path, self.excerpt = Path(path), excerpt or Excerpt()
        self.files = {1: self.path}
        with self.open() as container:
            cover = av.stream.Disposition.attached_pic
            streams = [x for x in container.streams.video if not x.disposition & cover]
            kinds = ", ".join(stream.type for stream in container.streams) or "none"
            expect(streams, f"a video stream, received streams: {kinds}", path, VideoError)
            stream = streams[0]
            known = "a known codec of its pictures, received none"
            expect(stream.codec_context, known, path, VideoError)
            frame = next(filter(None, _frames_of(container, stream)), None)
            expect(frame, "a frame that can be decoded, received none", path, VideoError)
            self.index, self.time_base = stream.index, stream.time_base
            self.aspect = stream.sample_aspect_ratio or None
            said = stream.average_rate
            rates = (x for x in (said, stream.guessed_rate) if x and x <= BELIEVABLE_RATE)
            self.rate = next(rates, Fraction(25))
            self.seconds, self.frames, self.first = _seconds(stream), stream.frames, frame.pts or 0
            tags = {name.lower(): text for name, text in container.metadata.items()}
            tags |= {name.lower(): text for name, text in stream.metadata.items()}
            more, clear = len(container.streams.video) > 1, frame.format.components
        self.interlaced = bool(frame.interlaced_frame)
        notes = {
            "only its first video stream is kept; further ones and covers are left out": more,
            "its transparency is left out": any(component.is_alpha for component in clear),
            "it is interlaced; deinterlaced first, it gets better colors": self.interlaced,
            f"it says that it has {said} frames a second, which is not believable: "
            f"{self.rate} are taken": said and said != self.rate,
        }
        self.notes = [note for note, holds in notes.items() if holds]
        # As stored, whatever the display matrix says.
        self.width, self.height = frame.width, frame.height
        self.depth = max(component.bits for component in frame.format.components)
        self.matrix, self.transfer = int(frame.colorspace), int(frame.color_trc)
        self.primaries = int(frame.color_primaries)
        # RGB is always full, and becomes what video is as a rule.
        full = frame.color_range == FULL_RANGE and not frame.format.is_rgb
        self.color_range = FULL_RANGE if full else LIMITED_RANGE
        matrix = frame.side_data.get(av.sidedata.sidedata.Type.DISPLAYMATRIX)
        self.display_matrix = matrix and tuple(memoryview(bytes(matrix)).cast("i")[:9])
        self._complete(tags.get("timecode"))

    def _complete(self, timecode):
        """Sets what follows from the rest, such as first step, length and time code of the part."""
        if self.matrix not in SCALER_MATRICES:
            self.matrix = BT709 if self.height >= HD_LINES else BT601
        self.orientation = orientation_of(self.display_matrix)
        start, duration, most = dataclasses.astuple(self.excerpt)
        is_before = not self.seconds or start < self.seconds
        end = f"a start before the end ({self.seconds or 0:.3f} s)"
        expect(is_before, f"{end}, received {start}", self.path)
        self.moved = math.ceil(round(float(start / self.time_base), 6))
        # The second of the file at which the time of the excerpt begins.
        self.cut = (self.first + self.moved) * self.time_base if self.moved else Fraction(0)
        if self.seconds:
            self.seconds = min(self.seconds - start, duration or math.inf)
        if start or duration or not self.frames:
            self.frames = round(self.seconds * self.rate) if self.seconds else None
        if most:
            self.frames = min(self.frames or most, most)
        frames = math.ceil(round(float(start * self.rate), 6))
        self.timecode = timecode and moved_timecode(timecode, frames, self.rate)

    def open(self):
        """Opens the file: a PyAV container; `VideoError` if it is none."""
        try:
            container = av.open(str(self.path), metadata_errors="replace")
        except (av.error.FFmpegError, OSError) as error:
            raise VideoError(
                f"{self.path}: expected a video, received {error.strerror}."
            ) from error
        # FFmpeg has a container of its own for each format of pictures.
        is_photograph = container.format.name.endswith(("_pipe", "image2"))
        known = "a video, received a photograph; `colorize` takes it"
        expect(not is_photograph, known, self.path, VideoError)
        return container

    def fingerprint(self):
        """Values for JSON that change when a file does."""
        digest = hashlib.sha256()
        for path in self.files.values():
            state = path.stat()
            digest.update(f"{path.name} {state.st_size} {state.st_mtime_ns}\n".encode())
        return [str(self.path.resolve()), digest.hexdigest()]

    def ends_early(self):
        """Whether the pictures ended before the second that the file says."""
        # A tenth is a margin for files that are not exact about how long they are.
        least = 0.9 * (self.seconds or 0.0) - 2 / float(self.rate)
        return self.excerpt.frames != self.count and self.reached < least

    def pictures(self, done=(), side=None):
        """Yields a `Picture` per frame; those up to the last timestamp done are only counted.

        With a side, they have 8 bits and at most so many pixels on the long side.
        """
        self.damages = self.count = self.reached = 0
        duration, most = self.excerpt.duration, self.excerpt.frames
        begin, start, last = self.first + self.moved, None, -math.inf
        step = round(1 / (self.rate * self.time_base))
        name = SHALLOW if self.depth <= 8 or side else DEEP
        scale = min(1, (side or math.inf) / max(self.width, self.height))
        settings = {"format": name, "interpolation": SCALER_FLAGS[name]}
        settings["width"] = max(1, round(self.width * scale))
        settings["height"] = max(1, round(self.height * scale))
        seeks = self.moved and self._finds(begin)
        with self.open() as container:
            stream = container.streams[self.index]
            stream.thread_type = "AUTO"
            if seeks:
                container.seek(begin, stream=stream)
            for frame in _frames_of(container, stream):
                if frame is None:
                    self.damages += 1
                    continue
                # Timestamps must rise, which those of damaged or raw streams do not always do.
                pts = frame.dts if frame.pts is None else frame.pts
                if pts is None:
                    pts = 0 if last == -math.inf else last + step
                last = max(pts, last + 1)
                if self.moved and last < begin:
                    self.damages = 0
                    continue
                if start is None:
                    start = begin if self.moved else last
                if self.count == most or (duration and (last - start) * self.time_base >= duration):
                    break
                self.count += 1
                self.reached = float((last - start + (frame.duration or 0)) * self.time_base)
                shown = last - start if self.moved else last
                if not done or shown > done[-1]:
                    frame.colorspace = self.matrix
                    pixels = frame.reformat(**settings).to_ndarray()
                    yield Picture(shown, frame.duration or 0, pixels, self.count)

    def _finds(self, pts):
        """Whether seeking leads to a frame before a timestamp: some files have no index."""
        with self.open() as container:
            stream = container.streams[self.index]
            try:
                container.seek(pts, stream=stream)
            except av.error.FFmpegError:
                return False
            frame = next(filter(None, _frames_of(container, stream)), None)
            return frame is not None and frame.pts is not None and frame.pts <= pts


def packets_of(container, streams):
    """Yields the packets of streams; None where they break off, and then those that end them."""
    try:
        yield from container.demux(streams)
    except av.error.FFmpegError:
        yield None
        for stream in streams:
            ending = av.Packet()
            ending.stream = stream
            yield ending


def _frames_of(container, stream):
    """Yields the frames of a stream, and None for each packet or frame with damage."""
    for packet in packets_of(container, [stream]):
        try:
            frames = [None] if packet is None else packet.decode()
        except av.error.FFmpegError:
            frames = [None]
        for frame in frames:
            if frame and frame.is_corrupt:
                yield None
            yield frame


def _seconds(stream):
    if stream.duration:
        return float(stream.duration * stream.time_base)
    # Matroska tells how long a stream lasts in a tag: hours:minutes:seconds.
    parts = re.fullmatch(r"(\d+):(\d+):(\d+\.?\d*)", stream.metadata.get("DURATION", ""))
    if parts:
        hours, minutes, seconds = map(float, parts.groups())
        return 3600 * hours + 60 * minutes + seconds
    duration = stream.container.duration
    return duration / 1_000_000 if duration else None


def moved_timecode(timecode, frames, rate):
    """A time code `hh:mm:ss:ff` so many frames later; None for text that is none.

    With `;` before the frames, numbers are dropped to keep up with the clock: SMPTE ST 12-1.
    """
    parts = re.fullmatch(r"(\d\d):(\d\d):(\d\d)([:;.])(\d\d)", timecode)
    if not parts:
        return None
    sign = parts[4]
    hours, minutes, seconds, count = (int(parts[i]) for i in (1, 2, 3, 5))
    base = round(rate)
    dropped = base // 15 if sign != ":" else 0
    minutes += 60 * hours
    number = (60 * minutes + seconds) * base + count - dropped * (minutes - minutes // 10) + frames
    tens, rest = divmod(number, 600 * base - 9 * dropped)
    rest += dropped * max(0, (rest - dropped) // (60 * base - dropped))
    seconds, count = divmod(600 * base * tens + rest, base)
    minutes, seconds = divmod(seconds, 60)
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}:{seconds:02d}{sign}{count:02d}"


def orientation_of(display_matrix):
    """Reads quarter turns and mirrors from a display matrix, nine numbers of FFmpeg, or None.

    Returns three bool: whether rows become columns, then whether rows and columns are mirrored.
    """
    a, b, _, c, d, *_ = display_matrix or (1, 0, 0, 0, 1)
    return (True, b < 0, c < 0) if abs(b) > abs(a) else (False, d < 0, a < 0)


def turned(picture, orientation):
    """The picture (H, W, C) as it is shown, from how it is stored; see `orientation_of`."""
    transposed, rows, columns = orientation
    picture = np.swapaxes(picture, 0, 1) if transposed else picture
    return np.ascontiguousarray(picture[:: -1 if rows else 1, :: -1 if columns else 1])


def turned_back(picture, orientation):
    """The picture (H, W, C) as it is stored: takes `turned` back."""
    transposed, rows, columns = orientation
    return turned(picture, (transposed, columns, rows) if transposed else orientation)
