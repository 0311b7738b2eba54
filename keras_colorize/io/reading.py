"""Reads photographs of every mode that scanners, cameras and programs write.

Only regular files are opened, and what is too large is refused before it is decoded.
"""

import contextlib
import importlib
import io
import itertools
import logging
import os
import stat
import struct
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image, UnidentifiedImageError

from .decoding import decode, from_samples, read_tiff
from .metadata import read_metadata
from .photograph import Metadata, Photograph, PhotographError

MAX_PIXELS = 200_000_000
"""Most pixels of a photograph unless another limit is given; 1.6 GB while it is decoded."""

MAX_SIDE = 100_000
"""Largest width and height in pixels: a decoder takes memory for each row, however short."""

MAX_PAGES = 10_000
"""Most directories of a TIFF that are looked at."""

# Formats of photographs; JPEG includes the multi-picture files of cameras. Others that Pillow
# knows start programs or draw vectors.
_FORMATS = "JPEG PNG TIFF WEBP AVIF HEIF GIF BMP DIB PPM JPEG2000 TGA PCX SGI QOI"
# Brands in the header (ISO/IEC 23008-12, annex B) of what Pillow reads by a package of its own.
_HEIC = (b"ftypheic", b"ftypheix", b"ftyphevc", b"ftypheim", b"ftypheis")
_TIFF_HEADERS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
# Formats whose further frames are another picture, and what such a file is called.
_SEQUENCES = {
    "GIF": "animated GIF: the first frame",
    "PNG": "animated PNG: the first frame",
    "WEBP": "animated WebP: the first frame",
    "AVIF": "AVIF sequence: the first frame",
    "TIFF": "multi-page TIFF: the first page",
}
# What it says of damaged tags would stand between the lines of a command.
logging.getLogger("tifffile").addHandler(logging.NullHandler())
_lock, _limits = threading.Lock(), []


def read_photograph(source, max_pixels=MAX_PIXELS, page=None):
    """Reads a photograph; of several pages or frames the first, with a note.

    Args:
        source: path of a regular file, Pillow image, binary file object or bytes. A Pillow image
            is taken as it is, with the 8 bits per channel that it holds.
        max_pixels: largest width times height that is decoded; the header is enough to refuse.
        page: number of another page of a TIFF, one of `tiff_pages`.

    Returns:
        Photograph in sRGB, upright, 16-bit where the source is.

    Raises:
        PhotographError: if the source cannot be found, is too large, truncated or no picture.
    """
    name = getattr(source, "filename", None) or getattr(source, "name", None)
    name = name if isinstance(name, str) and name else "picture in memory"
    if isinstance(source, Image.Image):
        with _lifted_limit():
            return _read(source, None, name, max_pixels)
    if isinstance(source, str | os.PathLike):
        name = os.fspath(source)
        stream = _open_regular(source)
    else:
        content = source.read() if hasattr(source, "read") else source
        if not isinstance(content, bytes | bytearray | memoryview):
            kind = type(content).__name__
            raise PhotographError(f"{name}: expected a binary file, received one of {kind}.")
        stream = io.BytesIO(content)
    with stream, _lifted_limit():
        start = stream.read(16)
        if not start:
            raise PhotographError(f"{name}: expected a photograph, received an empty file.")
        is_tiff, several, notes = start.startswith(_TIFF_HEADERS), False, ()
        if is_tiff and page is None:
            # Two full pages and what may stand before the first.
            (page, *others), _, notes, _ = _list_pages(stream, 4)
            several = bool(others)
        if start[4:12] in _HEIC:
            try:
                importlib.import_module("pillow_heif").register_heif_opener()
            except ImportError as fault:
                expected = "pillow-heif for HEIC: pip install 'keras-colorize[heif]'"
                raise PhotographError(f"{name}: expected {expected}.") from fault
        try:
            image = _open_image(stream, page)
        except UnidentifiedImageError as fault:
            if not is_tiff:
                received = "received a file that is none of the known formats or is damaged"
                raise PhotographError(f"{name}: expected a photograph, {received}.") from fault
            photograph = _read_unusual_tiff(stream, name, max_pixels, page)
        except Exception as fault:
            raise _damaged(name, fault) from fault
        else:
            with image:
                several |= not is_tiff and getattr(image, "is_animated", False)
                photograph = _read(image, stream, name, max_pixels)
    kind = _SEQUENCES.get(photograph.format) if several else None
    notes = (*[f"{kind} was used"] * bool(kind), *notes, *photograph.notes)
    return replace(photograph, notes=notes, has_more=bool(kind))


def tiff_pages(path):
    """Numbers of the full pages of a TIFF, how many pixels they have, and notes; none of others.

    Smaller copies, masks and a first page that is a thumbnail of the second are left out. Raises as
    `read_photograph`, for more than `MAX_PAGES`, and where pages are lost behind the second.
    """
    with _open_regular(path) as stream:
        if not stream.read(4).startswith(_TIFF_HEADERS):
            return [], 0, ()
        pages, pixels, notes, is_whole = _list_pages(stream, MAX_PAGES)
    if not is_whole and len(pages) > 1:
        expected = f"at most {MAX_PAGES:,} whole pages, received more or damaged ones"
        raise PhotographError(f"{path}: expected {expected}; --pages first takes the first.")
    lost = () if is_whole else ("what follows its first page is damaged and was left out",)
    return pages, pixels, (*notes, *lost)


def _list_pages(stream, most):
    """Numbers of full pages among so many, their pixels, notes, and whether there are no more."""
    stream.seek(0)
    found, is_whole = [], False
    with contextlib.suppress(Exception), tifffile.TiffFile(stream) as tiff:
        for page in itertools.islice(tiff.pages, most):
            tags = page.index, page.subfiletype, page.imagewidth, page.imagelength
            found.append(tuple(map(int, tags)))
        # tifffile passes over a damaged link to the next page.
        form, file = tiff.tiff, tiff.filehandle
        file.seek(page.offset)
        (count,) = struct.unpack(form.tagnoformat, file.read(form.tagnosize))
        file.seek(page.offset + form.tagnosize + count * form.tagsize)
        is_whole = not any(file.read(form.offsetsize))
    # Of NewSubfileType, bit 0 is that of smaller copies and bit 2 that of masks.
    pages = [page for page in found if not page[1] & 5] or found[:1] or [(0, 0, 0, 0)]
    if len(pages) > 1:
        (_, _, width, height), (_, _, full_width, full_height) = pages[:2]
        side, full = max(width, height), max(full_width, full_height)
        skew = abs(width * full_height - height * full_width)
        if side <= min(320, full / 4) and skew <= 2 * full:
            del pages[0]
    notes, pixels = (), sum(width * height for _, _, width, height in pages)
    if len(found) > len(pages):
        left = len(found) - len(pages)
        notes = (f"smaller copies or masks among its pages were left out: {left}",)
    return [number for number, *_ in pages], pixels, notes, is_whole


def picture_size(path):
    """Width and height of a picture as shown, from its header alone; None if it cannot be read."""
    try:
        with _open_regular(path) as stream, _lifted_limit():
            first = _list_pages(stream, 4)[0][0] if stream.read(4) in _TIFF_HEADERS else None
            image = _open_image(stream, first)
            _, orientation, _ = read_metadata(image)
            return image.size[::-1] if orientation >= 5 else image.size
    except (OSError, ValueError, SyntaxError):
        return None


def _open_regular(path):
    try:
        # A pipe would keep its reader waiting, and a device may act when it is opened.
        mode = os.stat(path).st_mode
        if stat.S_ISREG(mode):
            return Path(path).open("rb")
    except FileNotFoundError as fault:
        raise PhotographError(f"{path}: expected a photograph, found no such file.") from fault
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or fault
        raise PhotographError(f"{path}: expected a readable file, received: {reason}.") from fault
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
    kind = kinds.get(stat.S_IFMT(mode), "a device")
    raise PhotographError(f"{path}: expected a photograph, received {kind}.")


@contextlib.contextmanager
def _lifted_limit():
    """Lifts Pillow's own limit on pixels, which the last of several threads inside puts back."""
    with _lock:
        _limits.append(Image.MAX_IMAGE_PIXELS)
        Image.MAX_IMAGE_PIXELS = None
    try:
        yield
    finally:
        with _lock:
            # The limits of those that came later are None.
            limit = _limits.pop()
            Image.MAX_IMAGE_PIXELS = None if _limits else limit


def _open_image(stream, page=None):
    # Pillow looks for its less common formats only where it may choose among all of them.
    Image.init()
    stream.seek(0)
    formats = [name for name in _FORMATS.split() if name in Image.OPEN]
    image = Image.open(stream, formats=formats)
    if page:
        # Pillow would keep what the first page has and this one has not.
        image.info.clear()
        image.seek(page)
    return image


def _read(image, stream, name, max_pixels):
    width, height = image.size
    size = f"{name}: expected a photograph that fits in memory, received {width} x {height} pixels"
    if width * height > max_pixels:
        advice = "Make it smaller, or raise max_pixels where there is memory for it."
        raise PhotographError(f"{size} ({width * height:,}). {advice}")
    if max(width, height) > MAX_SIDE:
        raise PhotographError(f"{size}, with sides of at most {MAX_SIDE:,}. Cut it into parts.")
    try:
        pixels, alpha, more = decode(image, stream)
        metadata, orientation, damage = read_metadata(image)
    except MemoryError as fault:
        raise PhotographError(f"{size}, more than there is memory for. Make it smaller.") from fault
    except Exception as fault:
        # Decoders of damaged files raise nearly every kind of exception.
        raise _damaged(name, fault) from fault
    kind = {"MPO": "JPEG", "DIB": "BMP"}.get(image.format, image.format or "")
    photograph = Photograph(pixels, alpha, metadata, kind, (*more, *damage))
    return photograph if orientation == 1 else _upright(photograph, orientation)


def _read_unusual_tiff(stream, name, max_pixels, page):
    try:
        *samples, info = read_tiff(stream, max_pixels, page)
        pixels, alpha, notes = from_samples(*samples, info)
    except Exception as fault:
        raise _damaged(name, fault) from fault
    metadata = Metadata(xmp=info.get("xmp"), icc=bool(info.get("icc_profile")))
    photograph = Photograph(pixels, alpha, metadata, "TIFF", notes)
    return _upright(photograph, info.get("orientation", 1))


def _damaged(name, fault):
    reason = str(fault).strip().rstrip(".") or type(fault).__name__
    return PhotographError(
        f"{name}: expected a whole photograph, received a damaged one: {reason}."
    )


def _upright(photograph, orientation):
    def turn(values):
        # EXIF 2.32, tag 274: the values say where the first row and the first column belong.
        values = values.swapaxes(0, 1) if orientation in (5, 6, 7, 8) else values
        values = values[::-1] if orientation in (3, 4, 7, 8) else values
        return np.ascontiguousarray(values[:, ::-1] if orientation in (2, 3, 6, 7) else values)

    alpha = None if photograph.alpha is None else turn(photograph.alpha)
    return replace(photograph, pixels=turn(photograph.pixels), alpha=alpha)
