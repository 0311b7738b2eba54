r"""Gives a network back what its encoder knew of ImageNet, now in grey.

    python trainers/distill_encoder.py --data=pictures --run=runs/distilled \
        --network=vivid --encoder_weights=imagenet --min_scale=0.35

MobileNetV2 learned ImageNet in color; it recognizes less in grey, and next to nothing once it was
trained on scenes. Here the network's encoder begins with the ImageNet weights anew and learns from
MobileNetV2 itself, which sees the true colors of the same view: no labels are needed. The rest of
the network is as it was, so let it learn to use the encoder, which stays as it is:

    python trainers/train_distribution.py --data=pictures --run=runs/decoder \
        --init=runs/distilled/preset --freeze_through=out_relu

1,000 steps take 7 minutes on two processor cores; more is in docs/research/recipe.md.
"""

import keras
from absl import flags
from keras import ops

from keras_colorize.data import Targets
from keras_colorize.losses import DistillationLoss
from keras_colorize.models import freeze_through, mobilenet_v2
from keras_colorize.presets import load_preset
from keras_colorize.training import make_optimizer
from keras_colorize.training.replicas import share
from run import Run
from settings import define_flags, start

steps = {"warmup": 0.05, "cooldown": 0.6, "epochs": 5, "steps_per_epoch": 200}
define_flags(optimizer="adam", learning_rate=4e-5, **steps)
flags.DEFINE_string("network", None, "Preset, name or folder, whose encoder learns.")
flags.DEFINE_string("encoder_weights", "imagenet", "imagenet, or the path of MobileNetV2 weights.")
flags.DEFINE_string("freeze_through", "block_5_add", "Last encoder layer that is not trained.")
flags.DEFINE_float("temperature", 2.0, "Of the class logits that are compared.")
flags.DEFINE_float("logit_weight", 0.5, "Weight of the class logits beside the features.")


def main(options):
    """Trains from the command line."""
    run, weights = Run(options), options.encoder_weights
    with run.strategy.scope():
        model, config = load_preset(options.network)
        mobilenet_v2.load_mobilenet_v2(model, weights)
        freeze_through(model, options.freeze_through)
        run.begin(model)
        student = mobilenet_v2.mobilenet_v2_student(model, weights)
        teacher = mobilenet_v2.mobilenet_v2_teacher(weights)
        trained = DistillationModel(student, teacher, options.temperature, options.logit_weight)
        trained.compile(make_optimizer(run.config))
    targets, fields = Targets({"rgb": "rgb"}), {"class_names": config.class_names}
    run.train(config.network, model, config.arguments, targets, trained, **fields)


class DistillationModel(keras.Model):
    """Trains an encoder on L* to what a teacher makes of the true colors of the same view.

    Batch statistics stay those of the pretraining: views of a few collections would shift them.

    Args:
        student: Functional model, L* in 0..100 to a dict of `"features"`, a list of maps
            (N, h, w, C), and `"logits"` (N, classes).
        teacher: callable from pictures (N, H, W, 3) in [-1, 1] to the same.
        temperature: of the logits.
        logit_weight: factor on the divergence of class probabilities.
    """

    def __init__(self, student, teacher, temperature=2.0, logit_weight=0.5, **kwargs):
        super().__init__(dtype="float32", **kwargs)
        self.student = student
        self.distillation = DistillationLoss(teacher, temperature, logit_weight)
        self.agreement = keras.metrics.SparseCategoricalAccuracy("agreement")
        self.built = True

    def call(self, lightness, training=False):
        return self.student(lightness, training=False)

    def compute_loss(self, x, y, y_pred, sample_weight=None, training=True):
        """A replica's part of the loss; `y["rgb"]` are true pictures (N, H, W, 3) in [0, 1]."""
        return share(self.distillation(2.0 * y["rgb"] - 1.0, y_pred))

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """How often the student's first class is the teacher's, `agreement`."""
        logits = self.distillation.teacher(2.0 * y["rgb"] - 1.0)["logits"]
        self.agreement.update_state(ops.argmax(logits, axis=-1), y_pred["logits"])
        return self.get_metrics_result()


if __name__ == "__main__":
    start(main, ("data", "run", "network"))
