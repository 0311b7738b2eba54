"""What networks that were trained on color photographs make of colorized ones."""

import functools
import os
import re
from importlib import resources
from pathlib import Path

import keras
import numpy as np
from keras import ops

from keras_colorize.errors import InputError
from keras_colorize.models.mobilenet_v2 import mobilenet_v2_teacher

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
        for name, one in zip(predictions, np.asarray(features), strict=True):
            mean = one.reshape(-1, one.shape[-1]).mean(axis=0)
            self.features.setdefault(name, []).append(mean)

    def result(self):
        """Distance of each method to the truth: dict of method to dict of metric to float."""
        truth = self.features["truth"]
        return {
            method: {self.metric: frechet_distance(truth, features)}
            for method, features in self.features.items()
            if len(truth) > 1
        }


class Recognition(FeatureEvaluator):
    """Recognizability: does a MobileNetV2 of ImageNet see what it sees in the true colors?

    Where a photograph's name tells its class, that is asked as well (Zhang 2016, section 3.2); its
    features give a Frechet distance. `ValueError` for weights that are missing or do not fit.
    """

    def __init__(self, weights):
        try:
            super().__init__(mobilenet_v2_teacher(os.fspath(weights)), "mobilenet_v2")
        except ValueError as error:
            raise InputError(f"{weights}: {error}") from error

    def update(self, path, target, predictions):
        """Metrics of one picture: 100 where the class is that on the truth, or right; else 0."""
        found = self.network.predict_on_batch(crops(predictions, self.side))
        self._collect(predictions, found["features"][-1])
        classes = dict(zip(predictions, np.argmax(found["logits"], axis=-1), strict=True))
        expected = {"recognized": classes["truth"], "imagenet_top1": imagenet_class(path)}
        return {
            name: {
                metric: 100.0 * float(one == right)
                for metric, right in expected.items()
                if right is not None
            }
            for name, one in classes.items()
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

    Both n are 2 or more. The trace of (C1 C2)^(1/2) is the sum of the singular values of A B',
    with C1 = A'A, C2 = B'B, which needs no unstable root. Few samples give far too large values;
    compare equal n alone.
    """
    samples = np.asarray(first, "float64"), np.asarray(second, "float64")
    means = [one.mean(axis=0) for one in samples]
    a, b = (
        np.linalg.qr((one - mean) / np.sqrt(len(one) - 1), mode="r")
        for one, mean in zip(samples, means, strict=True)
    )
    root = np.linalg.svd(a @ b.T, compute_uv=False).sum()
    offset = np.square(means[0] - means[1]).sum()
    return float(max(offset + np.square(a).sum() + np.square(b).sum() - 2.0 * root, 0.0))


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
