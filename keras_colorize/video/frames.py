"""Frames in and out: decoded pictures as sRGB arrays, and arrays as frames to encode."""

import dataclasses

import numpy as np

from keras_colorize.video.errors import load_av
from keras_colorize.video.source import open_input, packets_of

# FFmpeg's scaler has its own numbers for matrices, of which two share one.
_SCALER_MATRICES = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9}
_SHALLOW, _DEEP = "rgb24", "rgb48le"


@dataclasses.dataclass(frozen=True)
class Picture:
    """A frame of a video.

    Attributes:
        pts: its timestamp, in steps of the time base.
        duration: its duration in the same steps, 0 where it is not said.
        pixels: array (H, W, 3) in uint8 or uint16, as stored.
    """

    pts: int
    duration: int
    pixels: np.ndarray


class FrameReader:
    """Reads the frames of a video one by one.

    Args:
        source: a `Source`.

    Attributes:
        damages: how many packets or frames could not be read as they should be.
        count: frames so far.
        seconds: how long these last.
    """

    def __init__(self, source):
        self.source = source
        self.damages = self.count = self.seconds = 0
        self._first = self._pts = None

    def pictures(self, skip=0):
        """Reads on from a frame.

        Args:
            skip: frames that are decoded, counted and not looked at.

        Yields:
            A `Picture` per frame.
        """
        with open_input(self.source.path) as container:
            stream = container.streams[self.source.index]
            stream.thread_type = "AUTO"
            for packet in packets_of(container, [stream], self._damaged):
                for frame in self._decoded(packet):
                    self._count(frame)
                    if self.count > skip:
                        pixels = self._pixels(frame)
                        yield Picture(self._pts, frame.duration or 0, pixels)

    def _damaged(self):
        self.damages += 1

    def _decoded(self, packet):
        av = load_av()
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            self._damaged()
            return []
        self.damages += sum(frame.is_corrupt for frame in frames)
        return frames

    def _count(self, frame):
        self._pts = self._timestamp(frame)
        self._first = self._pts if self._first is None else self._first
        steps = self._pts - self._first + (frame.duration or 0)
        self.count, self.seconds = self.count + 1, float(steps * self.source.time_base)

    def _timestamp(self, frame):
        """Timestamps must rise, which those of damaged or raw streams do not always do."""
        pts = frame.pts if frame.pts is not None else frame.dts
        if self._pts is None:
            return pts or 0
        if pts is None:
            pts = self._pts + round(1 / (self.source.rate * self.source.time_base))
        return max(pts, self._pts + 1)

    def _pixels(self, frame):
        frame.colorspace = self.source.matrix
        size = {"width": self.source.width, "height": self.source.height}
        name = _SHALLOW if self.source.depth <= 8 else _DEEP
        return frame.reformat(format=name, interpolation=_accurate(name), **size).to_ndarray()


def to_frame(picture, source, pix_fmt):
    """Makes a picture a frame to encode.

    Args:
        picture: a `Picture`.
        source: the `Source` whose color matrix and range it gets.
        pix_fmt: name of the pixel format.

    Returns:
        A PyAV frame.
    """
    av = load_av()
    name = _SHALLOW if picture.pixels.dtype == np.uint8 else _DEEP
    frame = av.VideoFrame.from_ndarray(picture.pixels, name)
    colors = {}
    if not av.VideoFormat(pix_fmt).is_rgb:
        colors = {
            "dst_colorspace": _SCALER_MATRICES[source.matrix],
            "dst_color_range": source.color_range,
        }
    frame = frame.reformat(format=pix_fmt, interpolation=_accurate(name), **colors)
    frame.pts, frame.duration = picture.pts, picture.duration
    frame.time_base = source.time_base
    frame.color_primaries, frame.color_trc = source.primaries, source.transfer
    return frame


def _accurate(name):
    """Flags of FFmpeg's scaler; by default it makes colors a level darker."""
    flags = load_av().video.reformatter.Interpolation
    accurate = flags.BILINEAR | flags.ACCURATE_RND
    # With 16 bits, the chroma of every pixel comes out of the scaler as garbage.
    return accurate if name == _DEEP else accurate | flags.FULL_CHR_H_INT | flags.FULL_CHR_H_INP
