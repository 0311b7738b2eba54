r"""Trains `distribution_unet`, first its decoder, then most of it.

    python trainers/train_distribution.py --data=pictures --run=runs/decoder \
        --encoder_weights=imagenet --freeze_through=out_relu --cooldown=0 \
        --epochs=5 --steps_per_epoch=200
    python trainers/train_distribution.py --data=pictures --run=runs/all \
        --init=runs/decoder/preset --freeze_through=block_5_add --learning_rate=2e-4 \
        --warmup=0.03 --cooldown=0.97 --epochs=10 --steps_per_epoch=400

These two take 70 minutes on two processor cores for 160,000 views; docs/research/recipe.md has all
that was tried.
"""

import keras
from absl import flags

from keras_colorize.data import Targets
from keras_colorize.losses import AbCrossentropy, SceneCrossentropy
from keras_colorize.metrics import SceneTopK, ab_error
from keras_colorize.models import distribution_unet, freeze_through
from keras_colorize.models.distribution_unet import DECODER_WIDTHS, STRIDE
from keras_colorize.models.encoders import ENCODERS, RESIDUAL_WIDTHS
from run import Run
from settings import define_flags, start

define_flags()
flags.DEFINE_enum("encoder", "mobilenet_v2", sorted(ENCODERS), "Network that sees the picture.")
flags.DEFINE_string("encoder_weights", None, "imagenet, or the path of the encoder's weights.")
flags.DEFINE_string("freeze_through", None, "Last encoder layer that is not trained.")
flags.DEFINE_multi_integer("decoder_widths", list(DECODER_WIDTHS), "Strides 32, 16, 8 and 4.")
flags.DEFINE_multi_integer(
    "residual_widths", list(RESIDUAL_WIDTHS), "Residual encoder: stem, strides 4, 8, 16 and 32."
)
flags.DEFINE_integer("queries", 0, "Color queries; 0 for none.")
flags.DEFINE_integer("global_units", 256, "Size of the fused global features; 0 for none.")
flags.DEFINE_float("class_loss_weight", 0.1, "Weight of the class loss; 0 for no class branch.")
flags.DEFINE_float("uniform_share", 1.0, "Lambda of the class rebalancing; 1 for none.")
flags.DEFINE_string("prior", None, "File of `keras-colorize prior`; without, views are counted.")
flags.DEFINE_integer("neighbors", 5, "Bins a color is spread over; 1 for hard targets.")


def main(options):
    """Trains from the command line."""
    run = Run(options)
    class_weights = run.bin_weights()
    names = ("encoder", "decoder_widths", "residual_widths", "global_units", "queries")
    arguments = {name: getattr(options, name) for name in names}
    arguments["classes"] = run.class_count(options.class_loss_weight)
    with run.strategy.scope():
        model = distribution_unet(encoder_weights=options.encoder_weights, **arguments)
        if options.freeze_through:
            freeze_through(model, options.freeze_through)
        losses = {
            "ab_logits": AbCrossentropy(class_weights, options.neighbors),
            "class_logits": SceneCrossentropy(),
        }
        metrics = {
            "ab_logits": keras.metrics.MeanMetricWrapper(ab_error, "ab_error"),
            "class_logits": [SceneTopK(1), SceneTopK(5)],
        }
    run.compile(model, losses, {"class_logits": options.class_loss_weight}, metrics)
    targets = Targets({"ab_logits": "ab", "class_logits": "label"}, STRIDE)
    run.train("distribution_unet", model, arguments, targets, class_weights=class_weights or ())


if __name__ == "__main__":
    start(main)
