r"""Trains a generator of color against a discriminator (Zhou & Zhou 2019, section 2.2).

    python trainers/train_gan.py --data=pictures --run=runs/gan \
        --pretrain_epochs=10 --epochs=20 --steps_per_epoch=400 --on_collapse=return

--config=zhou_zhou_gan_l1 and zhou_zhou_gan_mse are the paper's runs; --preset_of makes presets of
the epochs that it compares. The generator is the conditional DCGAN's, or any network of the library
that was trained before:

    python trainers/train_gan.py --data=pictures --run=runs/fusion_gan \
        --generator_preset=runs/fusion/preset --epochs=10 --learning_rate=5e-5

--perceptual_weight adds the distance in the features of MobileNetV2 (--perceptual_features), with
or without a discriminator; with --perceptual_as_shown in the colors that a preset shows, which are
more saturated than the mean. An encoder that is trained, too, forgets ImageNet with that;
--distillation_weight works against it with the loss of distill_encoder.py:

    python trainers/train_gan.py --data=pictures --run=runs/perceptual \
        --generator_preset=accurate --freeze_through=head_relu \
        --perceptual_weight=10 --perceptual_features=imagenet --epochs=4 --pretrain_epochs=4

Pictures of the size of CIFAR-10 take --size=32 --level_set=32. After every
epoch there are samples in `samples/` and, with --tensorboard, events that show the losses of both
sides, the discriminator's accuracy, and colorfulness and diversity of the validation pictures as
shares of the true ones'. docs/research/adversarial.md has more.
"""

import keras
from absl import flags

from gan_settings import AdversarialConfig
from keras_colorize.data import Targets
from keras_colorize.losses import DistillationLoss, PerceptualLoss
from keras_colorize.models import dcgan_discriminator, dcgan_generator, freeze_through
from keras_colorize.models import mobilenet_v2 as mobilenet
from keras_colorize.models.dcgan import BATCH_NORM_MODES
from keras_colorize.models.siggraph17 import without_hints
from keras_colorize.presets import PresetConfig, load_preset
from keras_colorize.training import AdversarialModel, make_optimizer
from keras_colorize.training.callbacks import ACTIONS, CollapseMonitor, TwoPhases
from perception import DECODING, color_decoder, with_mean_decoder
from run import Run
from settings import define_flags, start

rate = {"learning_rate": 2e-4, "schedule": "constant", "clip_norm": 0.0}
define_flags(AdversarialConfig, optimizer="adam", beta_1=0.5, keep_checkpoints=10, **rate)
flags.DEFINE_string("generator_preset", None, "Preset to train further; without, a DCGAN begins.")
flags.DEFINE_string("freeze_through", None, "Last layer of the generator that is not trained.")
flags.DEFINE_enum("level_set", "256", ["32", "256"], "Levels of both networks, by picture size.")
flags.DEFINE_float("width", 1.0, "Factor on the generator's channels.")
flags.DEFINE_float("discriminator_width", 1.0, "Factor on the discriminator's channels.")
flags.DEFINE_float("dropout", 0.5, "Of the generator's decoder, its only noise; 0 for none.")
flags.DEFINE_bool("dropout_in_inference", False, "Colorizing has that noise, too.")
flags.DEFINE_bool("spectral_norm", False, "Spectral normalization of the discriminator.")
flags.DEFINE_bool("generator_spectral_norm", False, "Spectral normalization of the generator.")
flags.DEFINE_float("batch_norm_momentum", 0.99, "Of the moving statistics of both networks.")
flags.DEFINE_enum(
    "discriminator_batch_norm", "moving", BATCH_NORM_MODES, "Its mode; none suits --spectral_norm."
)
flags.DEFINE_string(
    "perceptual_features", None, "imagenet, or the path of MobileNetV2 weights: who sees colors."
)
flags.DEFINE_bool(
    "perceptual_as_shown",
    False,
    "The perceptual loss sees colors as --generator_preset shows them.",
)
flags.DEFINE_enum("on_collapse", "warn", ACTIONS, "What to do when the training collapses.")
flags.DEFINE_integer("collapse_patience", 2, "Epochs that a sign of collapse must last.")


def main(options):
    """Trains from the command line."""
    if options.on_collapse in ("cut", "return") and options.schedule != "constant":
        raise ValueError(
            f"Expected --schedule=constant with --on_collapse={options.on_collapse}, received "
            f"{options.schedule}."
        )
    factors = options.perceptual_weight, options.distillation_weight
    if any(factors) != bool(options.perceptual_features):
        raise ValueError(
            "Expected --perceptual_features with --perceptual_weight or --distillation_weight, "
            f"received {options.perceptual_features} with weights of {factors[0]} and {factors[1]}."
        )
    run = Run(options, AdversarialConfig)
    with run.strategy.scope():
        generator, preset = make_generator(options)
        run.begin(generator)
        trained = make_adversaries(options, run.config, generator, preset)
    fields = {name: getattr(preset, name) for name in ("class_names", "bin_means", *DECODING)}
    monitor = CollapseMonitor(options.on_collapse, options.collapse_patience)
    callbacks, targets = [TwoPhases(options.pretrain_epochs), monitor], Targets({"ab": "ab_scaled"})
    model = preset.network, generator, preset.arguments
    run.train(*model, targets, trained, callbacks, **fields)


def make_generator(options):
    """The generator, and the `PresetConfig` of the preset that the run will write."""
    if options.generator_preset:
        generator, preset = load_preset(options.generator_preset)
        if isinstance(generator.input, dict):
            generator = without_hints(generator)
    else:
        names = ("width", "dropout", "dropout_in_inference", "batch_norm_momentum")
        arguments = {name: getattr(options, name) for name in names}
        arguments["level_set"] = int(options.level_set)
        arguments["spectral_norm"] = options.generator_spectral_norm
        generator = dcgan_generator(**arguments)
        preset = PresetConfig("dcgan_generator", arguments, "ab")
    if options.freeze_through:
        freeze_through(generator, options.freeze_through)
    # What the discriminator judges is what the preset shows, unless another loss sees that.
    return generator, preset if options.perceptual_as_shown else with_mean_decoder(preset)


def make_adversaries(options, config, generator, preset):
    """The `AdversarialModel` of the generator, compiled by an `AdversarialConfig`."""
    further, to_shown = {}, color_decoder(preset)
    # Without its class branch, which nothing here trains.
    outputs = {preset.output: generator.output[preset.output]}
    teacher = options.perceptual_features
    if config.perceptual_weight:
        logits = mobilenet.mobilenet_v2_classifier(teacher) if config.perceptual_logits else None
        features, weight = mobilenet.mobilenet_v2_extractor(teacher), config.perceptual_weight
        perceptual = PerceptualLoss(features, weight, logits, config.perceptual_logits)
        further["perceptual_loss"] = lambda x, y, found: perceptual(x, y, to_shown(found, x))
    if config.distillation_weight:
        judge, weight = mobilenet.mobilenet_v2_teacher(teacher), config.distillation_weight
        further["distillation_loss"] = DistillationLoss(judge, weight=weight).beside_colors
        outputs["seen"] = mobilenet.mobilenet_v2_student(generator, teacher).output
    discriminator = dcgan_discriminator(
        level_set=int(options.level_set),
        width=options.discriminator_width,
        spectral_norm=options.spectral_norm,
        batch_norm_mode=options.discriminator_batch_norm,
        batch_norm_momentum=options.batch_norm_momentum,
    )
    model = AdversarialModel(
        keras.Model(generator.input, outputs, name=generator.name),
        discriminator,
        color_decoder(with_mean_decoder(preset)),
        config.label_smoothing,
        further,
    )
    optimizers = make_optimizer(config), make_optimizer(config.discriminator())
    model.compile(*optimizers, *config.reconstruction_loss())
    return model


if __name__ == "__main__":
    start(main)
