"""An encoder learns to see in grey what its teacher sees in color.

Hinton, Vinyals & Dean 2015 on answers, Romero et al. 2015 (FitNets) on features.
"""

import keras
from keras import ops

from keras_colorize.losses.distillation import answer_divergence
from keras_colorize.losses.perceptual import feature_distance
from keras_colorize.training.replicas import share


class DistillationModel(keras.Model):
    """Trains an encoder on L* to what a teacher makes of the true colors of the same view.

    The loss is `feature_distance` on the features and `answer_divergence` on the answers. Batch
    statistics stay those of the pretraining: views of a few collections would shift them.

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
        # In a function, for Keras would take a model for a part of this one and save it.
        self.teacher = lambda rgb: teacher(2.0 * rgb - 1.0)
        self.temperature = temperature
        self.answer_weight = answer_weight
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
        true = self._truth(y)
        divergence = answer_divergence(true["logits"], y_pred["logits"], self.temperature)
        distance = feature_distance(true["features"], y_pred["features"])
        return share(distance + self.answer_weight * divergence)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """How often the first answer is the teacher's, `agreement`."""
        answers = ops.argmax(self._truth(y)["logits"], axis=-1)
        self.agreement.update_state(answers, y_pred["logits"])
        return self.get_metrics_result()

    def _truth(self, y):
        return keras.tree.map_structure(ops.stop_gradient, self.teacher(y["rgb"]))
