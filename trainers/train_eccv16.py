r"""Trains `eccv16`, the network of "Colorful image colorization" (Zhang, Isola & Efros 2016).

    keras-colorize prior pictures -o prior.json
    python trainers/train_eccv16.py --data=pictures --run=runs/eccv16 --prior=prior.json \
        --width=0.5 --batch_size=32 --learning_rate=1e-3 --cooldown=0.8 --epochs=3 \
        --steps_per_epoch=250

At half the width this takes 24 minutes on two processor cores for 24,000 views; the whole network
needs a GPU. The paper trains for weeks with a batch of 40 and a rate of 3e-5; the higher rate here
suits shorter runs.
"""

import keras
from absl import flags

from keras_colorize.data import Targets
from keras_colorize.losses import AbCrossentropy
from keras_colorize.metrics import ab_error
from keras_colorize.models import eccv16
from keras_colorize.models.eccv16 import STRIDE
from run import Run
from settings import define_flags, start

define_flags(batch_size=40, optimizer="adam", learning_rate=3e-4)
flags.DEFINE_float("width", 1.0, "Factor on the channels; 1 is the paper.")
flags.DEFINE_float("uniform_share", 0.5, "Lambda of the class rebalancing; 1 for none.")
flags.DEFINE_string("prior", None, "File of `keras-colorize prior`; without, views are counted.")
flags.DEFINE_integer("neighbors", 5, "Bins a color is spread over; 1 for hard targets.")


def main(options):
    """Trains from the command line."""
    run = Run(options)
    class_weights = run.bin_weights()
    arguments = {"width": options.width}
    with run.strategy.scope():
        model = eccv16(**arguments)
        losses = {"ab_logits": AbCrossentropy(class_weights, options.neighbors)}
        metrics = {"ab_logits": keras.metrics.MeanMetricWrapper(ab_error, "ab_error")}
    run.compile(model, losses, metrics=metrics)
    targets = Targets({"ab_logits": "ab"}, STRIDE)
    run.train("eccv16", model, arguments, targets, class_weights=class_weights or ())


if __name__ == "__main__":
    start(main)
