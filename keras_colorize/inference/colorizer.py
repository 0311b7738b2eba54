"""The colorizer: picture in, the same kind of picture with color out."""

import copy
import dataclasses
import numbers
from pathlib import Path

import numpy as np

from keras_colorize import files
from keras_colorize.bins import DECODERS
from keras_colorize.color import reduce_chroma_to_gamut
from keras_colorize.inference.compose import compose
from keras_colorize.inference.outputs import predicted_ab
from keras_colorize.inference.pictures import photograph_of, pictures_of
from keras_colorize.inference.pixels import (
    bands,
    from_float,
    lightness_of,
    to_working_size,
)
from keras_colorize.inference.pixelwise import apply_pixelwise
from keras_colorize.inference.style import StyledNetwork
from keras_colorize.models import fold_batch_norm
from keras_colorize.precision import resolve_precision
from keras_colorize.presets import default_preset, load_preset

STRIDE = 32
"""Sides of the working size are multiples of this, the coarsest stride of the networks."""

BATCH = 16
"""Most pictures that go through the network at once."""

BATCH_PIXELS = 1 << 20
"""Most pixels that go through the network at once, unless one picture has more."""


class Colorizer:
    """Colorizes photographs with a trained network.

    Args:
        model: a network of the library, L* (N, H, W, 1) in, dict of outputs out.
        contract: its `Contract`; gives the defaults of the arguments below.
        working_size: long side in pixels at which the network sees a photograph. Larger shows it
            smaller things, costs more, and past the size of its training unsettles it.
        decoder: `"mean"`, `"annealed"`, `"mode"`, `"median"` or `"sample"`; networks that predict
            a distribution only.
        temperature: of the annealed decoder: 1 is the mean, lower is more vivid.
        saturation: factor on the chroma; 0 is grey, 1 is as predicted.
        rebalancing: for networks that were trained with rebalanced bins: 1 decodes as trained,
            0 takes the weights out again, which is less vivid and nearer to the truth.
        style: a picture, as those that are colorized, whose global features are used in place
            of their own: its season, time of day or kind of scene (Iizuka 2016, section 4.5).
            Networks with global features only.
        sample_seed: of the sample decoder; another one draws other colors. 0 by default.

    Raises:
        ValueError: for arguments outside their range, or a style that the network cannot take.
        PhotographError: if the file of the style cannot be read.
    """

    FROM_CONTRACT = ("working_size", "decoder", "temperature", "saturation", "rebalancing")
    OPTIONS = (*FROM_CONTRACT, "style", "sample_seed")

    def __init__(
        self,
        model,
        contract,
        *,
        working_size=None,
        decoder=None,
        temperature=None,
        saturation=None,
        rebalancing=None,
        style=None,
        sample_seed=None,
    ):
        self.contract = contract
        self.name = model.name
        self.model = fold_batch_norm(model)
        self.style, self.sample_seed = None, 0
        vars(self).update({name: getattr(contract, name) for name in self.FROM_CONTRACT})
        self._set(
            working_size=working_size,
            decoder=decoder,
            temperature=temperature,
            saturation=saturation,
            rebalancing=rebalancing,
            style=style,
            sample_seed=sample_seed,
        )

    def replace(self, **options):
        """A colorizer with other options that shares the network.

        Args:
            **options: arguments of `Colorizer`; those that are None stay as they are.

        Returns:
            A `Colorizer`.

        Raises:
            ValueError: for arguments that do not exist or are outside their range.
        """
        unknown = sorted(set(options) - set(self.OPTIONS))
        if unknown:
            known = ", ".join(self.OPTIONS)
            raise ValueError(f"Expected options among {known}, received {unknown}.")
        other = copy.copy(self)
        other._set(**options)
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
        colorizer.name = Path(preset).resolve().name
        return colorizer

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

    def predict_ab(self, lightness):
        """Predicts color at the network's own resolution.

        Args:
            lightness: float array (N, H, W, 1), L* in 0..100, at a working size: the network
                sees it as it is.

        Returns:
            float32 tensor (N, h, w, 2) of a and b, before saturation.
        """
        outputs = self._network.predict_on_batch(lightness)
        return predicted_ab(
            outputs[self.contract.output],
            self.contract.output,
            lightness,
            self.decoder,
            self.temperature,
            self._log_weights(),
            self.contract.bin_means,
            self.sample_seed,
        )

    def _log_weights(self):
        if not self.contract.class_weights:
            return None
        return (self.rebalancing - 1.0) * np.log(self.contract.class_weights)

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
        predicted = np.asarray(self.predict_ab(self._seen(lightness)))
        for target, one, ab in zip(made, lightness, predicted, strict=True):
            self._compose(target, one, ab)

    def _seen(self, lightness):
        return np.stack([to_working_size(one, self.working_size, STRIDE) for one in lightness])

    def _compose(self, target, lightness, ab):
        height, width = lightness.shape[:2]
        for rows in bands(height, width):
            rgb = compose(
                lightness[rows][None], ab[None], self.saturation, rows.start, height, _to_rgb
            )
            target[rows, :, :3] = from_float(rgb[0], target.dtype)

    def _set(self, **options):
        given = {name: value for name, value in options.items() if value is not None}
        vars(self).update(given)
        if self.decoder not in DECODERS:
            raise ValueError(
                f"Expected a decoder among {', '.join(DECODERS)}, received {self.decoder!r}."
            )
        _check_range("working_size", self.working_size, STRIDE, 4096)
        _check_range("temperature", self.temperature, 1e-3, 10.0)
        _check_range("saturation", self.saturation, 0.0, 10.0)
        _check_range("rebalancing", self.rebalancing, 0.0, 1.0)
        _check_range("sample_seed", self.sample_seed, 0, 2**31 - 1)
        self._network = self.model if self.style is None else self._styled()

    def _styled(self):
        style = (
            self.style if isinstance(self.style, np.ndarray) else photograph_of(self.style).pixels
        )
        pictures = pictures_of(style)
        if len(pictures) != 1:
            raise ValueError(f"Expected one picture as style, received {len(pictures)}.")
        return StyledNetwork(self.model, self._seen([lightness_of(pictures[0, ..., :3])]))


def _to_rgb(lab):
    return apply_pixelwise(reduce_chroma_to_gamut, lab)


def _check_range(name, value, low, high):
    if not (isinstance(value, numbers.Real) and low <= value <= high):
        raise ValueError(f"Expected {name} between {low} and {high}, received {value!r}.")
