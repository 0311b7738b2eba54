"""A photograph in memory: upright sRGB pixels and everything that must survive colorization."""

import functools
import io
import struct
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageCms

from keras_colorize.errors import InputError

BAND_ROWS = 256
"""Rows that are converted at a time, so that copies of a large picture stay small."""


class PhotographError(InputError):
    """A photograph that cannot be found, read or written; the message is meant for people."""


@dataclass(frozen=True)
class Metadata:
    """What a photograph carries beside its pixels.

    Attributes:
        exif: EXIF block with its `Exif` header, orientation 1 and no thumbnail, or None.
        xmp: XMP packet, or None.
        dpi: horizontal and vertical pixels per inch, or None.
        text: text fields by name; the comment of a JPEG or GIF is called `Comment`.
        icc: whether the source carried a color profile, so that an sRGB profile is written.
    """

    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    text: dict[str, str] = field(default_factory=dict)
    icc: bool = False


@dataclass(frozen=True)
class Photograph:
    """One upright photograph in sRGB.

    Attributes:
        pixels: array of shape (H, W, 3), uint8 or uint16, sRGB.
        alpha: array of shape (H, W) with the dtype of the pixels (0 is clear), or None.
        metadata: what the file carried beside its pixels.
        format: format that it was read from ("JPEG", "PNG", "TIFF", ...), "" when unknown.
        notes: sentences that say what had to be decided while it was read.

    Raises:
        ValueError: if pixels or alpha have another shape or type.
    """

    pixels: np.ndarray
    alpha: np.ndarray | None = None
    metadata: Metadata = field(default_factory=Metadata)
    format: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self):
        """Refuses arrays that no writer could store."""
        shape, dtype, alpha = self.pixels.shape, self.pixels.dtype, self.alpha
        if dtype not in (np.uint8, np.uint16) or len(shape) != 3 or shape[-1] != 3:
            expected = "Expected pixels (H, W, 3) in uint8 or uint16, received"
            raise ValueError(f"{expected} {shape} {dtype}.")
        if alpha is not None and (alpha.shape != shape[:2] or alpha.dtype != dtype):
            expected = f"Expected alpha {shape[:2]} {dtype}, received"
            raise ValueError(f"{expected} {alpha.shape} {alpha.dtype}.")


@functools.cache
def srgb_profile():
    """The ICC profile of sRGB to embed, as bytes."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    # Its date is replaced, so that the same picture gives the same file every day.
    profile[24:36] = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)
    return bytes(profile)


def to_eight_bits(values):
    """Levels in uint8: 16-bit ones are rounded, so that 65535 becomes 255."""
    if values.dtype == np.uint8:
        return values
    rounded = np.empty(values.shape, np.uint8)
    for top in range(0, len(values), BAND_ROWS):
        band = values[top : top + BAND_ROWS].astype(np.uint32)
        rounded[top : top + BAND_ROWS] = (band + 128) // 257
    return rounded


def to_pil(photograph):
    """Converts a photograph into a Pillow image in mode RGB, or RGBA where there is an alpha.

    16-bit levels are rounded to 8. EXIF, XMP, dpi and the ICC profile are in the image's `info`.
    """
    image = Image.fromarray(to_eight_bits(photograph.pixels))
    if photograph.alpha is not None:
        image.putalpha(Image.fromarray(to_eight_bits(photograph.alpha)))
    metadata = photograph.metadata
    carried = {"exif": metadata.exif, "xmp": metadata.xmp, "dpi": metadata.dpi}
    carried["icc_profile"] = metadata.icc and srgb_profile()
    image.info.update({key: value for key, value in carried.items() if value})
    return image


def small_pixels(photograph, side):
    """Scales a photograph down to a long side of at most `side` pixels: uint8 sRGB (h, w, 3)."""
    image = Image.fromarray(to_eight_bits(photograph.pixels))
    scale = min(1.0, side / max(image.size))
    size = tuple(max(1, round(length * scale)) for length in image.size)
    return np.asarray(image.resize(size, Image.Resampling.LANCZOS))


def jpeg_bytes(pixels, quality=92):
    """Encodes uint8 sRGB pixels (H, W, 3) as a JPEG without metadata or chroma subsampling."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=quality, subsampling="4:4:4")
    return stream.getvalue()


def is_near_grey(rgb_uint8):
    """Whether a picture uint8 (H, W, 3) has next to no color, or the colors of a toned print.

    In a toned print, sepia or cyanotype, the color of a pixel follows from its brightness: what a
    cubic of the brightness leaves of the channels' differences is smaller than 6 of 255. Of 520
    color photographs, morning mists and car mirrors among them, none had less than 8.
    """
    # A difference of 12 between the channels counts as color, which 5% of the pixels must have. A
    # few thousand pixels are enough to tell, and this runs over every training picture.
    step = max(1, min(rgb_uint8.shape[:2]) // 64)
    channels = np.array(rgb_uint8[::step, ::step].reshape(-1, 3).T, "float64", order="C")
    if np.mean(np.ptp(channels, axis=0) >= 12) <= 0.05:
        return True
    brightness = channels.mean(axis=0)
    powers = np.vander(brightness / 255, 4)
    if len(np.unique(brightness)) <= powers.shape[1]:
        return False
    colors = (channels - brightness).T
    rest = (colors - powers @ np.linalg.lstsq(powers, colors, rcond=None)[0]).T
    return bool(np.mean(np.ptp(rest, axis=0) >= 6) <= 0.05)
