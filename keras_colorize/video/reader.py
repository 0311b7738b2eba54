"""The video that is colorized: what is known of it, and its frames as sRGB arrays."""

import dataclasses
import math
import re
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import Interpolation

from keras_colorize.errors import InputError

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
# Pixel formats that have transparency begin like this.
_TRANSPARENT = ("yuva", "rgba", "argb", "bgra", "abgr", "gbrap", "ya")


class VideoError(Exception):
    """A video that cannot be read or written."""


@dataclasses.dataclass(frozen=True)
class Picture:
    """A frame: timestamp, duration (0 if not said), and pixels as stored, uint8 or uint16.

    Of a sequence there is the `original`, too: a `Photograph`, or the header of a DPX file. A
    frame that was in color is `kept`.
    """

    pts: int
    duration: int
    pixels: np.ndarray
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
        lasts = self.duration is None or self.duration > 0
        if not (self.start >= 0 and lasts and (self.frames is None or self.frames > 0)):
            raise InputError(
                "Expected a start of 0 or more, and a duration and a number of frames above 0, "
                f"received {self.start}, {self.duration} and {self.frames}."
            )


class Source:
    """A video, with its frames; `VideoError` if nothing in it can be decoded.

    Times are in steps of `time_base`, which is in seconds; `frames` and `seconds` of the excerpt
    are as the file says, or None. `pictures` counts the frames that it has read in `count`, up to
    the second `reached`, and the packets or frames with damage in `damages`.
    """

    def __init__(self, path, excerpt=None):
        self.path, self.excerpt = Path(path), excerpt or Excerpt()
        with open_input(self.path) as container:
            cover = av.stream.Disposition.attached_pic
            streams = [x for x in container.streams.video if not x.disposition & cover]
            if not streams:
                kinds = ", ".join(stream.type for stream in container.streams) or "none"
                raise VideoError(f"{path}: Expected a video stream, received streams: {kinds}.")
            stream = streams[0]
            if stream.codec_context is None:
                raise VideoError(f"{path}: Expected a known codec of its pictures, received none.")
            frame = next(_frames_of(container, stream), None)
            if frame is None:
                raise VideoError(f"{path}: Expected a frame that can be decoded, received none.")
            self.index, self.time_base = stream.index, stream.time_base
            self.aspect = stream.sample_aspect_ratio or None
            rates = stream.average_rate, stream.guessed_rate
            self.rate = next((x for x in rates if x and x <= BELIEVABLE_RATE), Fraction(25))
            self.seconds, self.notes = _seconds(stream), list(_notes(container, frame))
            if rates[0] and rates[0] != self.rate:
                said = f"it says that it has {rates[0]} frames a second"
                self.notes.append(f"{said}, which is not believable: {self.rate} are taken")
            self.frames, self.first = stream.frames, frame.pts or 0
            tags = {name.lower(): text for name, text in container.metadata.items()}
            tags |= {name.lower(): text for name, text in stream.metadata.items()}
        self._describe(frame)
        self._cut(tags.get("timecode"))

    def _describe(self, frame):
        # As stored, whatever the display matrix says.
        self.width, self.height = frame.width, frame.height
        self.depth = max(component.bits for component in frame.format.components)
        self.matrix = int(frame.colorspace)
        if self.matrix not in SCALER_MATRICES:
            self.matrix = BT709 if frame.height >= HD_LINES else BT601
        self.primaries, self.transfer = int(frame.color_primaries), int(frame.color_trc)
        # RGB is always full, and becomes what video is as a rule.
        full = frame.color_range == FULL_RANGE and not frame.format.is_rgb
        self.color_range = FULL_RANGE if full else LIMITED_RANGE
        self.interlaced = bool(frame.interlaced_frame)
        kind = av.sidedata.sidedata.Type.DISPLAYMATRIX
        matrices = (bytes(data) for data in frame.side_data if data.type == kind)
        self.display_matrix = next((tuple(memoryview(x).cast("i")[:9]) for x in matrices), None)
        matrix = self.display_matrix
        self.orientation = orientation_of(matrix) if matrix else (False, False, False)

    def _cut(self, timecode):
        """Sets what is known of the excerpt alone: its length, its first step and time code."""
        start, duration, most = dataclasses.astuple(self.excerpt)
        if self.seconds and start >= self.seconds:
            expected = f"Expected a start before the end ({self.seconds:.3f} s)"
            raise InputError(f"{self.path}: {expected}, received {start}.")
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

    def fingerprint(self):
        """Values for JSON that change when the file does."""
        state = self.path.stat()
        return [str(self.path.resolve()), state.st_size, state.st_mtime_ns]

    def ends_early(self):
        """Whether the pictures ended before the second that the file says."""
        if self.excerpt.frames == self.count:
            return False
        # A tenth is a margin for files that are not exact about how long they are.
        return self.reached < 0.9 * (self.seconds or 0.0) - 2 / float(self.rate)

    def pictures(self, done=(), side=None):
        """Yields a `Picture` per frame; those up to the last timestamp done are only counted.

        With a side, they have 8 bits and at most so many pixels on the long side.
        """
        self.damages = self.count = self.reached = 0
        duration, most = self.excerpt.duration, self.excerpt.frames
        start, last, begin = None, None, self.first + self.moved
        name = SHALLOW if self.depth <= 8 or side else DEEP
        scale = min(1, (side or math.inf) / max(self.width, self.height))
        settings = {"width": max(1, round(self.width * scale)), "format": name}
        settings["height"] = max(1, round(self.height * scale))
        settings["interpolation"] = SCALER_FLAGS[name]
        seeks = self.moved and self._finds(begin)
        with open_input(self.path) as container:
            stream = container.streams[self.index]
            stream.thread_type = "AUTO"
            if seeks:
                container.seek(begin, stream=stream)
            for frame in _frames_of(container, stream, self._damaged):
                # Timestamps must rise, which those of damaged or raw streams do not always do.
                pts = frame.pts if frame.pts is not None else frame.dts
                if last is None:
                    last = pts or 0
                else:
                    guess = last + round(1 / (self.rate * self.time_base)) if pts is None else pts
                    last = max(guess, last + 1)
                if self.moved and last < begin:
                    self.damages = 0
                    continue
                start = (begin if self.moved else last) if start is None else start
                past = duration and (last - start) * self.time_base >= duration
                if past or self.count == most:
                    break
                steps = last - start + (frame.duration or 0)
                self.count, self.reached = self.count + 1, float(steps * self.time_base)
                shown = last - (begin if self.moved else 0)
                if not done or shown > done[-1]:
                    frame.colorspace = self.matrix
                    pixels = frame.reformat(**settings).to_ndarray()
                    yield Picture(shown, frame.duration or 0, pixels)

    def _finds(self, pts):
        """Whether seeking leads to a frame before a timestamp: some files have no index."""
        with open_input(self.path) as container:
            stream = container.streams[self.index]
            try:
                container.seek(pts, stream=stream)
            except av.error.FFmpegError:
                return False
            frame = next(_frames_of(container, stream), None)
            return frame is not None and frame.pts is not None and frame.pts <= pts

    def _damaged(self):
        self.damages += 1


def open_input(path):
    """Opens a video to read: a PyAV container; `VideoError` where there is none."""
    try:
        container = av.open(str(path), metadata_errors="replace")
    except (av.error.FFmpegError, OSError) as error:
        raise VideoError(f"{path}: Expected a video, received: {error.strerror}.") from error
    # FFmpeg has a container of its own for each format of pictures.
    if container.format.name.endswith("_pipe") or container.format.name == "image2":
        container.close()
        raise VideoError(f"{path}: Expected a video, received a photograph; `colorize` takes it.")
    return container


def packets_of(container, streams, on_error=lambda: None):
    """Yields the packets of streams and those that end them; calls `on_error` for a broken end."""
    try:
        yield from container.demux(streams)
    except av.error.FFmpegError:
        on_error()
        for stream in streams:
            ending = av.Packet()
            ending.stream = stream
            yield ending


def _frames_of(container, stream, on_error=lambda: None):
    """Yields the frames of a stream; calls `on_error` for each packet or frame with damage."""
    for packet in packets_of(container, [stream], on_error):
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            on_error()
            continue
        for frame in frames:
            if frame.is_corrupt:
                on_error()
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
    if dropped and rest >= 60 * base:
        rest += dropped * ((rest - 60 * base) // (60 * base - dropped) + 1)
    seconds, count = divmod(600 * base * tens + rest, base)
    minutes, seconds = divmod(seconds, 60)
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}:{seconds:02d}{sign}{count:02d}"


def _notes(container, frame):
    if len(container.streams.video) > 1:
        yield "only its first video stream is kept; further ones and covers are left out"
    if frame.format.name.startswith(_TRANSPARENT):
        yield "its transparency is left out"
    if frame.interlaced_frame:
        yield "it is interlaced; deinterlaced first, it gets better colors"


def orientation_of(display_matrix):
    """Reads quarter turns and mirrors from a display matrix, nine numbers as FFmpeg has them.

    Returns three bool: whether rows become columns, then whether rows and columns are mirrored.
    """
    a, b, _, c, d, *_ = display_matrix
    return (True, b < 0, c < 0) if abs(b) > abs(a) else (False, d < 0, a < 0)


def turned(picture, orientation):
    """The picture (H, W, C) as it is shown, from how it is stored; see `orientation_of`."""
    transposed, rows, columns = orientation
    picture = np.swapaxes(picture, 0, 1) if transposed else picture
    return np.ascontiguousarray(picture[:: -1 if rows else 1, :: -1 if columns else 1])


def turned_back(picture, orientation):
    """The picture (H, W, C) as it is stored: takes `turned` back."""
    transposed, rows, columns = orientation
    picture = picture[:: -1 if rows else 1, :: -1 if columns else 1]
    return np.ascontiguousarray(np.swapaxes(picture, 0, 1) if transposed else picture)
