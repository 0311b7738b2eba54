"""PNG with 16 bits per channel, and the text chunks of every PNG (ISO/IEC 15948:2004)."""

import struct
import zlib

import numpy as np

from keras_colorize.io import icc
from keras_colorize.io.opening import BAND_ROWS

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_RGB, _RGBA = 2, 6
_FILTER_UP = 2
_LEVEL = 4
_XMP_KEYWORD = "XML:com.adobe.xmp"


def text_chunks(metadata):
    """Builds the chunks that hold XMP and text.

    Args:
        metadata: Metadata.

    Returns:
        List of pairs of chunk name and chunk data.
    """
    fields = {key: text for key, text in metadata.text.items() if _is_keyword(key)}
    if metadata.xmp:
        fields[_XMP_KEYWORD] = metadata.xmp.decode("utf-8", "replace")
    # Not compressed, with neither language nor translated keyword.
    return [
        (b"iTXt", key.encode("latin-1") + b"\0\0\0\0\0" + text.encode())
        for key, text in fields.items()
    ]


def write_png16(stream, photograph):
    """Writes a PNG with 16 bits per channel.

    Args:
        stream: binary file to write.
        photograph: Photograph with uint16 pixels.
    """
    stream.write(_SIGNATURE)
    height, width = photograph.pixels.shape[:2]
    color_type = _RGB if photograph.alpha is None else _RGBA
    header = struct.pack(">IIBBBBB", width, height, 16, color_type, 0, 0, 0)
    chunks = [(b"IHDR", header), *_describing_chunks(photograph.metadata)]
    for name, data in (*chunks, *text_chunks(photograph.metadata)):
        _write_chunk(stream, name, data)
    _write_pixels(stream, photograph)
    _write_chunk(stream, b"IEND", b"")


def _describing_chunks(metadata):
    if metadata.icc:
        yield b"iCCP", b"sRGB\0\0" + zlib.compress(icc.srgb_profile())
    if metadata.dpi:
        per_metre = (round(value / 0.0254) for value in metadata.dpi)
        yield b"pHYs", struct.pack(">IIB", *per_metre, 1)
    if metadata.exif:
        yield b"eXIf", metadata.exif[6:]


def _write_chunk(stream, name, data):
    checksum = zlib.crc32(data, zlib.crc32(name))
    stream.write(struct.pack(">I", len(data)) + name)
    stream.write(data)
    stream.write(struct.pack(">I", checksum))


def _write_pixels(stream, photograph):
    packer = zlib.compressobj(_LEVEL)
    above = None
    for top in range(0, len(photograph.pixels), BAND_ROWS):
        lines = _lines(photograph, slice(top, top + BAND_ROWS))
        filtered, above = _filter_up(lines, above)
        if packed := packer.compress(filtered):
            _write_chunk(stream, b"IDAT", packed)
    _write_chunk(stream, b"IDAT", packer.flush())


def _lines(photograph, rows):
    pixels = photograph.pixels[rows]
    if photograph.alpha is not None:
        pixels = np.concatenate([pixels, photograph.alpha[rows, :, None]], axis=-1)
    return pixels.astype(">u2").reshape(len(pixels), -1).view(np.uint8)


def _filter_up(lines, above):
    above = np.zeros_like(lines[:1]) if above is None else above
    filtered = np.full((len(lines), lines.shape[1] + 1), _FILTER_UP, np.uint8)
    filtered[:, 1:] = lines - np.concatenate([above, lines[:-1]])
    return filtered.tobytes(), lines[-1:]


def _is_keyword(key):
    try:
        return 1 <= len(key.encode("latin-1")) <= 79 and "\0" not in key
    except UnicodeEncodeError:
        return False
