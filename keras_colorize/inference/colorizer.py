"""The colorizer: picture in, the same kind of picture with color out."""

import copy
import dataclasses
import os

import numpy as np

from keras_colorize import files
from keras_colorize.bins import DECODERS
from keras_colorize.inference.compose import compose
from keras_colorize.inference.outputs import predicted_ab
from keras_colorize.inference.pixels import (
    bands,
    from_float,
    lightness_of,
    to_working_size,
)
from keras_colorize.models import fold_batch_norm
from keras_colorize.precision import resolve_precision
from keras_colorize.presets import default_preset, load_preset

_OPTIONS = ("working_size", "decoder", "temperature", "saturation")

STRIDE = 32
"""Sides of the working size are multiples of this, the coarsest stride of the networks."""


class Colorizer:
    """Colorizes photographs with a trained network.

    Args:
        model: a network of the library, L* (N, H, W, 1) in, dict of outputs out.
        contract: its `Contract`; gives the defaults of the arguments below.
        working_size: long side in pixels at which the network sees a photograph. Larger shows it
            smaller things, costs more, and past the size of its training unsettles it.
        decoder: `"mean"`, `"annealed"`, `"mode"` or `"median"`; networks that predict a
            distribution only.
        temperature: of the annealed decoder: 1 is the mean, lower is more vivid.
        saturation: factor on the chroma; 0 is grey, 1 is as predicted.

    Raises:
        ValueError: for arguments outside their range.
    """

    def __init__(
        self,
        model,
        contract,
        *,
        working_size=None,
        decoder=None,
        temperature=None,
        saturation=None,
    ):
        self.contract = contract
        self.name = model.name
        self.working_size = _first(working_size, contract.working_size)
        self.decoder = _first(decoder, contract.decoder)
        self.temperature = _first(temperature, contract.temperature)
        self.saturation = _first(saturation, contract.saturation)
        self._check()
        self.model = fold_batch_norm(model)

    def replace(self, **options):
        """A colorizer with other options that shares the network.

        Args:
            **options: arguments of `Colorizer`.

        Returns:
            A `Colorizer`.

        Raises:
            ValueError: for arguments that do not exist or are outside their range.
        """
        unknown = sorted(set(options) - set(_OPTIONS))
        if unknown:
            raise ValueError(f"Expected options among {', '.join(_OPTIONS)}, received {unknown}.")
        other = copy.copy(self)
        vars(other).update(options)
        other._check()
        return other

    @classmethod
    def from_preset(cls, preset=None, *, precision="auto", **options):
        """Builds a colorizer from trained weights.

        Args:
            preset: name of a shipped preset, path of a preset's folder, or None for the default.
            precision: `"auto"`, `"float32"` or `"bfloat16"`.
            **options: arguments of `Colorizer`.

        Returns:
            A `Colorizer`.

        Raises:
            PresetError: if the preset is unknown or damaged.
            ValueError: for arguments outside their range.
        """
        dtype = resolve_precision(precision)
        preset = default_preset() if preset is None else preset
        model, contract = load_preset(preset, dtype)
        colorizer = cls(model, contract, **options)
        colorizer.name = os.path.basename(os.fspath(preset))
        return colorizer

    def __call__(self, picture):
        """Colorizes one picture or several.

        Args:
            picture: a path or a Pillow image; a `Photograph`; an array (H, W), (H, W, 1),
                (H, W, 3) or (H, W, 4), or a batch (N, H, W, C) of those, in uint8, uint16 or
                floating point in [0, 1], sRGB; or a list of any of these. Color that is there
                is not looked at. A fourth channel is alpha and is kept.

        Returns:
            The same kind at the same size: an array of the same type with three channels (four
            with alpha), a `Photograph`, a Pillow image (for a path, too), or a list.

        Raises:
            PhotographError: if a file cannot be read.
            ValueError: for arrays of other shapes, types or ranges.
            TypeError: for anything else.
        """
        if isinstance(picture, list | tuple):
            return [self(one) for one in picture]
        if isinstance(picture, np.ndarray):
            return self._array(picture)
        if isinstance(picture, files.Photograph):
            return dataclasses.replace(picture, pixels=self._pixels(picture.pixels))
        if isinstance(picture, str | os.PathLike) or _is_image(picture):
            return files.to_pil(self(files.read_photograph(picture)))
        raise TypeError(
            "Expected a path, a Pillow image, a Photograph, an array or a list of these, "
            f"received {type(picture).__name__}."
        )

    def predict_ab(self, lightness):
        """Predicts color at the network's own resolution.

        Args:
            lightness: float array (N, H, W, 1), L* in 0..100, at a working size: the network
                sees it as it is.

        Returns:
            float32 tensor (N, h, w, 2) of a and b, before saturation.
        """
        outputs = self.model.predict_on_batch(lightness)
        return predicted_ab(
            outputs[self.contract.output],
            self.contract.output,
            lightness,
            self.decoder,
            self.temperature,
        )

    def _array(self, array):
        if array.ndim == 4:
            return np.stack([self._array(one) for one in array])
        if array.ndim == 2 or (array.ndim == 3 and array.shape[-1] in (1, 3)):
            return self._pixels(array)
        if array.ndim == 3 and array.shape[-1] == 4:
            return np.concatenate([self._pixels(array[..., :3]), array[..., 3:]], axis=-1)
        raise ValueError(
            "Expected an array (H, W), (H, W, C) or (N, H, W, C) with C of 1, 3 or 4, received "
            f"shape {array.shape}."
        )

    def _pixels(self, pixels):
        if min(pixels.shape[:2]) < 1:
            raise ValueError(f"Expected a picture of at least one pixel, received {pixels.shape}.")
        lightness = lightness_of(pixels)
        ab = self.predict_ab(to_working_size(lightness, self.working_size, STRIDE)[None])
        return self._composed(lightness, ab, pixels.dtype)

    def _composed(self, lightness, ab, dtype):
        height, width = lightness.shape[:2]
        parts = []
        for rows in bands(height, width):
            rgb = compose(lightness[rows][None], ab, self.saturation, rows.start, height)
            parts.append(from_float(np.asarray(rgb)[0], dtype))
        return np.concatenate(parts)

    def _check(self):
        if self.decoder not in DECODERS:
            raise ValueError(
                f"Expected a decoder among {', '.join(DECODERS)}, received {self.decoder!r}."
            )
        _check_range("working_size", self.working_size, STRIDE, 4096)
        _check_range("temperature", self.temperature, 1e-3, 10.0)
        _check_range("saturation", self.saturation, 0.0, 10.0)


def _is_image(picture):
    # Pillow is known to files/ alone; its images can be told without importing it.
    return any(base.__module__.startswith("PIL.") for base in type(picture).__mro__)


def _first(given, default):
    return default if given is None else given


def _check_range(name, value, low, high):
    if not low <= value <= high:
        raise ValueError(f"Expected {name} between {low} and {high}, received {value}.")
