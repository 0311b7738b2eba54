"""Numbered pictures in place of a video: `scan/f%06d.dpx`, or a folder; read and written.

Files of DPX (SMPTE ST 268-1) keep their header; other formats keep what a photograph keeps.
"""

import contextlib
import hashlib
import math
import os
import re
import struct
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from keras_colorize.errors import InputError
from keras_colorize.io import Photograph, PhotographError, read_photograph, write_photograph
from keras_colorize.io.atomic import write_file
from keras_colorize.io.metadata import MADE_COLORS
from keras_colorize.io.photograph import to_eight_bits
from keras_colorize.io.writing import READABLE_SUFFIXES, WRITABLE, writable_format
from keras_colorize.video import reader
from .journal import writing
from .reader import Picture, Source, VideoError

DPX = ".dpx"
USUAL_RATE = 24
# What a header of DPX says; its numbers have the order of bytes that the first four tell.
_GENERIC, _HEADER = 1664, 2048
_PIXEL_ASPECT, _FILM_RATE, _TIMECODE, _VIDEO_RATE = 1628, 1724, 1920, 1940
_CREATOR = slice(160, 260)
# Date; project and copyright; reference levels; transfer, colorimetry; orientation, film and video.
_COPIED = (slice(136, 160), slice(260, 660), slice(784, 800), slice(801, 803), slice(1408, _HEADER))
_PRINTING_DENSITY = 1
_DPX_FORMATS = {8: "rgb24", 10: "gbrp10", 12: "gbrp12", 16: "rgb48"}
_PATTERN = re.compile(r"%(0\d+)?d")


def is_sequence(path):
    """Whether a path means numbered pictures: a folder, or a pattern such as `f%06d.dpx`."""
    return Path(path).is_dir() or bool(_PATTERN.search(Path(path).name))


class Sequence(Source):
    """Numbered pictures of one size; those that cannot be read count as damaged.

    A number that is missing leaves a gap in time. `first_number` belongs to timestamp 0, and
    `template` to the names of the files.
    """

    def __init__(self, path, excerpt=None, rate=None):
        self.path, self.excerpt = Path(path), excerpt or reader.Excerpt()
        self.template, files = numbered_files(self.path)
        first, original = next(filter(None, map(_readable, files.values())), (None, None))
        if first is None:
            raise VideoError(f"{path}: Expected a picture that can be read, received none.")
        header = original if isinstance(original, bytes) else None
        said = _rate_of(header) if header else None
        self.rate = exact_rate(rate or said or USUAL_RATE)
        self.notes = [] if header else list(original.notes)
        if not (rate or said):
            self.notes.append(f"its rate is not known: {USUAL_RATE} frames a second are taken")
        if header and header[801] == _PRINTING_DENSITY:
            self.notes.append("its levels are printing density and were seen as if they were sRGB")
        self.height, self.width = first.shape[:2]
        self.depth = header[803] if header else 8 * first.itemsize
        self.matrix = reader.BT709 if self.height >= reader.HD_LINES else reader.BT601
        self.primaries = self.transfer = 2  # not specified
        self.color_range, self.interlaced = reader.LIMITED_RANGE, False
        self.display_matrix, self.orientation = None, (False, False, False)
        self.aspect = _aspect_of(header) if header else None
        self.time_base, self.index, self.first = 1 / self.rate, None, 0
        numbers = list(files)
        if missing := numbers[-1] - numbers[0] + 1 - len(numbers):
            self.notes.append(f"{missing} numbers between {numbers[0]} and {numbers[-1]} are free")
        self.seconds, self.frames = float((numbers[-1] - numbers[0] + 1) / self.rate), 0
        self._cut(None)
        self.first_number = numbers[0] + self.moved
        duration = self.excerpt.duration or math.inf
        kept = [n for n in numbers if 0 <= (n - self.first_number) / self.rate < duration]
        self.files = {number: files[number] for number in kept[: self.excerpt.frames]}
        if not self.files:
            raise InputError(f"{path}: Expected a part with pictures, received one without.")
        self.frames, begin = len(self.files), next(iter(self.files.values()))
        self.timecode = timecode_of(_header(begin)) if header else None

    def fingerprint(self):
        """Values for JSON that change when a file does."""
        digest = hashlib.sha256()
        for path in self.files.values():
            state = path.stat()
            digest.update(f"{path.name} {state.st_size} {state.st_mtime_ns}\n".encode())
        return [str(self.path.resolve()), digest.hexdigest()]

    def ends_early(self):
        """Whether pictures are missing at the end: what cannot be read counts as damaged."""
        return False

    def pictures(self, done=(), side=None):
        """Yields a `Picture` per frame, as those of a video."""
        self.damages = self.count = self.reached = 0
        known = set(done)
        for number, path in self.files.items():
            pts = number - self.first_number
            skip = bool(known) and pts <= done[-1]
            found = None if skip else _readable(path)
            if pts not in known if skip else found is None:
                self.damages += 1
                continue
            self.count, self.reached = self.count + 1, float((pts + 1) / self.rate)
            if not skip:
                pixels, original = found
                if pixels.shape[:2] != (self.height, self.width):
                    expected = f"{self.width}x{self.height}, as the first picture has"
                    size = f"{pixels.shape[1]}x{pixels.shape[0]}"
                    raise VideoError(f"{path}: Expected {expected}, received {size}.")
                if side:
                    step = -(-max(pixels.shape) // side)
                    pixels = to_eight_bits(pixels[::step, ::step])
                yield Picture(pts, 1, pixels, original)


def numbered_files(path):
    """Finds numbered pictures by pattern or in a folder: their template, and paths by number.

    Raises `InputError` if there are none, several series, or numbers of different forms.
    """
    folder, pattern = path, None
    if not path.is_dir():
        folder, (first, *_, last) = path.parent, _PATTERN.split(path.name)
        if len(_PATTERN.findall(path.name)) != 1:
            raise InputError(f"{path}: Expected one number such as %06d in the name.")
        pattern = f"({re.escape(first)})(\\d+)({re.escape(last)})"
    series = {}
    for file in folder.iterdir() if folder.is_dir() else ():
        parts = re.fullmatch(pattern or r"((?:[^.].*)?(?<!\d))(\d+)(\.\w+)", file.name)
        if parts and parts[3].lower() in (DPX, *READABLE_SUFFIXES):
            series.setdefault((parts[1], parts[3]), {})[int(parts[2])] = (parts[2], file)
    if len(series) != 1:
        named = ", ".join(f"{first}*{last}" for first, last in sorted(series)) or "none"
        raise InputError(f"{path}: Expected one series of numbered pictures, received {named}.")
    (((first, last), found),) = series.items()
    width = min(len(digits) for digits, _ in found.values())
    template = path.name if pattern else f"{first.replace('%', '%%')}%0{width}d{last}"
    files = {number: found[number][1] for number in sorted(found)}
    if any(template % number != file.name for number, file in files.items()):
        raise InputError(f"{path}: Expected numbers in the form of {template}.")
    return template, files


def exact_rate(rate):
    """Frames a second as a fraction; 23.976, 29.97 and the like are 1000/1001 of whole ones."""
    for whole in (24, 30, 48, 60, 120):
        if abs(rate - whole * 1000 / 1001) < 0.005:
            return Fraction(whole * 1000, 1001)
    return Fraction(rate).limit_denominator(1000)


def _header(path):
    """The header of a DPX file; `VideoError` for a file that has none."""
    with path.open("rb") as stream:
        header = stream.read(_HEADER)
    if len(header) < _HEADER or header[:4] not in (b"SDPX", b"XPDS"):
        raise VideoError(f"{path}: Expected a DPX file, received another one.")
    # The parts on film and television may be missing: pixels begin where they would be.
    return header[: _number(header, 4, "I")[0]].ljust(_HEADER, b"\xff")


def _readable(path):
    """Pixels (H, W, 3) of a picture, and its `Photograph` or header; None if it is damaged."""
    try:
        if path.suffix.lower() != DPX:
            photograph = read_photograph(path)
            return photograph.pixels, photograph
        header = _header(path)
        with av.open(str(path)) as container:
            frame = next(container.decode(video=0))
    except (PhotographError, VideoError, OSError, av.error.FFmpegError, StopIteration):
        return None
    bits = max(component.bits for component in frame.format.components)
    form = _DPX_FORMATS.get(bits) if frame.format.name.startswith("gbr") else None
    if form in ("gbrp10", "gbrp12"):
        levels = 2**bits - 1
        values = frame.to_ndarray().astype("uint32")
        return ((values * 65535 + levels // 2) // levels).astype("uint16"), header
    return frame.to_ndarray(format="rgb24" if bits <= 8 else "rgb48le"), header


def _number(header, place, kind):
    return struct.unpack_from(("<" if header[:1] == b"X" else ">") + kind, header, place)


def _rate_of(header):
    """Frames a second that a header of DPX says, or None."""
    rates = [_number(header, place, "f")[0] for place in (_FILM_RATE, _VIDEO_RATE)]
    return next((rate for rate in rates if 1 <= rate <= 1000), None)


def _aspect_of(header):
    sides = _number(header, _PIXEL_ASPECT, "2I")
    return Fraction(*sides) if all(0 < side < 10000 for side in sides) else None


def timecode_of(header):
    """The time code of a header of DPX, eight decimal digits, or None."""
    digits = f"{_number(header, _TIMECODE, 'I')[0]:08x}"
    return ":".join(re.findall("..", digits)) if digits.isdecimal() else None


def dpx_bytes(pixels, source, header=None, timecode=None, mark=False):
    """Encodes uint8 or uint16 pixels (H, W, 3) as DPX, with 10, 12 or 16 bits as the source has.

    What is not about the pixels comes from the header, or else is the rate and time code.
    """
    depth = 8 if pixels.itemsize == 1 else min(source.depth, 16)
    bits = next(bits for bits in _DPX_FORMATS if bits >= depth)
    order = "le" if header and header[:1] == b"X" else "be"
    form = _DPX_FORMATS[bits] + order * (bits > 8)
    if bits in (10, 12):
        levels = 2**bits - 1
        pixels = ((pixels.astype("uint32") * levels + 32767) // 65535).astype("uint16")
    if form == "rgb48be":
        pixels = pixels.astype(">u2")
    encoder = av.CodecContext.create("dpx", "w")
    encoder.height, encoder.width = pixels.shape[:2]
    encoder.pix_fmt, encoder.time_base = form, source.time_base
    frame = av.VideoFrame.from_ndarray(pixels, form)
    packets = [*encoder.encode(frame), *encoder.encode(None)]
    data = b"".join(map(bytes, packets))
    own = "<" if data[:1] == b"X" else ">"
    # FFmpeg has no parts on film and television.
    data = bytearray(data[:_GENERIC] + b"\xff" * (_HEADER - _GENERIC) + data[_GENERIC:])
    for place in (4, 808):
        struct.pack_into(own + "I", data, place, _HEADER)
    struct.pack_into(own + "I", data, 16, len(data))
    struct.pack_into(own + "2I", data, 24, _GENERIC, _HEADER - _GENERIC)
    if header and header[803] == bits and header[:4] == data[:4]:
        for part in (_CREATOR, *_COPIED):
            data[part] = header[part]
    else:
        aspect = source.aspect or Fraction(1)
        struct.pack_into(own + "2I", data, _PIXEL_ASPECT, aspect.numerator, aspect.denominator)
        for place in (_FILM_RATE, _VIDEO_RATE):
            struct.pack_into(own + "f", data, place, float(source.rate))
        if timecode:
            code = int(re.sub(r"\D", "", timecode), 16)
            struct.pack_into(own + "I", data, _TIMECODE, code)
    if mark:
        data[_CREATOR] = f"keras_colorize {MADE_COLORS}".encode().ljust(100, b"\0")[:100]
    return bytes(data)


def new_folder(target, source, overwrite):
    """Where an output goes: its path and, if it is a folder, the template of names in it.

    Raises `InputError` if it exists, unless it is overwritten; a folder that is must have nothing
    but frames in it.
    """
    path, template = Path(target), None
    if _PATTERN.search(path.name):
        path, template = path.parent, path.name
    elif str(target).endswith("/") or not path.suffix or path.is_dir():
        template = getattr(source, "template", "%06d.png")
        if Path(template).suffix.lower() not in (DPX, *WRITABLE):
            template = f"{Path(template).stem}.png"
    if template and len(_PATTERN.findall(template)) != 1:
        raise InputError(f"{target}: Expected one number such as %06d in the name.")
    if template and Path(template).suffix.lower() != DPX:
        writable_format(template)
    if os.path.lexists(path) and not overwrite:
        raise InputError(f"{path}: Expected a new output, but it exists; overwrite it or rename.")
    if path.resolve() in (source.path.resolve(), *source.path.resolve().parents):
        raise InputError(f"{path}: Expected another output, received that of the input.")
    if template and path.is_dir():
        frames = {Path(template).suffix.lower(), ".txt"}
        if others := [one.name for one in path.iterdir() if one.suffix.lower() not in frames]:
            expected = "a folder of frames alone to overwrite, received one with"
            raise InputError(f"{path}: Expected {expected} {others[0]}.")
    return path, template


class FrameFolder:
    """A folder of pictures and, unless they were some before, their times."""

    def __init__(self, source, path, template, mark):
        self.source, self.path, self.template, self.mark = source, path, template, mark
        self.description, self.notes = [template, mark], []
        self.first = getattr(source, "first_number", None)
        if self.first is None:
            self.notes.append("only pictures are kept in a folder of frames")

    def segments(self, pictures, journal):
        """Writes the frames after those of the journal; yields the arrays of segments."""
        count, times = len(journal.frame_pts()), []
        for order, picture in enumerate(pictures, count):
            number = order + 1 if self.first is None else picture.pts + self.first
            path = journal.folder / "frames" / (self.template % number)
            with writing(journal.folder):
                notes = self._write(path, picture, order)
            self.notes += [note for note in notes if note not in self.notes]
            times.append(picture.pts)
            if len(times) >= journal.segment_frames:
                yield {"frame_pts": np.array(times, np.int64)}
                times = []
        if times:
            yield {"frame_pts": np.array(times, np.int64)}

    def _write(self, path, picture, order):
        # Files of pictures have no display matrix: frames are turned upright.
        source, original = self.source, picture.original
        pixels = reader.turned(picture.pixels, source.orientation)
        mark = None if picture.kept else self.mark
        if path.suffix.lower() == DPX:
            header = original if isinstance(original, bytes) else None
            code = source.timecode and reader.moved_timecode(source.timecode, order, source.rate)
            write_file(path, dpx_bytes(pixels, source, header, code, bool(mark)), True)
            return ()
        photograph = original if isinstance(original, Photograph) else Photograph(pixels)
        photograph = replace(photograph, pixels=pixels)
        return write_photograph(path, photograph, mark_colorized=mark, overwrite=True)

    def finish(self, journal):
        """Gives the folder its name, with all frames in it; only then the journal goes."""
        folder, replaced = journal.folder / "frames", journal.folder / "replaced"
        step = 1000 * self.source.time_base
        times = [f"{float(pts * step):.6f}" for pts in journal.frame_pts()]
        with writing(self.path):
            if self.first is None:
                lines = "\n".join(["# timestamp format v2", *times, ""])
                write_file(folder / "timestamps.txt", lines, overwrite=True)
            with contextlib.suppress(FileNotFoundError):
                self.path.rename(replaced)
            folder.rename(self.path)
        journal.remove()
