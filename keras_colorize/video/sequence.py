"""Numbered pictures in place of a video: `scan/f%06d.dpx`, or a folder; read and written.

Files of DPX (SMPTE ST 268-1) keep their header; other formats keep what a photograph keeps.
"""

import contextlib
import math
import os
import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from keras_colorize.errors import expect
from keras_colorize.io import Photograph, PhotographError, read_photograph, write_photograph
from keras_colorize.io.atomic import write_file
from keras_colorize.io.metadata import MADE_COLORS
from keras_colorize.io.photograph import to_eight_bits
from keras_colorize.io.writing import READABLE_SUFFIXES, WRITABLE, writable_format
from .journal import writing
from .reader import LIMITED_RANGE, Excerpt, Picture, Source, VideoError, moved_timecode, turned

DPX = ".dpx"
USUAL_RATE = 24
# The fields of a header that are read or written; its parts end at 1664 and at 2048.
_GENERIC, _HEADER = 1664, 2048
_LAYOUT = {"start": ("u4", 4), "size": ("u4", 16), "parts": ("2u4", 24), "creator": ("S100", 160)}
_LAYOUT |= {"transfer": ("u1", 801), "bits": ("u1", 803), "element": ("u4", 808)}
_LAYOUT |= {"aspect": ("2u4", 1628), "film_rate": ("f4", 1724), "code": ("u4", 1920)}
_LAYOUT |= {"tv_rate": ("f4", 1940)}
# Creator; date; project and copyright; reference levels; transfer, colorimetry; orientation, film
# and video.
_COPIED = ((160, 260), (136, 160), (260, 660), (784, 800), (801, 803), (1408, _HEADER))
_PRINTING_DENSITY = 1
_DPX_FORMATS = {8: "rgb24", 10: "gbrp10", 12: "gbrp12", 16: "rgb48"}
_NUMBER = re.compile(r"%(0\d+)?d")


def is_sequence(path):
    """Whether a path means numbered pictures: a folder, or a pattern such as `f%06d.dpx`."""
    return Path(path).is_dir() or bool(_NUMBER.search(Path(path).name))


class Sequence(Source):
    """Numbered pictures of one size; those that cannot be read count as damaged.

    A number that is missing leaves a gap in time. `template` belongs to the names of the files.
    """

    # There are no streams to copy.
    open = contextlib.nullcontext

    def __init__(self, path, excerpt=None, rate=None):
        self.path, self.excerpt = Path(path), excerpt or Excerpt()
        self.template, files = numbered_files(self.path)
        first, original = next(filter(None, map(_readable, files.values())), (None, None))
        known = "a picture that can be read, received none"
        expect(first is not None, known, path, VideoError)
        is_dpx = isinstance(original, bytes)
        fields = _fields(original if is_dpx else bytes(_HEADER))
        rates = (float(fields[name]) for name in ("film_rate", "tv_rate"))
        said = next((one for one in rates if 1 <= one <= 1000), None)
        self.rate = exact_rate(rate or said or USUAL_RATE)
        self.notes = [] if is_dpx else list(original.notes)
        if not (rate or said):
            self.notes.append(f"its rate is not known: {USUAL_RATE} frames a second are taken")
        if fields["transfer"] == _PRINTING_DENSITY:
            self.notes.append("its levels are printing density and were seen as if they were sRGB")
        self.height, self.width = first.shape[:2]
        self.depth = int(fields["bits"]) or 8 * first.itemsize
        sides = fields["aspect"].tolist()
        self.aspect = Fraction(*sides) if all(0 < side < 10000 for side in sides) else None
        self.matrix = self.primaries = self.transfer = 2  # not specified
        self.color_range, self.interlaced, self.display_matrix = LIMITED_RANGE, False, None
        self.time_base, self.index, self.first, self.frames = 1 / self.rate, None, 0, 0
        numbers = list(files)
        count = numbers[-1] - numbers[0] + 1
        if missing := count - len(numbers):
            self.notes.append(f"{missing} numbers between {numbers[0]} and {numbers[-1]} are free")
        self.seconds = float(count / self.rate)
        self._complete(None)
        # What is missing at the end counts as damaged.
        self.seconds, begin = None, numbers[0] + self.moved
        duration = self.excerpt.duration or math.inf
        kept = [number for number in numbers if 0 <= (number - begin) / self.rate < duration]
        self.files = {number: files[number] for number in kept[: self.excerpt.frames]}
        expect(self.files, "a part with pictures, received one without", path)
        self.begin, self.frames = begin, len(self.files)
        if is_dpx:
            _, begin = next(filter(None, map(_readable, self.files.values())), (None, original))
            digits = f"{_fields(begin)['code']:08x}"
            self.timecode = ":".join(re.findall("..", digits)) if digits.isdecimal() else None

    def pictures(self, done=(), side=None):
        """Yields a `Picture` per frame, as those of a video."""
        past = sum(number - self.begin <= done[-1] for number in self.files) if done else 0
        # Those of an earlier run that were not done are damaged.
        self.count, self.damages, self.reached = len(done), past - len(done), 0
        for number, path in list(self.files.items())[past:]:
            pixels, original = _readable(path) or (None, None)
            if pixels is None:
                self.damages += 1
                continue
            self.count, (height, width) = self.count + 1, pixels.shape[:2]
            known = f"{self.width}x{self.height}, as the first picture has"
            fits = (height, width) == (self.height, self.width)
            expect(fits, f"{known}, received {width}x{height}", path, VideoError)
            if side:
                step = -(-max(pixels.shape) // side)
                pixels = to_eight_bits(pixels[::step, ::step])
            yield Picture(number - self.begin, 1, pixels, number, original)


def numbered_files(path):
    """Finds numbered pictures by pattern or in a folder: their template, and paths by number.

    Raises `InputError` if there are none, several series, or numbers of different forms.
    """
    folder, pattern = path, r"((?:[^.].*)?(?<!\d))(\d+)(\.\w+)"
    if not path.is_dir():
        folder, (first, *_, last) = path.parent, _NUMBER.split(path.name)
        expect(len(_NUMBER.findall(path.name)) == 1, "one number such as %06d in the name", path)
        pattern = f"({re.escape(first)})(\\d+)({re.escape(last)})"
    series = {}
    for file in folder.iterdir() if folder.is_dir() else ():
        parts = re.fullmatch(pattern, file.name)
        if parts and parts[3].lower() in (DPX, *READABLE_SUFFIXES):
            series.setdefault((parts[1], parts[3]), {})[int(parts[2])] = file
    named = ", ".join(f"{first}*{last}" for first, last in sorted(series)) or "none"
    expect(len(series) == 1, f"one series of numbered pictures, received {named}", path)
    (((first, last), files),) = series.items()
    width = min(len(file.name) for file in files.values()) - len(first) - len(last)
    template = f"{first.replace('%', '%%')}%0{width}d{last}" if path.is_dir() else path.name
    fits = all(template % number == file.name for number, file in files.items())
    expect(fits, f"numbers in the form of {template}", path)
    return template, dict(sorted(files.items()))


def exact_rate(rate):
    """Frames a second as a fraction; 23.976, 29.97 and the like are 1000/1001 of whole ones."""
    for whole in (24, 30, 48, 60, 120):
        if abs(rate - whole * 1000 / 1001) < 0.005:
            return Fraction(whole * 1000, 1001)
    return Fraction(rate).limit_denominator(1000)


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
    if frame.format.name.startswith("gbr") and bits in (10, 12):
        return _scaled(frame.to_ndarray(), 2**bits - 1, 65535), header
    return frame.to_ndarray(format="rgb24" if bits <= 8 else "rgb48le"), header


def _header(path):
    """The header of a DPX file; `VideoError` for a file that has none."""
    with path.open("rb") as stream:
        header = stream.read(_HEADER)
    is_dpx = len(header) == _HEADER and header[:4] in (b"SDPX", b"XPDS")
    expect(is_dpx, "a DPX file, received another one", path, VideoError)
    # The parts on film and television may be missing: pixels begin where they would be.
    return header[: _fields(header)["start"]].ljust(_HEADER, b"\xff")


def _fields(header):
    """The fields of a header, which change where it can; its first letter tells their order."""
    layout = np.dtype(_LAYOUT).newbyteorder("<" if header[:1] == b"X" else ">")
    return np.frombuffer(header, layout, 1)[0]


def _scaled(levels, old, new):
    return ((levels.astype("uint32") * new + old // 2) // old).astype("uint16")


def dpx_bytes(pixels, source, header=None, timecode=None, mark=False):
    """Encodes uint8 or uint16 pixels (H, W, 3) as DPX, with 10, 12 or 16 bits as the source has.

    What is not about the pixels comes from the header, or else is the rate and time code.
    """
    depth = 8 if pixels.itemsize == 1 else min(source.depth, 16)
    bits = next(bits for bits in _DPX_FORMATS if bits >= depth)
    order = "le" if header and header[:1] == b"X" else "be"
    encoder = av.CodecContext.create("dpx", "w")
    encoder.height, encoder.width = pixels.shape[:2]
    encoder.pix_fmt, encoder.time_base = _DPX_FORMATS[bits] + order * (bits > 8), source.time_base
    pixels = _scaled(pixels, 65535, 2**bits - 1) if bits in (10, 12) else pixels
    frame = av.VideoFrame.from_ndarray(pixels, encoder.pix_fmt)
    data = b"".join(map(bytes, [*encoder.encode(frame), *encoder.encode(None)]))
    # FFmpeg has no parts on film and television.
    data = bytearray(data[:_GENERIC] + b"\xff" * (_HEADER - _GENERIC) + data[_GENERIC:])
    fields = _fields(data)
    fields["start"] = fields["element"] = _HEADER
    fields["size"], fields["parts"] = len(data), (_GENERIC, _HEADER - _GENERIC)
    if header and header[803] == bits and header[:4] == data[:4]:
        for begin, end in _COPIED:
            data[begin:end] = header[begin:end]
    else:
        fields["aspect"] = (source.aspect or Fraction(1)).as_integer_ratio()
        fields["film_rate"] = fields["tv_rate"] = float(source.rate)
        if timecode:
            fields["code"] = int(re.sub(r"\D", "", timecode), 16)
    if mark:
        fields["creator"] = f"keras_colorize {MADE_COLORS}".encode()
    return bytes(data)


def new_folder(target, source, overwrite):
    """Where an output goes: its path and, if it is a folder, the template of names in it.

    Raises `InputError` if it exists, unless it is overwritten; a folder that is must have nothing
    but frames in it.
    """
    path, template = Path(target), None
    if _NUMBER.search(path.name):
        path, template = path.parent, path.name
    elif str(target).endswith("/") or not path.suffix or path.is_dir():
        template = getattr(source, "template", "%06d.png")
        if Path(template).suffix.lower() not in (DPX, *WRITABLE):
            template = f"{Path(template).stem}.png"
    if template:
        one = len(_NUMBER.findall(template)) == 1
        expect(one, "one number such as %06d in the name", target)
        if Path(template).suffix.lower() != DPX:
            writable_format(template)
    is_new = overwrite or not os.path.lexists(path)
    expect(is_new, "a new output, but it exists; overwrite it or rename", path)
    own = path.resolve() in (source.path.resolve(), *source.path.resolve().parents)
    expect(not own, "another output, received that of the input", path)
    if template and path.is_dir():
        frames = {Path(template).suffix.lower(), ".txt"}
        others = [one.name for one in path.iterdir() if one.suffix.lower() not in frames]
        expect(not others, f"nothing but frames to overwrite, received {others[:1]}", path)
    return path, template


class FrameFolder:
    """A folder of pictures and, unless they were some before, their times."""

    def __init__(self, source, path, template, mark):
        self.source, self.path, self.template, self.mark = source, path, template, mark
        self.description, self.is_film = [template, mark], not isinstance(source, Sequence)
        self.notes = ["only pictures are kept in a folder of frames"] * self.is_film

    def segment(self, pictures, journal):
        """Writes frames, after those of the journal; returns the arrays of a segment of them."""
        times = []
        for order, picture in enumerate(pictures, len(journal.frame_pts())):
            with writing(journal.folder):
                path = journal.folder / "frames" / (self.template % picture.number)
                notes = self._write(path, picture, order)
            self.notes += [note for note in notes if note not in self.notes]
            times.append(picture.pts)
        return {"frame_pts": np.array(times, np.int64)} if times else {}

    def _write(self, path, picture, order):
        # Files of pictures have no display matrix: frames are turned upright.
        source, original = self.source, picture.original
        pixels = turned(picture.pixels, source.orientation)
        mark = None if picture.kept else self.mark
        if path.suffix.lower() == DPX:
            header = original if isinstance(original, bytes) else None
            code = source.timecode and moved_timecode(source.timecode, order, source.rate)
            write_file(path, dpx_bytes(pixels, source, header, code, bool(mark)), True)
            return ()
        photograph = original if isinstance(original, Photograph) else Photograph(pixels)
        photograph = replace(photograph, pixels=pixels)
        return write_photograph(path, photograph, mark_colorized=mark, overwrite=True)

    def finish(self, journal):
        """Gives the folder its name, with all frames in it."""
        folder, step = journal.folder / "frames", 1000 * self.source.time_base
        times = [f"{float(pts * step):.6f}" for pts in journal.frame_pts()]
        with writing(self.path):
            if self.is_film:
                lines = "\n".join(["# timestamp format v2", *times, ""])
                write_file(folder / "timestamps.txt", lines, overwrite=True)
            with contextlib.suppress(FileNotFoundError):
                self.path.rename(journal.folder / "replaced")
            folder.rename(self.path)
