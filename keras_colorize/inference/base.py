"""Whatever predicts color, a network here or one on a server, colorizes whole pictures alike."""

import abc
import dataclasses

import numpy as np

from keras_colorize import io
from keras_colorize.inference.full_size import compose_into
from keras_colorize.inference.hints import at_size
from keras_colorize.inference.options import STRIDE
from keras_colorize.inference.pictures import photograph_of, pictures_of
from keras_colorize.inference.pixels import lightness_of, to_working_size
from keras_colorize.inference.pixelwise import CHUNKS

BATCH = 16
"""Most pictures that go through the network at once."""

BATCH_PIXELS = 1 << 20
"""Most pixels that go through the network at once, unless one picture has more."""


@dataclasses.dataclass(frozen=True)
class View:
    """One picture and what the network sees of it.

    Attributes:
        pixels: array (H, W, C), C of 1, 3 or 4.
        lightness: float32 array (H, W, 1), L* in 0..100.
        seen: float32 array (h, w, 1), the same at the working size.
    """

    pixels: np.ndarray
    lightness: np.ndarray
    seen: np.ndarray


class BaseColorizer(abc.ABC):
    """Pictures of any kind in, the same kind with color out; subclasses predict the color.

    Calling one does it all. `see`, `predict` and `paint` are the steps, for who does them in
    several threads at once.

    Attributes:
        name: what the network is called.
        working_size: long side in pixels at which the network sees a photograph.
        saturation: factor on the predicted chroma.
        hints: `Hints` for the one picture that is colorized, or None.
        at_once: most photographs of a folder that are predicted together; beyond four, more
            hardly take less time for each.
    """

    name, working_size, saturation, hints, at_once = "", 256, 1.0, None, 4

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
        return made if picture is photograph else io.to_pil(made)

    @abc.abstractmethod
    def predict_ab(self, lightness, hints=None):
        """Predicts color, before saturation.

        Args:
            lightness: float array (N, H, W, 1), L* in 0..100, at a working size.
            hints: `Hints` of the size of the lightness, or None.

        Returns:
            float32 array or tensor (N, h, w, 2) of a and b.
        """

    def see(self, pixels):
        """Prepares a picture for the network.

        Args:
            pixels: array (H, W, C), C of 1, 3 or 4; see `__call__`.

        Returns:
            A `View`.

        Raises:
            ValueError: for arrays of other types or ranges.
        """
        lightness = lightness_of(pixels[..., :3])
        return View(pixels, lightness, to_working_size(lightness, self.working_size, STRIDE))

    def predict(self, views):
        """Predicts the color of pictures that the network sees at one size.

        Args:
            views: list of `View`s with `seen` of one shape.

        Returns:
            float32 array (N, h, w, 2) of a and b.

        Raises:
            ValueError: if the hints are for another picture.
        """
        seen = np.stack([view.seen for view in views])
        return np.asarray(self.predict_ab(seen, self._hints_for(views, seen)))

    def paint(self, views, colors):
        """Puts color on pictures at their full size.

        Args:
            views: list of `View`s.
            colors: float arrays (h, w, 2), what `predict` returns for them.

        Returns:
            List of arrays (H, W, 3), or (H, W, 4) with the alpha of the picture, of the type of
            its pixels.
        """
        kinds = {(view.pixels.shape, view.pixels.dtype) for view in views}
        small = sum(view.lightness.size for view in views) <= CHUNKS[-1]
        # Many steps cost as much for several small pictures as for one.
        if len(kinds) == 1 and small:
            return list(self._paint(views, colors))
        return [self._paint([view], [ab])[0] for view, ab in zip(views, colors, strict=True)]

    def _paint(self, views, colors):
        alphas = [view.pixels[..., 3:] for view in views]
        height, width, alpha = alphas[0].shape
        made = np.empty((len(views), height, width, 3 + alpha), alphas[0].dtype)
        for target, one in zip(made, alphas, strict=True):
            target[..., 3:] = one
        lightness = [view.lightness for view in views]
        lightness = np.stack(lightness) if len(views) > 1 else lightness[0][None]
        compose_into(made, lightness, np.stack(colors), self.saturation)
        return made

    def _array(self, array):
        pictures = pictures_of(array)
        at_once = min(BATCH, max(1, BATCH_PIXELS // int(self.working_size) ** 2))
        parts = (pictures[start : start + at_once] for start in range(0, len(pictures), at_once))
        made = [picture for part in parts for picture in self._painted(part)]
        return np.stack(made) if array.ndim == 4 else made[0]

    def _painted(self, pictures):
        views = [self.see(picture) for picture in pictures]
        return self.paint(views, self.predict(views))

    def _hints_for(self, views, seen):
        if self.hints is None:
            return None
        height, width = views[0].lightness.shape[:2]
        if len(views) != 1 or (height, width) != self.hints.mask.shape:
            expected = "x".join(map(str, reversed(self.hints.mask.shape)))
            raise ValueError(
                f"Expected one picture of {expected}, as its hints, received {len(views)} of "
                f"{width}x{height}."
            )
        # Without a hint the result is the automatic one, to the last bit.
        return at_size(self.hints, seen.shape[1:3]) if self.hints.mask.any() else None
