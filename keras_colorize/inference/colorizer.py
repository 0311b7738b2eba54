"""The colorizer: picture in, the same kind of picture with color out."""

import copy
from pathlib import Path

import numpy as np

from keras_colorize.inference.base import BaseColorizer
from keras_colorize.inference.frozen import Frozen
from keras_colorize.inference.hints import hints_of
from keras_colorize.inference.options import STRIDE, Options
from keras_colorize.inference.palette import log_histogram, read_palette
from keras_colorize.inference.pixels import to_working_size
from keras_colorize.inference.prediction import decoded, hinted, refined
from keras_colorize.inference.refine import check_distribution
from keras_colorize.inference.style import StyledNetwork, style_lightness
from keras_colorize.models import fold_batch_norm
from keras_colorize.precision import resolve_precision
from keras_colorize.presets import default_preset, load_preset


class Colorizer(BaseColorizer):
    """Colorizes photographs with a trained network.

    Args:
        model: a network of the library, L* (N, H, W, 1) in, dict of outputs out.
        config: its `PresetConfig`; gives the defaults of the arguments below.
        working_size: long side in pixels at which the network sees a photograph. Larger shows it
            smaller things, costs more, and past the size of its training unsettles it.
        decoder: `"mean"`, `"annealed"`, `"mode"`, `"median"` or `"sample"`; networks that predict
            a distribution only.
        temperature: of the annealed decoder: 1 is the mean, lower is more vivid.
        saturation: factor on the chroma; 0 is grey, 1 is as predicted.
        rebalancing: for presets with class weights (Zhang 2016, section 2.2), the share of them
            that is in the colors, whether the network was trained with them or not: 0 is
            nearest to the truth, 1 makes rare colors likelier where others are possible, too.
            A refinement starts without weights that the network was not trained with.
        style: a picture, as those that are colorized, whose global features are used in place
            of their own: its season, time of day or kind of scene (Iizuka 2016, section 4.5).
            Networks with global features only.
        seed: of the sample decoder; another one draws other colors. 0 by default.
        precision: `"float32"` by default, `"bfloat16"` or `"auto"`; read by `from_preset`.
        refine: `"mrf"`, `"mrf-paper"` or a `Refinement`: a Markov random field makes neighbors
            of equal lightness agree; it takes the place of the decoder, but for the
            temperature of the annealed one. `"none"` by default.
        palette: a reference picture, a JSON file or a list of colors and weights that the
            colors lean to, see `read_palette`.
        palette_strength: 0 for no effect to 1; 0.5 by default.
        palette_mode: `"transfer"`, the default, or `"product"`, as in the paper; see `lean`.
        hints: a pair `(ab, mask)` or `Hints`: (H, W, 2) with the a and b of those pixels of
            the one picture (H, W) to be colorized where the mask (H, W) is set. They spread
            along equal lightness and their colors are not multiplied by the saturation.

    A refinement and a palette need a network that predicts a distribution.

    Raises:
        ValueError: for arguments outside their range, or that the network cannot take.
        PhotographError: if the file of the style or of the palette cannot be read.
    """

    def __init__(self, model, config, **options):
        self.config = config
        self.name = model.name
        self.model = fold_batch_norm(model)
        self.histogram, self.given = None, {}
        self._network, self._decoders = Frozen(self.model), {}
        self._set(options)

    def replace(self, **options):
        """A colorizer with other options that shares the network.

        Args:
            **options: arguments of `Colorizer`. Those that are left out stay as they are; None
                unsets `style`, `palette` and `hints`.

        Returns:
            A `Colorizer`.

        Raises:
            ValueError: for arguments that do not exist or are outside their range.
        """
        other = copy.copy(self)
        other._set(options)
        return other

    @classmethod
    def from_preset(cls, preset=None, **options):
        """Builds a colorizer from trained weights.

        Args:
            preset: name of a shipped preset, path of a preset's folder, or None for the default.
            **options: arguments of `Colorizer`.

        Returns:
            A `Colorizer`.

        Raises:
            PresetError: if the preset is unknown or damaged.
            ValueError: for arguments outside their range.
        """
        dtype = resolve_precision(options.get("precision", Options.precision))
        preset = default_preset() if preset is None else preset
        model, config = load_preset(preset, dtype)
        colorizer = cls(model, config, **options)
        colorizer.name = Path(preset).resolve().name
        return colorizer

    def predict_ab(self, lightness, hints=None):
        """Predicts color, before saturation.

        Args:
            lightness: float array (N, H, W, 1), L* in 0..100, at a working size: the network
                sees it as it is.
            hints: `Hints` of the size of the lightness, or None; those of the colorizer are
                for whole photographs.

        Returns:
            float32 array or tensor (N, h, w, 2) of a and b: at the network's own resolution, or
            at the working size where it is refined or hinted.
        """
        if self.refinement:
            return refined(self, self._predict(lightness), lightness, hints)
        if self.style is None and self.palette is None:
            temperature = np.float32([self.temperature])
            ab = self._decoder().predict_on_batch([np.float32(lightness), temperature])
        else:
            ab = decoded(self, self._predict(lightness), lightness)
        return ab if hints is None else hinted(ab, lightness, hints, self.saturation)

    def _predict(self, lightness):
        return self._network.predict_on_batch(lightness)[self.config.output]

    def _decoder(self):
        """The network with what follows, compiled once for all temperatures."""
        key = self.decoder, self.rebalancing, self.seed
        if key not in self._decoders:
            warm = copy.copy(self)

            def then(outputs, lightness, temperature):
                warm.temperature = temperature
                return decoded(warm, outputs[self.config.output], lightness)

            self._decoders[key] = Frozen(self.model, then)
        return self._decoders[key]

    def _set(self, options):
        before = getattr(self, "options", None)
        if "refine" in options and options["refine"] is None:
            options = {**options, "refine": "none"}
        self.given = {**self.given, **options}
        self.options = Options.of(self.config, **self.given)
        if before and self.options.precision != before.precision:
            raise ValueError("Expected the precision when the preset is loaded, not afterwards.")
        # Every option is an attribute as well.
        vars(self).update(vars(self.options))
        self.hints = None if self.hints is None else hints_of(self.hints)
        self.refinement = self.options.refinement
        if self.refinement or self.palette is not None:
            check_distribution(self.config.output)
        # Reading a palette and cutting the network for a style take long: not for other options.
        if "palette" in options:
            palette = self.palette
            self.histogram = (
                None
                if palette is None
                else log_histogram(read_palette(palette), self.config.output)
            )
        if options.keys() & {"style", "working_size"}:
            self._network = Frozen(self.model) if self.style is None else self._styled()

    def _styled(self):
        lightness = style_lightness(self.style)
        seen = to_working_size(lightness, self.working_size, STRIDE)
        return StyledNetwork(self.model, seen[None])
