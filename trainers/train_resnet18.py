r"""Trains the grey ResNet-18: first as a scene classifier, then as a colorizer.

    python trainers/train_resnet18.py --task=classify --data=scenes --run=runs/classifier \
        --width=0.5 --batch_size=64 --cooldown=0.8 --epochs=6 --steps_per_epoch=250
    python trainers/train_resnet18.py --task=colorize --data=pictures --run=runs/l2 \
        --width=0.5 --global_features --encoder_preset=runs/classifier/preset \
        --cooldown=0.8 --epochs=6 --steps_per_epoch=500
    python trainers/train_resnet18.py --task=colorize --data=pictures --run=runs/classes \
        --width=0.5 --global_features --head=ab_channel_logits --sigma=5 \
        --encoder_preset=runs/classifier/preset --cooldown=0.8 --epochs=4 --steps_per_epoch=450

These take 8, 13 and 14 minutes on two processor cores. The papers' runs are
--config=melas_kyriazi_classifier, then on its preset melas_kyriazi_regression,
melas_kyriazi_bins, zhou_zhou_decoder and george. Melas-Kyriazi & Han name Adam with a rate
of 0.1, which does not train these networks; 1e-3 does.
"""

import keras
from absl import flags

from keras_colorize.bins import AB_BINS
from keras_colorize.color.scaling import AB_LIMIT
from keras_colorize.data import Targets
from keras_colorize.losses import ChannelCrossentropy, SceneCrossentropy
from keras_colorize.metrics import SceneTopK, ab_error, bin_accuracy
from keras_colorize.models import resnet18_gray, resnet18_gray_classifier, take_encoder
from keras_colorize.models.resnet18_gray import HEADS, STRIDES
from keras_colorize.presets import load_preset
from run import Run
from settings import define_flags, start

LOSSES = {"l2": keras.losses.MeanSquaredError, "l1": keras.losses.MeanAbsoluteError}

define_flags(optimizer="adam")
flags.DEFINE_enum("task", "colorize", ["classify", "colorize"], "What the network learns.")
flags.DEFINE_float("width", 1.0, "Factor on the channels; 1 is the paper.")
flags.DEFINE_string("encoder_preset", None, "Preset whose encoder is taken over.")
flags.DEFINE_enum("decoder", "A", list(STRIDES), "A: Melas-Kyriazi & Han, B: Zhou & Zhou.")
flags.DEFINE_enum("head", "ab", HEADS, "Regression, or 25 bins of a and 25 of b.")
flags.DEFINE_enum("loss", "l2", list(LOSSES), "Of the regression.")
flags.DEFINE_float("sigma", None, "Width of peaked targets over the bins, in units of ab; one-hot.")
flags.DEFINE_bool("global_features", False, "Fuse features of the whole picture.")
flags.DEFINE_float("class_loss_weight", 1 / 300, "Of the class branch, which is at the fusion.")


def main(options):
    """Trains from the command line."""
    run = Run(options)
    low, high = AB_BINS.low, AB_BINS.high
    with run.strategy.scope():
        if options.task == "classify":
            network, class_weight = "resnet18_gray_classifier", 1.0
            arguments = {"width": options.width, "classes": len(run.class_names)}
            model = resnet18_gray_classifier(**arguments)
        else:
            # Beside colors the classes count little; alone they are all there is.
            network, class_weight = "resnet18_gray", options.class_loss_weight
            names = ("width", "decoder", "head", "global_features")
            arguments = {name: getattr(options, name) for name in names} | {"classes": None}
            if options.global_features:
                arguments["classes"] = run.class_count(class_weight)
            model = resnet18_gray(**arguments)
        if options.encoder_preset:
            take_encoder(model, load_preset(options.encoder_preset)[0])
        losses = {
            "ab": LOSSES[options.loss](),
            "ab_channel_logits": ChannelCrossentropy(low, high, options.sigma),
            "class_logits": SceneCrossentropy(),
        }
        mean = keras.metrics.MeanMetricWrapper
        metrics = {
            # The figure of the papers' tables, and the one of the other trainers.
            "ab": [
                keras.metrics.MeanSquaredError(name="mse"),
                mean(ab_error, "ab_error", unit=2 * AB_LIMIT),
            ],
            "ab_channel_logits": [
                mean(bin_accuracy, f"accuracy_{x}", low=low, high=high, channel=i)
                for i, x in enumerate("ab")
            ],
            "class_logits": [SceneTopK(1), SceneTopK(5)],
        }
    run.compile(model, losses, {"class_logits": class_weight}, metrics)
    outputs = {"ab": "ab_scaled", "ab_channel_logits": "ab", "class_logits": "label"}
    run.train(network, model, arguments, Targets(outputs, STRIDES[options.decoder]))


if __name__ == "__main__":
    start(main)
