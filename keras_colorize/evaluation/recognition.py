"""What other networks make of colorized photographs, and which of them a measurement has."""

import functools
import importlib
import os
import re
from importlib import resources
from pathlib import Path

import numpy as np
from keras import ops

from keras_colorize.errors import expecting
from keras_colorize.models.mobilenet_v2 import mobilenet_v2_teacher

CROP = 224
"""Side in pixels of what the networks see."""

_WORDNET_ID = re.compile(r"(?<![A-Za-z0-9])n[0-9]{8}(?![0-9])")


def make_evaluators(paths, classifier=None, scenes=None):
    """Makes the evaluators that can be had for photographs that will be measured.

    The classifier is the path of weights for `Recognition`, ValueError if they cannot be used, and
    scenes are arguments of `Scenes`; or None. Returns `(evaluators, absent)`: a list, and a dict of
    metric to the reason why it is not measured.
    """
    evaluators, absent = [], {}
    if classifier:
        evaluators.append(Recognition(classifier))
        if all(imagenet_class(path) is None for path in paths):
            absent["ImageNet top-1"] = "no photograph is named by a class of ImageNet"
    else:
        absent["recognizability, ImageNet top-1, fid[mobilenet_v2]"] = "no --classifier given"
    scenes = scenes and Scenes(*scenes)
    if not (scenes and scenes.indices):
        absent["scene top-1, top-5"] = "no preset that knows scenes"
    elif all(scenes.label(path) is None for path in paths):
        absent["scene top-1, top-5"] = "no photograph is in a folder called like a scene"
    else:
        evaluators.append(scenes)
    try:
        evaluators.append(Lpips())
    except ImportError:
        absent["lpips"] = "package lpips not installed"
    except OSError as error:
        absent["lpips"] = f"its weights cannot be had: {error}"
    return evaluators, absent


class Recognition:
    """Recognizability: does a MobileNetV2 of ImageNet see what it sees in the true colors?

    Where a photograph's name tells its class, that is asked as well (Zhang 2016, section 3.2); its
    features give a Frechet distance. `ValueError` for weights that are missing or do not fit.
    """

    metric = "fid[mobilenet_v2]"

    def __init__(self, weights):
        self.features = {}
        with expecting("weights of MobileNetV2", ValueError, where=weights):
            self.network = mobilenet_v2_teacher(os.fspath(weights))

    def update(self, path, target, predictions):
        """Metrics of one picture: 100 where the class is that on the truth, or right; else 0."""
        found = self.network.predict_on_batch(crops(predictions))
        maps = np.asarray(found["features"][-1])
        classes = dict(zip(predictions, np.argmax(found["logits"], axis=-1), strict=True))
        expected = {"recognized": classes["truth"], "imagenet_top1": imagenet_class(path)}
        rows = {}
        for (name, one), features in zip(classes.items(), maps, strict=True):
            mean = features.reshape(-1, features.shape[-1]).mean(axis=0)
            self.features.setdefault(name, []).append(mean)
            asked = {metric: right for metric, right in expected.items() if right is not None}
            rows[name] = {metric: 100.0 * float(one == right) for metric, right in asked.items()}
        return rows

    def result(self):
        """Distance of each method to the truth: dict of method to dict of metric to float."""
        truth = self.features["truth"]
        return {
            method: {self.metric: frechet_distance(truth, features)}
            for method, features in self.features.items()
            if len(truth) > 1
        }


def crops(predictions, side=CROP):
    """Middles of pictures, short side scaled to `side`: float32 (N, side, side, 3) in [-1, 1]."""
    small = ops.image.resize(
        np.stack(list(predictions.values())),
        (side, side),
        interpolation="bicubic",
        antialias=True,
        crop_to_aspect_ratio=True,
    )
    return 2.0 * np.clip(ops.convert_to_numpy(small), 0.0, 1.0) - 1.0


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


class Scenes:
    """Top-1 and top-5 of a preset's scene classes, as in Iizuka et al. 2016, table 2.

    Methods are names of those that share the colorizer's network; photographs are in
    `<folder>/<class>/`, where a class may be `church/outdoor`. `indices` is a dict of class to its
    index, empty if the network has no `class_logits`.
    """

    def __init__(self, colorizer, methods, folder):
        self.colorizer, self.methods, self.folder = colorizer, methods, Path(folder)
        known = "class_logits" in colorizer.model.output_names
        names = colorizer.config.class_names if known else ()
        self.indices = {name: i for i, name in enumerate(names)}

    def label(self, path):
        """Index of the class of a photograph, or None."""
        return self.indices.get(Path(path).parent.relative_to(self.folder).as_posix())

    def update(self, path, target, predictions):
        """Metrics of one picture: 100 where the class is found, else 0."""
        label = self.label(path)
        if label is None:
            return {}
        small = self.colorizer.preprocess(target).network_input
        logits = np.asarray(self.colorizer.model.predict_on_batch(small[None])["class_logits"])[0]
        # How many classes are likelier than the true one.
        rank = int((logits > logits[label]).sum())
        found = {"scene_top1": 100.0 * (rank < 1), "scene_top5": 100.0 * (rank < 5)}
        return dict.fromkeys(self.methods, found)


class Lpips:
    """Distance in the features of AlexNet, calibrated by people (Zhang et al. 2018); 0 is equal."""

    def __init__(self):
        self.package = importlib.import_module("lpips")
        # Nothing is trained: without gradients no call keeps what they would need.
        self.network = self.package.LPIPS(net="alex", verbose=False).requires_grad_(False)

    def update(self, path, target, predictions):
        """Metrics of one picture: dict of name to dict of metric to float."""
        # From smaller ones its network would have nothing left to look at.
        if min(target.shape[:2]) < 64:
            return {}
        true = self.package.im2tensor(255.0 * target)
        return {
            name: {"lpips[alex]": self.network(true, self.package.im2tensor(255.0 * one)).item()}
            for name, one in predictions.items()
        }
