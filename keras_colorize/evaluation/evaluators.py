"""Which evaluators a measurement has, and why it lacks the others; scenes and LPIPS among them."""

import importlib
from pathlib import Path

import numpy as np

from keras_colorize.evaluation.recognition import Recognition, imagenet_class, load_features


def make_evaluators(paths, classifier=None, features=(), scenes=None):
    """Makes the evaluators that can be had.

    Args:
        paths: photographs that will be measured.
        classifier: path of weights for `Recognition`, or None.
        features: paths of networks for `FeatureEvaluator`.
        scenes: arguments of `Scenes`, or None where there is no preset.

    Returns:
        `(evaluators, absent)`: a list, and a dict of metric to the reason why it is not measured.

    Raises:
        ValueError: if a given file cannot be used.
    """
    evaluators, absent = [load_features(path) for path in features], {}
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


class Scenes:
    """Top-1 and top-5 of a preset's scene classes: does the network see what the picture shows?

    As in Iizuka et al. 2016, table 2. `indices` is a dict of class to its index, empty if the
    network has no `class_logits`.

    Args:
        colorizer: a `Colorizer`.
        methods: names of the methods that share its network.
        folder: has the photographs in `<folder>/<class>/`; a class may be `church/outdoor`.
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
        if min(target.shape[:2]) < 64:
            # Its network would have nothing left to look at.
            return {}
        true = self.package.im2tensor(255.0 * target)
        return {
            name: {"lpips[alex]": self.network(true, self.package.im2tensor(255.0 * one)).item()}
            for name, one in predictions.items()
        }
