"""Colors as losses see them in training: those that a preset shows, as far as gradients pass."""

import dataclasses

from keras_colorize.color import scale_ab
from keras_colorize.inference import predicted_ab
from keras_colorize.inference.heads import class_log_weights
from keras_colorize.presets import PresetConfig

# Fields of a `PresetConfig` on how a distribution becomes colors.
DECODING = ("decoder", "temperature", "saturation")
DECODING += ("class_weights", "weights_in_loss", "rebalancing")
# Decoders through which gradients pass.
_PASSING = ("mean", "annealed")


def with_mean_decoder(config):
    """A `PresetConfig` like another, but with the mean of the distribution as it is."""
    defaults = {field.name: field.default for field in dataclasses.fields(PresetConfig)}
    plain = {name: defaults[name] for name in DECODING}
    return dataclasses.replace(config, **plain | {"decoder": "mean"})


def color_decoder(config):
    """Makes a callable (outputs, L*) to a and b scaled to [0, 1], as the preset shows them."""
    if config.decoder not in _PASSING:
        raise ValueError(
            f"Expected a preset with the decoder {' or '.join(_PASSING)}, through which gradients "
            f"pass, received one with {config.decoder}."
        )
    weights = class_log_weights(config, config.rebalancing)

    def to_ab(outputs, lightness):
        how = config.decoder, config.temperature, weights, config.bin_means
        ab = predicted_ab(outputs[config.output], config.output, lightness, *how)
        return scale_ab(config.saturation * ab)

    return to_ab
