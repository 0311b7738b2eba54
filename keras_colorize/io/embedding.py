"""Small pictures for pages that carry them inside."""

import io

import numpy as np
from PIL import Image

from keras_colorize.io.photograph import to_eight_bits


def small_pixels(photograph, side):
    """Scales a photograph down, so that its long side fits.

    Args:
        photograph: Photograph.
        side: most pixels of the long side; smaller photographs stay as they are.

    Returns:
        uint8 array (h, w, 3), sRGB.
    """
    pixels = to_eight_bits(photograph.pixels)
    height, width = pixels.shape[:2]
    scale = min(1.0, side / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))


def jpeg_bytes(pixels, quality=92):
    """Encodes a picture as JPEG, without metadata and without chroma subsampling.

    Args:
        pixels: uint8 array (H, W, 3), sRGB.
        quality: 1 to 95.

    Returns:
        bytes.
    """
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=quality, subsampling="4:4:4")
    return stream.getvalue()
