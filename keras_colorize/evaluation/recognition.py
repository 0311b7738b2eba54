"""What networks that were trained on color photographs make of colorized ones."""

import functools
import re
import warnings
from importlib import resources
from pathlib import Path

import keras
import numpy as np
from keras import ops

from keras_colorize.errors import InputError

CROP = 224
"""Side in pixels of what the networks see, unless theirs is fixed at another."""

_WORDNET_ID = re.compile(r"(?<![A-Za-z0-9])n[0-9]{8}(?![0-9])")


class FeatureEvaluator:
    """Frechet distance to the truth in the features (N, D), or means of maps, of a `keras.Model`.

    It takes sRGB (N, H, W, 3) scaled to [-1, 1], 224 x 224 where any size will do; `ValueError`
    for a network of another kind. The name is for the metric.
    """

    def __init__(self, network, name):
        shape = tuple(network.input_shape) if isinstance(network.input_shape, tuple) else ()
        if len(shape) != 4 or shape[-1] != 3 or shape[1] != shape[2]:
            raise InputError(
                f"Expected a network of pictures (N, H, H, 3) for {name}, received one of "
                f"{network.input_shape}."
            )
        self.network = network
        self.side = shape[1] or CROP
        self.metric = f"fid[{name}]"
        self.features = {}

    def update(self, path, target, predictions):
        """Nothing: a picture alone has no distance."""
        self._collect(predictions, self.network.predict_on_batch(crops(predictions, self.side)))
        return {}

    def _collect(self, predictions, features):
        features = np.asarray(features)
        features = features.reshape(len(features), -1, features.shape[-1]).mean(axis=1)
        for name, one in zip(predictions, features, strict=True):
            self.features.setdefault(name, []).append(one)

    def result(self):
        """Distance of each method to the truth: dict of method to dict of metric to float."""
        truth = self.features.get("truth", [])
        if len(truth) < 2:
            return {}
        return {
            method: {self.metric: frechet_distance(np.stack(truth), np.stack(features))}
            for method, features in self.features.items()
        }


class Recognition(FeatureEvaluator):
    """Recognizability: does a MobileNetV2 of ImageNet see what it sees in the true colors?

    Where a photograph's name tells its class, that is asked as well (Zhang 2016, section 3.2); its
    features give a Frechet distance. `ValueError` for weights that are missing or do not fit.
    """

    def __init__(self, weights):
        network = _mobilenet_v2(weights)
        super().__init__(network, "mobilenet_v2")
        # The layer before the classifier averages the last features over the picture.
        self.network = keras.Model(network.input, [network.layers[-1].input, network.output])

    def update(self, path, target, predictions):
        """Metrics of one picture: 100 where the class is that on the truth, or right; else 0."""
        features, scores = self.network.predict_on_batch(crops(predictions, self.side))
        self._collect(predictions, features)
        classes = dict(zip(predictions, np.argmax(scores, axis=-1), strict=True))
        expected = {"recognized": classes["truth"], "imagenet_top1": imagenet_class(path)}
        return {
            name: {
                metric: 100.0 * float(found == right)
                for metric, right in expected.items()
                if right is not None
            }
            for name, found in classes.items()
        }


def crops(predictions, side):
    """Middles of pictures, short side scaled to `side`: float32 (N, side, side, 3) in [-1, 1]."""
    small = ops.image.resize(
        np.stack(list(predictions.values())),
        (side, side),
        interpolation="bicubic",
        antialias=True,
        crop_to_aspect_ratio=True,
    )
    return 2.0 * np.clip(ops.convert_to_numpy(small), 0.0, 1.0) - 1.0


def load_features(path):
    """Reads a `FeatureEvaluator` from a `.keras` file; `ValueError` if it cannot be one."""
    try:
        network = keras.saving.load_model(path, compile=False)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{path}: expected a .keras file of a network, found {error}") from error
    return FeatureEvaluator(network, Path(path).stem)


def frechet_distance(first, second):
    """Frechet distance of Gaussians of features (n1, D) and (n2, D) (Heusel et al. 2017).

    The trace of (C1 C2)^(1/2) is the sum of the singular values of A B', with C1 = A'A, C2 = B'B,
    which needs no unstable root. Few samples give far too large values; compare equal n alone.
    """
    first, second = np.asarray(first, "float64"), np.asarray(second, "float64")
    if first.ndim != 2 or second.ndim != 2 or first.shape[1] != second.shape[1]:
        raise InputError(
            f"Expected features (n, D) of equal D, received {first.shape} and {second.shape}."
        )
    if min(len(first), len(second)) < 2:
        raise InputError("Expected two samples or more of each set, received one.")
    offset = np.square(first.mean(axis=0) - second.mean(axis=0)).sum()
    a, b = _factor(first), _factor(second)
    root = np.linalg.svd(a @ b.T, compute_uv=False).sum()
    return float(max(offset + np.square(a).sum() + np.square(b).sum() - 2.0 * root, 0.0))


def _factor(samples):
    """A matrix whose product with itself is the covariance, with no more rows than columns."""
    centered = (samples - samples.mean(axis=0)) / np.sqrt(len(samples) - 1)
    if len(samples) <= samples.shape[1]:
        return centered
    return np.linalg.qr(centered, mode="r")


def imagenet_class(path):
    """Index 0..999 of the WordNet ID in the name of a file, or else of its folder; None without."""
    path = Path(path)
    found = _WORDNET_ID.findall(path.name) or _WORDNET_ID.findall(path.parent.name)
    return _imagenet_indices().get(found[0]) if found else None


@functools.cache
def _imagenet_indices():
    listed = resources.files("keras_colorize.evaluation").joinpath("imagenet_classes.txt")
    ids = listed.read_text(encoding="ascii").split()
    return {wordnet_id: index for index, wordnet_id in enumerate(ids)}


def _mobilenet_v2(weights):
    if not Path(weights).is_file():
        raise InputError(f"{weights}: expected a weights file of MobileNetV2, found no file.")
    network = keras.applications.MobileNetV2(input_shape=(CROP, CROP, 3), weights=None)
    try:
        # Keras warns before it raises, which says the same twice.
        with warnings.catch_warnings(action="ignore"):
            network.load_weights(weights)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            f"{weights}: expected weights of keras.applications.MobileNetV2 (alpha 1, with its "
            f"classifier), found {str(error).splitlines()[0]}"
        ) from error
    return network
