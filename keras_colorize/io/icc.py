"""Colour profiles of 8-bit pictures: anything a profile describes becomes sRGB."""

import functools
import io
import struct

import numpy as np
from PIL import Image, ImageCms

_MODE_OF_SPACE = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
_BROKEN = (ImageCms.PyCMSError, OSError, ValueError, TypeError, AttributeError)


@functools.cache
def srgb_profile():
    """The sRGB profile to embed.

    Returns:
        ICC profile as bytes.
    """
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    # The day of its making is replaced, so that the same picture gives the same file every day.
    profile[24:36] = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)
    return bytes(profile)


def srgb_converter(mode, profile):
    """Finds the conversion of one picture's bands to sRGB.

    Args:
        mode: Pillow mode of the bands: "L", "RGB", "CMYK" or "LAB".
        profile: ICC profile as bytes, or None.

    Returns:
        A function from a Pillow image in that mode to one in mode RGB, or None where Pillow's
        own conversion is all that is needed, and a tuple of notes.
    """
    if mode == "LAB":
        return _transform(ImageCms.createProfile("LAB"), "LAB"), ()
    if profile:
        try:
            return _profile_converter(mode, profile)
        except _BROKEN as fault:
            note = f"the ICC profile could not be used ({fault}) and was ignored"
            return None, (note, *_plain_notes(mode))
    return None, _plain_notes(mode)


def _profile_converter(mode, profile):
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    space = source.profile.xcolor_space.strip()
    described = _MODE_OF_SPACE.get(space)
    if described == "RGB" and mode == "L":
        # Grey pictures often keep the RGB profile of the program that made them.
        convert = _profile_transform(source, "RGB")
        return (convert and (lambda band: convert(band.convert("RGB")))), ()
    if described != mode:
        note = f"the ICC profile describes {space} but the picture is {mode}: it was ignored"
        return None, (note, *_plain_notes(mode))
    return _profile_transform(source, mode), ()


def _profile_transform(source, mode):
    convert = _transform(source, mode)
    return None if mode != "CMYK" and _changes_nothing(convert, mode) else convert


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


def _changes_nothing(convert, mode):
    # Profiles of sRGB differ in rounding only: such a picture keeps its exact values.
    levels = np.arange(0, 256, 15, dtype=np.uint8)
    if mode == "L":
        sample = Image.fromarray(levels[None])
    else:
        grid = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1)
        sample = Image.fromarray(grid.reshape(len(levels), -1, 3))
    before = np.asarray(sample.convert("RGB"), dtype=np.int16)
    return np.abs(np.asarray(convert(sample), dtype=np.int16) - before).max() <= 1


def _plain_notes(mode):
    if mode != "CMYK":
        return ()
    return ("CMYK without a usable ICC profile: inks were converted by the simple formula",)
