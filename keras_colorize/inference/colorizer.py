"""The colorizer: picture in, the same kind of picture with color out."""

import abc
import copy
import dataclasses
import functools
import math
from pathlib import Path

import keras
import numpy as np
from keras import layers, ops

from keras_colorize import io
from keras_colorize.errors import InputError
from keras_colorize.layers import GaussianSmoothing, PermanentDropout
from keras_colorize.models import fold_batch_norm
from keras_colorize.models.iizuka16 import split_style
from keras_colorize.models.siggraph17 import without_hints
from keras_colorize.precision import resolve_precision
from keras_colorize.presets.config import CLASS_OUTPUT, check_preset, read_config
from keras_colorize.presets.names import DEFAULT, find_preset
from keras_colorize.presets.weights import load_preset
from .compose import compose, to_working_size
from .heads import check_distribution, class_log_weights, predicted_ab
from .hints import Hints, at_size, hinted, hinted_inputs, hints_of, point_hints
from .mrf import channel_probabilities, refined_ab
from .options import FROM_PRESET, OF_DISTRIBUTIONS, ORIGINALS, REFINEMENTS, Options
from .palette import log_histogram, palette_bias, read_palette
from .pixels import (
    EVERYTHING,
    Lightness,
    around,
    box_within_border,
    inverted,
    photograph_of,
    pictures_of,
    pixels_of,
    stretch_levels,
)
from .runtime import OpenvinoNetwork

BATCH = 16
"""Most pictures that go through the network at once."""

BATCH_PIXELS = 1 << 20
"""Most pixels that go through the network at once, unless one picture has more."""


@dataclasses.dataclass(frozen=True)
class Preprocessed:
    """A picture (H, W, C), and its L* in 0..100 at the working size, (h, w, 1).

    The colors are put in the place of the picture if that is to be `overwritten`. The network
    sees what is inside of `box`, slices of rows and columns.
    """

    pixels: np.ndarray
    network_input: np.ndarray
    overwritten: bool = False
    box: tuple = EVERYTHING


class BaseColorizer(abc.ABC):
    """Colorizes whole pictures; subclasses predict the color, here or on a server.

    `at_once` photographs of a folder are predicted together; more than four gain hardly any time.
    """

    name, working_size, saturation, hints, at_once = "", 256, 1.0, None, 4
    negative, squeeze, levels, border = (getattr(Options, name) for name in ORIGINALS)

    def __call__(self, picture):
        """Colorizes one picture or several.

        Args:
            picture: a path or Pillow image; a `Photograph`; an sRGB array (H, W), (H, W, C) or
                (N, H, W, C), C of 1, 3 or 4, in bool, uint8, uint16 or floating point in [0, 1];
                or a list of these. Color that is there is ignored, alpha is kept.

        Returns:
            The same kind, size and type (uint8 for bool, a Pillow image for a path) with three
            channels, or four with alpha.

        Raises:
            PhotographError: if a file cannot be read.
            InputError: for arrays of other shapes, types or ranges.
            TypeError: for anything else.
        """
        if isinstance(picture, list | tuple):
            return [self(one) for one in picture]
        if not isinstance(picture, np.ndarray):
            photograph = photograph_of(picture)
            colorized = dataclasses.replace(photograph, pixels=self(photograph.pixels))
            return colorized if picture is photograph else io.to_pil(colorized)
        pictures = pictures_of(picture)
        colorized = []
        for start in range(0, len(pictures), self.most_at_once):
            batch = pictures[start : start + self.most_at_once]
            batch = [self.preprocess(one) for one in batch]
            colorized += self.compose(batch, self.predict(batch))
        return np.stack(colorized) if picture.ndim == 4 else colorized[0]

    @property
    def most_at_once(self):
        """Most pictures of an array, or of one shape in bulk, that are predicted together."""
        return min(BATCH, max(1, BATCH_PIXELS // int(self.working_size) ** 2))

    @abc.abstractmethod
    def predict_ab(self, lightness, hints=None):
        """Predicts color, before saturation.

        Args:
            lightness: float array (N, H, W, 1), L* in 0..100, at a working size.
            hints: `Hints` of the size of the lightness, or None.

        Returns:
            float32 array or tensor (N, h, w, 2) of a and b, at the network's own resolution, or
            at the working size where it is refined or hinted.
        """

    def preprocess(self, pixels):
        """Prepares a picture (H, W, C), C of 1, 3 or 4, see `__call__`: a `Preprocessed`."""
        if self.negative:
            pixels = inverted(pixels)
        box = box_within_border(pixels[..., :3]) if self.border else EVERYTHING
        lightness = Lightness(pixels[box][..., :3])
        network_input = to_working_size(lightness, self.working_size, self.squeeze)
        if self.levels:
            network_input = stretch_levels(network_input)
        return Preprocessed(pixels, network_input, box=box)

    def predict(self, batch):
        """Predicts a and b, float32 (N, h, w, 2), before saturation, of a list of `Preprocessed`.

        Their network inputs have one shape. Raises InputError if the hints are for another picture.
        """
        network_input, hints = np.stack([one.network_input for one in batch]), self.hints
        if hints is not None:
            height, width = batch[0].pixels.shape[:2]
            if isinstance(hints, list):
                hints = point_hints(hints, (height, width))
            if len(batch) != 1 or (height, width) != hints.mask.shape:
                expected = "x".join(map(str, reversed(hints.mask.shape)))
                raise InputError(
                    f"Expected one picture of {expected}, as its hints, received {len(batch)} of "
                    f"{width}x{height}."
                )
            hints = Hints(hints.ab[batch[0].box], hints.mask[batch[0].box])
            # Without a hint the result is the automatic one, to the last bit.
            hints = at_size(hints, network_input.shape[1:3]) if hints.colored.any() else None
        return np.asarray(self.predict_ab(network_input, hints))

    def compose(self, batch, ab):
        """Puts the color that `predict` returns for a list of `Preprocessed` on them at full size.

        Returns:
            List of sRGB arrays (H, W, 3), or (H, W, 4) with alpha, of the type of the pixels.
        """
        colorized = []
        for one, its in zip(batch, ab, strict=True):
            height, width, alpha = one.pixels[..., 3:].shape
            target = one.pixels
            if not one.overwritten:
                target = np.empty((height, width, 3 + alpha), one.pixels.dtype)
                target[..., 3:] = one.pixels[..., 3:]
            for part in (one.box, *around(one.box)):
                if (inside := one.pixels[part]).size:
                    colors = its if part == one.box else np.zeros_like(its)
                    lightness = [Lightness(inside[..., :3])]
                    compose(lightness, colors[None], self.saturation, target[part][None])
            colorized.append(target)
        return colorized


class _Network:
    """A network in the forms that predictions take; each is made when it is first used."""

    def __init__(self, model, dropout, alone):
        self._model, self._dropout, self._alone = model, dropout, alone
        self.takes_hints = isinstance(model.input, dict)
        kinds = {"preset": PermanentDropout, "on": layers.Dropout, "off": ()}[dropout]
        self.drops = any(isinstance(layer, kinds) for layer in model.layers)

    @functools.cached_property
    def folded(self):
        model, self._model = self._model, None
        return fold_batch_norm(model, self._dropout)

    @functools.cached_property
    def noise(self):
        """States of the generators of what drops, which a seed sets."""
        kept = [layer for layer in self.folded.layers if isinstance(layer, PermanentDropout)]
        return [layer.seed_generator.state for layer in kept]

    @functools.cached_property
    def of_lightness(self):
        return without_hints(self.folded) if self.takes_hints else self.folded

    @functools.cached_property
    def compiled(self):
        """The network of L*, with constant weights where large convolutions are nearly all of it.

        TensorFlow lays out constants, once, as its convolutions read them fastest: these take up
        to a third less time then, and one or two gigabytes more.
        """
        model = self.of_lightness
        kernels = [x.shape for x in model.weights if len(x.shape) == 4 and x.shape[0] > 1]
        large = sum(map(math.prod, kernels)) > max(10_000_000, 0.9 * model.count_params())
        if keras.backend.backend() != "tensorflow" or not large:
            return model
        variables = model.trainable_variables, model.non_trainable_variables
        weights = [list(map(np.asarray, group)) for group in variables]
        call = layers.Lambda(lambda x: model.stateless_call(*weights, x, training=False)[0])
        return keras.Model(model.input, call(model.input))

    @functools.cached_property
    def style_parts(self):
        return split_style(self.of_lightness)

    def predict(self, lightness):
        """Predicts the outputs; of a picture alone before the network is folded and compiled."""
        plain = self._alone and self._dropout == "preset" and not self.takes_hints
        # In bfloat16 colors would differ by more than rounding.
        if plain and self._model is not None and self._model.compute_dtype == "float32":
            return self._model(lightness, training=False)
        return self.compiled.predict_on_batch(lightness)


class Colorizer(BaseColorizer):
    """Colorizes photographs with a trained network.

    Every option is an attribute, too; `options` has all of them.

    Args:
        model: a network of the library, L* (N, H, W, 1) in, dict of outputs out; or an
            `OpenvinoNetwork`.
        config: its `PresetConfig`, with the defaults of the options in `FROM_PRESET`.
        alone: whether there will be only one picture, in float32: it is there seconds sooner, for
            the network is neither folded nor compiled, and some of its pixels differ by a level.
        **options: fields of `Options`, described by their help; a given decoder comes with
            saturation 1 and rebalancing 0, unless these are given, too. Also: `style`, a picture
            whose global features are used (Iizuka 2016, section 4.5); `palette`, see
            `read_palette`; `refine`, a name or a `Refinement`; `precision` and `runtime`, read
            by `from_preset`; `hints`, `Hints`, a list of points as of `point_hints`, or a pair
            `(ab, mask)`: (H, W, 2) with the a and b of the one picture (H, W) where the mask (H, W)
            is set, not multiplied by the saturation. A network that takes hints (`siggraph17`) gets
            them, and answers as it likes; with all others they spread along equal lightness.

    Raises:
        InputError: for options outside their range, or that the network cannot take: a decoder,
            a refinement and a palette need one that predicts a distribution.
        PhotographError: if the file of the style or of the palette cannot be read.
    """

    def __init__(self, model, config, alone=False, **options):
        self.config, self.name = config, config.network
        # Whatever shares it compiles it once; options come after it.
        dropout = options.get("dropout", Options.dropout)
        is_model = isinstance(model, keras.Model)
        self._network = _Network(model, dropout, alone) if is_model else model
        self._histogram, self._given = None, {}
        self._predict = self._network.predict
        self._set(options)

    @classmethod
    def from_preset(cls, preset=None, **options):
        """Builds a colorizer from trained weights.

        Args:
            preset: name of a shipped preset, path of a preset's folder, or None for the default.
            **options: arguments of `Colorizer`.

        Raises:
            PresetError: if the preset is unknown or damaged.
            InputError: for options outside their range.
        """
        precision = options.get("precision", Options.precision)
        preset = DEFAULT if preset is None else preset
        if options.get("runtime", Options.runtime) == "openvino":
            folder = find_preset(preset)
            config = check_preset(folder)
            colorizer = cls(OpenvinoNetwork(folder, precision), config, **options)
        else:
            colorizer = cls(*load_preset(preset, resolve_precision(precision)), **options)
        colorizer.name = Path(preset).resolve().name
        return colorizer

    @classmethod
    def from_presets(cls, presets, **options):
        """Builds colorizers, a dict by preset, as `from_preset`; those of one network share it."""
        colorizers, networks = {}, {}
        for preset in presets:
            config = read_config(find_preset(preset))
            if config.identity in networks:
                colorizers[preset] = cls(networks[config.identity], config, **options)
                colorizers[preset].name = Path(preset).resolve().name
            else:
                colorizers[preset] = cls.from_preset(preset, **options)
                networks[config.identity] = colorizers[preset]._network
        return colorizers

    @property
    def model(self):
        """The network of L* alone, with its batch normalizations folded away."""
        return self._network.of_lightness

    def replace(self, **options):
        """Returns a colorizer with other options of `Colorizer` that shares the network.

        None unsets `style`, `palette`, `refine` and `hints`. Raises as `Colorizer`.
        """
        other = copy.copy(self)
        other._set(options)
        return other

    def _set(self, options):
        before, output = getattr(self, "options", None), self.config.output
        if "refine" in options and options["refine"] is None:
            options = {**options, "refine": "none"}
        self._given = {**self._given, **options}
        known = list(Options.__dataclass_fields__)
        if unknown := sorted(self._given.keys() - set(known)):
            raise InputError(f"Expected options among {', '.join(known)}, received {unknown}.")
        values = {name: getattr(self.config, name) for name in FROM_PRESET}
        if "decoder" in self._given:
            values |= {"saturation": 1.0, "rebalancing": 0.0}
        self.options = Options(**{**values, **self._given})
        for name in ("precision", "dropout", "runtime"):
            if before and getattr(self.options, name) != getattr(before, name):
                raise InputError(f"Expected the {name} when the preset is loaded, not afterwards.")
        given = (self.options.style, self.options.hints)
        if self.options.runtime == "openvino" and any(one is not None for one in given):
            raise InputError("Expected no style and no hints with the runtime openvino.")
        if self.options.dropout == "on" and not self._network.drops:
            raise InputError(f"Expected a network with dropout, {self.name} has none.")
        if "seed" in options and not self._network.drops:
            check_distribution(output, "seed")
        vars(self).update(vars(self.options))
        self.hints = None if self.hints is None else hints_of(self.hints)
        refine = self.options.refine
        self.refinement = REFINEMENTS[refine] if isinstance(refine, str) else refine
        if self.refinement or self.palette is not None:
            check_distribution(output, "a refinement or a palette")
        if wanted := sorted(options.keys() & OF_DISTRIBUTIONS):
            check_distribution(output, ", ".join(wanted))
        # Reading a palette and seeing a style take long: not for other options.
        if "palette" in options:
            empty = self.palette is None
            self._histogram = None if empty else log_histogram(read_palette(self.palette), output)
        if options.keys() & {"style", "working_size"}:
            self._predict = self._network.predict if self.style is None else self._styled()

    def _styled(self):
        """Prediction with a style's global features (Iizuka 2016, section 4.5)."""
        pictures = pixels_of(self.style)
        if len(pictures) != 1:
            raise InputError(f"Expected one picture as style, received {len(pictures)}.")
        features, colors = self._network.style_parts
        plain = self.replace(style=None, negative=False, squeeze=1.0)
        style = plain.preprocess(pictures[0]).network_input
        vector = features.predict_on_batch(style[None])
        return lambda batch: colors.predict_on_batch([batch, np.repeat(vector, len(batch), 0)])

    def predict_ab(self, lightness, hints=None):
        """Predicts color, before saturation; see `BaseColorizer.predict_ab`."""
        lightness = np.asarray(lightness, "float32")
        for number, state in enumerate(self._network.noise if self._network.drops else ()):
            state.assign(np.array([self.seed, number << 16], "uint32"))
        if hints is not None:
            # Their colors are right after a and b are multiplied by the saturation.
            hints = Hints(hints.ab / (self.saturation or 1.0), hints.mask)
        if hints is not None and self._network.takes_hints:
            outputs = self._network.folded.predict_on_batch(hinted_inputs(lightness, hints))
            hints = None
        else:
            outputs = self._predict(lightness)
        prediction = outputs[self.config.output]
        if self.refinement:
            small = ops.convert_to_numpy(self.distributions(prediction))
            pairs = zip(small, lightness, strict=True)
            how = self.config, self.refinement, hints, self.hint_reach
            return np.stack([refined_ab(*pair, *how) for pair in pairs])
        ab = self.decode(prediction, lightness)
        return ab if hints is None else hinted(ab, lightness, hints, self.hint_reach)

    def classify(self, picture, top=5):
        """Tells the scene of a picture (Iizuka et al. 2016, sections 3.3 and 4.7).

        Args:
            picture: one, as `__call__` takes it.
            top: how many classes are told.

        Returns:
            List of pairs (name, probability), the likeliest class first.

        Raises:
            InputError: if the network knows no scenes, or for several pictures.
        """
        names, pictures = self.config.class_names, pixels_of(picture)
        if not names:
            raise InputError(f"Expected a network that tells scenes apart, {self.name} does not.")
        if len(pictures) != 1:
            raise InputError(f"Expected one picture, received {len(pictures)}.")
        small = self.preprocess(pictures[0]).network_input
        logits = self._network.predict(small[None])[CLASS_OUTPUT]
        probabilities = ops.convert_to_numpy(ops.softmax(ops.cast(logits, "float32")))[0]
        likeliest = np.argsort(-probabilities, kind="stable")[:top]
        return [(names[i], float(probabilities[i])) for i in likeliest]

    def decode(self, prediction, lightness):
        """Turns the network's color output into a and b, before saturation; see `predicted_ab`."""
        if self.smoothing:
            prediction = self._smoothed(prediction)
        weights = self._log_weights(prediction, self.rebalancing)
        how = self.decoder, self.temperature, weights, self.config.bin_means, self.seed
        return predicted_ab(prediction, self.config.output, lightness, *how)

    def distributions(self, prediction):
        """The float32 distributions (N, h, w, 2, K) of a predicted one that a refinement takes."""
        if self.smoothing:
            prediction = self._smoothed(prediction)
        temperature, share = 1.0, self.rebalancing
        if self.refinement.distribution == "network":
            share = float(self.config.weights_in_loss)
        elif self.decoder == "annealed":
            temperature = self.temperature
        weights = self._log_weights(prediction, share)
        return channel_probabilities(prediction, self.config.output, temperature, weights)

    def _smoothed(self, prediction):
        """Class scores smoothed as options say (Hwang & Zhou 2016, section 5.3)."""
        shape = (*ops.shape(prediction)[:3], *prediction.shape[3:])
        flat = ops.reshape(prediction, (*shape[:3], int(np.prod(shape[3:]))))
        return ops.reshape(GaussianSmoothing(self.smoothing)(flat), shape)

    def _log_weights(self, prediction, rebalancing):
        """What is added to the logits: rebalancing, out or in, and a palette; None for nothing."""
        weights = class_log_weights(self.config, rebalancing)
        if self._histogram is None:
            return weights
        logits = ops.cast(prediction, "float32")
        logits = logits if weights is None else logits + ops.cast(weights, "float32")
        bias = palette_bias(logits, self._histogram, self.palette_strength, self.palette_mode)
        return bias if weights is None else weights + bias
