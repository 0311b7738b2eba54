r"""Trains a generator of color against a discriminator (Zhou & Zhou 2019, section 2.2).

    python trainers/train_gan.py --data=pictures --run=runs/gan \
        --pretrain_epochs=10 --epochs=20 --steps_per_epoch=400 --on_collapse=return

The generator is the conditional DCGAN's, or any network of the library that was trained before:

    python trainers/train_gan.py --data=pictures --run=runs/fusion_gan \
        --generator_preset=runs/fusion/preset --epochs=10 --learning_rate=5e-5

With --width=0.25 the preset `dcgan` saw 115,200 views on the squared error alone,
then with --generator_preset, --reconstruction=l1 --reconstruction_weight=150 --spectral_norm
--discriminator_batch_norm=none 10,240 alone and 10,240 against the discriminator, these two in 7
minutes on two processor cores: ab error 15.64 on 120 photographs of other kinds, where grey has
17.00, and a quarter more color than a network without a discriminator. Its model card has every
flag.

--perceptual_weight adds the distance in the features of MobileNetV2 (--perceptual_features), with
or without a discriminator; with --perceptual_as_shown in the colors that a preset shows, which are
more saturated than the mean:

    python trainers/train_gan.py --data=pictures --run=runs/perceptual \
        --generator_preset=distribution_unet_photos --freeze_through=out_relu \
        --perceptual_weight=10 --perceptual_features=imagenet --epochs=4 --pretrain_epochs=4

An encoder that is trained, too, forgets ImageNet with that; --distillation_weight works against it
with the loss of distill_encoder.py.

Pictures of the size of CIFAR-10 take --data=tfds:cifar10 --size=32 --level_set=32.

After every epoch there are samples in `samples/` and, with --tensorboard, events that show the
losses of both sides, the discriminator's accuracy, and colorfulness and diversity of the
validation pictures as shares of the true ones'. Presets are written to `preset` in the folder of
the run. A run that was interrupted goes on when the same command is given again, from an older
checkpoint with --resume_from.
"""

import functools

import keras
from absl import flags

from keras_colorize.data import Targets
from keras_colorize.models import dcgan_discriminator, dcgan_generator, freeze_through
from keras_colorize.models.dcgan import BATCH_NORM_MODES
from keras_colorize.presets import PresetConfig, find_preset, load_preset, read_config
from keras_colorize.training import (
    AdversarialConfig,
    AdversarialModel,
    CollapseMonitor,
    TwoPhases,
    make_optimizer,
)
from keras_colorize.training.collapse import ACTIONS
from perception import (
    DECODING,
    by_the_mean,
    check_features,
    decoded,
    distilled,
    perceptual_loss,
)
from run import start, train
from settings import define_flags

LOSSES = {"l1": keras.losses.MeanAbsoluteError, "mse": keras.losses.MeanSquaredError}

FLAGS = flags.FLAGS
define_flags(
    AdversarialConfig,
    optimizer="adam",
    learning_rate=2e-4,
    beta_1=0.5,
    schedule="constant",
    clip_norm=0.0,
    keep_checkpoints=10,
)
flags.DEFINE_string("generator_preset", None, "Preset to train further; without, a DCGAN begins.")
flags.DEFINE_string("freeze_through", None, "Last layer of the generator that is not trained.")
flags.DEFINE_enum("level_set", "256", ["32", "256"], "Levels of both networks, by picture size.")
flags.DEFINE_float("width", 1.0, "Factor on the generator's channels.")
flags.DEFINE_float("discriminator_width", 1.0, "Factor on the discriminator's channels.")
flags.DEFINE_float("dropout", 0.5, "Of the generator's decoder, its only noise; 0 for none.")
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
    "The perceptual loss sees colors as --generator_preset shows them, with its decoder, class "
    "weights and saturation; without, those of the mean decoder.",
)
flags.DEFINE_enum("on_collapse", "warn", ACTIONS, "What to do when the training collapses.")
flags.DEFINE_integer("collapse_patience", 2, "Epochs that a sign of collapse must last.")


def make_model(_):
    """The generator that the flags describe, and the arguments of its factory."""
    if FLAGS.generator_preset:
        model, preset_config = load_preset(FLAGS.generator_preset)
        return _frozen(model), preset_config.arguments
    arguments = {
        "level_set": int(FLAGS.level_set),
        "width": FLAGS.width,
        "dropout": FLAGS.dropout,
        "batch_norm_momentum": FLAGS.batch_norm_momentum,
        "spectral_norm": FLAGS.generator_spectral_norm,
    }
    return _frozen(dcgan_generator(**arguments)), arguments


def _frozen(generator):
    if FLAGS.freeze_through:
        freeze_through(generator, FLAGS.freeze_through)
    return generator


def make_adversaries(preset_config, generator, config):
    """Both networks, compiled.

    Args:
        preset_config: the `PresetConfig` of the preset that the run will write.
        generator: the network.
        config: an `AdversarialConfig`.
    """
    weights = FLAGS.perceptual_features
    check_features(config, weights)
    sight, distillation = distilled(config, weights, generator)
    # Without its class branch, which nothing here trains.
    outputs = {preset_config.output: generator.output[preset_config.output], **sight}
    model = AdversarialModel(
        keras.Model(generator.input, outputs, name=generator.name),
        _discriminator(),
        decoded(by_the_mean(preset_config)),
        config.label_smoothing,
        perceptual_loss(config, weights),
        distillation,
        decoded(preset_config),
    )
    optimizers = make_optimizer(config), make_optimizer(config.discriminator())
    model.compile(*optimizers, LOSSES[config.reconstruction](), config.reconstruction_weight)
    return model


def _discriminator():
    return dcgan_discriminator(
        level_set=int(FLAGS.level_set),
        width=FLAGS.discriminator_width,
        spectral_norm=FLAGS.spectral_norm,
        batch_norm_mode=FLAGS.discriminator_batch_norm,
        batch_norm_momentum=FLAGS.batch_norm_momentum,
    )


def main():
    """Trains from the command line."""
    preset_config = PresetConfig("dcgan_generator", {}, "ab")
    if FLAGS.generator_preset:
        preset_config = read_config(find_preset(FLAGS.generator_preset))
        # What the discriminator judges.
        preset_config = preset_config if FLAGS.perceptual_as_shown else by_the_mean(preset_config)
    fields = {
        name: getattr(preset_config, name) for name in ("class_names", "bin_means", *DECODING)
    }
    if FLAGS.on_collapse in ("cut", "return") and FLAGS.schedule != "constant":
        raise ValueError(
            f"Expected --schedule=constant with --on_collapse={FLAGS.on_collapse}, received "
            f"{FLAGS.schedule}."
        )
    train(
        preset_config.network,
        make_model,
        Targets({"ab": "ab_scaled"}),
        lambda data: ({}, {}, {}, fields),
        functools.partial(make_adversaries, preset_config),
        [
            TwoPhases(FLAGS.pretrain_epochs),
            CollapseMonitor(FLAGS.on_collapse, FLAGS.collapse_patience),
        ],
        AdversarialConfig,
    )


if __name__ == "__main__":
    start(main)
