"""Whatever predicts color, a network here or one on a server, colorizes whole pictures alike."""

import abc
import dataclasses

import numpy as np

from keras_colorize import files
from keras_colorize.inference.full_size import compose_into
from keras_colorize.inference.hints import at_size
from keras_colorize.inference.options import STRIDE
from keras_colorize.inference.pictures import photograph_of, pictures_of
from keras_colorize.inference.pixels import lightness_of, to_working_size

BATCH = 16
"""Most pictures that go through the network at once."""

BATCH_PIXELS = 1 << 20
"""Most pixels that go through the network at once, unless one picture has more."""


class BaseColorizer(abc.ABC):
    """Pictures of any kind in, the same kind with color out; subclasses predict the color.

    Attributes:
        name: what the network is called.
        working_size: long side in pixels at which the network sees a photograph.
        saturation: factor on the predicted chroma.
        hints: `Hints` for the one picture that is colorized, or None.
    """

    name, working_size, saturation, hints = "", 256, 1.0, None

    def __call__(self, picture):
        """Colorizes one picture or several.

        Args:
            picture: a path or a Pillow image; a `Photograph`; an array (H, W), (H, W, 1),
                (H, W, 3) or (H, W, 4), or a batch (N, H, W, C) of those, in bool, uint8,
                uint16 or floating point in [0, 1], sRGB; or a list of any of these. Color that
                is there is not looked at. A fourth channel is alpha and is kept.

        Returns:
            The same kind at the same size: an array of the same type (uint8 for bool) with
            three channels (four with alpha), a `Photograph`, a Pillow image (for a path, too),
            or a list.

        Raises:
            PhotographError: if a file cannot be read.
            ValueError: for arrays of other shapes, types or ranges.
            TypeError: for anything else.
        """
        if isinstance(picture, list | tuple):
            return [self(one) for one in picture]
        if isinstance(picture, np.ndarray):
            return self._array(picture)
        photograph = photograph_of(picture)
        made = dataclasses.replace(photograph, pixels=self._array(photograph.pixels))
        return made if picture is photograph else files.to_pil(made)

    @abc.abstractmethod
    def predict_ab(self, lightness, hints=None):
        """Predicts color, before saturation.

        Args:
            lightness: float array (N, H, W, 1), L* in 0..100, at a working size.
            hints: `Hints` of the size of the lightness, or None.

        Returns:
            float32 array or tensor (N, h, w, 2) of a and b.
        """

    def _array(self, array):
        pictures = pictures_of(array)
        return self._batch(pictures) if array.ndim == 4 else self._batch(pictures)[0]

    def _batch(self, pictures):
        channels = 4 if pictures.shape[-1] == 4 else 3
        made = np.empty((*pictures.shape[:3], channels), pictures.dtype)
        made[..., 3:] = pictures[..., 3:]
        at_once = min(BATCH, max(1, BATCH_PIXELS // int(self.working_size) ** 2))
        for start in range(0, len(pictures), at_once):
            part = slice(start, start + at_once)
            self._fill(made[part], pictures[part])
        return made

    def _fill(self, made, pictures):
        lightness = [lightness_of(picture[..., :3]) for picture in pictures]
        seen = self._seen(lightness)
        hints = self._hints_for(pictures, seen)
        predicted = np.asarray(self.predict_ab(seen, hints))
        for target, one, ab in zip(made, lightness, predicted, strict=True):
            compose_into(target, one, ab, self.saturation)

    def _seen(self, lightness):
        return np.stack([to_working_size(one, self.working_size, STRIDE) for one in lightness])

    def _hints_for(self, pictures, seen):
        if self.hints is None:
            return None
        if len(pictures) != 1 or pictures.shape[1:3] != self.hints.mask.shape:
            height, width = self.hints.mask.shape
            raise ValueError(
                f"Expected one picture of {width}x{height}, as its hints, received "
                f"{len(pictures)} of {pictures.shape[2]}x{pictures.shape[1]}."
            )
        # Without a hint the result is the automatic one, to the last bit.
        return at_size(self.hints, seen.shape[1:3]) if self.hints.mask.any() else None
