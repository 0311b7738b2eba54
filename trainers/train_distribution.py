"""Trains `distribution_unet`."""

from absl import app, flags
from keras import ops

from keras_colorize.bins import decode_ab
from keras_colorize.color import reduce_chroma_to_gamut
from keras_colorize.data import Targets
from keras_colorize.losses import AbCrossentropy, SceneCrossentropy
from keras_colorize.metrics import AbError
from keras_colorize.models import distribution_unet, freeze_through
from keras_colorize.models.distribution_unet import STRIDE
from run import define_flags, train

FLAGS = flags.FLAGS
define_flags()
flags.DEFINE_string("encoder", "mobilenet_v2", "mobilenet_v2 or residual.")
flags.DEFINE_string("encoder_weights", None, "imagenet, or the path of MobileNetV2 weights.")
flags.DEFINE_string("freeze_through", None, "Last encoder layer that is not trained.")
flags.DEFINE_list("decoder_widths", ["256", "192", "128", "96"], "Strides 32, 16, 8, 4.")
flags.DEFINE_bool("global_features", True, "Fuse global features.")
flags.DEFINE_float("class_loss_weight", 0.1, "Weight of the scene class loss; 0 for no branch.")
flags.DEFINE_integer("neighbors", 5, "Bins a color is spread over; 1 for hard targets.")


def make_model(class_names):
    """The network that the flags describe."""
    classes = len(class_names) if class_names and FLAGS.class_loss_weight else None
    model = distribution_unet(
        encoder=FLAGS.encoder,
        encoder_weights=FLAGS.encoder_weights,
        decoder_widths=tuple(int(width) for width in FLAGS.decoder_widths),
        global_units=256 if FLAGS.global_features else 0,
        classes=classes,
    )
    if FLAGS.freeze_through:
        freeze_through(model, FLAGS.freeze_through)
    return model


def targets_of(model):
    """Colors at the network's stride, and scene labels where it has classes."""
    kinds = {"ab_logits": "ab", "class_logits": "label"}
    return Targets({name: kinds[name] for name in model.output}, STRIDE)


def losses_of(model):
    """Cross-entropies of colors and scenes."""
    losses = {"ab_logits": AbCrossentropy(neighbors=FLAGS.neighbors)}
    if "class_logits" in model.output:
        losses["class_logits"] = SceneCrossentropy()
    return losses


def loss_weights_of(model):
    """Colors count fully, scenes by flag."""
    weights = {"ab_logits": 1.0, "class_logits": FLAGS.class_loss_weight}
    return {name: weights[name] for name in model.output}


def colorize(model, lightness):
    """Samples of the epoch: the decoded distribution on the given lightness."""
    logits = model.predict_on_batch(lightness)["ab_logits"]
    ab = ops.image.resize(decode_ab(logits), lightness.shape[1:3], interpolation="bicubic")
    return reduce_chroma_to_gamut(ops.concatenate([lightness, ab], axis=-1))


def main(_):
    """Trains from the command line."""
    train(
        make_model,
        targets_of,
        losses_of,
        loss_weights_of,
        colorize,
        metrics=lambda model: {"ab_logits": AbError()},
    )


if __name__ == "__main__":
    app.run(main)
