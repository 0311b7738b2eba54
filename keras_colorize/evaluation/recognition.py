"""What a network that was trained on color photographs makes of colorized ones."""

import warnings
from pathlib import Path

import keras
import numpy as np
from keras import ops

from keras_colorize.evaluation.fid import FeatureSets
from keras_colorize.evaluation.imagenet import imagenet_class

CROP = 224
"""Side in pixels of what the networks see, unless theirs is fixed at another."""


class Recognition:
    """Recognizability: does a classifier of ImageNet see what it sees in the true colors?

    Its first answer is compared with that on the true picture and, where the name of a
    photograph tells its class (`imagenet_class`), with that class, as in Zhang 2016, section
    3.2. The features before its last layer also give `fid[mobilenet_v2]`.

    Args:
        weights: path of weights of `keras.applications.MobileNetV2` with its classifier.

    Raises:
        ValueError: if the file does not exist or has another layout.
    """

    def __init__(self, weights):
        self.network = _with_features(_mobilenet_v2(weights))
        self.sets = FeatureSets("mobilenet_v2")

    def rows(self, path, rgb, made):
        """Figures of one picture: 100 where the answer is that on the truth, or right; else 0."""
        features, scores = self.network.predict_on_batch(crops(made, CROP))
        self.sets.add(dict(zip(made, features, strict=True)))
        answers = dict(zip(made, np.argmax(scores, axis=-1), strict=True))
        expected = {"recognized": answers["truth"], "imagenet_top1": imagenet_class(path)}
        return {
            name: {
                figure: 100.0 * float(answer == right)
                for figure, right in expected.items()
                if right is not None
            }
            for name, answer in answers.items()
        }

    def totals(self):
        """Figures of the whole set, see `FeatureSets`."""
        return self.sets.totals()


class FeatureJudge:
    """Frechet distance in the features of a network.

    Args:
        network: `keras.Model` from pictures (N, H, W, 3), sRGB scaled to [-1, 1], to features
            (N, D), or maps (N, h, w, D), of which the mean is taken. H and W are 224 where the
            network takes any.
        name: its name in the name of the figure.

    Raises:
        ValueError: for a network of another kind.
    """

    def __init__(self, network, name):
        shape = tuple(network.input_shape) if isinstance(network.input_shape, tuple) else ()
        if len(shape) != 4 or shape[-1] != 3 or shape[1] != shape[2]:
            raise ValueError(
                f"Expected a network of pictures (N, H, H, 3) for {name}, received one of "
                f"{network.input_shape}."
            )
        self.network = network
        self.side = shape[1] or CROP
        self.sets = FeatureSets(name)

    def rows(self, path, rgb, made):
        """Nothing: a picture alone has no distance."""
        features = np.asarray(self.network.predict_on_batch(crops(made, self.side)))
        features = features.reshape(len(features), -1, features.shape[-1]).mean(axis=1)
        self.sets.add(dict(zip(made, features, strict=True)))
        return {}

    def totals(self):
        """Figures of the whole set, see `FeatureSets`."""
        return self.sets.totals()


def crops(made, side):
    """The middle of pictures, scaled as networks of ImageNet expect it.

    Args:
        made: dict of name to array (H, W, 3), sRGB in [0, 1], all of one shape.
        side: side of the crops; the short side of the pictures is scaled to it.

    Returns:
        float32 array (N, side, side, 3) in [-1, 1].
    """
    small = ops.image.resize(
        np.stack(list(made.values())),
        (side, side),
        interpolation="bicubic",
        antialias=True,
        crop_to_aspect_ratio=True,
    )
    return 2.0 * np.clip(ops.convert_to_numpy(small), 0.0, 1.0) - 1.0


def load_features(path):
    """Reads a network for `FeatureJudge`; its file's name names it.

    Args:
        path: a `.keras` file.

    Returns:
        `FeatureJudge`.

    Raises:
        ValueError: if it cannot be read, or is of another kind.
    """
    try:
        network = keras.saving.load_model(path, compile=False)
    except (OSError, ValueError, TypeError) as error:
        raise ValueError(f"{path}: expected a .keras file of a network, found {error}") from error
    return FeatureJudge(network, Path(path).stem)


def _mobilenet_v2(weights):
    if not Path(weights).is_file():
        raise ValueError(f"{weights}: expected a weights file of MobileNetV2, found no file.")
    network = keras.applications.MobileNetV2(input_shape=(CROP, CROP, 3), weights=None)
    try:
        # Keras warns before it raises, which says the same twice.
        with warnings.catch_warnings(action="ignore"):
            network.load_weights(weights)
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(
            f"{weights}: expected weights of keras.applications.MobileNetV2 (alpha 1, with its "
            f"classifier), found {str(error).splitlines()[0]}"
        ) from error
    return network


def _with_features(network):
    # The layer before the classifier averages the last features over the picture.
    return keras.Model(network.input, [network.layers[-1].input, network.output])
