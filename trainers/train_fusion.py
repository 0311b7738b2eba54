r"""Trains `iizuka16`, its baseline (--noglobal_features) or one of its color spaces.

    python trainers/train_fusion.py --data=pictures --run=runs/fusion --width=0.375 \
        --size=128 --global_size=128 --batch_size=32 --optimizer=adamw --learning_rate=1e-3 \
        --schedule=warmup_stable_decay --warmup=0.05 --cooldown=0.95 --clip_norm=1 \
        --epochs=8 --steps_per_epoch=250

takes 15 minutes on two processor cores for 64,000 views. --config=iizuka16 is the paper's run,
iizuka16_yuv, iizuka16_rgb and iizuka16_baseline are its others; they need a GPU.
"""

import keras
from absl import flags

from keras_colorize.color.scaling import AB_LIMIT
from keras_colorize.data import Targets
from keras_colorize.losses import SceneCrossentropy
from keras_colorize.metrics import SceneTopK, ab_error
from keras_colorize.models import iizuka16
from keras_colorize.models.iizuka16 import CLASS_LOSS_WEIGHT
from run import Run
from settings import define_flags, start

# The network predicts colors at half size.
STRIDE = 2
# What each of its possible color outputs learns.
COLOR_TARGETS = {"ab": "ab_scaled", "yuv_uv": "yuv_uv_scaled", "rgb": "rgb"}

rate = {"learning_rate": 1.0, "schedule": "constant", "clip_norm": 0.0}
define_flags(batch_size=128, optimizer="adadelta", size=224, **rate)
flags.DEFINE_float("width", 1.0, "Factor on the channels; 1 is the paper.")
flags.DEFINE_integer("global_size", 224, "Side of the copy that the global branch sees.")
flags.DEFINE_bool("global_features", True, "Fuse global features; without, the baseline.")
flags.DEFINE_enum("color_space", "lab", ["lab", "yuv", "rgb"], "What the network predicts.")
flags.DEFINE_float("class_loss_weight", CLASS_LOSS_WEIGHT, "Alpha; 0 for no class branch.")


def main(options):
    """Trains from the command line."""
    run = Run(options)
    names = ("width", "global_features", "global_size", "color_space")
    arguments = {name: getattr(options, name) for name in names} | {"classes": None}
    if options.global_features:
        arguments["classes"] = run.class_count(options.class_loss_weight)
    with run.strategy.scope():
        # At the size of the global branch the low-level features are computed once.
        model = iizuka16(input_shape=(options.size, options.size, 1), **arguments)
        losses = {**dict.fromkeys(COLOR_TARGETS, "mse"), "class_logits": SceneCrossentropy()}
        metrics = {name: keras.metrics.MeanAbsoluteError("mae") for name in COLOR_TARGETS}
        metrics["ab"] = keras.metrics.MeanMetricWrapper(ab_error, "ab_error", unit=2 * AB_LIMIT)
        metrics["class_logits"] = [SceneTopK(1), SceneTopK(5)]
    run.compile(model, losses, {"class_logits": options.class_loss_weight}, metrics)
    targets = Targets({**COLOR_TARGETS, "class_logits": "label"}, STRIDE)
    run.train("iizuka16", model, arguments, targets)


if __name__ == "__main__":
    start(main)
