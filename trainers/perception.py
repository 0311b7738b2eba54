"""What MobileNetV2 says to the training of a generator, of its colors and of its encoder."""

import dataclasses

from keras_colorize.color import scale_ab
from keras_colorize.inference import predicted_ab
from keras_colorize.inference.heads import class_log_weights
from keras_colorize.losses import DistillationLoss, PerceptualLoss
from keras_colorize.models.mobilenet_v2 import (
    mobilenet_v2_classifier,
    mobilenet_v2_extractor,
    mobilenet_v2_student,
    mobilenet_v2_teacher,
)
from keras_colorize.presets import PresetConfig

DECODING = (
    "decoder",
    "temperature",
    "saturation",
    "class_weights",
    "weights_in_loss",
    "rebalancing",
)
"""Fields of a `PresetConfig` on how a distribution becomes colors."""

_FIELDS = {field.name: field for field in dataclasses.fields(PresetConfig)}
# Decoders through which gradients pass.
_PASSING = ("mean", "annealed")


def check_features(config, weights):
    """Sees that weights are given if, and only if, they are used.

    Args:
        config: an `AdversarialConfig`.
        weights: `"imagenet"`, the path of MobileNetV2 weights, or None.

    Raises:
        ValueError: if not.
    """
    factors = config.perceptual_weight, config.distillation_weight
    if any(factors) != bool(weights):
        raise ValueError(
            "Expected --perceptual_features with --perceptual_weight or --distillation_weight, "
            f"received {weights} with weights of {factors[0]} and {factors[1]}."
        )


def perceptual_loss(config, weights):
    """The `PerceptualLoss` of a config, or None.

    Args:
        config: an `AdversarialConfig`.
        weights: as `load_mobilenet_v2` takes them.
    """
    factor, share = config.perceptual_weight, config.perceptual_answers
    if not factor:
        return None
    answers = mobilenet_v2_classifier(weights) if share else None
    return PerceptualLoss(mobilenet_v2_extractor(weights), factor, answers, share)


def distilled(config, weights, generator):
    """What the encoder of a generator sees, as an output, and the loss on it.

    Args:
        config: an `AdversarialConfig`.
        weights: as `load_mobilenet_v2` takes them, with the classifier.
        generator: a network on the encoder `mobilenet_v2`.

    Returns:
        Dict of one output, and a callable as `AdversarialModel` takes it; or an empty one and
        None.
    """
    if not config.distillation_weight:
        return {}, None
    teacher = mobilenet_v2_teacher(weights)
    loss = DistillationLoss(teacher, weight=config.distillation_weight)
    return {"seen": mobilenet_v2_student(generator, weights).output}, loss.beside_colors


def by_the_mean(preset_config):
    """A `PresetConfig` like another, but with the mean of the distribution as it is."""
    plain = {name: _FIELDS[name].default for name in DECODING}
    return dataclasses.replace(preset_config, **plain | {"decoder": "mean"})


def decoded(preset_config):
    """Makes what turns a network's outputs into colors as its preset shows them.

    Args:
        preset_config: a `PresetConfig`.

    Returns:
        Callable (outputs, L*) to a and b scaled to [0, 1], saturation included.

    Raises:
        ValueError: if no gradient passes the decoder of the preset.
    """
    if preset_config.decoder not in _PASSING:
        raise ValueError(
            f"Expected a preset with the decoder {' or '.join(_PASSING)}, through which gradients "
            f"pass, received one with {preset_config.decoder}."
        )
    weights = class_log_weights(preset_config, preset_config.rebalancing)

    def to_ab(outputs, lightness):
        ab = predicted_ab(
            outputs[preset_config.output],
            preset_config.output,
            lightness,
            preset_config.decoder,
            preset_config.temperature,
            weights,
            preset_config.bin_means,
        )
        return scale_ab(preset_config.saturation * ab)

    return to_ab
