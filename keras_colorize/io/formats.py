"""The formats of photographs: which suffix means which, and what each of them can hold."""

from dataclasses import dataclass
from pathlib import Path

from keras_colorize.io.photograph import PhotographError


@dataclass(frozen=True)
class WritableFormat:
    """What a colour photograph keeps when it is written in a format.

    Attributes:
        name: Pillow's name of the format.
        alpha: whether transparency is kept.
        deep: whether 16 bits per channel are kept.
        metadata: whether EXIF, XMP and a colour profile are kept.
        max_side: largest width and height in pixels.
    """

    name: str
    alpha: bool
    deep: bool
    metadata: bool
    max_side: int = 2**31 - 1


_JPEG = WritableFormat("JPEG", alpha=False, deep=False, metadata=True, max_side=65500)
_PNG = WritableFormat("PNG", alpha=True, deep=True, metadata=True)
_TIFF = WritableFormat("TIFF", alpha=True, deep=True, metadata=True)
_WEBP = WritableFormat("WEBP", alpha=True, deep=False, metadata=True, max_side=16383)
_AVIF = WritableFormat("AVIF", alpha=True, deep=False, metadata=True, max_side=65535)
_BMP = WritableFormat("BMP", alpha=False, deep=False, metadata=False)
_PPM = WritableFormat("PPM", alpha=False, deep=False, metadata=False)

WRITABLE = {
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".jpe": _JPEG,
    ".jfif": _JPEG,
    ".png": _PNG,
    ".tif": _TIFF,
    ".tiff": _TIFF,
    ".webp": _WEBP,
    ".avif": _AVIF,
    ".bmp": _BMP,
    ".ppm": _PPM,
}
# Read, but written as PNG: they hold no colour, or 256 colours, or are poorly kept by writers.
_READ_ONLY = (
    ".apng",
    ".dib",
    ".gif",
    ".j2k",
    ".jp2",
    ".jpx",
    ".mpo",
    ".pbm",
    ".pcx",
    ".pgm",
    ".pnm",
    ".qoi",
    ".sgi",
    ".tga",
)
READABLE_SUFFIXES = frozenset((*WRITABLE, *_READ_ONLY))


def writable_format(path):
    """Finds the format to write from the suffix of a path.

    Args:
        path: path of the file to write.

    Returns:
        WritableFormat.

    Raises:
        PhotographError: if the suffix is unknown, or its format cannot hold a colour photograph.
    """
    suffix = Path(path).suffix.lower()
    if suffix in WRITABLE:
        return WRITABLE[suffix]
    came = f"the suffix {suffix!r}" if suffix else "no suffix"
    reason = ", which cannot hold a colour photograph well" if suffix in _READ_ONLY else ""
    known = ", ".join(sorted(WRITABLE))
    raise PhotographError(f"{path}: expected one of {known}, got {came}{reason}.")
