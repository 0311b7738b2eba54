r"""Do global features and the class loss help? (Iizuka et al. 2016, sections 4.1 and 4.4).

    python benchmarks/global_features.py --data DIR --validation DIR --runs DIR

Trains `iizuka16` three times at the same cost, with both, without the class loss, and without
either, and measures the three on the validation pictures. Flags of trainers/train_fusion.py may
follow after `--`, for example `-- --epochs=1`. A run that is finished is measured only.
"""

import argparse

import numpy as np
from experiments import train

from keras_colorize import Colorizer
from keras_colorize.apps.study import bootstrap_interval
from keras_colorize.evaluation import Scenes, format_table, measure, measured_paths, summarize

SIZE = 128
VARIANTS = {
    "global features and class loss": [],
    "global features": ["--class_loss_weight=0"],
    "neither (baseline)": ["--noglobal_features"],
}
FLAGS = [
    *("--width=0.375", f"--size={SIZE}", f"--global_size={SIZE}", "--batch_size=32"),
    *("--optimizer=adamw", "--learning_rate=1e-3", "--schedule=trapezoid"),
    *("--warmup=0.05", "--cooldown=0.95", "--epochs=8", "--steps_per_epoch=250"),
]
FIGURES = ("psnr_mean", "ab_error", "colorfulness", "scene_top1", "scene_top5")


def main():
    """Trains, measures and prints the table."""
    options = _options()
    colorizers = {}
    for number, (name, flags) in enumerate(VARIANTS.items()):
        given = [f"--data={options.data}", f"--validation={options.validation}"]
        run = f"{options.runs}/{number}"
        preset = train("train_fusion.py", run, [*given, *FLAGS, *flags, *options.flags])
        # All saw views of this size alone; larger, they know neither colors nor scenes as well.
        colorizers[name] = Colorizer.from_preset(preset, working_size=SIZE)
    judges = [
        Scenes(colorizer, [name], options.validation)
        for name, colorizer in colorizers.items()
        if colorizer.config.class_names
    ]
    paths = measured_paths(options.validation, options.limit)
    measured = measure(colorizers, paths, judges=judges)
    print(format_table(summarize(measured.results, measured.totals), FIGURES))
    *_, baseline = VARIANTS
    for name in list(VARIANTS)[:-1]:
        print(f"\nab error, {name} less baseline: {_difference(measured.results, name, baseline)}")


def _difference(results, name, baseline):
    pairs = results.values()
    values = np.array([row[name]["ab_error"] - row[baseline]["ab_error"] for row in pairs])
    low, high = bootstrap_interval(values, np.mean)
    return f"{values.mean():.3f} (95 % interval over pictures {low:.3f} to {high:.3f})"


def _options():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", required=True, help="folder of scenes to train on")
    parser.add_argument("--validation", required=True, help="folder of the same scenes")
    parser.add_argument("--runs", required=True, help="folder for the runs")
    parser.add_argument("--limit", type=int, help="measure the first N in order of path")
    parser.add_argument("flags", nargs="*", help="further flags of the trainer")
    return parser.parse_args()


if __name__ == "__main__":
    main()
