"""Photographs on disk: every mode, EXIF, ICC, 16 bits, metadata and writes that are whole."""

from keras_colorize.files.embedding import jpeg_bytes, small_pixels
from keras_colorize.files.formats import writable_format
from keras_colorize.files.paths import find_photographs, output_path
from keras_colorize.files.photograph import Metadata, Photograph, PhotographError, to_pil
from keras_colorize.files.reading import read_photograph
from keras_colorize.files.sheet import contact_sheet
from keras_colorize.files.writing import write_photograph

__all__ = [
    "Metadata",
    "Photograph",
    "PhotographError",
    "contact_sheet",
    "find_photographs",
    "jpeg_bytes",
    "output_path",
    "read_photograph",
    "small_pixels",
    "to_pil",
    "writable_format",
    "write_photograph",
]
