r"""Regression against classification (Hwang & Zhou 2016, table 2).

    python benchmarks/regression_or_classification.py --data DIR --runs DIR

Trains the residual encoder on a small set of landscapes, once with each head, and measures both
on the held-out tenth. Flags of trainers/train_residual_encoder.py may follow after `--`, for
example `-- --encoder_weights=mobilenet_v2.weights.h5`. A run that is finished is measured only.
"""

import argparse

import numpy as np
from experiments import train

from keras_colorize import Colorizer
from keras_colorize.bins import LUV_UV_BINS
from keras_colorize.color import rgb_to_luv
from keras_colorize.data import list_pictures, scan_pictures, split_pictures
from keras_colorize.evaluation import format_table, measure, scaled_rgb, summarize
from keras_colorize.evaluation.pictures import LONG_SIDE

SHARE = 0.09
HEADS = {
    "classification": [],
    "regression": ["--head=luv_uv", "--aggregation=finest", "--final_widths="],
}
FLAGS = [
    *("--encoder=mobilenet_v2", "--freeze_through=block_5_add", "--decoder_width=0.25"),
    *("--size=128", "--schedule=trapezoid", "--epochs=10", "--steps_per_epoch=300"),
    f"--validation_share={SHARE}",
]
FIGURES = ("acc_u", "acc_v", "saturation_difference", "psnr_mean", "ab_error", "colorfulness")


def main():
    """Trains, measures and prints the table."""
    options = _options()
    colorizers = {}
    for name, flags in HEADS.items():
        given = [f"--data={options.data}", *FLAGS, *flags, *options.flags]
        preset = train("train_residual_encoder.py", f"{options.runs}/{name}", given)
        colorizers[name] = Colorizer.from_preset(preset)
    classes = colorizers["classification"]
    colorizers["classification, mean of the bins"] = classes.replace(decoder="mean")
    pictures, _ = scan_pictures(list_pictures(options.data))
    _, held_out = split_pictures(pictures, SHARE)
    measured = measure(colorizers, held_out.paths)
    print(f"{len(pictures) - len(held_out)} pictures to learn from, {len(held_out)} held out\n")
    print(format_table(summarize(measured.results, measured.totals), FIGURES))
    u, v = np.mean([_most_frequent(path) for path in held_out.paths], axis=0)
    print(f"\nmost frequent bin of each picture: {u:.1f} % of u, {v:.1f} % of v")


def _most_frequent(path):
    bins = np.asarray(LUV_UV_BINS.encode(rgb_to_luv(scaled_rgb(path, LONG_SIDE))[..., 1:]))
    return [100.0 * np.bincount(channel.ravel()).max() / channel.size for channel in bins.T]


def _options():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", required=True, help="folder of landscapes")
    parser.add_argument("--runs", required=True, help="folder for the runs")
    parser.add_argument("flags", nargs="*", help="further flags of the trainer")
    return parser.parse_args()


if __name__ == "__main__":
    main()
