"""Reads photographs of every mode that scanners, cameras and programs write."""

import contextlib
import io
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from keras_colorize.io.decoding import decode, from_array
from keras_colorize.io.deep import read_tiff_array
from keras_colorize.io.metadata import read_metadata
from keras_colorize.io.opening import lifted_limit, open_image
from keras_colorize.io.photograph import Metadata, Photograph, PhotographError

MAX_PIXELS = 200_000_000
_TIFF_HEADERS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
# Formats whose further frames are another picture, and what such a file is called.
_SEQUENCES = {
    "GIF": "animated GIF with {} frames",
    "PNG": "animated PNG with {} frames",
    "WEBP": "animated WebP with {} frames",
    "AVIF": "AVIF sequence with {} frames",
    "TIFF": "multi-page TIFF with {} pages",
}


def read_photograph(source, max_pixels=MAX_PIXELS):
    """Reads a photograph.

    Args:
        source: path, Pillow image, binary file object or bytes. A Pillow image is taken as it
            is, with the 8 bits per channel that it holds.
        max_pixels: largest width times height that is decoded; the header is enough to refuse.

    Returns:
        Photograph in sRGB, upright, 16-bit where the source is.

    Raises:
        PhotographError: if the source cannot be found, is too large, truncated or no picture.
    """
    name = _name(source)
    if isinstance(source, Image.Image):
        with lifted_limit():
            return _read(source, None, name, max_pixels)
    with _stream(source, name) as stream, lifted_limit():
        return _read_stream(stream, name, max_pixels)


def _name(source):
    if isinstance(source, str | os.PathLike):
        return os.fspath(source)
    name = getattr(source, "filename", None) or getattr(source, "name", None)
    return name if isinstance(name, str) and name else "picture in memory"


@contextlib.contextmanager
def _stream(source, name):
    if isinstance(source, bytes | bytearray | memoryview):
        yield io.BytesIO(source)
    elif hasattr(source, "read"):
        yield _seekable(source, name)
    else:
        with _open_path(source, name) as stream:
            yield stream


def _seekable(source, name):
    data = source.read()
    if not isinstance(data, bytes):
        raise PhotographError(f"{name}: expected a binary file, got one of {type(data).__name__}.")
    return io.BytesIO(data)


def _open_path(source, name):
    path = Path(source)
    try:
        return path.open("rb")
    except IsADirectoryError as fault:
        raise PhotographError(f"{name}: expected a photograph, got a folder.") from fault
    except FileNotFoundError as fault:
        raise PhotographError(f"{name}: expected a photograph, found no such file.") from fault
    except (OSError, ValueError) as fault:
        raise PhotographError(f"{name}: expected a readable file, got: {fault}.") from fault


def _read_stream(stream, name, max_pixels):
    start = stream.read(16)
    if not start:
        raise PhotographError(f"{name}: expected a photograph, got an empty file.")
    try:
        image = open_image(stream)
    except UnidentifiedImageError as fault:
        if start.startswith(_TIFF_HEADERS):
            return _read_unusual_tiff(stream, name, max_pixels)
        raise PhotographError(
            f"{name}: expected a photograph, got a file that is none of the known formats or is "
            "damaged."
        ) from fault
    except Exception as fault:
        raise _damaged(name, fault) from fault
    with image:
        return _read(image, stream, name, max_pixels)


def _read(image, stream, name, max_pixels):
    _check_size(image.size, name, max_pixels)
    try:
        notes = _sequence_notes(image) if stream is not None else ()
        pixels, alpha, decoding_notes = decode(image, stream)
        metadata, orientation, metadata_notes = read_metadata(image)
    except MemoryError as fault:
        raise _too_large(image.size, name, "more memory than there is") from fault
    except Exception as fault:
        # Decoders of damaged files raise nearly every kind of exception.
        raise _damaged(name, fault) from fault
    notes = (*notes, *decoding_notes, *metadata_notes)
    kind = {"MPO": "JPEG", "DIB": "BMP"}.get(image.format, image.format or "")
    return _upright(Photograph(pixels, alpha, metadata, kind, notes), orientation)


def _read_unusual_tiff(stream, name, max_pixels):
    try:
        samples, info = read_tiff_array(stream, max_pixels)
        pixels, alpha, notes = from_array(samples, info)
    except Exception as fault:
        raise _damaged(name, fault) from fault
    metadata = Metadata(xmp=info.get("xmp"), icc=bool(info.get("icc_profile")))
    photograph = Photograph(pixels, alpha, metadata, "TIFF", notes)
    return _upright(photograph, info.get("orientation", 1))


def _check_size(size, name, max_pixels):
    if size[0] * size[1] > max_pixels:
        raise _too_large(size, name, f"{size[0] * size[1]:,}")


def _too_large(size, name, came):
    return PhotographError(
        f"{name}: expected a photograph that fits in memory, got {size[0]} x {size[1]} pixels "
        f"({came}). Make it smaller, or raise max_pixels where there is memory for it."
    )


def _damaged(name, fault):
    reason = str(fault).strip().rstrip(".") or type(fault).__name__
    return PhotographError(f"{name}: expected a whole photograph, got a damaged one: {reason}.")


def _sequence_notes(image):
    kind = _SEQUENCES.get(image.format)
    frames = getattr(image, "n_frames", 1) if kind else 1
    return (f"{kind.format(frames)}: the first was used",) if frames > 1 else ()


def _upright(photograph, orientation):
    if orientation == 1:
        return photograph
    alpha = photograph.alpha
    return replace(
        photograph,
        pixels=_turn(photograph.pixels, orientation),
        alpha=None if alpha is None else _turn(alpha, orientation),
    )


def _turn(values, orientation):
    # EXIF 2.32, tag 274: the values say where the first row and the first column belong.
    if orientation in (5, 6, 7, 8):
        values = values.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        values = values[::-1]
    if orientation in (2, 3, 6, 7):
        values = values[:, ::-1]
    return np.ascontiguousarray(values)
