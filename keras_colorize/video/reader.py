"""The video that is colorized: what is known of it, and its frames as sRGB arrays."""

import dataclasses
import re
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import Interpolation

# Numbers of color matrices in ITU-T H.273, which FFmpeg takes over; its scaler has its own, of
# which two share one.
BT709, BT601 = 1, 6
SCALER_MATRICES = {BT709: 1, 4: 4, 5: 5, BT601: 5, 7: 7, 9: 9}
# From here on videos that do not name their matrix are in BT.709, below in BT.601.
HD_LINES = 720
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
    """A frame: timestamp, duration (0 if not said), and pixels as stored, uint8 or uint16."""

    pts: int
    duration: int
    pixels: np.ndarray


class Source:
    """A video, with its frames; `VideoError` if nothing in it can be decoded.

    Times are in steps of `time_base`, which is in seconds; `frames` and `seconds` in all are as
    the file says, or None. `pictures` counts the frames that it has read in `count`, up to the
    second `reached`, and the packets or frames with damage in `damages`.
    """

    def __init__(self, path):
        self.path = Path(path)
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
            rate, self.seconds = stream.average_rate or stream.guessed_rate, _seconds(stream)
            estimate = round(self.seconds * rate) if self.seconds and rate else None
            self.frames, self.rate = stream.frames or estimate, rate or Fraction(25)
            self.notes = list(_notes(container, frame))
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

    def pictures(self, skip=0):
        """Yields a `Picture` per frame, after frames that are decoded, counted and left out."""
        self.damages = self.count = self.reached = 0
        first = last = None
        name = SHALLOW if self.depth <= 8 else DEEP
        settings = {"width": self.width, "height": self.height, "format": name}
        settings["interpolation"] = SCALER_FLAGS[name]
        with open_input(self.path) as container:
            stream = container.streams[self.index]
            stream.thread_type = "AUTO"
            for frame in _frames_of(container, stream, self._damaged):
                # Timestamps must rise, which those of damaged or raw streams do not always do.
                pts = frame.pts if frame.pts is not None else frame.dts
                if last is None:
                    first = last = pts or 0
                else:
                    guess = last + round(1 / (self.rate * self.time_base)) if pts is None else pts
                    last = max(guess, last + 1)
                steps = last - first + (frame.duration or 0)
                self.count, self.reached = self.count + 1, float(steps * self.time_base)
                if self.count > skip:
                    frame.colorspace = self.matrix
                    pixels = frame.reformat(**settings).to_ndarray()
                    yield Picture(last, frame.duration or 0, pixels)

    def _damaged(self):
        self.damages += 1


def open_input(path):
    """Opens a video to read: a PyAV container; `VideoError` where there is none."""
    try:
        return av.open(str(path), metadata_errors="replace")
    except (av.error.FFmpegError, OSError) as error:
        raise VideoError(f"{path}: Expected a video, received: {error.strerror}.") from error


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


def _notes(container, frame):
    if len(container.streams.video) > 1:
        yield "only its first video stream is kept; further ones and covers are left out"
    if frame.format.name.startswith(_TRANSPARENT):
        yield "its transparency is left out"
    if frame.interlaced_frame:
        yield "it is interlaced and stays so; deinterlaced first, it gets better colors"


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
