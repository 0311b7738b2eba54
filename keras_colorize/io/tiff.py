"""TIFF with 8 or 16 bits per channel, with its EXIF directories (TIFF 6.0)."""

import zlib

import numpy as np
from PIL import Image
from PIL.TiffImagePlugin import IFDRational, ImageFileDirectory_v2
from PIL.TiffTags import BYTE, UNDEFINED

from keras_colorize.io import icc
from keras_colorize.io.metadata import descriptive_fields

_WIDTH, _LENGTH, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_STRIP_OFFSETS, _SAMPLES, _ROWS_PER_STRIP, _STRIP_BYTES = 273, 277, 278, 279
_X_RESOLUTION, _Y_RESOLUTION, _UNIT, _PREDICTOR, _EXTRA_SAMPLES = 282, 283, 296, 317, 338
_XMP, _PROFILE = 700, 34675
_DEFLATE, _RGB, _INCH, _DIFFERENCES, _STRAIGHT_ALPHA = 8, 2, 2, 2, 2
_LEVEL = 4
_STRIP_ROWS = 64


def write_tiff(stream, photograph):
    """Writes a TIFF compressed without loss.

    Args:
        stream: binary file to write.
        photograph: Photograph with uint8 or uint16 pixels.
    """
    height = len(photograph.pixels)
    strips = [
        _strip(photograph, slice(top, top + _STRIP_ROWS)) for top in range(0, height, _STRIP_ROWS)
    ]
    directory = _directory(photograph)
    sizes = [len(strip) for strip in strips]
    directory[_STRIP_BYTES] = tuple(sizes)
    # Counted from the end of the directory, which adds its own length when it is written.
    directory[_STRIP_OFFSETS] = (0, *np.cumsum(sizes[:-1]).tolist())
    directory.save(stream)
    for strip in strips:
        stream.write(strip)


def _strip(photograph, rows):
    samples = photograph.pixels[rows]
    if photograph.alpha is not None:
        samples = np.concatenate([samples, photograph.alpha[rows, :, None]], axis=-1)
    differences = samples.astype(samples.dtype.newbyteorder("<"))
    differences[:, 1:] = samples[:, 1:] - samples[:, :-1]
    return zlib.compress(differences.tobytes(), _LEVEL)


def _directory(photograph):
    height, width, channels = photograph.pixels.shape
    directory = ImageFileDirectory_v2(b"II*\0\0\0\0\0")
    _add_exif(directory, photograph.metadata.exif)
    if photograph.alpha is not None:
        channels += 1
        directory[_EXTRA_SAMPLES] = _STRAIGHT_ALPHA
    directory[_WIDTH], directory[_LENGTH] = width, height
    directory[_BITS] = (8 * photograph.pixels.itemsize,) * channels
    directory[_SAMPLES], directory[_PHOTOMETRIC] = channels, _RGB
    directory[_COMPRESSION], directory[_PREDICTOR] = _DEFLATE, _DIFFERENCES
    directory[_ROWS_PER_STRIP] = _STRIP_ROWS
    _add_metadata(directory, photograph.metadata)
    return directory


def _add_metadata(directory, metadata):
    if metadata.dpi:
        directory[_UNIT] = _INCH
        directory[_X_RESOLUTION] = IFDRational(round(metadata.dpi[0] * 1000), 1000)
        directory[_Y_RESOLUTION] = IFDRational(round(metadata.dpi[1] * 1000), 1000)
    if metadata.xmp:
        directory.tagtype[_XMP] = BYTE
        directory[_XMP] = metadata.xmp
    if metadata.icc:
        directory.tagtype[_PROFILE] = UNDEFINED
        directory[_PROFILE] = icc.srgb_profile()


def _add_exif(directory, block):
    if not block:
        return
    exif = Image.Exif()
    exif.load(block)
    for tag, value in descriptive_fields(exif).items():
        directory[tag] = value
