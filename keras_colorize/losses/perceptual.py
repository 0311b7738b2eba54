"""How unlike two colorings of a photograph look to a network that knows photographs.

Johnson, Alahi & Fei-Fei 2016, section 3.2, on features of length 1 as in Zhang et al. 2018.
"""

from keras import ops

from keras_colorize.losses.features import answer_divergence, feature_distance, picture

# Classes that are unlikely tell two colorings apart, too.
_TEMPERATURE = 2.0


class PerceptualLoss:
    """Distance of a made coloring from the true one, on the same lightness.

    Args:
        features: callable from pictures (N, H, W, 3), sRGB scaled to [-1, 1], to a list of
            feature maps (N, h, w, C), for example `mobilenet_v2_features`.
        weight: factor on the whole.
        answers: callable from the last feature map to logits of classes (N, classes), for
            example `mobilenet_v2_answers`; or None.
        answer_weight: factor on `answer_divergence` beside `feature_distance`.
    """

    def __init__(self, features, weight=1.0, answers=None, answer_weight=0.0):
        self.features = features
        self.weight = weight
        self.answers = answers
        self.answer_weight = answer_weight

    def __call__(self, lightness, true_ab, made_ab):
        """Returns a float32 number.

        Args:
            lightness: L* in 0..100, (N, H, W, 1).
            true_ab: a and b scaled to [0, 1], (N, h, w, 2) of any size; no gradient passes.
            made_ab: the same, of another size perhaps; gradients pass inside the sRGB gamut.
        """
        true = [ops.stop_gradient(one) for one in self.features(picture(lightness, true_ab))]
        made = self.features(picture(lightness, made_ab))
        distance = feature_distance(true, made)
        if self.answers is not None:
            pair = self.answers(true[-1]), self.answers(made[-1])
            distance += self.answer_weight * answer_divergence(*pair, _TEMPERATURE)
        return self.weight * distance
