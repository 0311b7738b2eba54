"""The video that is colorized: what is known of it before its frames are read."""

import dataclasses
import re
from fractions import Fraction
from pathlib import Path

from keras_colorize.video.errors import VideoError, load_av
from keras_colorize.video.orientation import UPRIGHT, orientation_of

BT709 = 1
BT601 = 6
"""Numbers of color matrices in ITU-T H.273, which FFmpeg takes over."""

HD_LINES = 720
"""From here on videos that do not name their matrix are in BT.709, below in BT.601."""

FULL_RANGE = 2
"""Number that FFmpeg has for levels from 0 to the highest."""

_LIMITED_RANGE = 1
_MATRICES = {BT709, 4, 5, BT601, 7, 9}
_DEFAULT_RATE = Fraction(25)


@dataclasses.dataclass(frozen=True)
class Source:
    """A video, and the stream in it that has the pictures.

    Attributes:
        path: where it is.
        index: number of the stream.
        width: pixels in a row, as stored.
        height: rows, as stored.
        depth: bits of a sample.
        time_base: seconds of a step of its timestamps.
        rate: frames per second, on average.
        frames: about how many there are, or None.
        seconds: how long it lasts as the file says, or None.
        matrix: number of the color matrix (ITU-T H.273); the usual one where none is named.
        color_range: 1 for video levels, 2 for full ones; that of the output, too.
        primaries: number of the primaries, as stated.
        transfer: number of the transfer characteristics, as stated.
        aspect: width of a pixel in its heights, or None.
        display_matrix: nine numbers that say how to show it, or None.
        interlaced: whether its frames are made of two fields.
        notes: sentences on what will not be kept.
    """

    path: Path
    index: int
    width: int
    height: int
    depth: int
    time_base: Fraction
    rate: Fraction
    frames: int | None
    seconds: float | None
    matrix: int
    color_range: int
    primaries: int
    transfer: int
    aspect: Fraction | None
    display_matrix: tuple | None
    interlaced: bool
    notes: tuple = ()

    @property
    def orientation(self):
        """How the stored picture must be turned, see `orientation_of`."""
        return orientation_of(self.display_matrix) if self.display_matrix else UPRIGHT


def open_input(path):
    """Opens a video to read.

    Args:
        path: path of the video.

    Returns:
        A PyAV container.

    Raises:
        VideoError: if there is no such file or it is no video.
    """
    av = load_av()
    try:
        return av.open(str(path), metadata_errors="replace")
    except (av.error.FFmpegError, OSError) as error:
        raise VideoError(f"{path}: expected a video, got: {error.strerror}.") from error


def read_source(path):
    """Reads what is to be known of a video, up to its first frame.

    Args:
        path: path of the video.

    Returns:
        A `Source`.

    Raises:
        VideoError: if it cannot be read, has no pictures, or not one that can be decoded.
    """
    path = Path(path)
    with open_input(path) as container:
        stream = _pictures(container, path)
        frame = _first_frame(container, stream, path)
        return Source(
            path=path,
            index=stream.index,
            width=frame.width,
            height=frame.height,
            depth=max(component.bits for component in frame.format.components),
            time_base=stream.time_base,
            rate=stream.average_rate or stream.guessed_rate or _DEFAULT_RATE,
            frames=_frame_count(container, stream),
            seconds=_seconds(container, stream),
            aspect=stream.sample_aspect_ratio or None,
            display_matrix=_display_matrix(frame),
            interlaced=bool(frame.interlaced_frame),
            notes=_notes(container, stream, frame),
            **_colors(frame),
        )


def _pictures(container, path):
    av = load_av()
    cover = av.stream.Disposition.attached_pic
    streams = [one for one in container.streams.video if not one.disposition & cover]
    if not streams:
        kinds = ", ".join(one.type for one in container.streams) or "none"
        raise VideoError(f"{path}: expected a video stream, found these streams: {kinds}.")
    stream = streams[0]
    if stream.codec_context is None:
        raise VideoError(f"{path}: expected a codec that is known, found none for its pictures.")
    return stream


def _first_frame(container, stream, path):
    av = load_av()
    for packet in packets_of(container, [stream]):
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            continue
        if frames:
            return frames[0]
    raise VideoError(f"{path}: expected at least one frame that can be decoded, found none.")


def packets_of(container, streams, on_error=None):
    """Yields the packets of streams, as far as the file can be read.

    Args:
        container: a PyAV container.
        streams: its streams that are wanted.
        on_error: function without arguments, called where the file ends in the midst.

    Yields:
        PyAV packets, the empty ones that end a stream included.
    """
    av = load_av()
    packets = container.demux(streams)
    while True:
        try:
            yield next(packets)
        except StopIteration:
            return
        except av.error.FFmpegError:
            if on_error:
                on_error()
            break
    for stream in streams:
        ending = av.Packet()
        ending.stream = stream
        yield ending


def _colors(frame):
    matrix = frame.colorspace
    if matrix not in _MATRICES:
        matrix = BT709 if frame.height >= HD_LINES else BT601
    # RGB is always full, and becomes what video is as a rule.
    full = frame.color_range == FULL_RANGE and not frame.format.is_rgb
    return {
        "matrix": int(matrix),
        "color_range": FULL_RANGE if full else _LIMITED_RANGE,
        "primaries": int(frame.color_primaries),
        "transfer": int(frame.color_trc),
    }


def _display_matrix(frame):
    av = load_av()
    for data in frame.side_data:
        if data.type == av.sidedata.sidedata.Type.DISPLAYMATRIX:
            return tuple(memoryview(bytes(data)).cast("i")[:9])
    return None


def _seconds(container, stream):
    if stream.duration:
        return float(stream.duration * stream.time_base)
    # Matroska tells how long a stream lasts in a tag: hours:minutes:seconds.
    parts = re.fullmatch(r"(\d+):(\d+):(\d+\.?\d*)", stream.metadata.get("DURATION", ""))
    if parts:
        hours, minutes, seconds = map(float, parts.groups())
        return 3600 * hours + 60 * minutes + seconds
    return container.duration / 1_000_000 if container.duration else None


def _frame_count(container, stream):
    seconds = _seconds(container, stream)
    rate = stream.average_rate or stream.guessed_rate
    return stream.frames or (round(seconds * rate) if seconds and rate else None)


def _notes(container, stream, frame):
    notes = []
    if len(container.streams.video) > 1:
        notes.append("only its first video stream is kept; further ones and covers are left out")
    if frame.format.name.startswith(("yuva", "rgba", "argb", "bgra", "abgr", "gbrap", "ya")):
        notes.append("its transparency is left out")
    if frame.interlaced_frame:
        notes.append("it is interlaced and stays so; deinterlaced first, it gets better colors")
    return tuple(notes)
