r"""Trains the grey ResNet-18: first as a scene classifier, then as a colorizer.

    python trainers/train_resnet18.py --task=classify --data=scenes --run=runs/classifier \
        --width=0.5 --batch_size=64 --cooldown=0.8 --epochs=6 --steps_per_epoch=250
    python trainers/train_resnet18.py --task=colorize --data=pictures --run=runs/l2 \
        --width=0.5 --global_features --encoder_preset=runs/classifier/preset \
        --cooldown=0.8 --epochs=6 --steps_per_epoch=500
    python trainers/train_resnet18.py --task=colorize --data=pictures --run=runs/l1 \
        --width=0.5 --global_features --init=runs/l2/preset --loss=l1 --learning_rate=3e-4 \
        --warmup=0.05 --cooldown=0.8 --epochs=2 --steps_per_epoch=300
    python trainers/train_resnet18.py --task=colorize --data=pictures --run=runs/classes \
        --width=0.5 --global_features --head=ab_channel_logits --sigma=5 \
        --encoder_preset=runs/classifier/preset --cooldown=0.8 --epochs=4 --steps_per_epoch=450

With --min_scale=0.35 --aged_share=0.15 the first took 8 minutes on two processor cores (96,000
views of MiniPlaces) and reached a scene top-1 of 22.5 % and top-5 of 51 % on its validation
pictures: the preset `resnet18_gray_classifier`. On a mix of scenes, objects and faces the
second took 13 minutes, the third 3: `resnet18_gray`, ab error 15.61 on 120 photographs of
other kinds, where grey has 17.00. The last took 14 minutes: `resnet18_gray_bins`.

Presets are written to `preset` in the folder of the run. A run that was interrupted goes on when
the same command is given again. The paper names Adam with a rate of 0.1, which does not train
these networks; 1e-3 does.
"""

import keras
from absl import flags

from keras_colorize.bins import AB_BINS
from keras_colorize.data import Targets
from keras_colorize.losses import ChannelCrossentropy, SceneCrossentropy
from keras_colorize.metrics import BinAccuracy, SceneTopK
from keras_colorize.models import resnet18_gray, resnet18_gray_classifier, take_encoder
from keras_colorize.models.resnet18_gray import HEADS, STRIDES
from keras_colorize.presets import load_preset
from run import class_count, start, train
from settings import define_flags

LOSSES = {"l2": keras.losses.MeanSquaredError, "l1": keras.losses.MeanAbsoluteError}

FLAGS = flags.FLAGS
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


def make_model(class_names):
    """The network that the flags describe, and the arguments of its factory."""
    arguments = {"width": FLAGS.width, "classes": len(class_names)}
    if FLAGS.task == "colorize":
        names = ("decoder", "head", "global_features")
        arguments |= {name: FLAGS[name].value for name in names}
        arguments["classes"] = class_count(class_names) if FLAGS.global_features else None
    model = {"classify": resnet18_gray_classifier, "colorize": resnet18_gray}[FLAGS.task](
        **arguments
    )
    if FLAGS.encoder_preset:
        take_encoder(model, load_preset(FLAGS.encoder_preset)[0])
    return model, arguments


def make_objectives(_):
    """Losses, their weights and the metrics by output."""
    low, high = AB_BINS.low, AB_BINS.high
    losses = {
        "ab": LOSSES[FLAGS.loss](),
        "ab_channel_logits": ChannelCrossentropy(low, high, FLAGS.sigma),
        "class_logits": SceneCrossentropy(),
    }
    # Beside colors the classes count little; alone they are all there is.
    class_weight = FLAGS.class_loss_weight if FLAGS.task == "colorize" else 1.0
    weights = {**dict.fromkeys(HEADS, 1.0), "class_logits": class_weight}
    metrics = {
        # The figure of the papers' tables.
        "ab": keras.metrics.MeanSquaredError(name="mse"),
        "ab_channel_logits": [
            BinAccuracy(channel, low, high, name=f"accuracy_{name}")
            for channel, name in enumerate("ab")
        ],
        "class_logits": [SceneTopK(1), SceneTopK(5)],
    }
    return losses, weights, metrics, {}


def main():
    """Trains from the command line."""
    outputs = {"ab": "ab_scaled", "ab_channel_logits": "ab", "class_logits": "label"}
    network = {"classify": "resnet18_gray_classifier", "colorize": "resnet18_gray"}[FLAGS.task]
    train(network, make_model, Targets(outputs, STRIDES[FLAGS.decoder]), make_objectives)


if __name__ == "__main__":
    start(main)
