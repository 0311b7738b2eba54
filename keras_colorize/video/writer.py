"""A file of video: colorized frames with all else of the source."""

import contextlib
import heapq
import io
from fractions import Fraction

import av
import numpy as np

from keras_colorize.errors import InputError, expect, expecting
from keras_colorize.io.atomic import atomic_path
from keras_colorize.video import reader
from .journal import writing

# Formats of files by suffix; all but MXF hold variable frame rates.
CONTAINERS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm"}
CONTAINERS[".mxf"] = "mxf"
# Codecs and their default CRF, at which a loss is hard to see; lower is better and larger.
CODECS = {"libx264": 16, "libx265": 18, "libvpx-vp9": 20, "libsvtav1": 20}
CODECS |= dict.fromkeys(("ffv1", "prores_ks", "dnxhd"))
# Other names of them.
NAMES = {"h264": "libx264", "hevc": "libx265", "vp9": "libvpx-vp9", "av1": "libsvtav1"}
NAMES |= {"prores": "prores_ks", "dnxhr": "dnxhd"}
# A segment ends early when its packets are larger, which bounds the memory.
SEGMENT_BYTES = 64 << 20

_LOSSLESS = "ffv1"
_LOSSLESS_FORMATS = {8: "bgr0", 10: "gbrp10le", 12: "gbrp12le", 16: "gbrp16le"}
_USUAL = {"libx265": {"x265-params": "log-level=error"}, "libvpx-vp9": {"row-mt": "1"}}
_USUAL["prores_ks"] = {"profile": "hq"}
# MXF and Matroska would have new identifiers each time that a file is made.
_SAME_AGAIN = {"fflags": "+bitexact"}

# What describes the file of the source and not its content.
_OF_THE_FILE = {"major_brand", "minor_version", "compatible_brands", "encoder", "timecode"}


def choose_encoding(source, target, codec=None, crf=None, lossless=False, options=None):
    """Chooses container, codec, pixel format and options, all as FFmpeg names them.

    Arguments are those of `colorize_video`; `ValueError` for such as do not go together. Chroma is
    4:2:0, but odd sides need 4:4:4 and interlaced rows 4:2:2, lest fields mix. Depth stays where
    the codec can; lossless frames are RGB.
    """
    suffix = target.suffix.lower()
    kinds = f"{', '.join(CONTAINERS)}, or a folder (name/) for single frames"
    expect(suffix in CONTAINERS, f"an output in {kinds}, received {suffix}", target)
    usual = _LOSSLESS if lossless else "libvpx-vp9" if suffix == ".webm" else "libx264"
    codec, known = NAMES.get(codec, codec) or usual, [_LOSSLESS] if lossless else CODECS
    names = ", ".join(known if lossless else (*NAMES, *CODECS))
    expect(codec in known, f"a codec among {names}, received {codec!r}")
    usual, pix_fmt = CODECS[codec], _pixel_format(source, codec)
    settings = dict(_USUAL.get(codec, {}))
    expect(usual or crf is None, f"no CRF for {codec}, which has none, received {crf}")
    if usual:
        settings["crf"] = f"{usual if crf is None else crf:g}"
    if codec == "dnxhd":
        settings["profile"] = "dnxhr_hq" if pix_fmt == "yuv422p" else "dnxhr_hqx"
    if source.interlaced and codec in ("libx264", "prores_ks"):
        settings["flags"] = "+ildct+ilme"
    if suffix == ".mxf" and codec == "libx264":
        # Pictures of MXF come in the order in which they are shown.
        settings["bf"] = "0"
    settings |= options or {}
    return CONTAINERS[suffix], codec, pix_fmt, settings


def _pixel_format(source, codec):
    depth = next(bits for bits in (8, 10, 12, 16) if bits >= min(source.depth, 16))
    if codec == _LOSSLESS:
        return _LOSSLESS_FORMATS[depth]
    with expecting(f"PyAV with encoder {codec}", ValueError, kind=reader.VideoError):
        known = {pixels.name for pixels in av.Codec(codec, "w").video_formats}
    chroma = "420"
    if codec in ("libx264", "libx265") and (source.width % 2 or source.height % 2):
        chroma = "444"
    elif (source.interlaced and "yuv422p" in known) or not any("420" in name for name in known):
        chroma = "422"
    names = {8: f"yuv{chroma}p", 10: f"yuv{chroma}p10le", 12: f"yuv{chroma}p12le"}
    held = [bits for bits in names if names[bits] in known]
    return names[min((bits for bits in held if bits >= depth), default=max(held))]


class VideoFile:
    """A file of video, all but the pictures copied; `ValueError` for what it cannot hold."""

    def __init__(self, source, path, encoding, mark, drop_unsupported, overwrite):
        self.source, self.path, self.description = source, path, encoding
        self.container, self.codec, self.pix_fmt, self.options = encoding
        self.mark, self.drop_unsupported, self.overwrite = mark, drop_unsupported, overwrite
        # The head of the output goes to nowhere: what it cannot hold is known at once.
        with self.source.open() as original:
            output = av.open(io.BytesIO(), "w", format=self.container)
            known = f"{self.container} that holds {self.codec} ({self.pix_fmt}) and all streams"
            try:
                with expecting(known, av.error.FFmpegError, ValueError):
                    _, _, self.notes = self._prepare(output, original)
                    output.start_encoding()
            finally:
                # A head without pictures cannot be ended properly, nor need it be.
                with contextlib.suppress(av.error.FFmpegError, ValueError):
                    output.close()
        if source.interlaced and self.codec not in ("libx264", "prores_ks"):
            self.notes.append(f"{self.codec} does not say that it is interlaced")
        bare = self.container in ("matroska", "webm") and self.codec not in ("libx264", "libx265")
        bare = bare or (self.container, self.codec) == ("mxf", "dnxhd")
        if bare and (source.aspect or 1) != 1:
            self.notes.append(f"its pixels are not square, which {self.container} does not say")

    def segment(self, pictures, journal):
        """Encodes frames, apart from all others, until they are large; the arrays of a segment."""
        frames, packets = {}, []
        # A container that is never written: its stream has the options of the output's.
        container = av.open(io.BytesIO(), "w", format=self.container)
        stream = self._add_stream(container)
        for picture in pictures:
            frames[picture.pts] = picture.duration
            packets += stream.encode(self._encodable(picture))
            if sum(packet.size for packet in packets) >= SEGMENT_BYTES:
                break
        packets += stream.encode(None) if frames else []
        rows = [(one.size, one.pts, frames[one.pts], one.is_keyframe) for one in packets]
        return frames and {
            "data": np.frombuffer(b"".join(map(bytes, packets)), np.uint8),
            "packets": np.array(rows, np.int64),
            "frame_pts": np.array([*frames], np.int64),
        }

    def _encodable(self, picture):
        source, pix_fmt = self.source, self.pix_fmt
        name = reader.SHALLOW if picture.pixels.dtype == np.uint8 else reader.DEEP
        frame = av.VideoFrame.from_ndarray(picture.pixels, name)
        colors = {}
        if not av.VideoFormat(pix_fmt).is_rgb:
            colors["dst_colorspace"] = reader.SCALER_MATRICES[source.matrix]
            colors["dst_color_range"] = source.color_range
        frame = frame.reformat(format=pix_fmt, interpolation=reader.SCALER_FLAGS[name], **colors)
        frame.pts, frame.duration = picture.pts, picture.duration
        frame.time_base = source.time_base
        frame.color_primaries, frame.color_trc = source.primaries, source.transfer
        return frame

    def _add_stream(self, container):
        source, rate = self.source, self.source.rate.limit_denominator(1 << 30)
        # PyAV takes known options out of the dict.
        stream = container.add_stream(self.codec, rate=rate, options=dict(self.options))
        context = stream.codec_context
        context.width, context.height = source.width, source.height
        context.pix_fmt, context.time_base = self.pix_fmt, source.time_base
        context.color_primaries, context.color_trc = source.primaries, source.transfer
        if not av.VideoFormat(self.pix_fmt).is_rgb:
            context.colorspace, context.color_range = source.matrix, source.color_range
        if source.aspect:
            context.sample_aspect_ratio = source.aspect
        if source.display_matrix:
            stream.set_display_matrix(source.display_matrix)
        return stream

    def finish(self, journal):
        """Makes the file of the segments; it appears whole or not at all."""
        faststart = {"movflags": "+faststart"} if self.container in ("mp4", "mov") else {}
        form = {"format": self.container, "container_options": _SAME_AGAIN | faststart}
        with (
            writing(self.path),
            atomic_path(self.path, self.overwrite) as part,
            self.source.open() as original,
            av.open(str(part), "w", **form) as output,
        ):
            pictures, copies, _ = self._prepare(output, original)
            output.start_encoding()
            segments = journal.segments()
            packets = self._packets(pictures, segments), self._copied(original, copies, segments)
            for packet in heapq.merge(*packets, key=lambda x: Fraction(x.dts) * x.time_base):
                output.mux(packet)

    def _prepare(self, output, original):
        """Adds all streams; returns that of the pictures, copies by original, and notes."""
        stream, copies, notes = self._add_stream(output), {}, []
        source, is_mxf = self.source, self.container == "mxf"
        for other in original.streams if original else ():
            # A track of time codes is made of the tag.
            if other.type == "video" or (other.type == "data" and source.timecode):
                continue
            try:
                expect(other.type != "data", "no data but chapters")
                holds = other.type != "attachment" or self.container == "matroska"
                expect(holds, f"no attachments in the format {self.container!r}")
                copies[other] = copy = output.add_stream_from_template(other)
            except ValueError as error:
                said = f"stream {other.index} ({other.type})"
                if other.type in ("audio", "subtitle") and not self.drop_unsupported:
                    advice = "name another suffix (.mkv holds nearly all), or let it be left out"
                    raise InputError(f"{said}: {error}; {advice}") from error
                notes.append(f"{said} is left out: {error}")
            else:
                copy.metadata.update(_kept(other.metadata))
                copy.disposition = other.disposition
        if original:
            pictures = original.streams[source.index]
            stream.metadata.update(_kept(pictures.metadata))
            stream.disposition = pictures.disposition
            output.metadata.update(_kept(original.metadata))
            chapters = []
            # Of an excerpt, those that begin in it.
            for one in original.chapters():
                start = one["start"] - round(source.cut / one["time_base"])
                if start >= 0:
                    chapters.append(
                        {**one, "start": start, "end": start + one["end"] - one["start"]}
                    )
            output.set_chapters(chapters)
            lost = [*_kept(original.metadata), *["rotation"] * bool(source.display_matrix)]
            if is_mxf and lost:
                notes.append(f"MXF does not hold {', '.join(sorted(lost))}: left out")
        if source.timecode:
            stream.metadata["timecode"] = source.timecode
        if self.mark:
            comments = [output.metadata.get("comment"), self.mark]
            output.metadata["comment"] = "; ".join(filter(None, comments))
            if is_mxf:
                # It has no comments, but says what made it.
                output.metadata["product_name"] = self.mark
        return stream, copies, notes

    def _packets(self, stream, segments):
        """Yields the packets of the pictures, with timestamps that rise over all segments.

        Segments were encoded apart and overlap at their ends: decoding times become the timestamps
        in order, moved so that none is after the time its picture is shown.
        """
        pts = np.concatenate([np.load(segment)["packets"][:, 1] for segment in segments])
        shown = np.sort(pts)
        delay = max(0, int(np.max(np.arange(len(pts)) - np.searchsorted(shown, pts))))
        step = int(shown[1] - shown[0]) if len(pts) > 1 else 1
        uneven = len(pts) > 1 and np.ptp(np.diff(shown)) * self.source.time_base * self.source.rate
        if self.container == "mxf" and uneven > 0.5:
            self.notes.append("frames follow each other evenly in MXF: their times are not kept")
        early = [int(shown[0]) - step * places for places in range(delay, 0, -1)]
        order = iter([*early, *map(int, shown[: len(pts) - delay])])
        for segment in segments:
            arrays = np.load(segment)
            data = io.BytesIO(arrays["data"].tobytes())
            for size, time, duration, key in arrays["packets"].tolist():
                packet = av.Packet(data.read(size))
                packet.pts, packet.dts = time, next(order)
                packet.duration, packet.is_keyframe = duration, bool(key)
                packet.time_base, packet.stream = self.source.time_base, stream
                yield packet

    def _copied(self, original, copies, segments):
        """Yields the packets of all other streams; of an excerpt, those of its time."""
        source, over, end = self.source, set(), None
        if source.excerpt.duration or source.excerpt.frames:
            last = (np.load(path)["packets"][:, 1:3].sum(axis=1).max() for path in segments)
            end = source.cut + int(max(last)) * source.time_base
        if copies and source.cut:
            with contextlib.suppress(av.error.FFmpegError):
                original.seek(int(source.cut * av.time_base))
        for packet in reader.packets_of(original, list(copies)) if copies else ():
            if packet is None or packet.dts is None or not packet.size:
                continue
            time = (packet.dts if packet.pts is None else packet.pts) * packet.time_base
            if end is not None and time >= end:
                over.add(packet.stream)
                if len(over) == len(copies):
                    return
            elif not source.cut or time >= source.cut:
                shift = round(source.cut / packet.time_base)
                packet.dts -= shift
                packet.pts = None if packet.pts is None else packet.pts - shift
                packet.stream = copies[packet.stream]
                yield packet


def _kept(metadata):
    return {name: text for name, text in metadata.items() if name.lower() not in _OF_THE_FILE}
