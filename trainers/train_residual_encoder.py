r"""Trains `vgg16_residual_encoder`, its baseline or one of its ablations.

    python trainers/train_residual_encoder.py --data=pictures --run=runs/classes \
        --encoder_weights=imagenet
    python trainers/train_residual_encoder.py --data=pictures --run=runs/regression \
        --encoder_weights=imagenet --head=luv_uv --aggregation=finest --final_widths=

The first is the paper's classification network, the second its regression baseline. At half the
width, from scratch, on 64x64 views of scenes, objects and faces (--width=0.5 --decoder_width=0.5
--size=64 --batch_size=32 --clip_norm=1 --learning_rate=1e-3 --schedule=trapezoid --cooldown=0.8)
the second, with --huber=0.05, took 9 minutes on two processor cores for 57,600 views: the preset
`vgg16_residual_encoder_regression`, ab error 15.62 on 120 photographs of other kinds,
where grey has 17.00. The first took 13 minutes for 40,960: `vgg16_residual_encoder`,
15.78. Their model cards have every flag.

On 450 landscapes, with a MobileNetV2 encoder, 18,000 views took 15 minutes each on two busy
processor cores and reached 15 % of the bins of u and 16 % (regression 14 %) of v:
docs/experiments.md has the commands and the table.

The preset is written to `runs/classes/preset`. A run that was interrupted goes on when the same
command is given again.
"""

import keras
from absl import flags

from keras_colorize.bins import CHANNEL_BINS
from keras_colorize.color import scale_luv_uv
from keras_colorize.data import CHANNEL_TARGETS, Targets, bin_means
from keras_colorize.losses import ChannelCrossentropy
from keras_colorize.metrics import BinAccuracy
from keras_colorize.models import freeze_through, take_encoder, vgg16_residual_encoder
from keras_colorize.models.vgg16_residual_encoder import (
    AGGREGATIONS,
    CLASSIFICATION_HEADS,
    ENCODER_STRIDES,
    FINAL_WIDTHS,
    REGRESSION_HEADS,
)
from keras_colorize.presets import load_preset
from run import start, train
from settings import define_flags

REGRESSION_TARGETS = {"luv_uv": "luv_uv_scaled", "hs": "hs"}
HEADS = (*CLASSIFICATION_HEADS, *REGRESSION_HEADS)

FLAGS = flags.FLAGS
define_flags(
    batch_size=6,
    optimizer="adam",
    learning_rate=3e-4,
    schedule="constant",
    clip_norm=0.0,
    size=224,
    validation_share=0.1,
)
flags.DEFINE_enum("encoder", "vgg16", list(ENCODER_STRIDES), "The summarizing side.")
flags.DEFINE_string("encoder_weights", None, "imagenet, or the path of the encoder's weights.")
flags.DEFINE_string("encoder_preset", None, "Preset whose ResNet-18 encoder is taken over.")
flags.DEFINE_string("freeze_through", None, "Last encoder layer that is not trained.")
flags.DEFINE_enum("head", "luv_uv_logits", HEADS, "What is predicted.")
flags.DEFINE_float("width", 1.0, "Factor on the channels; 1 is the paper.")
flags.DEFINE_float("decoder_width", 1.0, "Further factor on those outside the encoder.")
flags.DEFINE_enum("aggregation", "concat", AGGREGATIONS, "How the decoder's scales are joined.")
flags.DEFINE_bool("residual_units", True, "Without, the encoder's taps are joined.")
flags.DEFINE_list("final_widths", [str(width) for width in FINAL_WIDTHS], "Last convolutions.")
flags.DEFINE_float("smoothing", None, "Sigma that smooths the class scores, in pixels.")
flags.DEFINE_float("huber", None, "Threshold M of the Huber penalty in place of L2, head luv_uv.")


def make_model(_):
    """The network that the flags describe, and the arguments of its factory."""
    names = ("encoder", "head", "width", "decoder_width", "aggregation", "residual_units")
    arguments = {name: FLAGS[name].value for name in (*names, "smoothing")}
    arguments["final_widths"] = [int(width) for width in FLAGS.final_widths]
    model = vgg16_residual_encoder(encoder_weights=FLAGS.encoder_weights, **arguments)
    if FLAGS.encoder_preset:
        take_encoder(model, load_preset(FLAGS.encoder_preset)[0])
    if FLAGS.freeze_through:
        freeze_through(model, FLAGS.freeze_through)
    return model, arguments


def make_objectives(data):
    """Losses, their weights and the metrics by output, and the config's bin means."""
    head, weight, fields = FLAGS.head, 1.0, {}
    bins = CHANNEL_BINS[f"{head.removesuffix('_logits')}_logits"]
    low, high = bins.low, bins.high
    if head in CLASSIFICATION_HEADS:
        loss = ChannelCrossentropy(low, high)
        means = bin_means(data, head, ENCODER_STRIDES[FLAGS.encoder][0])
        # "The classes with the largest scores", and the means of their bins (section 3.6).
        fields = {"bin_means": means.tolist(), "decoder": "mode"}
    elif FLAGS.huber:
        # The paper's penalty, u^2 below M, is twice Keras' (section 3.5).
        loss, weight = keras.losses.Huber(FLAGS.huber), 2.0
    else:
        loss = keras.losses.MeanSquaredError()
    if head == "luv_uv":
        low, high = (float(edge) for edge in scale_luv_uv([low, high]))
    # Acc(U) and Acc(V) of section 5.1.
    accuracies = [BinAccuracy(c, low, high, name=f"accuracy_{c}") for c in (0, 1)]
    return {head: loss}, {head: weight}, {head: accuracies}, fields


def main():
    """Trains from the command line."""
    targets = Targets({**CHANNEL_TARGETS, **REGRESSION_TARGETS}, ENCODER_STRIDES[FLAGS.encoder][0])
    train("vgg16_residual_encoder", make_model, targets, make_objectives)


if __name__ == "__main__":
    start(main)
