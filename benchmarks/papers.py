"""Two claims of the papers, tried at equal cost with the library's own trainers.

    python benchmarks/papers.py iizuka16 --data scenes/ --validation others/ --runs runs/global
    python benchmarks/papers.py vgg16_residual_encoder --data open_country/ --runs runs/heads

`iizuka16`: with global features and class loss, without the class loss, without either (Iizuka et
al. 2016, sections 4.1 and 4.4). `vgg16_residual_encoder`: classification against regression on a
held-out share (Hwang & Zhou 2016, table 2). Flags of the trainer may follow after `--`, for
example `-- --epochs=1`. A run that is finished is measured only.
"""

import argparse

import numpy as np
from common import train

from keras_colorize import Colorizer
from keras_colorize.apps.study import bootstrap_interval
from keras_colorize.bins import LUV_UV_BINS
from keras_colorize.color import rgb_to_luv
from keras_colorize.data import list_pictures, scan_pictures, split_pictures
from keras_colorize.evaluation import Scenes, format_table, measure, measured_paths, scaled_rgb
from keras_colorize.evaluation.measure import LONG_SIDE

SIZE, SHARE = 128, 0.09
FUSION = [
    *("--width=0.375", f"--size={SIZE}", f"--global_size={SIZE}", "--batch_size=32"),
    *("--optimizer=adamw", "--learning_rate=1e-3", "--schedule=warmup_stable_decay"),
    *("--warmup=0.05", "--cooldown=0.95", "--epochs=8", "--steps_per_epoch=250"),
]
VARIANTS = {
    "global features and class loss": [],
    "global features": ["--class_loss_weight=0"],
    "neither (baseline)": ["--noglobal_features"],
}
ENCODER = [
    *("--encoder=mobilenet_v2", "--freeze_through=block_5_add", "--decoder_width=0.25"),
    *(f"--size={SIZE}", "--schedule=warmup_stable_decay", "--epochs=10", "--steps_per_epoch=300"),
    f"--validation_share={SHARE}",
]
HEADS = {
    "classification": [],
    "regression": ["--head=luv_uv", "--aggregation=finest", "--final_widths="],
}


def main():
    """Trains, measures and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("paper", choices=("iizuka16", "vgg16_residual_encoder"))
    parser.add_argument("--data", required=True, help="folder to train on")
    parser.add_argument("--validation", help="folder of the same scenes, for iizuka16")
    parser.add_argument("--runs", required=True, help="folder for the runs")
    parser.add_argument("flags", nargs="*", help="further flags of the trainer")
    options = parser.parse_args()
    (_iizuka16 if options.paper == "iizuka16" else _heads)(options)


def _iizuka16(options):
    colorizers = {}
    for number, (name, flags) in enumerate(VARIANTS.items()):
        given = [f"--data={options.data}", f"--validation={options.validation}", *FUSION]
        run = f"{options.runs}/{number}"
        preset = train("train_fusion.py", run, [*given, *flags, *options.flags])
        # All saw views of this size alone; larger, they know neither colors nor scenes as well.
        colorizers[name] = Colorizer.from_preset(preset, working_size=SIZE)
    evaluators = [
        Scenes(colorizer, [name], options.validation)
        for name, colorizer in colorizers.items()
        if colorizer.config.class_names
    ]
    measured = measure(colorizers, measured_paths(options.validation), evaluators=evaluators)
    figures = ("psnr_mean", "ab_error", "colorfulness", "scene_top1", "scene_top5")
    print(format_table(measured.summary(), figures))
    *names, baseline = VARIANTS
    for name in names:
        rows = measured.pictures.values()
        less = np.array([row[name]["ab_error"] - row[baseline]["ab_error"] for row in rows])
        low, high = bootstrap_interval(less, np.mean)
        interval = f"95 % interval over pictures {low:.3f} to {high:.3f}"
        print(f"\nab error, {name} less baseline: {less.mean():.3f} ({interval})")


def _heads(options):
    colorizers = {}
    for name, flags in HEADS.items():
        given = [f"--data={options.data}", *ENCODER, *flags, *options.flags]
        preset = train("train_residual_encoder.py", f"{options.runs}/{name}", given)
        colorizers[name] = Colorizer.from_preset(preset)
    classes = colorizers["classification"]
    colorizers["classification, mean of the bins"] = classes.replace(decoder="mean")
    pictures, _ = scan_pictures(list_pictures(options.data))
    _, held_out = split_pictures(pictures, SHARE)
    measured = measure(colorizers, held_out.paths)
    print(f"{len(pictures) - len(held_out)} pictures to learn from, {len(held_out)} held out\n")
    figures = ("acc_u", "acc_v", "saturation_difference", "psnr_mean", "ab_error", "colorfulness")
    print(format_table(measured.summary(), figures))
    u, v = np.mean([_most_frequent(path) for path in held_out.paths], axis=0)
    print(f"\nmost frequent bin of each picture: {u:.1f} % of u, {v:.1f} % of v")


def _most_frequent(path):
    bins = np.asarray(LUV_UV_BINS.encode(rgb_to_luv(scaled_rgb(path, LONG_SIDE))[..., 1:]))
    return [100.0 * np.bincount(channel.ravel()).max() / channel.size for channel in bins.T]


if __name__ == "__main__":
    main()
