"""Which judges a measurement has, and why it lacks the others."""

from keras_colorize.evaluation.imagenet import imagenet_class
from keras_colorize.evaluation.perceptual import Lpips
from keras_colorize.evaluation.recognition import Recognition, load_features
from keras_colorize.evaluation.scenes import Scenes


def make_judges(paths, classifier=None, features=(), scenes=None):
    """Makes the judges that can be had.

    Args:
        paths: photographs that will be measured.
        classifier: path of weights for `Recognition`, or None.
        features: paths of networks for `FeatureJudge`.
        scenes: arguments of `Scenes`, or None where there is no preset.

    Returns:
        `(judges, absent)`: a list, and a dict of figure to the reason why it is not measured.

    Raises:
        ValueError: if a given file cannot be used.
    """
    judges, absent = [load_features(path) for path in features], {}
    if classifier:
        judges.append(Recognition(classifier))
        if all(imagenet_class(path) is None for path in paths):
            absent["ImageNet top-1"] = "no photograph is named by a class of ImageNet"
    else:
        absent["recognizability, ImageNet top-1, fid[mobilenet_v2]"] = "no --classifier given"
    _add_scenes(judges, absent, paths, scenes)
    try:
        judges.append(Lpips())
    except ImportError:
        absent["lpips"] = "package lpips not installed"
    except OSError as error:
        absent["lpips"] = f"its weights cannot be had: {error}"
    return judges, absent


def _add_scenes(judges, absent, paths, scenes):
    if scenes is None:
        absent["scene top-1, top-5"] = "no preset that knows scenes"
        return
    colorizer, *_ = scenes
    judge = Scenes(*scenes)
    if "class_logits" not in colorizer.model.output_names or not colorizer.config.class_names:
        absent["scene top-1, top-5"] = "the preset knows no scenes"
    elif all(judge.label(path) is None for path in paths):
        absent["scene top-1, top-5"] = "no photograph is in a folder called like a scene"
    else:
        judges.append(judge)
