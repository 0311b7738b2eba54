"""What encoders of presets still know of ImageNet, in grey.

    python benchmarks/encoders.py vivid photographs/ \
        --classifier mobilenet_v2.weights.h5

The features that a MobileNetV2 encoder makes of L* go through the classifier of ImageNet. Its
first answer is compared with that on the true colors and, where the name of a photograph tells
its class, with that. An encoder that learned for colors alone answers by chance: it has other
features now. `trainers/distill_encoder.py` is the remedy.
"""

import argparse

import numpy as np
from common import labelled, plain_errors, unique

from keras_colorize import load_preset
from keras_colorize.cli.common import count
from keras_colorize.color import rgb_to_lightness
from keras_colorize.evaluation import format_table, measured_paths, scaled_rgb
from keras_colorize.evaluation.measure import LONG_SIDE
from keras_colorize.evaluation.recognition import CROP, crops, imagenet_class
from keras_colorize.models import distribution_unet
from keras_colorize.models.mobilenet_v2 import mobilenet_v2_student, mobilenet_v2_teacher


def main(arguments=None):
    """Prints a table, a row per encoder."""
    options = _parse(arguments)
    with plain_errors():
        paths = measured_paths(options.folder, options.limit)
        rgb = np.stack([_crop(path) for path in paths])
        plain = distribution_unet(encoder_weights=options.classifier)
        networks = {"ImageNet weights": plain}
        networks |= {
            name: load_preset(preset)[0] for name, preset in unique(options.preset).items()
        }
        answers = {}
        for name, network in networks.items():
            student = mobilenet_v2_student(network, options.classifier)
            answers[name] = _answers(student, np.asarray(rgb_to_lightness(rgb)))
        teacher = mobilenet_v2_teacher(options.classifier)
        answers["true colors"] = _answers(teacher, 2.0 * rgb - 1.0)
    classes = [imagenet_class(path) for path in paths]
    summary = {name: _row(own, answers["true colors"], classes) for name, own in answers.items()}
    print(format_table(summary, list(summary["true colors"])))


def _parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("preset", nargs="+", type=labelled, help="PRESET or LABEL=PRESET")
    parser.add_argument("folder", help="color photographs")
    parser.add_argument("--classifier", required=True, help="MobileNetV2 weights")
    parser.add_argument("--limit", type=count, help="how many photographs; by default all")
    return parser.parse_args(arguments)


def _crop(path):
    return (crops({"truth": scaled_rgb(path, LONG_SIDE)}, CROP)[0] + 1.0) / 2.0


def _answers(network, pictures):
    parts = np.array_split(pictures, -(-len(pictures) // 32))
    logits = [network.predict_on_batch(part)["logits"] for part in parts]
    return np.argmax(np.concatenate(logits), axis=-1)


def _row(own, true, classes):
    known = np.array([label is not None for label in classes])
    row = {"recognized": 100.0 * np.mean(own == true)}
    if known.any():
        right = np.array([label for label in classes if label is not None])
        row["imagenet_top1"] = 100.0 * np.mean(own[known] == right)
    return row


if __name__ == "__main__":
    main()
