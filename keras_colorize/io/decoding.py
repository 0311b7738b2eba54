"""From what a file stores to sRGB pixels and a straight alpha: every mode, 1 to 32 bits, ICC.

Pillow unpacks 16-bit RGB by keeping one byte of every sample, as the raw mode says which one is
high: decoding twice gives all 16 bits. Its color management, too, works on 8 bits, so profiles of
tone curves and a matrix (ICC.1:2022, sections 8.3.3, 8.4.3, 10.6 and 10.18) are applied in numpy.
"""

import io
import struct
import sys

import numpy as np
import tifffile
from PIL import Image, ImageCms

from .photograph import BAND_ROWS, srgb_profile, to_eight_bits

_GREY_MODES = ("1", "L", "LA", "La")
_KEPT_MODES = ("CMYK", "LAB")
_CUT_TO_EIGHT_BITS = ("CMYK;16L", "CMYK;16B", "CMYK;16N")
# Associated alpha ("RGBa") is unpacked as plain RGBA: dividing by it needs all 16 bits.
_RGB_LAYOUTS = {"RGB": "RGB", "RGBX": "RGBX", "RGBA": "RGBA", "RGBa": "RGBA"}
_BITS_PER_SAMPLE, _PHOTOMETRIC, _PLANAR_CONFIGURATION = 258, 262, 284
_INFO_TAGS = {"icc_profile": 34675, "xmp": 700, "orientation": 274}
_MODE_OF_SPACE = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
_BROKEN_PROFILE = (ImageCms.PyCMSError, OSError, ValueError, TypeError, AttributeError)


def decode(image, stream, reopen):
    """Decodes a Pillow image of any mode to pixels (H, W, 3), alpha (H, W) or None, and notes.

    Pixels and alpha are uint8 or uint16. More than 8 bits per channel are read from the seekable
    `stream`, on which `reopen()` opens the picture again; it may be None.
    """
    tags, info = getattr(image, "tag_v2", {}), image.info
    bits, planar = tags.get(_BITS_PER_SAMPLE, (16,)), tags.get(_PLANAR_CONFIGURATION) == 2
    if stream is not None and planar and len(bits) > 1 and max(bits) > 8:
        return from_array(read_tiff_array(stream, image.width * image.height)[0], info)
    # Layout of the samples in the file, such as "RGB;16B"; "" where it is not known.
    tiles = getattr(image, "tile", None)
    args = tiles[0][3] if tiles else ""
    raw = args if isinstance(args, str) else (args or ("",))[0]
    layout, _, order = raw.partition(";16") if isinstance(raw, str) else ("", "", "")
    if stream is not None and (layout, order) == ("LA", "B"):
        # Two 16-bit channels are four bytes, which is what RGBA unpacks as they come.
        samples = _plane(image, "RGBA").astype(np.uint8).view(">u2").astype(np.uint16)
        return _from_uint16(samples, info)
    if stream is not None and layout in _RGB_LAYOUTS and order in ("B", "L", "N"):
        return _from_uint16(_read_deep(image, layout, order, reopen), info)
    if image.mode.startswith("I;16"):
        samples = np.asarray(image).astype(np.uint16)[..., None]
        if bits[0] < 16:
            levels = 2 ** bits[0] - 1
            samples = ((samples.astype(np.uint32) * 65535 + levels // 2) // levels).astype("u2")
        # Pillow inverts 8-bit pictures whose white is zero, but not these.
        return _from_uint16(65535 - samples if tags.get(_PHOTOMETRIC) == 0 else samples, info)
    if image.mode in ("I", "F"):
        return from_array(np.asarray(image)[..., None], info)
    pixels, alpha, notes = _decode_eight(image)
    cut = raw in _CUT_TO_EIGHT_BITS
    return pixels, alpha, (*notes, "16-bit CMYK was read with 8 bits") if cut else notes


def read_tiff_array(stream, max_pixels):
    """Reads the first page of a TIFF that Pillow cannot, from a seekable binary file.

    Returns samples (H, W, 1) to (H, W, 4), alpha last, and a dict with `icc_profile`, `xmp` and
    `orientation` where known. Raises ValueError if it is too large, or not gray or RGB.
    """
    stream.seek(0)
    with tifffile.TiffFile(stream) as tiff:
        page = tiff.pages[0]
        if page.imagewidth * page.imagelength > max_pixels:
            raise ValueError(f"expected at most {max_pixels} pixels, received {page.shape}")
        samples = page.asarray()
        kind, planar = page.photometric.name, page.planarconfig == 2
        info = {key: page.tags[tag].value for key, tag in _INFO_TAGS.items() if tag in page.tags}
    if kind not in ("MINISBLACK", "MINISWHITE", "RGB"):
        raise ValueError(f"expected a grey or RGB TIFF, received {kind}")
    samples = np.moveaxis(samples, 0, -1) if planar and samples.ndim == 3 else samples
    samples = samples[..., None] if samples.ndim == 2 else samples
    if samples.ndim != 3 or samples.shape[-1] > 4:
        raise ValueError(f"expected 1 to 4 channels, received an array {samples.shape}")
    samples = samples * np.uint8(255) if samples.dtype == bool else samples
    if kind == "MINISWHITE":
        top = samples.max() + samples.min() if samples.dtype.kind == "f" else None
        samples = (np.iinfo(samples.dtype).max if top is None else top) - samples
    return samples, info


def from_array(samples, info):
    """Converts samples (H, W, C) of any type to pixels, alpha and notes as `decode` returns them.

    Straight alpha is last where C is even; `info` is Pillow's, with profile and transparent color.
    """
    if samples.dtype == np.uint8:
        image = Image.fromarray(samples[..., 0] if samples.shape[-1] == 1 else samples)
        image.info.update(info)
        return _decode_eight(image)
    if samples.dtype == np.uint16:
        return _from_uint16(samples, info)
    if not np.isfinite(samples).all():
        raise ValueError("expected finite values, received NaN or infinity")
    low, high = float(samples.min()), float(samples.max())
    # The range that the values keep to decides their white; other ranges are stretched.
    whites = (1, 255, 65535) if samples.dtype.kind == "f" else (65535,)
    white = next((white for white in whites if low >= 0 and high <= white), None)
    black, span = (low, (high - low) or 1.0) if white is None else (0.0, white)
    levels = np.rint((samples.astype(np.float64) - black) * (65535 / span)).astype(np.uint16)
    pixels, alpha, notes = _from_uint16(levels, info)
    if not (samples.dtype.kind == "i" and white):
        said = f"values from {low:g} to {high:g} were read as {black:g} black and"
        notes = (f"{said} {black + span:g} white", *notes)
    return pixels, alpha, notes


def _read_deep(image, layout, order, reopen):
    """All 16 bits of a picture of several channels, straight alpha last."""
    order = sys.byteorder[0].upper() if order == "N" else order
    unpacked = f"{_RGB_LAYOUTS[layout]};16"
    samples = _plane(reopen(), unpacked + order, 8)
    # The picture itself comes last: it is turned as it is loaded, and its EXIF then says so.
    samples = _plane(image, unpacked + {"B": "L", "L": "B"}[order], 0, samples)
    if layout == "RGBa":
        for top in range(0, len(samples), BAND_ROWS):
            band = samples[top : top + BAND_ROWS]
            alpha = band[..., 3:].astype(np.float64)
            scale = np.divide(65535, alpha, out=np.zeros_like(alpha), where=alpha > 0)
            band[..., :3] = np.rint(np.minimum(band[..., :3] * scale, 65535))
    return samples


def _plane(image, raw, shift=0, samples=None):
    """Samples decoded by a raw mode, added with their bytes shifted left by so many bits."""
    image.tile = [
        tile._replace(args=raw if isinstance(tile.args, str) else (raw, *tile.args[1:]))
        for tile in image.tile
    ]
    image.load()
    if samples is None:
        samples = np.zeros((image.height, image.width, len(image.getbands())), np.uint16)
    for top in range(0, image.height, BAND_ROWS):
        bottom = min(top + BAND_ROWS, image.height)
        band = image.crop((0, top, image.width, bottom))
        samples[top:bottom] |= np.asarray(band, dtype=np.uint16) << shift
    return samples


def _from_uint16(samples, info):
    channels, clear = samples.shape[-1], info.get("transparency")
    alpha = None
    if channels in (2, 4):
        alpha = np.ascontiguousarray(samples[..., -1])
    elif clear is not None and not isinstance(clear, bytes):
        alpha = np.all(samples == np.asarray(clear), axis=-1)
        alpha = np.where(alpha, 0, 65535).astype(np.uint16)
    color = samples[..., : 3 if channels >= 3 else 1]
    profile, grey = info.get("icc_profile"), channels < 3
    pixels = _deep_to_srgb(color, profile) if profile else None
    if pixels is not None:
        return pixels, alpha, ()
    convert, notes = _srgb_converter("L" if grey else "RGB", profile)
    pixels = np.repeat(color, 3, axis=-1) if grey else np.ascontiguousarray(color)
    if convert is not None:
        eight = Image.fromarray(to_eight_bits(color[..., 0] if grey else pixels))
        pixels = np.asarray(convert(eight), dtype=np.uint16) * 257
        notes = (*notes, "the ICC profile was applied with 8 bits per channel")
    return pixels, alpha, notes


def _decode_eight(image):
    image.load()
    mode = image.mode
    transparent = image.has_transparency_data and mode not in _KEPT_MODES
    profile, to_rgb, notes = image.info.get("icc_profile"), None, ()
    if mode not in _KEPT_MODES:
        mode = "L" if mode in _GREY_MODES else "RGB"
    if profile or mode in _KEPT_MODES:
        to_rgb, notes = _srgb_converter(mode, profile)
    pixels = np.empty((image.height, image.width, 3), np.uint8)
    alpha = np.empty(pixels.shape[:2], np.uint8) if transparent else None
    for top in range(0, image.height, BAND_ROWS):
        bottom = min(top + BAND_ROWS, image.height)
        band = image.crop((0, top, image.width, bottom))
        if transparent:
            band = band.convert(mode + "A")
            alpha[top:bottom] = np.asarray(band.getchannel("A"))
        band = band.convert(mode)
        if transparent:
            # Without the key of its transparent color, a conversion would look for it again.
            band.info.pop("transparency", None)
        pixels[top:bottom] = np.asarray(to_rgb(band) if to_rgb else band.convert("RGB"))
    return pixels, alpha, notes


def _srgb_converter(mode, profile):
    """Conversion of a Pillow image in mode L, RGB, CMYK or LAB to sRGB, and notes.

    The conversion is None where Pillow's own is all that is needed.
    """
    if mode == "LAB":
        return _transform(ImageCms.createProfile("LAB"), "LAB"), ()
    notes = ()
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            space = source.profile.xcolor_space.strip()
            described = _MODE_OF_SPACE.get(space)
            if described == "RGB" and mode == "L":
                # Gray pictures often keep the RGB profile of the program that made them.
                convert = _changing(_transform(source, "RGB"), "RGB")
                return (convert and (lambda band: convert(band.convert("RGB")))), ()
            if described == mode:
                convert = _transform(source, mode)
                return (convert if mode == "CMYK" else _changing(convert, mode)), ()
            ignored = f"describes {space} but the picture is {mode}: it was ignored"
        except _BROKEN_PROFILE as fault:
            ignored = f"could not be used ({fault}) and was ignored"
        notes = (f"the ICC profile {ignored}",)
    if mode == "CMYK":
        plain = "CMYK without a usable ICC profile: inks were converted by the simple formula"
        notes = (*notes, plain)
    return None, notes


def _transform(source, mode):
    transform = ImageCms.buildTransform(
        source,
        ImageCms.createProfile("sRGB"),
        mode,
        "RGB",
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    return lambda band: ImageCms.applyTransform(band, transform)


def _changing(convert, mode):
    """The conversion, unless it only rounds: a picture in sRGB keeps its exact values."""
    grid = _cube(np.arange(0, 256, 15, dtype=np.uint8), len(mode))
    sample = Image.fromarray(grid[..., 0] if mode == "L" else grid)
    before = np.asarray(sample.convert("RGB"), dtype=np.int16)
    after = np.asarray(convert(sample), dtype=np.int16)
    return None if np.abs(after - before).max() <= 1 else convert


def _cube(levels, channels):
    """All colors of some levels, as a picture (n, n^(channels - 1), channels)."""
    axes = np.meshgrid(*[levels] * channels, indexing="ij")
    return np.stack(axes, axis=-1).reshape(len(levels), -1, channels)


def _deep_to_srgb(color, profile):
    """Colors of uint16 (H, W, 1) or (H, W, 3) in sRGB by a profile's curves; None without such."""
    channels = color.shape[-1]
    try:
        tags = _tags(profile)
        if channels == 1:
            curves, matrix = [_curve(tags[b"kTRC"])], np.ones((3, 1))
        elif b"A2B0" in tags or b"A2B1" in tags:
            # Such a profile prefers its tables to its curves.
            return None
        else:
            curves = [_curve(tags[name]) for name in (b"rTRC", b"gTRC", b"bTRC")]
            srgb, given = (
                np.stack([_fixed(each[name][8:20]) for name in (b"rXYZ", b"gXYZ", b"bXYZ")], axis=1)
                for each in (_tags(srgb_profile()), tags)
            )
            matrix = np.linalg.inv(srgb) @ given
    except (KeyError, ValueError, struct.error):
        return None
    cube = _cube(np.linspace(0, 65535, 33, dtype=np.uint16), channels)
    # Tables of real sRGB profiles differ from the formula by less than half a level of 8 bits.
    if np.abs(_apply(cube, curves, matrix).astype(np.int32) - cube).max() <= 128:
        return np.repeat(color, 3, axis=-1) if channels == 1 else color
    return _apply(color, curves, matrix)


def _apply(color, curves, matrix):
    converted = np.empty((*color.shape[:2], 3), np.uint16)
    for top in range(0, len(color), BAND_ROWS):
        band = color[top : top + BAND_ROWS]
        linear = np.stack([curve[band[..., i]] for i, curve in enumerate(curves)], axis=-1)
        linear = np.clip(linear @ matrix.astype(np.float32).T, 0, 1)
        # IEC 61966-2-1
        power = 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055
        encoded = np.where(linear <= 0.0031308, 12.92 * linear, power)
        converted[top : top + BAND_ROWS] = np.rint(encoded * 65535)
    return converted


def _tags(profile):
    (count,) = struct.unpack_from(">I", profile, 128)
    entries = (struct.unpack_from(">4sII", profile, 132 + 12 * i) for i in range(min(count, 100)))
    return {name: profile[offset : offset + size] for name, offset, size in entries}


def _fixed(data):
    return np.frombuffer(data, ">i4").astype(np.float64) / 65536


def _curve(tag):
    """Light, float32 (65536,), of every 16-bit level."""
    levels = np.linspace(0.0, 1.0, 65536)
    if tag[:4] == b"curv":
        (count,) = struct.unpack_from(">I", tag, 8)
        samples = np.frombuffer(tag[12 : 12 + 2 * count], ">u2")
        if count == 1:
            levels = levels ** (samples[0] / 256)
        elif count:
            levels = np.interp(levels, np.linspace(0, 1, count), samples / 65535)
        return levels.astype(np.float32)
    (kind,) = struct.unpack_from(">H", tag, 8)
    if tag[:4] != b"para" or kind > 4:
        raise ValueError("Expected a curve of type curv, or para of kind 0 to 4.")
    gamma, *rest = _fixed(tag[12 : 12 + 4 * (1, 3, 4, 5, 7)[kind]])
    a, b, c, d, e, f = (*rest, *(1.0, 0.0, 0.0, 0.0, 0.0, 0.0)[len(rest) :])
    if kind in (1, 2):
        # Below -b / a the curve is flat, at 0 or at c.
        c, d, e, f = 0.0, -b / a, c, c
    power = np.maximum(a * levels + b, 0.0) ** gamma + e
    return np.clip(np.where(levels >= d, power, c * levels + f), 0.0, 1.0).astype(np.float32)
