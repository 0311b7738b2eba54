"""How far what a student sees in grey is from what its teacher sees in color.

Hinton, Vinyals & Dean 2015 on answers, Romero et al. 2015 (FitNets) on features.
"""

import keras
from keras import ops

from keras_colorize.losses.features import answer_divergence, feature_distance, picture


class DistillationLoss:
    """Distance of what a student sees from what its teacher does.

    Args:
        teacher: callable from pictures (N, H, W, 3), sRGB scaled to [-1, 1], to a dict of
            `"features"`, a list of maps (N, h, w, C), and `"logits"` (N, classes).
        temperature: of the answers.
        answer_weight: factor on `answer_divergence` beside `feature_distance`.
        weight: factor on the whole.
    """

    def __init__(self, teacher, temperature=2.0, answer_weight=0.5, weight=1.0):
        self.teacher = teacher
        self.temperature = temperature
        self.answer_weight = answer_weight
        self.weight = weight

    def __call__(self, rgb, seen):
        """Returns a float32 number.

        Args:
            rgb: true pictures (N, H, W, 3), sRGB scaled to [-1, 1]; no gradient passes.
            seen: what the student sees in them, as the teacher.
        """
        true = keras.tree.map_structure(ops.stop_gradient, self.teacher(rgb))
        distance = feature_distance(true["features"], seen["features"])
        divergence = answer_divergence(true["logits"], seen["logits"], self.temperature)
        return self.weight * (distance + self.answer_weight * divergence)

    def beside_colors(self, lightness, true_ab, outputs):
        """The loss of a colorizer that gives out what its encoder sees, too; a float32 number.

        Args:
            lightness: L* in 0..100, (N, H, W, 1).
            true_ab: a and b scaled to [0, 1], (N, h, w, 2) of any size.
            outputs: dict of the colorizer's outputs, with what its encoder sees in `"seen"`.
        """
        return self(picture(lightness, true_ab), outputs["seen"])
