"""Where colorized frames go: a file of video with all else of the source, or a folder of PNGs."""

import contextlib
import heapq
import io
import typing
from fractions import Fraction

import numpy as np

from keras_colorize.errors import InputError
from keras_colorize.io import Photograph, write_photograph
from keras_colorize.io.atomic import atomic_path, write_file
from keras_colorize.video.journal import read_array, writing
from keras_colorize.video.reader import (
    DEEP,
    SCALER_MATRICES,
    SHALLOW,
    VideoError,
    load_av,
    open_input,
    packets_of,
    scaler_flags,
    turned,
)

# Formats of files by suffix; all hold variable frame rates.
CONTAINERS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm"}
# Codecs and their default CRF, at which a loss is hard to see; lower is better and larger.
CODECS = {"libx264": 16, "libx265": 18, "libvpx-vp9": 20, "libsvtav1": 20, "ffv1": None}
# Frames of a segment; an interrupted run repeats at most as many.
SEGMENT_FRAMES = 120
# A segment ends early when its packets are larger, which bounds the memory.
SEGMENT_BYTES = 64 << 20

_LOSSLESS = "ffv1"
_LOSSLESS_FORMATS = {8: "bgr0", 10: "gbrp10le", 12: "gbrp12le", 16: "gbrp16le"}
_QUIET = {"libx265": {"x265-params": "log-level=error"}, "libvpx-vp9": {"row-mt": "1"}}

# What describes the file of the source and not its content.
_OF_THE_FILE = {"major_brand", "minor_version", "compatible_brands", "encoder"}


class Encoding(typing.NamedTuple):
    """How pictures are encoded: container, codec, pixel format and options by FFmpeg's names."""

    container: str
    codec: str
    pix_fmt: str
    options: dict


def choose_encoding(source, target, codec=None, crf=None, lossless=False, options=None):
    """Chooses the `Encoding`, see `colorize_video`; `ValueError` for options at odds.

    Chroma is 4:2:0, as the network predicts it far coarser, but odd sides need 4:4:4 and interlaced
    rows 4:2:2, lest fields mix. Depth stays where the codec can; lossless frames are RGB.
    """
    suffix = target.suffix.lower()
    if suffix not in CONTAINERS:
        raise InputError(
            f"{target}: Expected an output in {', '.join(CONTAINERS)}, or a folder (name/) for "
            f"single frames, received {suffix}."
        )
    if lossless and (codec not in (None, _LOSSLESS) or crf is not None):
        raise InputError(
            f"Expected no other codec than {_LOSSLESS} and no CRF where lossless, received "
            f"{codec} and {crf}."
        )
    default = "libvpx-vp9" if suffix == ".webm" else "libx264"
    codec = _LOSSLESS if lossless else codec or default
    if codec not in CODECS:
        raise InputError(f"Expected a codec among {', '.join(CODECS)}, received {codec!r}.")
    crf = CODECS[codec] if crf is None else crf
    if crf is not None and codec == _LOSSLESS:
        raise InputError(f"Expected no CRF for {codec}, which loses nothing, received {crf}.")
    settings = dict(_QUIET.get(codec, {}))
    if crf is not None:
        settings["crf"] = f"{crf:g}"
    if source.interlaced and codec == "libx264":
        settings["flags"] = "+ildct+ilme"
    settings |= options or {}
    return Encoding(CONTAINERS[suffix], codec, _pixel_format(source, codec), settings)


def _pixel_format(source, codec):
    depth = next(bits for bits in (8, 10, 12, 16) if bits >= min(source.depth, 16))
    if codec == _LOSSLESS:
        return _LOSSLESS_FORMATS[depth]
    av = load_av()
    try:
        known = {pixels.name for pixels in av.Codec(codec, "w").video_formats}
    except ValueError as error:
        raise VideoError(f"Expected PyAV with the encoder {codec}, received none.") from error
    chroma = "420"
    if codec in ("libx264", "libx265") and (source.width % 2 or source.height % 2):
        chroma = "444"
    elif source.interlaced and "yuv422p" in known:
        chroma = "422"
    names = {8: f"yuv{chroma}p", 10: f"yuv{chroma}p10le", 12: f"yuv{chroma}p12le"}
    held = [bits for bits in names if names[bits] in known]
    return names[min((bits for bits in held if bits >= depth), default=max(held))]


class VideoFile:
    """A file of video, all but the pictures copied; `ValueError` for what it cannot hold."""

    def __init__(self, source, path, encoding, mark, drop_unsupported, overwrite):
        self.source, self.path, self.encoding = source, path, encoding
        self.mark, self.drop_unsupported, self.overwrite = mark, drop_unsupported, overwrite
        self.description = list(encoding)
        # The head of the output goes to nowhere: what it cannot hold is known at once.
        av = load_av()
        with open_input(source.path) as original:
            output = av.open(io.BytesIO(), "w", format=encoding.container)
            try:
                _, _, self.notes = self._prepare(output, original)
                output.start_encoding()
            except (av.error.FFmpegError, ValueError) as error:
                raise InputError(
                    f"Expected an output that holds its streams, but {encoding.container} and "
                    f"{encoding.codec} ({encoding.pix_fmt}) do not fit: {error}."
                ) from error
            finally:
                # A head without pictures cannot be ended properly, nor need it be.
                with contextlib.suppress(av.error.FFmpegError, ValueError):
                    output.close()

    def segments(self, pictures, journal):
        """Yields the arrays of segments of packets, each encoded apart from all others."""
        frames = []
        for picture in pictures:
            if not frames:
                # The stream of a container that is never written has just the options of the
                # output's.
                container = load_av().open(io.BytesIO(), "w", format=self.encoding.container)
                stream, packets = _add_stream(container, self.source, self.encoding), []
            frames.append((picture.pts, picture.duration))
            packets += stream.encode(self._encodable(picture))
            size = sum(packet.size for packet in packets)
            if len(frames) >= SEGMENT_FRAMES or size >= SEGMENT_BYTES:
                yield _arrays(frames, packets + stream.encode(None))
                frames = []
        if frames:
            yield _arrays(frames, packets + stream.encode(None))

    def _encodable(self, picture):
        """The frame of PyAV that a `Picture` becomes."""
        av, source, pix_fmt = load_av(), self.source, self.encoding.pix_fmt
        name = SHALLOW if picture.pixels.dtype == np.uint8 else DEEP
        frame = av.VideoFrame.from_ndarray(picture.pixels, name)
        colors = {}
        if not av.VideoFormat(pix_fmt).is_rgb:
            colors["dst_colorspace"] = SCALER_MATRICES[source.matrix]
            colors["dst_color_range"] = source.color_range
        frame = frame.reformat(format=pix_fmt, interpolation=scaler_flags(name), **colors)
        frame.pts, frame.duration = picture.pts, picture.duration
        frame.time_base = source.time_base
        frame.color_primaries, frame.color_trc = source.primaries, source.transfer
        return frame

    def finish(self, journal):
        """Makes the file of the segments; it appears whole or not at all."""
        av, container = load_av(), self.encoding.container
        options = {"movflags": "+faststart"} if container in ("mp4", "mov") else {}
        with (
            writing(self.path),
            atomic_path(self.path, self.overwrite) as part,
            open_input(self.source.path) as original,
            av.open(str(part), "w", format=container, container_options=options) as output,
        ):
            pictures, copies, _ = self._prepare(output, original)
            output.start_encoding()
            packets = self._packets(pictures, journal.segments()), _copied(original, copies)
            for packet in heapq.merge(*packets, key=lambda x: Fraction(x.dts) * x.time_base):
                output.mux(packet)
        journal.remove()

    def _prepare(self, output, original):
        """Adds all streams; returns that of the pictures, copies by original, and notes."""
        container, copies, notes = self.encoding.container, {}, []
        stream = _add_stream(output, self.source, self.encoding)
        pictures = original.streams[self.source.index]
        stream.metadata.update(_kept(pictures.metadata))
        stream.disposition = pictures.disposition
        for other in original.streams:
            if other.type == "video":
                continue
            try:
                copies[other] = _copy_of(output, other, container)
            except ValueError as error:
                if other.type in ("audio", "subtitle") and not self.drop_unsupported:
                    raise InputError(
                        f"stream {other.index} ({other.type}): {error}; name another suffix (.mkv "
                        "holds nearly all), or let it be left out"
                    ) from error
                notes.append(f"stream {other.index} ({other.type}) is left out: {error}")
        output.metadata.update(_kept(original.metadata))
        if self.mark:
            comments = [output.metadata.get("comment"), self.mark]
            output.metadata["comment"] = "; ".join(filter(None, comments))
        output.set_chapters(original.chapters())
        return stream, copies, tuple(notes)

    def _packets(self, stream, segments):
        """Yields the packets of the pictures, with timestamps that rise over all segments.

        Segments were encoded apart and overlap at their ends: decoding times become the timestamps
        in order, moved so that none is after the time its picture is shown.
        """
        pts = np.concatenate([read_array(segment, "pts") for segment in segments])
        shown = np.sort(pts)
        delay = max(0, int(np.max(np.arange(len(pts)) - np.searchsorted(shown, pts))))
        step = int(shown[1] - shown[0]) if len(pts) > 1 else 1
        early = [int(shown[0]) - step * places for places in range(delay, 0, -1)]
        order = iter([*early, *map(int, shown[: len(pts) - delay])])
        for segment in segments:
            with np.load(segment) as file:
                arrays = dict(file)
            durations = dict(zip(arrays["frame_pts"], arrays["frame_duration"], strict=True))
            ends, data = np.cumsum(arrays["size"]), arrays["data"].tobytes()
            rows = zip(ends - arrays["size"], ends, arrays["pts"], arrays["key"], strict=True)
            for start, end, time, key in rows:
                packet = load_av().Packet(data[start:end])
                packet.pts, packet.dts = int(time), next(order)
                packet.duration, packet.is_keyframe = int(durations[time]), bool(key)
                packet.time_base, packet.stream = self.source.time_base, stream
                yield packet


def _arrays(frames, packets):
    """A segment: all packets in a row, and what each and its frame are."""
    frame_pts, durations = zip(*frames, strict=True)
    return {
        "data": np.frombuffer(b"".join(map(bytes, packets)), np.uint8),
        "size": np.array([packet.size for packet in packets], np.int64),
        "pts": np.array([packet.pts for packet in packets], np.int64),
        "key": np.array([packet.is_keyframe for packet in packets], bool),
        "frame_pts": np.array(frame_pts, np.int64),
        "frame_duration": np.array(durations, np.int64),
    }


def _add_stream(container, source, encoding):
    rate = source.rate.limit_denominator(1 << 30)
    # PyAV takes known options out of the dict.
    stream = container.add_stream(encoding.codec, rate=rate, options=dict(encoding.options))
    context = stream.codec_context
    context.width, context.height = source.width, source.height
    context.pix_fmt, context.time_base = encoding.pix_fmt, source.time_base
    context.color_primaries, context.color_trc = source.primaries, source.transfer
    if not load_av().VideoFormat(encoding.pix_fmt).is_rgb:
        context.colorspace, context.color_range = source.matrix, source.color_range
    if source.aspect:
        context.sample_aspect_ratio = source.aspect
    if source.display_matrix:
        stream.set_display_matrix(source.display_matrix)
    return stream


def _copy_of(output, original, container):
    if original.type == "data":
        raise InputError("of data only chapters are copied")
    if original.type == "attachment" and container != "matroska":
        raise InputError(f"{container!r} format does not support attachments")
    copy = output.add_stream_from_template(original)
    copy.metadata.update(_kept(original.metadata))
    copy.disposition = original.disposition
    return copy


def _copied(original, copies):
    for packet in packets_of(original, list(copies)) if copies else ():
        if packet.dts is not None and packet.size:
            packet.stream = copies[packet.stream]
            yield packet


def _kept(metadata):
    return {name: text for name, text in metadata.items() if name.lower() not in _OF_THE_FILE}


class FrameFolder:
    """A folder of PNG files of 8 or 16 bits and their times."""

    notes = ("only pictures are kept in a folder of frames",)

    def __init__(self, source, path, mark):
        self.source, self.path, self.mark = source, path, mark
        self.description = ["png", mark]

    def segments(self, pictures, journal):
        """Writes the frames after those of the journal; yields the arrays of segments."""
        first, times = journal.frames() + 1, []
        for number, picture in enumerate(pictures, first):
            # PNG has no display matrix: frames are turned upright.
            photograph = Photograph(turned(picture.pixels, self.source.orientation))
            path = journal.folder / "frames" / f"{number:06d}.png"
            with writing(path):
                write_photograph(path, photograph, mark_colorized=self.mark, overwrite=True)
            times.append(picture.pts)
            if len(times) >= SEGMENT_FRAMES:
                yield {"frame_pts": np.array(times, np.int64)}
                times = []
        if times:
            yield {"frame_pts": np.array(times, np.int64)}

    def finish(self, journal):
        """Gives the folder its name, with all frames in it; only then the journal goes."""
        folder, replaced = journal.folder / "frames", journal.folder / "replaced"
        pts = np.concatenate([read_array(segment, "frame_pts") for segment in journal.segments()])
        times = [f"{float(1000 * int(time) * self.source.time_base):.6f}" for time in pts]
        with writing(self.path):
            lines = "\n".join(["# timestamp format v2", *times, ""])
            write_file(folder / "timestamps.txt", lines, overwrite=True)
            with contextlib.suppress(FileNotFoundError):
                self.path.rename(replaced)
            folder.rename(self.path)
        journal.remove()
