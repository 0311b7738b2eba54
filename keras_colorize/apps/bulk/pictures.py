"""One photograph on its way: read before the network, composed and written after it."""

import dataclasses

import numpy as np

from keras_colorize.inference.compose import compose, to_working_size
from keras_colorize.inference.pixels import lightness_of
from keras_colorize.io import Photograph, read_photograph, write_photograph
from keras_colorize.presets import sha256


@dataclasses.dataclass(frozen=True)
class Picture:
    """A photograph and what the network sees of it.

    Attributes:
        task: its task.
        input_sha256: checksum of its file.
        photograph: as read.
        lightness: float32 array (H, W, 1), L* in 0..100, full size.
        seen: float32 array (h, w, 1), the same at working size.
    """

    task: dict
    input_sha256: str
    photograph: Photograph
    lightness: np.ndarray
    seen: np.ndarray

    @property
    def pixels(self):
        """How many pixels it has at full size."""
        return self.lightness.size


def read_picture(task, working_size):
    """Reads the photograph of a task.

    Args:
        task: a task.
        working_size: long side that the network sees, in pixels.

    Returns:
        A `Picture`.

    Raises:
        PhotographError: if it cannot be read.
    """
    photograph = read_photograph(task["source"])
    lightness = lightness_of(photograph.pixels)
    seen = to_working_size(lightness, working_size)
    return Picture(task, sha256(task["source"]), photograph, lightness, seen)


def write_picture(picture, ab, mark_colorized):
    """Writes a picture in color, in place of what an interrupted run may have left there.

    Args:
        picture: a `Picture`.
        ab: float32 array (h, w, 2), its a and b, multiplied by the saturation.
        mark_colorized: see `write_photograph`.

    Returns:
        Dict for the manifest.

    Raises:
        PhotographError: if it cannot be written.
    """
    before = picture.photograph.pixels
    pixels = np.empty(before.shape, before.dtype)
    compose(picture.lightness[None], ab[None], target=pixels[None])
    made = dataclasses.replace(picture.photograph, pixels=pixels)
    target = picture.task["target"]
    notes = write_photograph(target, made, mark_colorized=mark_colorized, overwrite=True)
    height, width = pixels.shape[:2]
    return {
        "path": picture.task["path"],
        "source": picture.task["source"],
        "input_sha256": picture.input_sha256,
        "output_sha256": sha256(target),
        "width": width,
        "height": height,
        "notes": [*picture.photograph.notes, *notes],
    }
