"""What other networks think of a coloring: a discriminator, a teacher, one that knows photographs.

Zhou & Zhou 2019, eq. 6 and 7 (adversarial); Johnson, Alahi & Fei-Fei 2016 and Zhang et al. 2018
(perceptual); Hinton, Vinyals & Dean 2015 and Romero et al. 2015 (distillation).
"""

import keras
from keras import ops

from keras_colorize.color import lab_to_rgb, unscale_ab


@keras.saving.register_keras_serializable(package="keras_colorize")
def generator_adversarial_loss(fake_logits):
    """Non-saturating loss of the generator, mean of -log D(G(x)), first term of eq. 6.

    `fake_logits` (...) are the discriminator's scores of generated colors before the sigmoid. The
    result is a float32 number, ln 2 where the discriminator cannot tell.
    """
    return ops.mean(ops.softplus(-ops.cast(fake_logits, "float32")))


@keras.saving.register_keras_serializable(package="keras_colorize")
def discriminator_loss(real_logits, fake_logits, label_smoothing=0.0):
    """Loss of the discriminator, -log D(y) - log(1 - D(G(x))), eq. 7.

    Logits (...) are its scores of true and of generated colors before the sigmoid;
    `label_smoothing` is what the target of true colors is less than 1 (Salimans et al. 2016). The
    result is a float32 number, 2 ln 2 where the discriminator cannot tell.
    """
    real, fake = (ops.cast(logits, "float32") for logits in (real_logits, fake_logits))
    # Cross-entropy against the label 1 - s: the s-th part counts as generated.
    real_loss = ops.mean(ops.softplus(-real) + label_smoothing * real)
    return real_loss + ops.mean(ops.softplus(fake))


def feature_distance(target, prediction):
    """Mean squared distance of lists of features (N, h, w, C) of length 1 (Zhang et al. 2018).

    0 where all directions are equal, up to 4 per layer.
    """
    pairs = zip(target, prediction, strict=True)
    squares = [ops.square(_directions(one) - _directions(other)) for one, other in pairs]
    return sum(ops.mean(ops.sum(square, axis=-1)) for square in squares)


def logits_divergence(target, prediction, temperature=1.0):
    """Kullback-Leibler divergence in nats of softened class probabilities, from logits.

    Hinton, Vinyals & Dean 2015, section 2: times the squared temperature, so that the gradient is
    of one size at all temperatures. Logits are (N, classes).
    """
    target, prediction = (ops.cast(x, "float32") / temperature for x in (target, prediction))
    difference = ops.log_softmax(target) - ops.log_softmax(prediction)
    return temperature**2 * ops.mean(ops.sum(ops.softmax(target) * difference, axis=-1))


class PerceptualLoss:
    """Distance of a predicted coloring from the true one, on the same lightness.

    `features` is a callable from pictures (N, H, W, 3), sRGB scaled to [-1, 1], to a list of maps
    (N, h, w, C), for example `mobilenet_v2_extractor`; `distance` one from two such lists to a
    number; the classifier, or None, one from the last map to logits (N, classes). `weight` is a
    factor on the whole, `logits_weight` on the divergence of logits beside that distance.
    """

    def __init__(
        self, features, weight=1.0, classifier=None, logits_weight=0.0, distance=feature_distance
    ):
        self.features, self.distance, self.weight = features, distance, weight
        self.classifier, self.logits_weight = classifier, logits_weight

    def __call__(self, lightness, target_ab, predicted_ab):
        """Distance, a float32 number, on lightness, L* in 0..100, (N, H, W, 1).

        Target and prediction are a and b scaled to [0, 1], (N, h, w, 2), each of any size;
        gradients pass to the prediction alone, inside the sRGB gamut.
        """
        target = [ops.stop_gradient(x) for x in self.features(_picture(lightness, target_ab))]
        prediction = self.features(_picture(lightness, predicted_ab))
        distance = self.distance(target, prediction)
        if self.classifier is not None:
            logits = self.classifier(target[-1]), self.classifier(prediction[-1])
            # Classes that are unlikely tell two colorings apart, too: softened.
            distance += self.logits_weight * logits_divergence(*logits, temperature=2.0)
        return self.weight * distance


class DistillationLoss:
    """Distance of what a student makes of a gray picture from what its teacher does in color.

    The teacher is a callable from pictures (N, H, W, 3), sRGB scaled to [-1, 1], to a dict of
    `"features"`, a list of maps (N, h, w, C), and `"logits"` (N, classes), of that temperature;
    weights are those of `PerceptualLoss`.
    """

    def __init__(self, teacher, temperature=2.0, logits_weight=0.5, weight=1.0):
        self.teacher, self.temperature = teacher, temperature
        self.logits_weight, self.weight = logits_weight, weight

    def __call__(self, rgb, student):
        """Distance, a float32 number, of `student` from what the teacher does with `rgb`."""
        teacher = keras.tree.map_structure(ops.stop_gradient, self.teacher(rgb))
        distance = feature_distance(teacher["features"], student["features"])
        divergence = logits_divergence(teacher["logits"], student["logits"], self.temperature)
        return self.weight * (distance + self.logits_weight * divergence)

    def beside_colors(self, lightness, target_ab, outputs):
        """Distance of `outputs["seen"]`, what the encoder of a colorizer sees; a float32 number.

        `lightness` and `target_ab` are those of `PerceptualLoss`.
        """
        return self(_picture(lightness, target_ab), outputs["seen"])


def _picture(lightness, ab):
    """Pictures (N, H, W, 3), sRGB scaled to [-1, 1], of L* and of scaled ab of any size."""
    lightness = ops.cast(lightness, "float32")
    ab = ops.image.resize(unscale_ab(ab), ops.shape(lightness)[1:3])
    return 2.0 * lab_to_rgb(ops.concatenate([lightness, ab], axis=-1)) - 1.0


def _directions(features):
    features = ops.cast(features, "float32")
    squares = ops.sum(ops.square(features), axis=-1, keepdims=True)
    # The gradient stays finite where all features are 0.
    return features * ops.rsqrt(squares + 1e-6)
