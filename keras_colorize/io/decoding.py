"""From a Pillow image in any mode to sRGB pixels and a straight alpha."""

import numpy as np
from PIL import Image

from keras_colorize.io import deep
from keras_colorize.io.icc import srgb_converter
from keras_colorize.io.icc_curves import to_srgb_uint16
from keras_colorize.io.opening import image_bands
from keras_colorize.io.photograph import to_eight_bits

_GREY_MODES = ("1", "L", "LA", "La")
_KEPT_MODES = ("CMYK", "LAB")
_CUT_TO_EIGHT_BITS = ("CMYK;16L", "CMYK;16B", "CMYK;16N")


def decode(image, stream=None):
    """Decodes a picture of any mode.

    Args:
        image: Pillow image; it is decoded here unless it was before.
        stream: the seekable binary file behind it, for more than 8 bits per channel, or None.

    Returns:
        pixels (H, W, 3), alpha (H, W) or None, both uint8 or uint16, and a tuple of notes.
    """
    if stream is not None and deep.is_planar_deep(image):
        samples, _ = deep.read_tiff_array(stream, image.width * image.height)
        return from_array(samples, image.info)
    samples = None if stream is None else deep.read_deep(image, stream)
    if samples is not None:
        return _from_uint16(samples, image.info)
    if image.mode.startswith("I;16"):
        return _from_uint16(deep.read_grey(image), image.info)
    if image.mode in ("I", "F"):
        return from_array(np.asarray(image)[..., None], image.info)
    return _decode_eight(image)


def from_array(samples, info):
    """Converts decoded samples of any type.

    Args:
        samples: array of shape (H, W, C), C from 1 to 4, straight alpha last where C is even.
        info: Pillow's info of the picture, for its ICC profile and its transparent colour.

    Returns:
        pixels (H, W, 3), alpha (H, W) or None, both uint8 or uint16, and a tuple of notes.
    """
    if samples.dtype == np.uint8:
        image = Image.fromarray(samples[..., 0] if samples.shape[-1] == 1 else samples)
        image.info.update(info)
        return _decode_eight(image)
    if samples.dtype == np.uint16:
        return _from_uint16(samples, info)
    levels, note = deep.spread_over_range(samples)
    pixels, alpha, notes = _from_uint16(levels, info)
    silent = samples.dtype.kind == "i" and samples.min() >= 0 and samples.max() <= 65535
    return pixels, alpha, notes if silent else (note, *notes)


def _from_uint16(samples, info):
    channels = samples.shape[-1]
    alpha = samples[..., -1] if channels in (2, 4) else _transparent_colour(samples, info)
    colour = samples[..., : 3 if channels >= 3 else 1]
    alpha = None if alpha is None else np.ascontiguousarray(alpha)
    pixels, notes = _deep_to_srgb(colour, info.get("icc_profile"))
    return pixels, alpha, notes


def _deep_to_srgb(colour, profile):
    converted = to_srgb_uint16(colour, profile) if profile else None
    if converted is not None:
        return converted, ()
    grey = colour.shape[-1] == 1
    convert, notes = srgb_converter("L" if grey else "RGB", profile)
    pixels = np.repeat(colour, 3, axis=-1) if grey else np.ascontiguousarray(colour)
    if convert is None:
        return pixels, notes
    eight = Image.fromarray(to_eight_bits(colour[..., 0] if grey else pixels))
    note = "the ICC profile was applied with 8 bits per channel"
    return np.asarray(convert(eight), dtype=np.uint16) * 257, (*notes, note)


def _transparent_colour(samples, info):
    colour = info.get("transparency")
    if colour is None or isinstance(colour, bytes):
        return None
    clear = np.all(samples == np.asarray(colour), axis=-1)
    return np.where(clear, 0, 65535).astype(np.uint16)


def _decode_eight(image):
    cut = deep.raw_mode(image) in _CUT_TO_EIGHT_BITS
    image.load()
    transparent = image.has_transparency_data and image.mode not in _KEPT_MODES
    mode = _working_mode(image.mode, transparent)
    colour_mode = mode.removesuffix("A") if transparent else mode
    to_rgb, notes = srgb_converter(colour_mode, image.info.get("icc_profile"))
    pixels = np.empty((image.height, image.width, 3), np.uint8)
    alpha = np.empty(pixels.shape[:2], np.uint8) if transparent else None
    for rows, band in image_bands(image):
        band = band.convert(mode)
        if transparent:
            alpha[rows] = np.asarray(band.getchannel("A"))
            # Without the key of its transparent colour, a conversion would look for it again.
            band = band.convert(colour_mode)
            band.info.pop("transparency", None)
        pixels[rows] = np.asarray(to_rgb(band) if to_rgb else band.convert("RGB"))
    notes = (*notes, "16-bit CMYK was read with 8 bits") if cut else notes
    return pixels, alpha, notes


def _working_mode(mode, transparent):
    if mode in _KEPT_MODES:
        return mode
    grey = "L" if mode in _GREY_MODES else "RGB"
    return grey + "A" if transparent else grey
