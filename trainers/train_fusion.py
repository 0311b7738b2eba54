r"""Trains `iizuka16`, its baseline (`--noglobal_features`) or one of its color spaces.

    python trainers/train_fusion.py --data=pictures --run=runs/fusion --width=0.375 \
        --size=128 --global_size=128 --batch_size=32 --optimizer=adamw --learning_rate=1e-3 \
        --schedule=trapezoid --warmup=0.05 --cooldown=0.95 --epochs=8 --steps_per_epoch=250

On the 90,000 scenes of MiniPlaces this took 15 minutes on two processor cores (64,000 views) and
reached an ab error of 13.78 and scene top-1 of 9.8 % on its validation pictures: see
docs/experiments.md. Then the same command with objects and faces mixed in (several --data),
--init=runs/fusion/preset, --cooldown=0.8 and --min_scale=0.35 took 17 minutes, and 500 steps of
train_gan.py on L1 alone took 6: that is the preset `iizuka16`, ab error 15.39 on 120
photographs of other kinds, where grey has 17.00; its model card has every flag.

The defaults are the paper's. The preset is written to `runs/fusion/preset`.
A run that was interrupted goes on when the same command is given again.
"""

from absl import flags

from keras_colorize.data import Targets
from keras_colorize.losses import SceneCrossentropy
from keras_colorize.models import iizuka16
from keras_colorize.models.iizuka16 import CLASS_LOSS_WEIGHT
from run import class_count, start, train
from settings import define_flags

STRIDE = 2
"""The network predicts colors at half size."""

COLOR_TARGETS = {"ab": "ab_scaled", "yuv_uv": "yuv_uv_scaled", "rgb": "rgb"}
"""What each of the network's possible color outputs learns."""

FLAGS = flags.FLAGS
define_flags(batch_size=128, optimizer="adadelta", learning_rate=1.0, schedule="constant", size=224)
flags.DEFINE_float("width", 1.0, "Factor on the channels; 1 is the paper.")
flags.DEFINE_integer("global_size", 224, "Side of the copy that the global branch sees.")
flags.DEFINE_bool("global_features", True, "Fuse global features; without, the baseline.")
flags.DEFINE_enum("color_space", "lab", ["lab", "yuv", "rgb"], "What the network predicts.")
flags.DEFINE_float("class_loss_weight", CLASS_LOSS_WEIGHT, "Alpha; 0 for no class branch.")


def make_model(class_names):
    """The network that the flags describe, and the arguments of its factory."""
    arguments = {
        "width": FLAGS.width,
        "classes": class_count(class_names) if FLAGS.global_features else None,
        "global_features": FLAGS.global_features,
        "global_size": FLAGS.global_size,
        "color_space": FLAGS.color_space,
    }
    # At the size of the global branch the low-level features are computed once.
    return iizuka16(input_shape=(FLAGS.size, FLAGS.size, 1), **arguments), arguments


def make_objectives(_):
    """Losses, their weights and the metrics by output."""
    losses = {**dict.fromkeys(COLOR_TARGETS, "mse"), "class_logits": SceneCrossentropy()}
    weights = {**dict.fromkeys(COLOR_TARGETS, 1.0), "class_logits": FLAGS.class_loss_weight}
    return losses, weights, {}, {}


def main():
    """Trains from the command line."""
    targets = Targets({**COLOR_TARGETS, "class_logits": "label"}, STRIDE)
    train("iizuka16", make_model, targets, make_objectives)


if __name__ == "__main__":
    start(main)
