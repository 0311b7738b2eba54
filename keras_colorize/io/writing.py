"""Writes photographs with all that their format can hold."""

import struct
from dataclasses import replace

from PIL.PngImagePlugin import PngInfo

from keras_colorize.io import icc
from keras_colorize.io.atomic import atomic_file
from keras_colorize.io.formats import writable_format
from keras_colorize.io.photograph import Metadata, PhotographError, to_pil
from keras_colorize.io.png_chunks import text_chunks, write_png16
from keras_colorize.io.tiff import write_tiff
from keras_colorize.io.xmp import DamagedXMPError, mark_made_colours

# A JPEG segment holds 65533 bytes; XMP shares it with the 29 bytes of its name.
_JPEG_SEGMENT = 65533
_JPEG_XMP = _JPEG_SEGMENT - 29
_OPTIONS = {
    "JPEG": {"quality": 95, "subsampling": "4:4:4"},
    "WEBP": {"quality": 95, "method": 4, "exact": True},
    "AVIF": {"quality": 90, "subsampling": "4:4:4"},
    "BMP": {},
    "PPM": {},
    # Two per cent larger than at level 6, in half the time.
    "PNG": {"compress_level": 4},
}


def write_photograph(path, photograph, *, mark_colorized=True, overwrite=False):
    """Writes a photograph; its file appears whole or not at all.

    Args:
        path: path whose suffix says the format; missing folders are created.
        photograph: Photograph. 16 bits per channel are kept in PNG and TIFF, rounded elsewhere.
        mark_colorized: whether XMP says that a trained algorithm made the colours
            (`Iptc4xmpExt:DigitalSourceType`).
        overwrite: whether an existing file is replaced.

    Returns:
        Tuple of sentences that say what the format could not hold.

    Raises:
        PhotographError: if the format is unknown or cannot hold colour, the picture is too large
            for it, the file exists and `overwrite` is False, or it cannot be written.
    """
    target = writable_format(path)
    _check_size(path, photograph, target)
    photograph, notes = _fit(photograph, target, mark_colorized)
    with atomic_file(path, overwrite) as stream:
        _encode(stream, photograph, target, path)
    return notes


def _check_size(path, photograph, target):
    height, width = photograph.pixels.shape[:2]
    if max(height, width) > target.max_side:
        raise PhotographError(
            f"{path}: expected sides of at most {target.max_side} pixels for {target.name}, "
            f"got {width} x {height}. PNG and TIFF hold larger pictures."
        )


def _fit(photograph, target, mark):
    """Leaves out what the format cannot hold; returns the photograph and what to say about it."""
    notes = []
    if photograph.alpha is not None and not target.alpha:
        photograph = replace(photograph, alpha=None)
        notes.append(f"{target.name} holds no transparency: it was left out")
    if photograph.pixels.itemsize > 1 and not target.deep:
        notes.append(f"{target.name} holds 8 bits per channel: 16 were rounded")
    metadata = _marked(photograph.metadata, target, notes) if mark else photograph.metadata
    if target.name == "JPEG":
        metadata = _fit_segments(metadata, mark, notes)
    metadata = _fit_text(metadata, target, notes)
    if not target.metadata and (metadata.exif or metadata.xmp):
        metadata = Metadata(dpi=metadata.dpi)
        notes.append(f"{target.name} holds no EXIF and no XMP: they were left out")
    return replace(photograph, metadata=metadata), tuple(notes)


def _marked(metadata, target, notes):
    if not target.metadata:
        notes.append(f"{target.name} holds no XMP: the file does not say that it was colorized")
        return metadata
    try:
        return replace(metadata, xmp=mark_made_colours(metadata.xmp))
    except DamagedXMPError as fault:
        notes.append(f"the XMP packet is damaged and was replaced: {fault}")
        return replace(metadata, xmp=mark_made_colours(None))


def _fit_segments(metadata, mark, notes):
    if metadata.exif and len(metadata.exif) > _JPEG_SEGMENT:
        metadata = replace(metadata, exif=None)
        notes.append("the EXIF block is too long for JPEG and was left out")
    if metadata.xmp and len(metadata.xmp) > _JPEG_XMP:
        metadata = replace(metadata, xmp=mark_made_colours(None) if mark else None)
        notes.append("the XMP packet is too long for JPEG and was left out")
    return metadata


def _fit_text(metadata, target, notes):
    if target.name == "PNG":
        return metadata
    comment = metadata.text.get("Comment", "")
    holds_comment = target.name == "JPEG" and len(comment.encode()) <= _JPEG_SEGMENT
    kept = {"Comment": comment} if comment and holds_comment else {}
    left_out = sorted(set(metadata.text) - set(kept))
    if left_out:
        notes.append(f"{target.name} does not hold the text {', '.join(left_out)}: left out")
    return replace(metadata, text=kept)


def _encode(stream, photograph, target, path):
    try:
        if target.name == "TIFF":
            write_tiff(stream, photograph)
        elif target.name == "PNG" and photograph.pixels.itemsize > 1:
            write_png16(stream, photograph)
        else:
            to_pil(photograph).save(stream, target.name, **_options(photograph.metadata, target))
    except (ValueError, LookupError, TypeError, struct.error, MemoryError) as fault:
        reason = str(fault) or type(fault).__name__
        raise PhotographError(
            f"{path}: expected a picture that can be written as {target.name}, got: {reason}."
        ) from fault


def _options(metadata, target):
    options = dict(_OPTIONS[target.name])
    if target.name == "PNG":
        options["pnginfo"] = PngInfo()
        for name, data in text_chunks(metadata):
            options["pnginfo"].add(name, data)
    carried = {
        "exif": metadata.exif,
        "xmp": metadata.xmp,
        "icc_profile": icc.srgb_profile() if metadata.icc else None,
        "comment": metadata.text.get("Comment", "").encode(),
        "dpi": metadata.dpi,
    }
    return options | {key: value for key, value in carried.items() if value}
