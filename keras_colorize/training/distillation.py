"""An encoder learns to see in grey what its teacher sees in color."""

import keras
from keras import ops

from keras_colorize.losses import DistillationLoss
from keras_colorize.training.replicas import share


class DistillationModel(keras.Model):
    """Trains an encoder on L* to what a teacher makes of the true colors of the same view.

    Batch statistics stay those of the pretraining: views of a few collections would shift them.

    Args:
        student: Functional model, L* in 0..100 to a dict of `"features"`, a list of maps
            (N, h, w, C), and `"logits"` (N, classes).
        teacher: callable from pictures (N, H, W, 3) in [-1, 1] to the same.
        temperature: of the answers.
        answer_weight: factor on the divergence of answers.
    """

    def __init__(self, student, teacher, temperature=2.0, answer_weight=0.5, **kwargs):
        super().__init__(dtype="float32", **kwargs)
        self.student = student
        self.distillation = DistillationLoss(teacher, temperature, answer_weight)
        self.agreement = keras.metrics.SparseCategoricalAccuracy("agreement")
        self.built = True

    def call(self, lightness, training=False):
        """What the student sees in L* (N, H, W, 1)."""
        return self.student(lightness, training=False)

    def compute_loss(self, x, y, y_pred, sample_weight=None, training=True):
        """The loss of a batch; in replicas of a strategy they sum up to it.

        Args:
            x: not used.
            y: dict of `"rgb"`, true pictures (N, H, W, 3) in [0, 1].
            y_pred: what `call` returned.
            sample_weight: not used.
            training: not used.
        """
        return share(self.distillation(2.0 * y["rgb"] - 1.0, y_pred))

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """How often the first answer is the teacher's, `agreement`."""
        answers = ops.argmax(self.distillation.teacher(2.0 * y["rgb"] - 1.0)["logits"], axis=-1)
        self.agreement.update_state(answers, y_pred["logits"])
        return self.get_metrics_result()
