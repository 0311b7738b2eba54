r"""Trains `distribution_unet`.

    python trainers/train_distribution.py --data=pictures --run=runs/decoder \
        --encoder_weights=imagenet --freeze_through=out_relu --cooldown=0 \
        --epochs=5 --steps_per_epoch=200
    python trainers/train_distribution.py --data=pictures --run=runs/all \
        --init=runs/decoder/preset --freeze_through=block_5_add --learning_rate=2e-4 \
        --warmup=0.03 --cooldown=0.97 --epochs=10 --steps_per_epoch=400

These two made the preset `distribution_unet_places`: 160,000 pictures, 70 minutes on two busy
processor cores, ab error 12.36 on 400 validation pictures of MiniPlaces at the end. From there
its model card goes on to `distribution_unet_photos`: 307,000 more. The preset
is written to `runs/all/preset`. A run that was interrupted goes on when the same command is
given again.
"""

from absl import flags

from keras_colorize.data import Targets
from keras_colorize.losses import AbCrossentropy, SceneCrossentropy
from keras_colorize.metrics import AbError
from keras_colorize.models import distribution_unet, freeze_through
from keras_colorize.models.distribution_unet import DECODER_WIDTHS, RESIDUAL_WIDTHS, STRIDE
from pictures import bin_weights
from run import class_count, start, train
from settings import define_flags

FLAGS = flags.FLAGS
define_flags()
flags.DEFINE_string("encoder", "mobilenet_v2", "mobilenet_v2 or residual.")
flags.DEFINE_string("encoder_weights", None, "imagenet, or the path of MobileNetV2 weights.")
flags.DEFINE_string("freeze_through", None, "Last encoder layer that is not trained.")
flags.DEFINE_multi_integer("decoder_widths", list(DECODER_WIDTHS), "Strides 32, 16, 8 and 4.")
flags.DEFINE_multi_integer(
    "residual_widths", list(RESIDUAL_WIDTHS), "Residual encoder: stem, strides 4, 8, 16 and 32."
)
flags.DEFINE_integer("global_units", 256, "Size of the fused global features; 0 for none.")
flags.DEFINE_float("class_loss_weight", 0.1, "Weight of the class loss; 0 for no class branch.")
flags.DEFINE_float("uniform_share", 1.0, "Lambda of the class rebalancing; 1 for none.")
flags.DEFINE_string("prior", None, "File of `keras-colorize prior`; without, views are counted.")
flags.DEFINE_integer("neighbors", 5, "Bins a color is spread over; 1 for hard targets.")


def make_model(class_names):
    """The network that the flags describe, and the arguments of its factory."""
    arguments = {
        "encoder": FLAGS.encoder,
        "decoder_widths": FLAGS.decoder_widths,
        "residual_widths": FLAGS.residual_widths,
        "global_units": FLAGS.global_units,
        "classes": class_count(class_names),
    }
    model = distribution_unet(encoder_weights=FLAGS.encoder_weights, **arguments)
    if FLAGS.freeze_through:
        freeze_through(model, FLAGS.freeze_through)
    return model, arguments


def make_objectives(data):
    """Losses, their weights and the metrics by output, and the config's class weights."""
    class_weights = bin_weights(data)
    losses = {
        "ab_logits": AbCrossentropy(class_weights, FLAGS.neighbors),
        "class_logits": SceneCrossentropy(),
    }
    weights = {"ab_logits": 1.0, "class_logits": FLAGS.class_loss_weight}
    fields = {"class_weights": class_weights or ()}
    return losses, weights, {"ab_logits": AbError()}, fields


def main():
    """Trains from the command line."""
    targets = Targets({"ab_logits": "ab", "class_logits": "label"}, STRIDE)
    train("distribution_unet", make_model, targets, make_objectives)


if __name__ == "__main__":
    start(main)
