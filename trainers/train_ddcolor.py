r"""Trains `ddcolor`: L1, perceptual, adversarial and colorfulness loss (Kang et al., ICCV 2023).

The paper's recipe, 400,000 steps of DDColor-L, and fine-tuning of published weights on a folder:

    python trainers/train_ddcolor.py --config=ddcolor --data=imagenet/train --run=runs/ddcolor
    python trainers/train_ddcolor.py --data=pictures --run=runs/mine --init=ddcolor_tiny \
        --encoder=convnext_tiny --batch_size=4 --learning_rate=1e-5 --epochs=5

--init is a preset that `keras-colorize import` made. --perceptual_features=imagenet downloads
VGG16, --encoder_weights=imagenet ConvNeXt, both from keras.applications; either may be a file.
"""

import keras
from absl import flags
from keras import ops

from gan_settings import AdversarialConfig
from keras_colorize.color import lab_to_rgb, unscale_ab
from keras_colorize.data import Targets
from keras_colorize.losses import PerceptualLoss
from keras_colorize.metrics import colorfulness
from keras_colorize.models import dcgan_discriminator, ddcolor
from keras_colorize.models.ddcolor import ENCODERS
from keras_colorize.models.encoders import IMAGENET_MEANS
from keras_colorize.training import AdversarialModel, make_optimizer
from keras_colorize.training.callbacks import ACTIONS, CollapseMonitor, TwoPhases
from run import Run
from settings import define_flags, start

define_flags(
    AdversarialConfig,
    learning_rate=1e-4,
    discriminator_learning_rate=1e-4,
    beta_2=0.99,
    schedule="constant",
    clip_norm=0.0,
    batch_size=16,
    reconstruction="l1",
    # 0.1 for ab in their own units.
    reconstruction_weight=11.0,
    perceptual_weight=5.0,
    size=256,
)
flags.DEFINE_enum("encoder", "convnext_large", sorted(ENCODERS), "DDColor-T or DDColor-L.")
flags.DEFINE_string("encoder_weights", None, "imagenet, or weights of the same ConvNeXt of Keras.")
flags.DEFINE_integer("queries", 100, "Color queries.")
flags.DEFINE_float("width", 1.0, "Factor on the channels.")
flags.DEFINE_float("discriminator_width", 1.0, "Factor on the discriminator's channels.")
flags.DEFINE_string("perceptual_features", None, "imagenet, or the path of weights of VGG16.")
flags.DEFINE_float("colorfulness_weight", 0.5, "Factor on the colorfulness loss; 0 for none.")
flags.DEFINE_enum("on_collapse", "warn", ACTIONS, "What to do when the training collapses.")

# Factors on the distance of each layer, as in the authors' settings.
LAYERS = {f"block{block}_conv1": 2.0 ** (block - 5) for block in range(1, 6)}


def main(options):
    """Trains from the command line."""
    if options.perceptual_logits or options.distillation_weight:
        raise ValueError("Expected no --perceptual_logits and --distillation_weight here.")
    if bool(options.perceptual_weight) != bool(options.perceptual_features):
        weight, features = options.perceptual_weight, options.perceptual_features
        expected = "Expected --perceptual_features with --perceptual_weight above 0 alone"
        raise ValueError(f"{expected}, received {features} and {weight}.")
    run = Run(options, AdversarialConfig)
    arguments = {name: getattr(options, name) for name in ("encoder", "queries", "width")}
    with run.strategy.scope():
        generator = ddcolor(**arguments)
        if options.encoder_weights:
            take_convnext(generator, options.encoder, options.encoder_weights)
        run.begin(generator)
        further = {}
        if run.config.perceptual_weight:
            features, weight = vgg16(options.perceptual_features), run.config.perceptual_weight
            perceptual = PerceptualLoss(features, weight, distance=layer_distance)
            further["perceptual_loss"] = lambda x, y, outputs: perceptual(x, y, outputs["ab"])
        if options.colorfulness_weight:
            further["colorfulness_loss"] = lack_of_color(options.colorfulness_weight)
        discriminator = dcgan_discriminator(width=options.discriminator_width)
        smoothing = {"label_smoothing": run.config.label_smoothing}
        trained = AdversarialModel(generator, discriminator, further=further, **smoothing)
        optimizers = make_optimizer(run.config), make_optimizer(run.config.discriminator())
        trained.compile(*optimizers, *run.config.reconstruction_loss())
    callbacks = [TwoPhases(options.pretrain_epochs), CollapseMonitor(options.on_collapse)]
    run.train("ddcolor", generator, arguments, Targets({"ab": "ab_scaled"}), trained, callbacks)


def lack_of_color(weight):
    """The loss 1 - colorfulness / 100, by a weight (section 3.4)."""

    def loss(lightness, target, outputs):
        lab = ops.concatenate([lightness, unscale_ab(outputs["ab"])], axis=-1)
        return weight * (1.0 - ops.mean(colorfulness(lab_to_rgb(lab))) / 100.0)

    return loss


def vgg16(weights):
    """What VGG16 sees of pictures (N, H, W, 3) in [-1, 1]: a callable to the maps of `LAYERS`."""
    network = keras.applications.VGG16(include_top=False, weights=weights)
    network.trainable = False
    maps = keras.Model(network.input, [network.get_layer(name).output for name in LAYERS])
    return lambda x: maps(127.5 * (x[..., ::-1] + 1.0) - ops.convert_to_tensor(IMAGENET_MEANS))


def layer_distance(target, prediction):
    """Sum over `LAYERS` of the mean absolute difference, with its factor."""
    pairs = zip(LAYERS.values(), target, prediction, strict=True)
    return sum(factor * ops.mean(ops.abs(one - other)) for factor, one, other in pairs)


def take_convnext(model, encoder, weights):
    """Takes the encoder of ImageNet from `keras.applications`, without its last norm."""
    name = {"convnext_tiny": "ConvNeXtTiny", "convnext_large": "ConvNeXtLarge"}[encoder]
    options = {"include_top": False, "include_preprocessing": False, "weights": weights}
    source = getattr(keras.applications, name)(**options)
    parts = {"depthwise": "depthwise_conv", "norm": "layernorm", "expand": "pointwise_conv_1"}
    parts |= {"project": "pointwise_conv_2", "scale": "layer_scale"}
    pairs = []
    for stage, depth in enumerate(ENCODERS[encoder][0]):
        down = f"{encoder}_downsampling_block_{stage - 1}" if stage else f"{encoder}_stem"
        own = (f"down{stage}_norm", f"down{stage}") if stage else ("down0", "down0_norm")
        pairs += zip(own, source.get_layer(down).layers, strict=True)
        for block in range(depth):
            theirs = f"{encoder}_stage_{stage}_block_{block}"
            for part, other in parts.items():
                taken = source.get_layer(f"{theirs}_{other}")
                pairs.append((f"stage{stage}_block{block}_{part}", taken))
    for name, taken in pairs:
        weights = model.get_layer(name).weights
        # The depthwise kernels of Keras are those of a convolution in groups.
        for weight, value in zip(weights, taken.get_weights(), strict=True):
            weight.assign(value.reshape(weight.shape))


if __name__ == "__main__":
    start(main)
