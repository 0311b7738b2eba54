"""Segments of an output: frames go in, arrays to be kept come out."""

import io

import numpy as np

from keras_colorize.io import Photograph, PhotographError, write_photograph
from keras_colorize.video.encoding import add_stream
from keras_colorize.video.errors import VideoError, load_av
from keras_colorize.video.frames import to_frame
from keras_colorize.video.orientation import turned

SEGMENT_FRAMES = 120
"""Frames of a segment; an interrupted run repeats at most as many."""

SEGMENT_BYTES = 64 << 20
"""A segment ends early when its packets are larger, which bounds the memory."""


class EncodedSegment:
    """A segment of packets, encoded apart from all others.

    Args:
        source: the `Source`.
        encoding: the `Encoding`.
        container: name of the output's format: some want their headers apart.
    """

    def __init__(self, source, encoding, container):
        self.source, self.encoding = source, encoding
        self._frames, self._packets = [], []
        # The stream of a container that is never written has just the options of the output's.
        self._container = load_av().open(io.BytesIO(), "w", format=container)
        self._stream = add_stream(self._container, source, encoding)

    @property
    def full(self):
        """Whether it is time for the next one."""
        size = sum(len(packet[0]) for packet in self._packets)
        return len(self._frames) >= SEGMENT_FRAMES or size >= SEGMENT_BYTES

    def __len__(self):
        """Frames so far."""
        return len(self._frames)

    def add(self, picture):
        """Encodes a `Picture`."""
        self._frames.append((picture.pts, picture.duration))
        self._encode(to_frame(picture, self.source, self.encoding.pix_fmt))

    def arrays(self):
        """Ends the segment; returns its arrays, of which `data` has all packets in a row."""
        self._encode(None)
        data, pts, key = zip(*self._packets, strict=True)
        frame_pts, durations = zip(*self._frames, strict=True)
        return {
            "data": np.frombuffer(b"".join(data), np.uint8),
            "size": np.array([len(one) for one in data], np.int64),
            "pts": np.array(pts, np.int64),
            "key": np.array(key, bool),
            "frame_pts": np.array(frame_pts, np.int64),
            "frame_duration": np.array(durations, np.int64),
        }

    def _encode(self, frame):
        for packet in self._stream.encode(frame):
            self._packets.append((bytes(packet), packet.pts, packet.is_keyframe))


class PictureSegment:
    """A segment of PNG files, numbered through.

    Args:
        source: the `Source`.
        folder: where they go.
        number: frames before the segment.
        mark: whether each says that its colors were made.
    """

    def __init__(self, source, folder, number, mark):
        self.source, self.folder, self.mark = source, folder, mark
        self._number, self._frames = number, []

    @property
    def full(self):
        """Whether it is time for the next one."""
        return len(self._frames) >= SEGMENT_FRAMES

    def __len__(self):
        """Frames so far."""
        return len(self._frames)

    def add(self, picture):
        """Writes a `Picture`, turned upright: PNG has no display matrix."""
        self._frames.append(picture.pts)
        path = self.folder / f"{self._number + len(self._frames):06d}.png"
        photograph = Photograph(turned(picture.pixels, self.source.orientation))
        try:
            write_photograph(path, photograph, mark_colorized=self.mark, overwrite=True)
        except PhotographError as error:
            raise VideoError(str(error)) from error

    def arrays(self):
        """Ends the segment; returns its arrays."""
        return {"frame_pts": np.array(self._frames, np.int64)}
