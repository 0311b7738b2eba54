"""From what a file stores to sRGB pixels and a straight alpha: every mode, 1 to 32 bits, ICC.

Pillow decodes up to 8 bits per channel, tifffile and imagecodecs what is deeper. Little CMS
applies color profiles, in the depth of the picture.
"""

import numpy as np
import tifffile
from PIL import ImageCms

from .photograph import BAND_ROWS, srgb_profile

_GREY_MODES = ("1", "L", "LA", "La")
_BITS_PER_SAMPLE, _PHOTOMETRIC = 258, 262
_LARGE = 1 << 26  # pixels
_INFO_TAGS = {"icc_profile": 34675, "xmp": 700, "orientation": 274}
_SPACES = {b"RGB ": "RGB", b"GRAY": "L", b"CMYK": "CMYK"}
"""Pillow's modes by the color space in the header of a profile (ICC.1:2022, section 7.2.8)."""

_TIFF_SPACES = {"MINISBLACK": "L", "MINISWHITE": "L", "RGB": "RGB", "SEPARATED": "CMYK"}
_CHANNELS = {"L": 1, "RGB": 3, "CMYK": 4}
# Of a JPEG 2000 codestream: where it starts, and from there to the depth of the first channel.
_CODESTREAM, _DEPTH_AT = b"\xff\x4f\xff\x51", 42
_PNG_DEPTH_AT = 24


def decode(image, stream):
    """Decodes a Pillow image of any mode to pixels (H, W, 3), alpha (H, W) or None, and notes.

    Pixels and alpha are uint8 or uint16. More than 8 bits per channel are read from the seekable
    binary file `stream`, which may be None.
    """
    size = image.width * image.height
    if stream is not None and image.format == "TIFF":
        deep = max(image.tag_v2.get(_BITS_PER_SAMPLE, (8,))) > 8
        # Pillow takes a third more memory for a picture.
        large = size > _LARGE and image.tag_v2.get(_PHOTOMETRIC) in (0, 1, 2)
        if deep or large:
            return from_samples(*read_tiff(stream, size, image.tell()))
    may_be_deep = stream is not None and image.format in ("PNG", "JPEG2000")
    if may_be_deep and (samples := _read_deep(stream, image.format)):
        return from_samples(*samples, image.info)
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return from_samples(np.asarray(image)[..., None], None, "L", image.info)
    # The profile of a picture in L*a*b* says no more than that it is.
    info = image.info if image.mode != "LAB" else {}
    return from_samples(*_read_eight(image), info)


def _read_deep(stream, form):
    """Samples, alpha and mode of a PNG or JPEG 2000 of more than 8 bits; None for others."""
    stream.seek(0)
    if form == "PNG":
        start = stream.read(_PNG_DEPTH_AT + 1)
        bits = start[_PNG_DEPTH_AT]
    else:
        # Boxes of any length may come before what says the depth.
        start = stream.read()
        bits = start[start.find(_CODESTREAM) + _DEPTH_AT] % 128 + 1
    if bits <= 8:
        return None
    import imagecodecs

    read = imagecodecs.png_decode if form == "PNG" else imagecodecs.jpeg2k_decode
    samples = np.atleast_3d(read(start + stream.read()))
    return _split(_full_range(samples, bits), "RGB" if samples.shape[-1] > 2 else "L")


def _read_eight(image):
    """Samples, alpha and mode of a Pillow image of up to 8 bits, in bands."""
    image.load()
    if image.mode == "LAB":
        lab, srgb = map(ImageCms.createProfile, ("LAB", "sRGB"))
        image = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")
    mode = "CMYK" if image.mode == "CMYK" else "L" if image.mode in _GREY_MODES else "RGB"
    transparent = image.has_transparency_data and mode != "CMYK"
    samples = np.empty((image.height, image.width, _CHANNELS[mode]), np.uint8)
    alpha = np.empty(samples.shape[:2], np.uint8) if transparent else None
    for top in range(0, image.height, BAND_ROWS):
        bottom = min(top + BAND_ROWS, image.height)
        band = image.crop((0, top, image.width, bottom))
        band = np.atleast_3d(np.asarray(band.convert(mode + "A" if transparent else mode)))
        samples[top:bottom] = band[..., : _CHANNELS[mode]]
        if transparent:
            alpha[top:bottom] = band[..., -1]
    return samples, alpha, mode


def read_tiff(stream, max_pixels, page=0):
    """Reads a page of a TIFF by its number, from a seekable binary file, with all its bits.

    Returns samples (H, W, C), alpha (H, W) or None, the mode (L, RGB or CMYK) and a dict with
    `icc_profile`, `xmp` and `orientation` where known. Raises ValueError if it is too large or has
    other colors.
    """
    stream.seek(0)
    with tifffile.TiffFile(stream) as tiff:
        page = tiff.pages[page]
        if page.imagewidth * page.imagelength > max_pixels:
            raise ValueError(f"expected at most {max_pixels} pixels, received {page.shape}")
        if (kind := page.photometric.name) not in _TIFF_SPACES:
            raise ValueError(f"expected a grey, RGB or CMYK TIFF, received {kind}")
        samples, planar, extra = page.asarray(), page.planarconfig == 2, page.extrasamples
        info = {key: page.tags[tag].value for key, tag in _INFO_TAGS.items() if tag in page.tags}
        bits = page.bitspersample
    samples = np.atleast_3d(np.moveaxis(samples, 0, -1) if planar and samples.ndim > 2 else samples)
    samples = samples * np.uint8(255) if samples.dtype == bool else _full_range(samples, bits)
    if kind == "MINISWHITE":
        top = samples.max() + samples.min() if samples.dtype.kind == "f" else None
        samples = (np.iinfo(samples.dtype).max if top is None else top) - samples
    return *_split(samples, _TIFF_SPACES[kind], bool(extra) and extra[0].name), info


def _full_range(samples, bits):
    """Unsigned samples of 9 to 15 bits, with the white of 16."""
    if samples.dtype != np.uint16 or bits >= 16:
        return samples
    top = 2**bits - 1
    return ((samples.astype(np.uint32) * 65535 + top // 2) // top).astype(np.uint16)


def _split(samples, mode, extra="UNASSALPHA"):
    """Colors of a mode, straight alpha or None, and the mode."""
    channels = _CHANNELS[mode]
    if samples.ndim != 3 or samples.shape[-1] < channels:
        raise ValueError(f"expected {channels} channels or more, received {samples.shape}")
    color, alpha = np.ascontiguousarray(samples[..., :channels]), None
    if samples.shape[-1] > channels and extra in ("ASSOCALPHA", "UNASSALPHA"):
        alpha = np.ascontiguousarray(samples[..., channels])
    if extra == "ASSOCALPHA" and alpha is not None and alpha.dtype.kind == "u":
        most = np.iinfo(alpha.dtype).max
        for top in range(0, len(color), BAND_ROWS):
            rows = slice(top, top + BAND_ROWS)
            share = np.maximum(alpha[rows, :, None], 1) / most
            color[rows] = np.rint(np.minimum(color[rows] / share, most))
    return color, alpha, mode


def from_samples(samples, alpha, mode, info):
    """Converts samples (H, W, C) of any type to pixels, alpha and notes as `decode` returns them.

    The mode is L, RGB or CMYK; `info` is Pillow's, with profile and transparent color.
    """
    notes = ()
    if samples.dtype not in (np.uint8, np.uint16):
        samples, notes = _levels(samples)
        alpha = None if alpha is None else _levels(alpha)[0]
    clear = info.get("transparency")
    if alpha is None and samples.dtype == np.uint16 and isinstance(clear, int | tuple):
        alpha = np.where(np.all(samples == np.asarray(clear), axis=-1), 0, 65535).astype("u2")
    pixels, more = _to_srgb(samples, mode, info.get("icc_profile"))
    return pixels, alpha, (*notes, *more)


def _levels(samples):
    """Numbers of more than 16 bits in uint16, and a note on what became black and white."""
    if not np.isfinite(samples).all():
        raise ValueError("expected finite values, received NaN or infinity")
    low, high = float(samples.min()), float(samples.max())
    # The range that the values keep to decides their white; other ranges are stretched.
    whites = (1, 255, 65535) if samples.dtype.kind == "f" else (65535,)
    white = next((white for white in whites if low >= 0 and high <= white), None)
    black, span = (low, (high - low) or 1.0) if white is None else (0.0, white)
    levels = np.rint((samples.astype(np.float64) - black) * (65535 / span)).astype(np.uint16)
    if samples.dtype.kind == "i" and white:
        return levels, ()
    said = f"values from {low:g} to {high:g} were read as {black:g} black and"
    return levels, (f"{said} {black + span:g} white",)


def _to_srgb(color, mode, profile):
    """Colors (H, W, C) of a mode in sRGB, in their depth, and notes on their profile."""
    notes = ()
    if profile:
        described = profile[16:20]
        space = _SPACES.get(described, mode)
        try:
            if space == "RGB" and mode == "L":
                # Gray pictures often keep the RGB profile of the program that made them.
                color, mode = np.repeat(color, 3, axis=-1), "RGB"
            if space == mode:
                changes = mode == "CMYK" or _changes(color.dtype, mode, profile)
                return _apply(color, mode, profile) if changes else _plain(color, mode), ()
            described = described.decode().strip()
            ignored = f"describes {described} but the picture is {mode}: it was ignored"
        except RuntimeError as fault:
            ignored = f"could not be used ({fault}) and was ignored"
        notes = (f"the ICC profile {ignored}",)
    if mode == "CMYK":
        plain = "CMYK without a usable ICC profile: inks were converted by the simple formula"
        notes = (*notes, plain)
    return _plain(color, mode), notes


def _plain(color, mode):
    if mode == "CMYK":
        most = np.iinfo(color.dtype).max
        light = (most - color).astype(np.float32)
        return np.rint(light[..., :3] * (light[..., 3:] / most)).astype(color.dtype)
    return np.repeat(color, 3, axis=-1) if mode == "L" else color


def _apply(color, mode, profile):
    import imagecodecs

    pixels = color if mode == "RGB" else np.empty((*color.shape[:2], 3), color.dtype)
    options = {"colorspace": {"L": "gray"}.get(mode, mode.lower()), "outcolorspace": "rgb"}
    options["intent"] = imagecodecs.CMS.INTENT.RELATIVE_COLORIMETRIC
    options["flags"] = imagecodecs.CMS.FLAGS.BLACKPOINTCOMPENSATION
    for top in range(0, len(color), BAND_ROWS):
        rows = slice(top, top + BAND_ROWS)
        band = color[rows, :, 0] if mode == "L" else color[rows]
        pixels[rows] = imagecodecs.cms_transform(band, profile, srgb_profile(), **options)
    return pixels


def _changes(dtype, mode, profile):
    """Whether a profile does more than round: a picture in sRGB keeps its exact values."""
    levels = np.linspace(0, np.iinfo(dtype).max, 18).astype(dtype)
    cube = np.stack(np.meshgrid(*[levels] * _CHANNELS[mode], indexing="ij"), axis=-1)
    cube = cube.reshape(len(levels), -1, _CHANNELS[mode])
    before = _plain(cube, mode).astype(np.int32)
    # Tables of real sRGB profiles differ from the formula by less than half a level of 8 bits.
    most = 1 if dtype == np.uint8 else 128
    return bool(np.abs(_apply(cube.copy(), mode, profile) - before).max() > most)
