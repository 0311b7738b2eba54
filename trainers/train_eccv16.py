r"""Trains `eccv16`, the network of "Colorful image colorization".

    keras-colorize prior pictures -o prior.json
    python trainers/train_eccv16.py --data=pictures --run=runs/eccv16 --prior=prior.json \
        --width=0.25 --batch_size=32 --size=96 --epochs=2 --steps_per_epoch=60

On two busy processor cores this took 5 minutes (3,840 views) and only shows that it learns: the
cross-entropy fell from 5.7 (all bins alike) to 4.1, the ab error to 16.7, which is still above
that of grey. The whole network needs a GPU.

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
    """Loss, its weight and the metric by output, and the contract's class weights."""
    class_weights = bin_weights(data)
    loss = AbCrossentropy(class_weights, FLAGS.neighbors)
    fields = {"class_weights": class_weights or ()}
    return {"ab_logits": loss}, {"ab_logits": 1.0}, {"ab_logits": AbError()}, fields


def main():
    """Trains from the command line."""
    train("eccv16", make_model, Targets({"ab_logits": "ab"}, STRIDE), make_objectives)


if __name__ == "__main__":
    start(main)
