"""Pictures with more than 8 bits per channel, which Pillow holds for one channel only.

Pillow unpacks 16-bit RGB by keeping the first or the second byte of every sample, as the raw
mode says which one is high. Decoding such a file twice, once for each byte, gives all 16 bits
with the speed and the compressions of Pillow's own decoders. `tifffile` reads the TIFF layouts
that Pillow does not know.
"""

import sys

import numpy as np
import tifffile

from keras_colorize.io.opening import BAND_ROWS, image_bands, open_image

_SWAPPED = {"B": "L", "L": "B"}
# Associated alpha ("RGBa") is unpacked as plain RGBA: dividing by it needs all 16 bits.
_RGB_LAYOUTS = {"RGB": "RGB", "RGBX": "RGBX", "RGBA": "RGBA", "RGBa": "RGBA"}
_PLANAR_CONFIGURATION, _BITS_PER_SAMPLE, _PHOTOMETRIC = 284, 258, 262
_WHITE_IS_ZERO = 0
_INFO_TAGS = {"icc_profile": 34675, "xmp": 700, "orientation": 274}


def raw_mode(image):
    """Says how the samples of a picture are laid out in its file.

    Args:
        image: Pillow image that has not been decoded.

    Returns:
        Pillow's raw mode, such as "RGB;16B", or "" where it is not known.
    """
    tiles = getattr(image, "tile", None)
    if not tiles:
        return ""
    args = tiles[0][3]
    first = args if isinstance(args, str) else (args or ("",))[0]
    return first if isinstance(first, str) else ""


def is_planar_deep(image):
    """Says whether a TIFF stores 16-bit channels one after the other.

    Args:
        image: Pillow image.

    Returns:
        True or False.
    """
    tags = getattr(image, "tag_v2", {})
    bits = tags.get(_BITS_PER_SAMPLE, ())
    return tags.get(_PLANAR_CONFIGURATION) == 2 and len(bits) > 1 and max(bits) > 8


def read_deep(image, stream):
    """Reads all 16 bits of a picture with several channels.

    Args:
        image: Pillow image that has not been decoded, opened on `stream`.
        stream: seekable binary file.

    Returns:
        uint16 array of shape (H, W, 2), (H, W, 3) or (H, W, 4), straight alpha last; or None if
        the picture is not of this kind.
    """
    layout, _, order = raw_mode(image).partition(";16")
    if (layout, order) == ("LA", "B"):
        # Two 16-bit channels are four bytes, which is what RGBA unpacks as they come.
        return _planes(image, stream, {"RGBA": 0}).astype(np.uint8).view(">u2").astype(np.uint16)
    if layout not in _RGB_LAYOUTS or order not in ("B", "L", "N"):
        return None
    order = sys.byteorder[0].upper() if order == "N" else order
    unpacked = _RGB_LAYOUTS[layout]
    high, low = f"{unpacked};16{order}", f"{unpacked};16{_SWAPPED[order]}"
    samples = _planes(image, stream, {high: 8, low: 0})
    return _straight(samples) if layout == "RGBa" else samples


def read_grey(image):
    """Reads a picture of one 16-bit channel.

    Args:
        image: Pillow image in one of the modes I;16.

    Returns:
        uint16 array of shape (H, W, 1), 0 black and 65535 white.
    """
    samples = np.asarray(image).astype(np.uint16)[..., None]
    tags = getattr(image, "tag_v2", {})
    (bits, *_) = tags.get(_BITS_PER_SAMPLE, (16,))
    if bits < 16:
        levels = 2**bits - 1
        samples = ((samples.astype(np.uint32) * 65535 + levels // 2) // levels).astype(np.uint16)
    # Pillow inverts 8-bit pictures whose white is zero, but not these.
    return 65535 - samples if tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO else samples


def spread_over_range(values):
    """Maps wide integers or floating-point values to 16 bits.

    Args:
        values: array of any shape; the range it keeps to decides its white: 1, 255 or 65535.
            Other ranges are stretched from their lowest to their highest value.

    Returns:
        uint16 array of the same shape and a note.

    Raises:
        ValueError: if a value is not finite.
    """
    if not np.isfinite(values).all():
        raise ValueError("expected finite values, got NaN or infinity")
    low, high = float(values.min()), float(values.max())
    whites = (1, 255, 65535) if values.dtype.kind == "f" else (65535,)
    white = next((white for white in whites if low >= 0 and high <= white), None)
    black, span = (low, (high - low) or 1.0) if white is None else (0.0, white)
    levels = np.rint((values.astype(np.float64) - black) * (65535 / span)).astype(np.uint16)
    note = (
        f"values from {low:g} to {high:g} were read as {black:g} black and {black + span:g} white"
    )
    return levels, note


def read_tiff_array(stream, max_pixels):
    """Reads the first page of a TIFF that Pillow cannot.

    Args:
        stream: seekable binary file.
        max_pixels: largest number of pixels that is decoded.

    Returns:
        array of shape (H, W, 1) to (H, W, 4) with the type of the file, alpha last, and a dict
        with `icc_profile`, `xmp` and `orientation` where the file has them.

    Raises:
        ValueError: if the page is too large, or not a grey or RGB picture.
    """
    stream.seek(0)
    with tifffile.TiffFile(stream) as tiff:
        page = tiff.pages[0]
        if page.imagewidth * page.imagelength > max_pixels:
            raise ValueError(f"expected at most {max_pixels} pixels, got {page.shape}")
        samples = page.asarray()
        kind, planar = page.photometric.name, page.planarconfig == 2
        info = {key: page.tags[tag].value for key, tag in _INFO_TAGS.items() if tag in page.tags}
    if kind not in ("MINISBLACK", "MINISWHITE", "RGB"):
        raise ValueError(f"expected a grey or RGB TIFF, got {kind}")
    samples = np.moveaxis(samples, 0, -1) if planar and samples.ndim == 3 else samples
    samples = samples[..., None] if samples.ndim == 2 else samples
    if samples.ndim != 3 or samples.shape[-1] > 4:
        raise ValueError(f"expected 1 to 4 channels, got an array {samples.shape}")
    samples = samples * np.uint8(255) if samples.dtype == bool else samples
    return (_inverted(samples) if kind == "MINISWHITE" else samples), info


def _planes(image, stream, shifts):
    """Decodes the picture once per raw mode, and adds its bytes shifted left by so many bits."""
    samples = np.zeros(1, np.uint16)
    *first, (raw, shift) = shifts.items()
    for other_raw, other_shift in first:
        # Nothing holds the first decoded copy while the second is made.
        again = open_image(stream, (image.format,))
        samples = _plane(again, other_raw, other_shift, samples)
        del again
    # The picture itself comes last: it is turned as it is loaded, and its EXIF then says so.
    return _plane(image, raw, shift, samples)


def _plane(image, raw, shift, samples):
    image.tile = [
        tile._replace(args=raw if isinstance(tile.args, str) else (raw, *tile.args[1:]))
        for tile in image.tile
    ]
    image.load()
    shape = (image.height, image.width, len(image.getbands()))
    samples = samples if samples.shape == shape else np.zeros(shape, np.uint16)
    for rows, band in image_bands(image):
        samples[rows] |= np.asarray(band, dtype=np.uint16) << shift
    return samples


def _straight(samples):
    for top in range(0, len(samples), BAND_ROWS):
        band = samples[top : top + BAND_ROWS]
        alpha = band[..., 3:].astype(np.float64)
        scale = np.divide(65535, alpha, out=np.zeros_like(alpha), where=alpha > 0)
        band[..., :3] = np.rint(np.minimum(band[..., :3] * scale, 65535))
    return samples


def _inverted(samples):
    if samples.dtype.kind in "iu":
        return np.iinfo(samples.dtype).max - samples
    return samples.max() + samples.min() - samples
