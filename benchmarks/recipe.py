r"""The recipe of the default preset: short runs of equal cost that differ in one thing each.

    python benchmarks/recipe.py --runs runs/recipe --encoder-weights mobilenet_v2.weights.h5 \
        --scenes miniplaces --others caltech=0.14 --others pacs=0.13 --faces faces=0.07 \
        --validation miniplaces_val --set photographs=photos/:60 --set faces=faces_val/:50

Every run trains the decoder of `distribution_unet` for as long as --steps steps of the first one
take: where a picture costs more, fewer are seen. The rows say what the trainer noted on the
validation pictures at the end, and the figures of the mean decoder on every --set. A finished run
is not trained again, an interrupted one goes on. The first factor tells what chance alone does.
"""

import argparse
import csv
import dataclasses
import time
from pathlib import Path

import numpy as np
from common import named_set, train, unique

from keras_colorize import Colorizer
from keras_colorize.cli.common import count
from keras_colorize.evaluation import measured_paths, picture_metrics, scaled_rgb, summarize
from keras_colorize.evaluation.measure import LONG_SIDE, mean_alone

FIGURES = {"psnr_mean": "PSNR", "ab_error": "ab error", "colorfulness": "colorfulness"}
NOTES = {"ab_logits_loss": "color loss", "ab_error": "ab error", "class_logits_loss": "class loss"}
UV = ["--encoder=mobilenet_v2", "--decoder_width=0.25", "--schedule=warmup_stable_decay"]
DISTRIBUTION, RESIDUAL = "train_distribution.py", "train_residual_encoder.py"


@dataclasses.dataclass(frozen=True)
class Choice:
    """What one run does differently; `cost` is that of a step, as a multiple of the base's."""

    flags: tuple = ()
    cost: float = 1.0
    trainer: str = DISTRIBUTION
    leaves_out: tuple = ()
    pretrained: bool = True


BASE = Choice()
"""Soft targets over 5 bins, scene classes at 0.1, views of 128 pixels, crops down to 0.5, AdamW."""

FACTORS = {
    "chance": {"another seed": Choice(("--seed=1",))},
    "encoder": {
        "residual, from scratch": Choice(("--encoder=residual",), 1.7, pretrained=False),
        "MobileNetV2, from scratch": Choice((), 2.5, pretrained=False),
        "ImageNet, trained from block 6 on": Choice(("--freeze_through=block_5_add",), 1.5),
        "ImageNet, trained at a fifth of the rate": Choice(
            ("--freeze_through=block_5_add", "--learning_rate=2e-4"), 1.5
        ),
    },
    "targets": {"hard": Choice(("--neighbors=1",)), "10 bins": Choice(("--neighbors=10",))},
    "rebalancing, uniform share": {
        "0.5 (Zhang 2016)": Choice(("--uniform_share=0.5",)),
        "0.8": Choice(("--uniform_share=0.8",)),
    },
    "class loss": {
        "none": Choice(("--class_loss_weight=0",)),
        "0.3": Choice(("--class_loss_weight=0.3",)),
    },
    # Scenes are told apart by the global features: compare with class loss "none".
    "global fusion": {"off": Choice(("--global_units=0", "--class_loss_weight=0"))},
    "views": {
        "whole pictures": Choice(("--min_scale=1",)),
        "crops down to 0.35": Choice(("--min_scale=0.35",)),
        "96 pixels": Choice(("--size=96",), 0.6),
        "192 pixels": Choice(("--size=192",), 2.2),
    },
    "averaged weights": {"momentum 0.98": Choice(("--ema_momentum=0.98",))},
    "optimizer": {
        "Adam": Choice(("--weight_decay=0",)),
        "AdamW, decay 0.05": Choice(("--weight_decay=0.05",)),
    },
    "schedule": {
        "constant": Choice(("--schedule=constant",)),
        "cosine": Choice(("--cooldown=0.95",)),
        "a third of the rate": Choice(("--learning_rate=3e-4",)),
    },
    "batch": {"16": Choice(("--batch_size=16",), 0.5), "64": Choice(("--batch_size=64",), 2.0)},
    "old photographs": {"0.3 of the views": Choice(("--aged_share=0.3",))},
    "pictures": {
        "no faces": Choice(leaves_out=("faces",)),
        "scenes alone": Choice(leaves_out=("faces", "others")),
    },
    "another head": {
        "residual encoder, u and v bins": Choice((*UV,), 1.0, RESIDUAL),
        "residual encoder, regression (Huber)": Choice(
            (*UV, "--head=luv_uv", "--aggregation=finest", "--final_widths="), 1.0, RESIDUAL
        ),
    },
}


def main():
    """Trains what is not trained yet, and prints the table."""
    options = _parse()
    columns = ["factor", "choice", "views", "seconds", *NOTES.values()]
    sets = unique(options.sets)
    columns += [f"{name}: {figure}" for name in sets for figure in FIGURES.values()]
    print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}", flush=True)
    chosen = {factor: FACTORS[factor] for factor in options.factors or FACTORS}
    for factor, choices in {"-": {"as it is": BASE}, **chosen}.items():
        for name, choice in choices.items():
            print(_row(factor, name, choice, sets, options), flush=True)


def _row(factor, name, choice, sets, options):
    steps = round(options.steps / choice.cost)
    run = Path(options.runs, f"{factor}_{name}".replace(" ", "_").replace(",", ""))
    start = time.perf_counter()
    preset = train(choice.trainer, run, [*_flags(choice, steps, options), *choice.flags])
    noted = run / "seconds"
    if not noted.exists():
        noted.write_text(f"{time.perf_counter() - start:.0f}")
    batch = next((int(f.split("=")[1]) for f in choice.flags if "--batch_size" in f), 32)
    cells = [factor, name, f"{steps * batch:,}", noted.read_text(), *_noted(run, choice)]
    colorizer = mean_alone(Colorizer.from_preset(preset), working_size=224)
    for folder, limit in sets.values():
        cells += _measured(colorizer, measured_paths(folder, limit))
    return f"| {' | '.join(cells)} |"


def _flags(choice, steps, options):
    data = [options.scenes]
    data += [] if "others" in choice.leaves_out else options.others
    data += [] if "faces" in choice.leaves_out else [options.faces]
    encoder = (f"--encoder_weights={options.encoder_weights}", "--freeze_through=out_relu")
    return [
        *(f"--data={one}" for one in data),
        *(f"--validation={options.validation}", f"--scan_cache={options.runs}/scan.json"),
        *(encoder if choice.pretrained else ()),
        *("--epochs=1", f"--steps_per_epoch={steps}", "--batch_size=32"),
        *("--learning_rate=1e-3", "--warmup=0.05", "--cooldown=0.7"),
    ]


def _noted(run, choice):
    with open(run / "history.csv", newline="", encoding="utf-8") as file:
        last = list(csv.DictReader(file))[-1]
    if choice.trainer == DISTRIBUTION and "val_ab_logits_loss" not in last:
        # Without a class branch the color loss is the only one.
        last["val_ab_logits_loss"] = last["val_loss"]
    found = [[key for key in last if key.startswith("val_") and key.endswith(end)] for end in NOTES]
    return [f"{float(last[keys[0]]):.3f}" if keys else "-" for keys in found]


def _measured(colorizer, paths):
    results = {}
    for path in paths:
        rgb = scaled_rgb(path, LONG_SIDE)
        results[path] = picture_metrics(rgb, {"made": np.asarray(colorizer(rgb))})
    row = summarize(results)["made"]
    return [f"{row[figure]:.2f}" for figure in FIGURES]


def _parse():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", required=True, help="folder for the runs")
    parser.add_argument("--encoder-weights", required=True, help="of MobileNetV2")
    parser.add_argument("--scenes", required=True, help="PATH[=WEIGHT], a folder per class")
    parser.add_argument("--others", action="append", default=[], help="PATH=WEIGHT, other pictures")
    parser.add_argument("--faces", required=True, help="PATH=WEIGHT")
    parser.add_argument("--validation", required=True, help="folder of validation pictures")
    parser.add_argument(
        "--set",
        action="append",
        type=named_set,
        default=[],
        dest="sets",
        metavar="NAME=FOLDER[:LIMIT]",
        help="photographs to measure on",
    )
    parser.add_argument("--steps", type=count, default=200, help="of the base")
    parser.add_argument("--factors", nargs="+", choices=FACTORS, help="by default all")
    return parser.parse_args()


if __name__ == "__main__":
    main()
