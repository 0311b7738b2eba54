"""What a user may hand in as a picture."""

import os

import numpy as np

from keras_colorize import io


def pictures_of(array):
    """Makes any array of pictures a batch.

    Args:
        array: (H, W), (H, W, C) or (N, H, W, C) with C of 1, 3 or 4.

    Returns:
        Array (N, H, W, C); uint8 for bool, else of the same type.

    Raises:
        ValueError: for other shapes, or none of a pixel.
    """
    if array.dtype == bool:
        array = array.astype("uint8") * np.uint8(255)
    pictures = array[..., None] if array.ndim == 2 else array
    if pictures.ndim not in (3, 4) or pictures.shape[-1] not in (1, 3, 4):
        raise ValueError(
            "Expected an array (H, W), (H, W, C) or (N, H, W, C) with C of 1, 3 or 4, "
            f"received shape {array.shape}."
        )
    if not pictures.size:
        raise ValueError(f"Expected at least one pixel, received shape {array.shape}.")
    return pictures if pictures.ndim == 4 else pictures[None]


def photograph_of(picture):
    """Reads what is no array.

    Args:
        picture: a `Photograph`, the path of one, or a Pillow image.

    Returns:
        A `Photograph`.

    Raises:
        PhotographError: if a file cannot be read.
        TypeError: for anything else.
    """
    if isinstance(picture, io.Photograph):
        return picture
    if isinstance(picture, str | os.PathLike) or _is_image(picture):
        return io.read_photograph(picture)
    raise TypeError(
        "Expected a path, a Pillow image, a Photograph, an array or a list of these, "
        f"received {type(picture).__name__}."
    )


def _is_image(picture):
    # Pillow is known to io/ alone; its images can be told without importing it.
    return any(base.__module__.startswith("PIL.") for base in type(picture).__mro__)
