r"""Trains `eccv16`, the network of "Colorful image colorization".

    keras-colorize prior pictures -o prior.json
    python trainers/train_eccv16.py --data=pictures --run=runs/eccv16 --prior=prior.json \
        --width=0.5 --batch_size=32 --learning_rate=1e-3 --cooldown=0.8 --epochs=3 \
        --steps_per_epoch=250

At half the width on views of scenes, objects and faces this took 24 minutes on two busy processor
cores (24,000 views), and one more epoch with --init 14: the preset `eccv16`, ab error 16.12
on 120 photographs of other kinds, where grey has 17.00, and still falling: the whole network needs
a GPU. Its model card has every flag.

The preset is written to `runs/eccv16/preset`. A run that was interrupted goes on when the same
command is given again. The paper trains for weeks with a batch of 40 and a rate of 3e-5; the
higher rate here suits shorter runs.
"""

from absl import flags

from keras_colorize.data import Targets
from keras_colorize.losses import AbCrossentropy
from keras_colorize.metrics import AbError
from keras_colorize.models import eccv16
from keras_colorize.models.eccv16 import STRIDE
from pictures import bin_weights
from run import start, train
from settings import define_flags

FLAGS = flags.FLAGS
define_flags(batch_size=40, optimizer="adam", learning_rate=3e-4)
flags.DEFINE_float("width", 1.0, "Factor on the channels; 1 is the paper.")
flags.DEFINE_float("uniform_share", 0.5, "Lambda of the class rebalancing; 1 for none.")
flags.DEFINE_string("prior", None, "File of `keras-colorize prior`; without, views are counted.")
flags.DEFINE_integer("neighbors", 5, "Bins a color is spread over; 1 for hard targets.")


def make_model(_):
    """The network that the flags describe, and the arguments of its factory."""
    arguments = {"width": FLAGS.width}
    return eccv16(**arguments), arguments


def make_objectives(data):
    """Loss, its weight and the metric by output, and the config's class weights."""
    class_weights = bin_weights(data)
    loss = AbCrossentropy(class_weights, FLAGS.neighbors)
    fields = {"class_weights": class_weights or ()}
    return {"ab_logits": loss}, {"ab_logits": 1.0}, {"ab_logits": AbError()}, fields


def main():
    """Trains from the command line."""
    train("eccv16", make_model, Targets({"ab_logits": "ab"}, STRIDE), make_objectives)


if __name__ == "__main__":
    start(main)
