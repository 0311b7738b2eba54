"""A photograph in memory: upright sRGB pixels and everything that must survive colorization."""

import functools
import io
import struct
from dataclasses import dataclass, field, replace

import numpy as np
from PIL import Image, ImageCms, ImageDraw, ImageFont

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
        iptc: captions in the block of IPTC-IIM, or None.
    """

    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    text: dict[str, str] = field(default_factory=dict)
    icc: bool = False
    iptc: bytes | None = None


@dataclass(frozen=True)
class Photograph:
    """One upright photograph in sRGB.

    Attributes:
        pixels: array of shape (H, W, 3), uint8 or uint16, sRGB.
        alpha: array of shape (H, W) with the dtype of the pixels (0 is clear), or None.
        metadata: what the file carried beside its pixels.
        format: format that it was read from ("JPEG", "PNG", "TIFF", ...), "" when unknown.
        notes: sentences that say what had to be decided while it was read.
        has_more: whether the file has other pages or frames, which were not read.

    Raises:
        ValueError: if pixels or alpha have another shape or type.
    """

    pixels: np.ndarray
    alpha: np.ndarray | None = None
    metadata: Metadata = field(default_factory=Metadata)
    format: str = ""
    notes: tuple[str, ...] = ()
    has_more: bool = False

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


def scaled_down(photograph, side):
    """A photograph whose long side is at most `side` pixels (Lanczos), of the same type."""
    height, width = photograph.pixels.shape[:2]
    scale = side / max(height, width)
    if scale >= 1.0:
        return photograph
    size = max(1, round(width * scale)), max(1, round(height * scale))

    def resize(values):
        if values.dtype == np.uint8:
            return np.asarray(Image.fromarray(values).resize(size, Image.Resampling.LANCZOS))
        # Pillow knows one channel alone of more than 8 bits.
        channels = np.moveaxis(np.atleast_3d(values).astype("float32"), -1, 0)
        small = [Image.fromarray(one).resize(size, Image.Resampling.LANCZOS) for one in channels]
        levels = np.rint(np.stack(small, axis=-1)).clip(0, 65535).astype("uint16")
        return levels.reshape(*levels.shape[:2], *values.shape[2:])

    alpha = None if photograph.alpha is None else resize(photograph.alpha)
    return replace(photograph, pixels=resize(photograph.pixels), alpha=alpha)


def labeled(photograph, text, corner="bottom-right", size=3.0):
    """A photograph with a visible text in a corner, white on darkened ground.

    The corner is `bottom-right`, `bottom-left`, `top-right` or `top-left`. Letters are `size`
    percent of the short side high, but 10 pixels at least; what does not fit in is cut off.
    """
    pixels = photograph.pixels.copy()
    font = ImageFont.load_default(max(10.0, size / 100.0 * min(pixels.shape[:2])))
    left, top, right, bottom = map(round, font.getbbox(text))
    margin = (bottom - top) // 2
    label = Image.new("L", (right - left + 2 * margin, bottom - top + 2 * margin))
    ImageDraw.Draw(label).text((margin - left, margin - top), text, 255, font)
    inks = np.asarray(label)[: pixels.shape[0], : pixels.shape[1], None] / 255.0
    down, across = corner.split("-")
    rows = slice(None, len(inks)) if down == "top" else slice(-len(inks), None)
    columns = slice(None, inks.shape[1]) if across == "left" else slice(-inks.shape[1], None)
    ground = 0.4 * (1.0 - inks) * pixels[rows, columns] + inks * np.iinfo(pixels.dtype).max
    pixels[rows, columns] = np.rint(ground)
    return replace(photograph, pixels=pixels)


def small_pixels(photograph, side):
    """Scales a photograph down to a long side of at most `side` pixels: uint8 sRGB (h, w, 3)."""
    return to_eight_bits(scaled_down(replace(photograph, alpha=None), side).pixels)


def jpeg_bytes(pixels, quality=92):
    """Encodes uint8 sRGB pixels (H, W, 3) as a JPEG without metadata or chroma subsampling."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=quality, subsampling="4:4:4")
    return stream.getvalue()


def is_near_grey(pixels):
    """Whether a picture (H, W, 3), uint8 or uint16, is grey or has the colors of a toned print.

    In a toned print, sepia or cyanotype, the color of a pixel follows from its brightness. What is
    left of two opponent colors without their mean at that brightness is averaged over blocks,
    where the noise of a JPEG cancels; in a photograph in color, 5% of the blocks or more have more
    of it than the tone explains. `benchmarks/color_found.py` counts how often that is right.
    """
    step = -(-max(pixels.shape[:2]) // 320)
    rgb = to_eight_bits(pixels[::step, ::step]).astype("float32")
    red, green, blue = np.moveaxis(rgb, -1, 0)
    opponent = np.stack([red - green, 0.5 * (red + green) - blue], axis=-1)
    brightness = rgb.mean(axis=-1).ravel()
    edges = np.quantile(brightness, np.linspace(0.0, 1.0, 25)[1:-1])
    level = np.searchsorted(edges, brightness, side="right")
    count = np.bincount(level)
    known = count > 0
    levels = np.bincount(level, brightness)[known] / count[known]
    tone = np.empty_like(opponent)
    for channel in range(2):
        means = np.bincount(level, opponent[..., channel].ravel())[known] / count[known]
        tone[..., channel] = np.interp(brightness, levels, means).reshape(tone.shape[:2])
    # Of the rest at the edges there is no block, and in small pictures blocks are smaller.
    parts = np.concatenate([opponent - tone, tone], axis=-1)
    rows, columns = (max(1, min(8, side // 16)) for side in parts.shape[:2])
    height, width = parts.shape[0] // rows, parts.shape[1] // columns
    parts = parts[: height * rows, : width * columns].reshape(height, rows, width, columns, 4)
    rest, tone = (np.hypot(*np.moveaxis(x, -1, 0)) for x in np.split(parts.mean((1, 3)), 2, -1))
    return bool(np.quantile(rest / (tone + 32.0), 0.95) < 0.13 and np.median(tone) < 100.0)
