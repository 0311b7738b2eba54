"""Opens a picture with Pillow far enough to know its size, from its content alone."""

import contextlib
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
_lock = threading.Lock()
_lifted = {"times": 0, "limit": None}


@contextlib.contextmanager
def lifted_limit():
    """Lifts Pillow's own limit on the number of pixels while a picture is read.

    That limit is one number for the whole process, and Pillow warns or fails well below the
    sizes that scanners give. Whoever reads inside checks the size against a limit of its own
    before decoding. Several threads may be inside; the last one puts the limit back.

    Yields:
        None.
    """
    with _lock:
        if not _lifted["times"]:
            _lifted["limit"], Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        _lifted["times"] += 1
    try:
        yield
    finally:
        with _lock:
            _lifted["times"] -= 1
            if not _lifted["times"]:
                Image.MAX_IMAGE_PIXELS = _lifted["limit"]


def open_image(stream, formats=FORMATS):
    """Reads the header of a picture.

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
    return Image.open(stream, formats=[name for name in formats if name in Image.OPEN])


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
