"""Claims of the papers, tried at equal cost with the library's own trainers.

    python benchmarks/papers.py iizuka16 --data scenes/ --validation others/ --runs runs/global
    python benchmarks/papers.py vgg16_residual_encoder --data open_country/ --runs runs/heads
    python benchmarks/papers.py color_spaces --data scenes/ --validation others/ --runs runs/spaces
    python benchmarks/papers.py domains --data scenes/ --validation others/ --faces faces/ \
        --faces_validation other_faces/ --runs runs/domains
    python benchmarks/papers.py run_time
    python benchmarks/papers.py sketches --data photographs/ --historical old/ --sheet sheet.png

`EXPERIMENTS` has those that train. Flags of the trainer may follow after `--`, for example
`-- --epochs=1`. A run that is finished is measured only. Without `--validation` a share is held
out. The last column is the ab error less that of the first row, and its 95 % bootstrap interval
over pictures, each the mean over the seeds; how far apart seeds are stands behind the ab error.
"""

import argparse
import dataclasses
import time
from pathlib import Path

import numpy as np
from common import train
from scipy.ndimage import gaussian_filter

from keras_colorize import Colorizer, fold_batch_norm, iizuka16
from keras_colorize.apps.study.votes import bootstrap_interval
from keras_colorize.data import list_pictures, scan_pictures, split_pictures
from keras_colorize.evaluation import Scenes, measure, measured_paths, scaled_rgb
from keras_colorize.evaluation.tables import LABELS
from keras_colorize.io import Photograph, write_photograph
from keras_colorize.metrics import colorfulness

SHARE = 0.09


@dataclasses.dataclass(frozen=True)
class Experiment:
    """What is trained and measured; `{runs}`, `{seed}` and `{faces}` in flags are filled in."""

    trainer: str
    shared: tuple
    variants: dict
    figures: tuple
    working_size: int | None = None
    # Further rows: whose network, and options of the `Colorizer`.
    decoded: dict = dataclasses.field(default_factory=dict)


BRIEF = ("--size=64", "--schedule=warmup_stable_decay", "--learning_rate=1e-3", "--clip_norm=1")
BRIEF += ("--warmup=0.05", "--cooldown=0.95", "--validation_limit=32", "--precision=float32")
BRIEF += ("--epochs=1",)
BACKBONE = ("--width=0.25", "--batch_size=32", "--steps_per_epoch=200", *BRIEF)
COLORS = ("ab_error", "colorfulness")
BINS = ("acc_u", "acc_v", "saturation_difference", *COLORS)
EXPERIMENTS = {
    # Iizuka et al. 2016, sections 4.1 and 4.4.
    "iizuka16": Experiment(
        "train_fusion.py",
        (
            *("--width=0.375", "--size=128", "--global_size=128", "--batch_size=32"),
            *("--optimizer=adamw", "--learning_rate=1e-3", "--schedule=warmup_stable_decay"),
            *("--warmup=0.05", "--cooldown=0.95", "--epochs=8", "--steps_per_epoch=250"),
        ),
        {
            "neither (baseline)": ("--noglobal_features",),
            "global features": ("--class_loss_weight=0",),
            "global features and class loss": (),
        },
        ("psnr_mean", *COLORS, "scene_top1", "scene_top5"),
        # All saw views of this size alone; larger, they know neither colors nor scenes as well.
        128,
    ),
    # Section 4.8.
    "color_spaces": Experiment(
        "train_fusion.py",
        (
            *("--width=0.25", "--global_size=64", "--batch_size=32", "--optimizer=adamw"),
            *("--steps_per_epoch=300", *BRIEF),
        ),
        {
            "L*a*b*": ("--color_space=lab",),
            "YUV": ("--color_space=yuv",),
            "RGB": ("--color_space=rgb",),
        },
        ("psnr_mean", "ciede2000", *COLORS),
        64,
    ),
    # Hwang & Zhou 2016, table 2.
    "vgg16_residual_encoder": Experiment(
        "train_residual_encoder.py",
        (
            *("--encoder=mobilenet_v2", "--freeze_through=block_5_add", "--decoder_width=0.25"),
            *("--size=128", "--schedule=warmup_stable_decay", "--epochs=10"),
            "--steps_per_epoch=300",
        ),
        {
            "classification": (),
            "regression": ("--head=luv_uv", "--aggregation=finest", "--final_widths="),
        },
        BINS,
        None,
        {"classification, mean of the bins": ("classification", {"decoder": "mean"})},
    ),
    # Section 5.2, and the smoothing of 5.3.
    "ablations": Experiment(
        "train_residual_encoder.py",
        ("--width=0.125", "--batch_size=16", "--steps_per_epoch=80", *BRIEF),
        {
            "final model": (),
            "sum of the scales": ("--aggregation=sum",),
            "no residual units": ("--noresidual_units",),
            "two last convolutions": ("--final_widths=128,64",),
            "one last convolution": ("--final_widths=64",),
            "HSV": ("--head=hs_logits",),
        },
        (*BINS, "blotchiness"),
        64,
        {f"scores smoothed by {x}": ("final model", {"smoothing": x}) for x in (1.0, 3.0)},
    ),
    # Melas-Kyriazi & Han 2017, section 3.1 and 4.1; Zhou & Zhou 2019, section 2.1.3.
    "losses": Experiment(
        "train_resnet18.py",
        (*BACKBONE, "--class_loss_weight=0"),
        {
            "L2": (),
            "L1": ("--loss=l1",),
            "cross-entropy, mean": ("--head=ab_channel_logits",),
            "L2, global features": ("--global_features",),
            "L1, global features": ("--loss=l1", "--global_features"),
            "cross-entropy, mean, global features": (
                *("--head=ab_channel_logits", "--global_features"),
            ),
            "L2, Adam's rate 0.1": ("--learning_rate=0.1", "--clip_norm=0", "--schedule=constant"),
        },
        ("ab_mse", *COLORS),
        64,
        {"cross-entropy, mode": ("cross-entropy, mean", {"decoder": "mode"})},
    ),
    # Melas-Kyriazi & Han 2017, table 3.
    "domains": Experiment(
        "train_resnet18.py",
        BACKBONE,
        {
            "scenes": (),
            "scenes, three times as long": ("--steps_per_epoch=600",),
            "scenes, then faces": ("--init={runs}/scenes-{seed}/preset", "--data={faces}"),
            "faces": ("--data={faces}",),
        },
        ("ab_mse", *COLORS),
        64,
    ),
}


def main():
    """Trains, measures and prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("experiment", choices=[*EXPERIMENTS, "run_time", "sketches"])
    parser.add_argument("--data", help="folder to train on; for sketches, to draw from")
    parser.add_argument("--validation", help="folder to measure on")
    parser.add_argument("--faces", help="folder of faces to train on, for domains")
    parser.add_argument("--faces_validation", help="folder of faces to measure on")
    parser.add_argument("--historical", help="folder of old photographs, for sketches")
    parser.add_argument("--sheet", help="PNG of sketches and old photographs to write")
    parser.add_argument("--runs", help="folder for the runs")
    parser.add_argument("--seeds", type=int, default=1, help="runs of each variant")
    parser.add_argument("--limit", type=int, help="measure the first N photographs")
    parser.add_argument("flags", nargs="*", help="further flags of the trainer")
    options = parser.parse_args()
    if options.experiment == "run_time":
        _run_time()
        return
    if options.experiment == "sketches":
        _sketches(options)
        return
    if not (options.data and options.runs):
        parser.error("expected --data and --runs")
    experiment = EXPERIMENTS[options.experiment]
    presets = {
        label: [_train(experiment, options, label, flags, s) for s in range(options.seeds)]
        for label, flags in experiment.variants.items()
    }
    rows = {
        label: [_colorizer(experiment, preset) for preset in trained]
        for label, trained in presets.items()
    }
    for label, (variant, changes) in experiment.decoded.items():
        rows[label] = [colorizer.replace(**changes) for colorizer in rows[variant]]
    for folder in filter(None, (options.validation or options.data, options.faces_validation)):
        print(f"\n{folder}:\n")
        _measure(experiment, rows, folder, _paths(options, folder))


def _train(experiment, options, label, flags, seed):
    """The folder of the preset of one run."""
    runs = f"{options.runs}/{label.replace(' ', '_').replace('*', '')}-{seed}"
    filled = [x.format(runs=options.runs, seed=seed, faces=options.faces) for x in flags]
    held = f"--validation_share={SHARE}"
    given = [f"--validation={options.validation}" if options.validation else held]
    given += [] if any(x.startswith("--data=") for x in filled) else [f"--data={options.data}"]
    cache = f"--scan_cache={options.runs}/scan.json"
    own = [f"--seed={seed}", cache, *experiment.shared, *filled, *options.flags]
    return train(experiment.trainer, runs, [*given, *own])


def _colorizer(experiment, preset):
    size = {"working_size": experiment.working_size} if experiment.working_size else {}
    return Colorizer.from_preset(preset, **size)


def _paths(options, folder):
    if options.validation:
        return measured_paths(folder, options.limit)
    _, held_out = split_pictures(scan_pictures(list_pictures(folder))[0], SHARE)
    return held_out.paths[: options.limit]


def _measure(experiment, rows, folder, paths):
    """Prints the table: a row per variant, the mean of its seeds."""
    methods = {(label, i): one for label, seeds in rows.items() for i, one in enumerate(seeds)}
    scenes = "scene_top1" in experiment.figures
    known = {name: one for name, one in methods.items() if scenes and one.config.class_names}
    evaluators = [Scenes(one, [name], folder) for name, one in known.items()]
    measured = measure(methods, paths, evaluators=evaluators)
    summary, names = measured.summary(), [LABELS[name] for name in experiment.figures]
    print(f"| {len(paths)} photographs | {' | '.join(names)} | less the first |")
    print("| --- " * (len(names) + 2) + "|")
    reference = None
    for label in ("grey", *rows, "truth"):
        keys = [(label, i) for i in range(len(rows[label]))] if label in rows else [label]
        cells = []
        for figure in experiment.figures:
            values = [summary[key][figure] for key in keys if figure in summary[key]]
            digits = 5 if figure == "ab_mse" else 3 if figure == "blotchiness" else 2
            cells.append(f"{np.mean(values):.{digits}f}" if values else "-")
            if figure == "ab_error" and len(values) > 1:
                cells[-1] += f" (seeds {min(values):.2f} to {max(values):.2f})"
        errors = [
            np.mean([row[key]["ab_error"] for key in keys]) for row in measured.pictures.values()
        ]
        less = "-"
        if label in rows:
            reference = errors if reference is None else reference
            difference = np.subtract(errors, reference)
            low, high = bootstrap_interval(difference, np.mean)
            less = f"{difference.mean():+.2f} ({low:+.2f} to {high:+.2f})"
            less = "-" if errors is reference else less
        print(f"| {label} | {' | '.join(cells)} | {less} |")


def _run_time():
    """Prints table 3 of Iizuka et al. 2016 beside this machine's; the paper has 8 cores."""
    published = {224: 0.399, 512: 1.676, 1024: 5.629, 2048: 20.116}
    general = iizuka16(classes=205)
    shared = iizuka16(classes=205, input_shape=(224, 224, 1))
    shared.set_weights(general.get_weights())
    print("| size | published, s | times that at 224 | here, s | processor s | times that at 224 |")
    print("| --- " * 6 + "|")
    first = None
    for size, seconds in published.items():
        network = fold_batch_norm(shared if size == 224 else general)
        lightness = np.random.default_rng(0).uniform(0, 100, (1, size, size, 1)).astype("float32")
        network.predict_on_batch(lightness)
        repeats = max(1, 2048 // size // 2)
        start = time.perf_counter(), time.process_time()
        for _ in range(repeats):
            network.predict_on_batch(lightness)
        wall, used = (
            (now - then) / repeats
            for now, then in zip((time.perf_counter(), time.process_time()), start, strict=True)
        )
        first = first or used
        growth = f"{seconds / published[224]:.1f} | {wall:.2f} | {used:.2f} | {used / first:.1f}"
        print(f"| {size} | {seconds:.2f} | {growth} |", flush=True)


def _sketches(options):
    """Prints how colorful presets make photographs, pencil sketches of them, and old ones."""
    paths = measured_paths(options.data, options.limit)
    photographs = [_grey(scaled_rgb(path, 256)) for path in paths]
    sets = {"photographs": photographs, "sketches": [_sketch(one) for one in photographs]}
    if options.historical:
        old = measured_paths(options.historical)
        sets["historical"] = [_grey(scaled_rgb(path, 256)) for path in old]
    print(f"| preset | {' | '.join(f'{name} ({len(x)})' for name, x in sets.items())} |")
    print("| --- " * (len(sets) + 1) + "|")
    rows = []
    for preset in ("resnet18_gray", "iizuka16", "accurate", "vivid"):
        colorizer = Colorizer.from_preset(preset)
        made = {name: [colorizer(one) for one in pictures] for name, pictures in sets.items()}
        cells = [np.mean([float(colorfulness(one)) for one in made[name]]) for name in sets]
        print(f"| {preset} | {' | '.join(f'{cell:.1f}' for cell in cells)} |", flush=True)
        rows.append([one for name in list(sets)[1:] for one in made[name][:6]])
    if options.sheet:
        shown = [one for name in list(sets)[1:] for one in sets[name][:6]]
        sheet = np.concatenate(
            [np.concatenate([_cell(x) for x in row], 1) for row in (shown, *rows)]
        )
        picture = Photograph((255 * sheet).astype("uint8"))
        write_photograph(Path(options.sheet), picture, overwrite=True)


def _grey(rgb):
    return np.repeat(rgb.mean(axis=-1, keepdims=True), 3, axis=-1)


def _sketch(grey):
    """A pencil drawing: white but where it is darker than its surroundings."""
    plane = grey[..., 0]
    around = gaussian_filter(plane, max(plane.shape) / 60)
    return np.repeat(np.clip(plane / np.maximum(around, 1e-3), 0, 1)[..., None] ** 2, 3, axis=-1)


def _cell(rgb, side=192):
    """The middle of a picture, white where it is smaller."""
    cell = np.ones((side, side, 3), "float32")
    height, width = (min(side, x) for x in rgb.shape[:2])
    top, left = ((x - y) // 2 for x, y in zip(rgb.shape[:2], (height, width), strict=True))
    cell[:height, :width] = rgb[top : top + height, left : left + width]
    return cell


if __name__ == "__main__":
    main()
