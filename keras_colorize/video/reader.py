"""The video that is colorized: what is known of it, and its frames as sRGB arrays."""

import dataclasses
import re
from fractions import Fraction
from pathlib import Path

import numpy as np

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


class VideoError(Exception):
    """A video that cannot be read or written; the message is meant for people."""


def load_av():
    """Imports PyAV; returns the module `av`, or raises `VideoError` without it."""
    try:
        import av
    except ImportError as error:
        raise VideoError(
            "Expected the package av (PyAV) for videos: pip install keras-colorize[video]."
        ) from error
    return av


@dataclasses.dataclass(frozen=True)
class Source:
    """A video, and the stream in it that has the pictures."""

    path: Path
    index: int  # Of the stream.
    width: int  # As stored, in pixels.
    height: int
    depth: int  # Bits of a sample.
    time_base: Fraction  # Seconds of a step of its timestamps.
    rate: Fraction  # Frames per second, on average.
    frames: int | None  # About how many there are.
    seconds: float | None  # How long it lasts, as the file says.
    matrix: int  # Of ITU-T H.273, as primaries and transfer; the usual one where none is named.
    color_range: int  # That of the output, too.
    primaries: int
    transfer: int
    aspect: Fraction | None  # Width of a pixel in its heights.
    display_matrix: tuple | None  # Nine numbers that say how to show it.
    interlaced: bool
    notes: tuple = ()  # Sentences on what will not be kept.

    @property
    def orientation(self):
        """How the stored picture must be turned, see `orientation_of`."""
        return orientation_of(self.display_matrix) if self.display_matrix else (False,) * 3


def open_input(path):
    """Opens a video to read: a PyAV container; `VideoError` where there is none."""
    av = load_av()
    try:
        return av.open(str(path), metadata_errors="replace")
    except (av.error.FFmpegError, OSError) as error:
        raise VideoError(f"{path}: Expected a video, received: {error.strerror}.") from error


def read_source(path):
    """Reads the `Source` up to the first frame; `VideoError` if nothing in it can be decoded."""
    av, path = load_av(), Path(path)
    with open_input(path) as container:
        cover = av.stream.Disposition.attached_pic
        streams = [x for x in container.streams.video if not x.disposition & cover]
        if not streams:
            kinds = ", ".join(stream.type for stream in container.streams) or "none"
            raise VideoError(f"{path}: Expected a video stream, received these streams: {kinds}.")
        stream = streams[0]
        if stream.codec_context is None:
            raise VideoError(f"{path}: Expected a known codec of its pictures, received none.")
        frame = next(_frames_of(container, stream), None)
        if frame is None:
            raise VideoError(f"{path}: Expected a frame that can be decoded, received none.")
        seconds, rate = _seconds(container, stream), stream.average_rate or stream.guessed_rate
        matrix = frame.colorspace
        if matrix not in SCALER_MATRICES:
            matrix = BT709 if frame.height >= HD_LINES else BT601
        # RGB is always full, and becomes what video is as a rule.
        full = frame.color_range == FULL_RANGE and not frame.format.is_rgb
        kind = av.sidedata.sidedata.Type.DISPLAYMATRIX
        matrices = (bytes(data) for data in frame.side_data if data.type == kind)
        return Source(
            path=path,
            index=stream.index,
            width=frame.width,
            height=frame.height,
            depth=max(component.bits for component in frame.format.components),
            time_base=stream.time_base,
            rate=rate or Fraction(25),
            frames=stream.frames or (round(seconds * rate) if seconds and rate else None),
            seconds=seconds,
            matrix=int(matrix),
            color_range=FULL_RANGE if full else LIMITED_RANGE,
            primaries=int(frame.color_primaries),
            transfer=int(frame.color_trc),
            aspect=stream.sample_aspect_ratio or None,
            display_matrix=next((tuple(memoryview(x).cast("i")[:9]) for x in matrices), None),
            interlaced=bool(frame.interlaced_frame),
            notes=tuple(_notes(container, frame)),
        )


def packets_of(container, streams, on_error=lambda: None):
    """Yields the packets of streams and those that end them; calls `on_error` for a broken end."""
    av = load_av()
    packets = container.demux(streams)
    while True:
        try:
            yield next(packets)
        except StopIteration:
            return
        except av.error.FFmpegError:
            on_error()
            break
    for stream in streams:
        ending = av.Packet()
        ending.stream = stream
        yield ending


def _frames_of(container, stream, on_error=lambda: None):
    """Yields the frames of a stream; calls `on_error` for each packet or frame with damage."""
    av = load_av()
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


def _seconds(container, stream):
    if stream.duration:
        return float(stream.duration * stream.time_base)
    # Matroska tells how long a stream lasts in a tag: hours:minutes:seconds.
    parts = re.fullmatch(r"(\d+):(\d+):(\d+\.?\d*)", stream.metadata.get("DURATION", ""))
    if parts:
        hours, minutes, seconds = map(float, parts.groups())
        return 3600 * hours + 60 * minutes + seconds
    return container.duration / 1_000_000 if container.duration else None


def _notes(container, frame):
    if len(container.streams.video) > 1:
        yield "only its first video stream is kept; further ones and covers are left out"
    if frame.format.name.startswith(("yuva", "rgba", "argb", "bgra", "abgr", "gbrap", "ya")):
        yield "its transparency is left out"
    if frame.interlaced_frame:
        yield "it is interlaced and stays so; deinterlaced first, it gets better colors"


@dataclasses.dataclass(frozen=True)
class Picture:
    """A frame of a video."""

    pts: int  # In steps of the time base.
    duration: int  # The same; 0 where it is not said.
    pixels: np.ndarray  # (H, W, 3) in uint8 or uint16, as stored.


class FrameReader:
    """Reads the frames of a `Source`; counts these, their seconds, and what is damaged."""

    def __init__(self, source):
        self.source, self.damages, self.count, self.seconds = source, 0, 0, 0
        self._first = self._pts = None

    def pictures(self, skip=0):
        """Yields a `Picture` per frame, after frames that are decoded, counted and left out."""
        source = self.source
        name = SHALLOW if source.depth <= 8 else DEEP
        size = {"width": source.width, "height": source.height}
        with open_input(source.path) as container:
            stream = container.streams[source.index]
            stream.thread_type = "AUTO"
            for frame in _frames_of(container, stream, self._damaged):
                self._count(frame)
                if self.count > skip:
                    frame.colorspace = source.matrix
                    exact = scaler_flags(name)
                    pixels = frame.reformat(format=name, interpolation=exact, **size).to_ndarray()
                    yield Picture(self._pts, frame.duration or 0, pixels)

    def _damaged(self):
        self.damages += 1

    def _count(self, frame):
        """Timestamps must rise, which those of damaged or raw streams do not always do."""
        pts = frame.pts if frame.pts is not None else frame.dts
        if self._pts is None:
            self._first = self._pts = pts or 0
        else:
            if pts is None:
                pts = self._pts + round(1 / (self.source.rate * self.source.time_base))
            self._pts = max(pts, self._pts + 1)
        steps = self._pts - self._first + (frame.duration or 0)
        self.count, self.seconds = self.count + 1, float(steps * self.source.time_base)


def scaler_flags(name):
    """Flags of FFmpeg's scaler for arrays of a format; by default colors get a level darker."""
    flags = load_av().video.reformatter.Interpolation
    accurate = flags.BILINEAR | flags.ACCURATE_RND
    # With 16 bits, the chroma of every pixel comes out of the scaler as garbage.
    return accurate if name == DEEP else accurate | flags.FULL_CHR_H_INT | flags.FULL_CHR_H_INP


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
