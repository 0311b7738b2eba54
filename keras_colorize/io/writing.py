"""Writes photographs with all that their format can hold."""

import contextlib
import io
import itertools
import math
import re
import struct
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from .atomic import atomic_file
from .metadata import (
    IPTC_TAG,
    DamagedXMPError,
    descriptive_fields,
    mark_made_colors,
    photoshop_resource,
    upright_exif,
)
from .photograph import Metadata, Photograph, PhotographError, srgb_profile, to_pil

_JPEG_SEGMENT = 65533  # bytes; XMP shares them with the 29 of its name
_XMP_TAG, _PAGE_NUMBER = 700, 297
_CLASSIC_TIFF = 3_500_000_000  # bytes before compression; a TIFF of more than 4 GB is a BigTIFF
_LEVEL = 4  # of zlib: two per cent larger than at level 6, in half the time
_OPTIONS = {
    "JPEG": {"quality": 95, "subsampling": "4:4:4"},
    "WEBP": {"quality": 95, "method": 4, "exact": True},
    "AVIF": {"quality": 90, "subsampling": "4:4:4"},
    "BMP": {},
    "PPM": {},
    "PNG": {"compress_level": _LEVEL},
}


@dataclass(frozen=True)
class WritableFormat:
    """What a color photograph keeps in a format: `name` is Pillow's, `max_side` is in pixels."""

    name: str
    alpha: bool = False
    deep: bool = False
    metadata: bool = False
    max_side: int = 2**31 - 1


_JPEG = WritableFormat("JPEG", metadata=True, max_side=65500)
_TIFF = WritableFormat("TIFF", alpha=True, deep=True, metadata=True)
WRITABLE = dict.fromkeys((".jpg", ".jpeg", ".jpe", ".jfif"), _JPEG) | {
    ".png": WritableFormat("PNG", alpha=True, deep=True, metadata=True),
    ".tif": _TIFF,
    ".tiff": _TIFF,
    ".webp": WritableFormat("WEBP", alpha=True, metadata=True, max_side=16383),
    ".avif": WritableFormat("AVIF", alpha=True, metadata=True, max_side=65535),
    ".bmp": WritableFormat("BMP"),
    ".ppm": WritableFormat("PPM"),
}
# Read, but written as PNG: they hold no color, or 256 colors, or are poorly kept by writers.
_READ_ONLY = (
    ".apng .avifs .dib .gif .heic .heif .j2c .j2k .jp2 .jpc .jpf .jpx .mpo .pbm .pcx .pgm .pnm "
    ".qoi .sgi .tga"
)
READABLE_SUFFIXES = frozenset((*WRITABLE, *_READ_ONLY.split()))


def writable_format(path):
    """The `WritableFormat` of the suffix of a path.

    Raises PhotographError if the suffix is unknown, or its format cannot hold a color photograph.
    """
    suffix = Path(path).suffix.lower()
    if suffix in WRITABLE:
        return WRITABLE[suffix]
    came = f"the suffix {suffix!r}" if suffix else "no suffix"
    reason = ", which cannot hold a color photograph well" if suffix in READABLE_SUFFIXES else ""
    known = ", ".join(sorted(WRITABLE))
    raise PhotographError(f"{path}: expected one of {known}, received {came}{reason}.")


def write_photograph(
    path, photograph, *, mark_colorized=True, overwrite=False, quality=None, sign=None
):
    """Writes a photograph; its file appears whole or not at all.

    Args:
        path: path whose suffix says the format; missing folders are created.
        photograph: Photograph. 16 bits per channel are kept in PNG and TIFF, rounded elsewhere.
        mark_colorized: whether XMP says (`Iptc4xmpExt:DigitalSourceType`) that colors were made;
            or a dict that says more, see `mark_made_colors`.
        overwrite: whether an existing file is replaced.
        quality: 1..100 of JPEG, WebP and AVIF; None takes 95, and 90 of AVIF.
        sign: None, or a function of the encoded picture (a binary file), the name of its format
            and the file to write that writes it signed, see `Credentials`.

    Returns:
        Tuple of sentences that say what the format could not hold.

    Raises:
        PhotographError: if the format is unknown or cannot hold color, the picture is too large
            for it, the file exists and `overwrite` is False, or it cannot be written.
    """
    return write_pages(path, [(photograph, mark_colorized)], overwrite, quality, sign)


def write_pages(path, pages, overwrite=False, quality=None, sign=None, pixels=0):
    """Writes a photograph as `write_photograph`, or pages of a TIFF, of which one is in memory.

    `pages` is an iterator of pairs of a `Photograph` and its `mark_colorized`, and `pixels` the
    number of pixels of all pages, if there are several.
    """
    target, notes = writable_format(path), {}

    def fitted():
        for photograph, mark in pages:
            height, width = photograph.pixels.shape[:2]
            if max(height, width) > target.max_side:
                expected = f"sides of at most {target.max_side} pixels for {target.name}"
                received = f"received {width} x {height}. PNG and TIFF hold larger pictures"
                raise PhotographError(f"{path}: expected {expected}, {received}.")
            photograph, said = _fit(photograph, target, mark)
            notes.update(dict.fromkeys(said))
            yield photograph

    with atomic_file(path, overwrite) as file:
        stream, photographs = io.BytesIO() if sign else file, fitted()
        try:
            if target.name == "TIFF":
                _write_tiff(stream, photographs, pixels)
            # A TIFF takes all of them, others hold one.
            for photograph in photographs:
                if target.name == "PNG" and photograph.pixels.itemsize > 1:
                    _write_png16(stream, photograph)
                    continue
                options = _options(photograph.metadata, target.name)
                options |= {"quality": quality} if quality and "quality" in options else {}
                to_pil(photograph).save(stream, target.name, **options)
        except PhotographError:
            raise
        except (ValueError, LookupError, TypeError, struct.error, MemoryError) as fault:
            expected, reason = f"that can be written as {target.name}", str(fault) or repr(fault)
            raise PhotographError(f"{path}: expected a picture {expected}: {reason}.") from fault
        if sign:
            stream.seek(0)
            sign(stream, target.name, file)
    return tuple(notes)


def _fit(photograph, target, mark):
    """The photograph without what the format cannot hold, and what to say about it."""
    name, notes, metadata = target.name, [], photograph.metadata
    size = photograph.pixels.shape[1::-1]
    with contextlib.suppress(ValueError, struct.error):
        metadata = replace(metadata, exif=metadata.exif and upright_exif(metadata.exif, size))
    most = {"PNG": math.inf, "TIFF": math.inf, "JPEG": _JPEG_SEGMENT - 30}.get(name, 0)
    if len(metadata.iptc or b"") > most:
        metadata = replace(metadata, iptc=None)
        notes.append(f"the captions of IPTC are more than {name} holds and were left out")
    if photograph.alpha is not None and not target.alpha:
        photograph = replace(photograph, alpha=None)
        notes.append(f"{name} holds no transparency: it was left out")
    if photograph.pixels.itemsize > 1 and not target.deep:
        notes.append(f"{name} holds 8 bits per channel: 16 were rounded")
    how = mark if isinstance(mark, dict) else {}
    if mark and target.metadata:
        try:
            metadata = replace(metadata, xmp=mark_made_colors(metadata.xmp, how))
        except DamagedXMPError as fault:
            notes.append(f"the XMP packet is damaged and was replaced: {fault}")
            metadata = replace(metadata, xmp=mark_made_colors(None, how))
    elif mark:
        notes.append(f"{name} holds no XMP: the file does not say that it was colorized")
    if name == "JPEG" and len(metadata.exif or b"") > _JPEG_SEGMENT:
        metadata = replace(metadata, exif=None)
        notes.append("the EXIF block is too long for JPEG and was left out")
    if name == "JPEG" and len(metadata.xmp or b"") > _JPEG_SEGMENT - 29:
        metadata = replace(metadata, xmp=mark_made_colors(None, how) if mark else None)
        notes.append("the XMP packet is too long for JPEG and was left out")
    if name != "PNG":
        comment = metadata.text.get("Comment", "")
        holds = comment and name == "JPEG" and len(comment.encode()) <= _JPEG_SEGMENT
        kept = {"Comment": comment} if holds else {}
        if left_out := sorted(set(metadata.text) - set(kept)):
            notes.append(f"{name} does not hold the text {', '.join(left_out)}: left out")
        metadata = replace(metadata, text=kept)
    if not target.metadata and (metadata.exif or metadata.xmp):
        metadata = Metadata(dpi=metadata.dpi)
        notes.append(f"{name} holds no EXIF and no XMP: they were left out")
    return replace(photograph, metadata=metadata), tuple(notes)


def _options(metadata, name):
    carried = {
        "exif": metadata.exif,
        "xmp": metadata.xmp,
        "icc_profile": metadata.icc and srgb_profile(),
        "comment": metadata.text.get("Comment", "").encode(),
        "dpi": metadata.dpi,
    }
    if name == "JPEG" and metadata.iptc:
        segment = b"Photoshop 3.0\0" + photoshop_resource(metadata.iptc)
        carried["extra"] = struct.pack(">HH", 0xFFED, len(segment) + 2) + segment
    if name == "PNG":
        # Of text, Pillow writes what is in here alone.
        carried["pnginfo"] = chunks = PngInfo()
        keyword = re.compile("[\x01-\xff]{1,79}").fullmatch
        fields = {key: text for key, text in metadata.text.items() if keyword(key)}
        if carried.pop("xmp"):
            fields["XML:com.adobe.xmp"] = metadata.xmp.decode("utf-8", "replace")
        for key, text in fields.items():
            chunks.add_itxt(key, text)
        if metadata.iptc:
            block = photoshop_resource(metadata.iptc)
            # The form of ImageMagick.
            text = f"\niptc\n{len(block):8}\n{block.hex()}\n"
            chunks.add_text("Raw profile type iptc", text, zip=True)
    return _OPTIONS[name] | {key: value for key, value in carried.items() if value}


def _write_png16(stream, photograph):
    """Writes a PNG of 16 bits, whose pixels Pillow has no mode for: it packs the metadata alone."""
    import imagecodecs

    small = Photograph(np.zeros((1, 1, 3), np.uint8), metadata=photograph.metadata)
    to_pil(small).save(model := io.BytesIO(), "PNG", **_options(photograph.metadata, "PNG"))
    up = imagecodecs.PNG.FILTER.UP
    encoded = imagecodecs.png_encode(_samples(photograph), level=_LEVEL, filter=up)
    chunks, header = model.getvalue(), 33  # bytes of the signature and of IHDR
    others = chunks[header : chunks.rindex(b"IDAT") - 4]
    stream.write(encoded[:header] + others + encoded[header:])


def _samples(photograph):
    if photograph.alpha is None:
        return photograph.pixels
    return np.concatenate([photograph.pixels, photograph.alpha[..., None]], axis=-1)


def _write_tiff(stream, photographs, pixels):
    """Writes a TIFF compressed without loss, with its EXIF directories (TIFF 6.0)."""
    first, directories = next(photographs), []
    is_big = pixels * first.pixels.itemsize * (3 if first.alpha is None else 4) > _CLASSIC_TIFF
    with tifffile.TiffWriter(stream, bigtiff=is_big, byteorder="<") as tiff:
        for number, photograph in enumerate(itertools.chain([first], photographs)):
            tags, fields = _tiff_tags(photograph.metadata)
            directories += [(number, code, values) for code, values in fields.items()]
            if pixels:
                tags.append((_PAGE_NUMBER, 3, 2, (number, 0), True))
            dpi = photograph.metadata.dpi
            tiff.write(
                _samples(photograph),
                photometric="rgb",
                extrasamples=None if photograph.alpha is None else ["unassalpha"],
                compression="zlib",
                compressionargs={"level": _LEVEL},
                predictor=True,
                rowsperstrip=64,
                metadata=None,
                software=False,
                resolution=dpi,
                resolutionunit="INCH" if dpi else None,
                iccprofile=srgb_profile() if photograph.metadata.icc else None,
                extratags=tags,
                subfiletype=2 if pixels else 0,
            )
    stream.seek(0)
    with tifffile.TiffFile(stream) as tiff:
        entries = [tiff.pages[page].tags[code - 1].offset for page, code, _ in directories]
    for entry, (_, code, fields) in zip(entries, directories, strict=True):
        directory = ImageFileDirectory_v2(b"II+\0\0\0\0\0" if is_big else b"II*\0\0\0\0\0")
        for tag, value in fields.items():
            directory[tag] = value
        end = stream.seek(0, io.SEEK_END)
        stream.write(b"\0" * (end % 2) + directory.tobytes(end + end % 2))
        stream.seek(entry)
        # Types LONG8 and LONG.
        stream.write(
            struct.pack(*("<HHQQ", code, 16) if is_big else ("<HHII", code, 4), 1, end + end % 2)
        )


def _tiff_tags(metadata):
    """Tags for tifffile, and EXIF directories by their codes."""
    tags, directories = [], {}
    if metadata.exif:
        exif = Image.Exif()
        exif.load(metadata.exif)
        for code, value in descriptive_fields(exif).items():
            if isinstance(value, dict):
                directories[code] = value
                # tifffile leaves the place of directories to itself: the code before is free.
                tags.append((code - 1, 4, 1, 0, True))
            elif isinstance(value, int):
                tags.append((code, 3, 1, value, True))
            elif isinstance(value, str):
                tags.append((code, 2, 0, value.encode(), True))
            else:
                tags.append((code, 1, len(value), bytes(value), True))
    for code, block in ((_XMP_TAG, metadata.xmp), (IPTC_TAG, metadata.iptc)):
        if block:
            tags.append((code, 1, len(block), block, True))
    return tags, directories
