"""The finished file: the encoded pictures, and all else copied from the source."""

import contextlib
import heapq
import io
from fractions import Fraction

import numpy as np

from keras_colorize.io.metadata import MADE_COLORS
from keras_colorize.video.encoding import add_stream
from keras_colorize.video.errors import VideoError, load_av
from keras_colorize.video.journal import read_arrays
from keras_colorize.video.source import open_input, packets_of

# What describes the file of the source and not its content.
_OF_THE_FILE = {"major_brand", "minor_version", "compatible_brands", "encoder"}


class Muxer:
    """Puts an output together.

    Args:
        source: the `Source`.
        encoding: the `Encoding`.
        container: name of the output's format.
        mark: sentence that goes into the comment, or None.
        drop_unsupported: whether streams that the format cannot hold are left out.

    Attributes:
        notes: sentences on what was left out; known after `check` or `write`.
    """

    def __init__(self, source, encoding, container, mark=None, drop_unsupported=False):
        self.source, self.encoding, self.container = source, encoding, container
        self.mark, self.drop_unsupported = mark, drop_unsupported
        self.notes = ()

    def check(self):
        """Writes the head of the output to nowhere: what it cannot hold is known at once.

        Raises:
            ValueError: if the format cannot hold the codec or a stream that is copied.
        """
        av = load_av()
        with open_input(self.source.path) as given:
            made = av.open(io.BytesIO(), "w", format=self.container)
            try:
                self._prepare(made, given)
                made.start_encoding()
            except (av.error.FFmpegError, ValueError) as error:
                raise ValueError(
                    f"Expected an output that holds its streams, but {self.container} and "
                    f"{self.encoding.codec} ({self.encoding.pix_fmt}) do not fit: {error}."
                ) from error
            finally:
                # A head without pictures cannot be ended properly, nor need it be.
                with contextlib.suppress(av.error.FFmpegError, ValueError):
                    made.close()

    def write(self, path, segments):
        """Writes the output.

        Args:
            path: path of the file.
            segments: paths of the segments.

        Raises:
            VideoError: if it cannot be written.
        """
        av = load_av()
        options = {"movflags": "+faststart"} if self.container in ("mp4", "mov") else {}
        try:
            with (
                open_input(self.source.path) as given,
                av.open(str(path), "w", format=self.container, container_options=options) as made,
            ):
                stream, copies = self._prepare(made, given)
                made.start_encoding()
                pictures = self._pictures(stream, segments)
                for packet in heapq.merge(pictures, _copied(given, copies), key=_time):
                    made.mux(packet)
        except av.error.FFmpegError as error:
            raise VideoError(f"{path}: expected an output that can be written: {error}.") from error

    def _prepare(self, made, given):
        stream = add_stream(made, self.source, self.encoding)
        original = given.streams[self.source.index]
        stream.metadata.update(_kept(original.metadata))
        stream.disposition = original.disposition
        copies, notes = self._copies(made, given)
        self.notes = tuple(notes)
        made.metadata.update(_kept(given.metadata))
        if self.mark:
            comment = made.metadata.get("comment", "")
            made.metadata["comment"] = f"{comment}; {self.mark}" if comment else self.mark
        made.set_chapters(given.chapters())
        return stream, copies

    def _copies(self, made, given):
        copies, notes = {}, []
        for original in given.streams:
            if original.type == "video":
                continue
            try:
                copies[original] = _copy_of(made, original, self.container)
            except ValueError as error:
                needed = original.type in ("audio", "subtitle")
                if needed and not self.drop_unsupported:
                    raise ValueError(
                        f"stream {original.index} ({original.type}): {error}; name another "
                        "suffix (.mkv holds nearly all), or let it be left out"
                    ) from error
                notes.append(f"stream {original.index} ({original.type}) is left out: {error}")
        return copies, notes

    def _pictures(self, stream, segments):
        av = load_av()
        order = _decoding_times(np.concatenate([read_arrays(one, "pts") for one in segments]))
        for segment in segments:
            arrays = np.load(segment)
            durations = dict(zip(arrays["frame_pts"], arrays["frame_duration"], strict=True))
            ends = np.cumsum(arrays["size"])
            data = arrays["data"].tobytes()
            rows = zip(ends - arrays["size"], ends, arrays["pts"], arrays["key"], strict=True)
            for start, end, pts, key in rows:
                packet = av.Packet(data[start:end])
                packet.pts, packet.dts = int(pts), next(order)
                packet.duration = int(durations[pts])
                packet.is_keyframe = bool(key)
                packet.time_base, packet.stream = self.source.time_base, stream
                yield packet


def mark_of(colorizer):
    """The sentence that says that colors were made.

    Args:
        colorizer: a `Colorizer`.

    Returns:
        str.
    """
    return f"Colors made by keras-colorize with {colorizer.name} ({MADE_COLORS})"


def _decoding_times(pts):
    """Yields a decoding time per packet: rising, and never after the time it is shown.

    Each segment was encoded apart, and the times that encoders choose overlap at their ends.
    These are the timestamps in order, moved by as many places as pictures were moved.
    """
    shown = np.sort(pts)
    delay = max(0, int(np.max(np.arange(len(pts)) - np.searchsorted(shown, pts))))
    step = int(shown[1] - shown[0]) if len(pts) > 1 else 1
    yield from (int(shown[0]) - step * places for places in range(delay, 0, -1))
    yield from (int(one) for one in shown[: len(pts) - delay])


def _copy_of(made, original, container):
    if original.type == "data":
        raise ValueError("of data only chapters are copied")
    if original.type == "attachment" and container != "matroska":
        raise ValueError(f"{container!r} format does not support attachments")
    copy = made.add_stream_from_template(original)
    copy.metadata.update(_kept(original.metadata))
    copy.disposition = original.disposition
    return copy


def _copied(given, copies):
    for packet in packets_of(given, list(copies)) if copies else ():
        if packet.dts is not None and packet.size:
            packet.stream = copies[packet.stream]
            yield packet


def _time(packet):
    return Fraction(packet.dts) * packet.time_base


def _kept(metadata):
    return {name: text for name, text in metadata.items() if name.lower() not in _OF_THE_FILE}
