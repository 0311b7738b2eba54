"""Opens a picture with Pillow far enough to know its size, from its content alone."""

import threading

from PIL import Image

# Formats of photographs; JPEG includes the multi-picture files of cameras. Others that Pillow
# knows start programs or draw vectors.
FORMATS = (
    "JPEG",
    "PNG",
    "TIFF",
    "WEBP",
    "AVIF",
    "GIF",
    "BMP",
    "DIB",
    "PPM",
    "JPEG2000",
    "TGA",
    "PCX",
    "SGI",
    "QOI",
)
BAND_ROWS = 256
_limit_lock = threading.Lock()


def open_image(stream, formats=FORMATS):
    """Reads the header of a picture.

    Pillow's own limit on the number of pixels is lifted here, because it is a fixed number for
    the whole process; the caller checks the size against its own limit before decoding.

    Args:
        stream: seekable binary file, read from its start.
        formats: names of the Pillow formats that are tried.

    Returns:
        Pillow image that has not been decoded.

    Raises:
        PIL.UnidentifiedImageError: if no format knows the content.
    """
    # Pillow looks for its less common formats only where it may choose among all of them.
    Image.init()
    stream.seek(0)
    with _limit_lock:
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            return Image.open(stream, formats=[name for name in formats if name in Image.OPEN])
        finally:
            Image.MAX_IMAGE_PIXELS = limit


def image_bands(image):
    """Cuts a decoded picture into bands of rows, so that copies of it stay small.

    Args:
        image: Pillow image.

    Yields:
        slice of rows, and the band as a Pillow image with the palette and info of the picture.
    """
    for top in range(0, image.height, BAND_ROWS):
        bottom = min(top + BAND_ROWS, image.height)
        yield slice(top, bottom), image.crop((0, top, image.width, bottom))
