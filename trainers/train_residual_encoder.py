r"""Trains `vgg16_residual_encoder`, its baseline or one of its ablations (Hwang & Zhou 2016).

    python trainers/train_residual_encoder.py --data=pictures --run=runs/classes \
        --encoder_weights=imagenet
    python trainers/train_residual_encoder.py --data=pictures --run=runs/regression \
        --encoder_weights=imagenet --head=luv_uv --aggregation=finest --final_widths=

The first is the paper's classification network, the second its regression baseline; with all else
as there they are --config=hwang_zhou_classification and hwang_zhou_regression. At half the width,
from scratch, --width=0.5 --decoder_width=0.5 --size=64 --batch_size=32 --clip_norm=1
--learning_rate=1e-3 --schedule=warmup_stable_decay --cooldown=0.8, 41,000 views take 13 minutes on
two processor cores.
"""

import keras
import numpy as np
from absl import flags
from keras import ops

from keras_colorize.bins import CHANNEL_BINS, CHANNEL_SPACES
from keras_colorize.color import scale_luv_uv
from keras_colorize.data import Targets
from keras_colorize.losses import ChannelCrossentropy
from keras_colorize.metrics import bin_accuracy
from keras_colorize.models import freeze_through, take_encoder, vgg16_residual_encoder
from keras_colorize.models.vgg16_residual_encoder import (
    AGGREGATIONS,
    CLASSIFICATION_HEADS,
    ENCODER_STRIDES,
    FINAL_WIDTHS,
    REGRESSION_HEADS,
)
from keras_colorize.presets import load_preset
from run import Run
from settings import define_flags, start

REGRESSION_TARGETS = {"luv_uv": "luv_uv_scaled", "hs": "hs"}
HEADS = (*CLASSIFICATION_HEADS, *REGRESSION_HEADS)

rate = {"learning_rate": 3e-4, "schedule": "constant", "clip_norm": 0.0}
define_flags(batch_size=6, optimizer="adam", size=224, validation_share=0.1, **rate)
flags.DEFINE_enum("encoder", "vgg16", list(ENCODER_STRIDES), "The summarizing side.")
flags.DEFINE_string("encoder_weights", None, "imagenet, or the path of the encoder's weights.")
flags.DEFINE_string("encoder_preset", None, "Preset whose ResNet-18 encoder is taken over.")
flags.DEFINE_string("freeze_through", None, "Last encoder layer that is not trained.")
flags.DEFINE_enum("head", "luv_uv_logits", HEADS, "What is predicted.")
flags.DEFINE_float("width", 1.0, "Factor on the channels; 1 is the paper.")
flags.DEFINE_float("decoder_width", 1.0, "Further factor on those outside the encoder.")
flags.DEFINE_enum("aggregation", "concat", AGGREGATIONS, "How the decoder's scales are joined.")
flags.DEFINE_bool("residual_units", True, "Without, the encoder's features are joined as they are.")
flags.DEFINE_list("final_widths", [str(width) for width in FINAL_WIDTHS], "Last convolutions.")
flags.DEFINE_float("smoothing", None, "Sigma that smooths the class scores, in pixels.")
flags.DEFINE_float("huber", None, "Threshold M of the Huber penalty in place of L2, head luv_uv.")


def main(options):
    """Trains from the command line."""
    run, head, stride = Run(options), options.head, ENCODER_STRIDES[options.encoder][0]
    names = ("encoder", "head", "width", "decoder_width", "aggregation", "residual_units")
    arguments = {name: getattr(options, name) for name in (*names, "smoothing")}
    arguments["final_widths"] = [int(width) for width in options.final_widths]
    bins = CHANNEL_BINS[f"{head.removesuffix('_logits')}_logits"]
    low, high, fields = bins.low, bins.high, {}
    if head in CLASSIFICATION_HEADS:
        # "The classes with the largest scores", and the means of their bins (section 3.6).
        means = bin_means(run.data, head, stride)
        fields = {"bin_means": means.tolist(), "decoder": "mode"}
    with run.strategy.scope():
        model = vgg16_residual_encoder(encoder_weights=options.encoder_weights, **arguments)
        if options.encoder_preset:
            take_encoder(model, load_preset(options.encoder_preset)[0])
        if options.freeze_through:
            freeze_through(model, options.freeze_through)
        loss, weight = keras.losses.MeanSquaredError(), 1.0
        if head in CLASSIFICATION_HEADS:
            loss = ChannelCrossentropy(low, high)
        elif options.huber:
            # The paper's penalty, u^2 below M, is twice Keras' (section 3.5).
            loss, weight = keras.losses.Huber(options.huber), 2.0
        if head == "luv_uv":
            low, high = (float(edge) for edge in scale_luv_uv([low, high]))
        # Acc(U) and Acc(V) of section 5.1.
        mean, bins = keras.metrics.MeanMetricWrapper, {"low": low, "high": high}
        accuracies = [mean(bin_accuracy, f"accuracy_{c}", channel=c, **bins) for c in (0, 1)]
    run.compile(model, {head: loss}, {head: weight}, {head: accuracies})
    targets = Targets({**CHANNEL_SPACES, **REGRESSION_TARGETS}, stride)
    run.train("vgg16_residual_encoder", model, arguments, targets, **fields)


def bin_means(data, output, stride=1, pictures=1000):
    """Mean of the training values in each bin (Hwang & Zhou 2016, section 3.6, "un-binning").

    Args:
        data: a `TrainingData` whose size is a multiple of `stride`.
        output: a key of `CHANNEL_SPACES`.
        stride: pixels of lightness per pixel of the output.
        pictures: how many views are looked at, in whole batches of 50.

    Returns:
        float64 array (2, bins) in the units of the channels, of empty bins the centers. The bins
        at the ends hold what lies beyond them, too.
    """
    bins = CHANNEL_BINS[output]
    sums, counts = np.zeros((2, bins.count)), np.zeros((2, bins.count))
    targets = Targets({output: CHANNEL_SPACES[output]}, stride)
    for _, batch in data.epoch(0, 50, -(-pictures // 50), targets):
        values = ops.convert_to_numpy(batch[output]).reshape(-1, 2)
        indices = ops.convert_to_numpy(bins.encode(values))
        for channel, index in enumerate(indices.T):
            sums[channel] += np.bincount(index, values[:, channel], bins.count)
            counts[channel] += np.bincount(index, minlength=bins.count)
    return np.where(counts > 0, sums / np.maximum(counts, 1), bins.centers())


if __name__ == "__main__":
    start(main)
