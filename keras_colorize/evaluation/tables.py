"""Averages over pictures, the tables that are printed of them, and the files that keep them."""

import csv
import io
import math
import sys
from pathlib import Path

import keras
import numpy as np

from keras_colorize import __version__
from keras_colorize.io.atomic import write_file
from keras_colorize.presets import sha256

# Metrics of the first table: nearness to the truth, and as much color as there.
HEADLINE = ("psnr_mean", "psnr_median", "ab_error", "colorfulness")

_METRICS = {
    "psnr_mean": ("PSNR mean", "higher"),
    "psnr_median": ("PSNR median", "higher"),
    "ab_error": ("ab error", "lower"),
    "colorfulness": ("colorfulness", "as truth"),
    "colorfulness_difference": ("colorfulness difference, mean per picture", "lower"),
    "colorfulness_difference_of_means": ("colorfulness difference, of means", "lower"),
    "saturation_difference": ("saturation difference, %", "lower"),
    "blotchiness": ("blotchiness", "as truth"),
    "hue_patchiness": ("patches of hue, %", "as truth"),
    "ssim": ("SSIM", "higher"),
    "ciede2000": ("CIEDE2000", "lower"),
    "ab_mse": ("squared error of ab in [0, 1]", "lower"),
    "luv_uv_error": ("squared error of u, v (CIELUV), sum of both", "lower"),
    "acc_u": ("Acc(U), %", "higher"),
    "acc_v": ("Acc(V), %", "higher"),
    "auc": ("AuC, %", "higher"),
    "auc_rebalanced": ("AuC, rebalanced, %", "higher"),
    "recognized": ("recognizability, top-1 as on truth, %", "higher"),
    "imagenet_top1": ("ImageNet top-1, %", "higher"),
    "scene_top1": ("scene top-1, %", "higher"),
    "scene_top5": ("scene top-5, %", "higher"),
}

# Other metrics, such as `fid[mobilenet_v2]`, are called by their names.
LABELS = {key: label for key, (label, _) in _METRICS.items()}

_DECIMALS = {"ssim": 4, "ab_mse": 5, "luv_uv_error": 1, "lpips[alex]": 4, "blotchiness": 3}


def better(key):
    """Which way a metric is better: `"higher"`, `"lower"` or `"as truth"`; else an empty text."""
    distance = key.startswith(("fid[", "lpips["))
    return "lower" if distance else _METRICS.get(key, ("", ""))[1]


def summarize(pictures, overall=None):
    """Averages metrics, dict of path to dict of method to dict of metric to float, by method.

    Pictures without a metric do not count in it. PSNR has its mean and its median; the difference
    in colorfulness is also that of the means. Metrics in `overall`, by method, join the averages.
    """
    summary = {}
    for name in next(iter(pictures.values())):
        values = {}
        for methods in pictures.values():
            for key, value in methods.get(name, {}).items():
                values.setdefault(key, []).append(value)
        psnr = values.pop("psnr")
        row = {"psnr_mean": float(np.mean(psnr)), "psnr_median": float(np.median(psnr))}
        summary[name] = row | {key: float(np.mean(one)) for key, one in values.items()}
    if "truth" in summary:
        truth = summary["truth"]["colorfulness"]
        for row in summary.values():
            row["colorfulness_difference_of_means"] = abs(row["colorfulness"] - truth)
    return {name: row | (overall or {}).get(name, {}) for name, row in summary.items()}


def format_table(summary, metrics=HEADLINE, directions=False):
    """Formats metrics, keys of a summary by `summarize`, as a Markdown table, a row per method.

    There is a dash for what it lacks; with `directions` a first row says which way is better.
    """
    rows = [["better", *map(better, metrics)]] if directions else []
    for name, row in summary.items():
        rows.append([name, *(_cell(key, row.get(key)) for key in metrics)])
    return _markdown(["method", *(LABELS.get(key, key) for key in metrics)], rows)


def format_details(summary, n):
    """Formats the other metrics of a summary of n pictures as a Markdown table, a method a column.

    Without n a Frechet distance means nothing.
    """
    found = dict.fromkeys(key for row in summary.values() for key in row if key not in HEADLINE)
    rows = []
    # Known ones in the order of the table above, then the others as they came.
    for key in sorted(found, key=lambda key: [*LABELS, key].index(key)):
        label = f"{key}, n = {n}" if key.startswith("fid[") else LABELS.get(key, key)
        rows.append([label, better(key), *(_cell(key, row.get(key)) for row in summary.values())])
    return _markdown(["metric", "better", *summary], rows)


def _cell(key, value):
    return "-" if value is None else f"{value:.{_DECIMALS.get(key, 2)}f}"


def _markdown(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def write_csv(path, measurement, folder, overwrite=False):
    """Writes the metrics of a `Measurement`, a row per picture, by its path in folder, and method.

    Raises PhotographError if the file exists, unless `overwrite`, or cannot be written.
    """
    rows = [
        {"path": _relative(photograph, folder), "method": method, **metrics}
        for photograph, methods in measurement.pictures.items()
        for method, metrics in methods.items()
    ]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, dict.fromkeys(column for row in rows for column in row))
    writer.writeheader()
    writer.writerows(rows)
    write_file(path, text.getvalue(), overwrite)


def describe(measurement, folder, colorized=None):
    """Makes a record of a `Measurement`, a dict that JSON can hold, infinity as `"inf"`.

    It has versions, n, failures, metrics by method, their labels and which way they are better,
    and sha256 by path in the folder: of the photographs and, where these are given as a dict of
    path to path, of the `colorized` ones.
    """
    paths, summary = list(measurement.pictures), measurement.summary()
    backend = keras.backend.backend()
    measured = {
        "versions": {
            "keras_colorize": __version__,
            "keras": keras.version(),
            "backend": f"{backend} {sys.modules[backend].__version__}",
            "numpy": np.__version__,
            "python": sys.version.split()[0],
        },
        "n": len(paths),
        "failed": {_relative(p, folder): why for p, why in measurement.failures.items()},
        "metrics": {
            method: {key: one if math.isfinite(one) else str(one) for key, one in row.items()}
            for method, row in summary.items()
        },
        "labels": LABELS,
        "better": {key: better(key) for row in summary.values() for key in row},
        "photographs": {_relative(path, folder): sha256(path) for path in paths},
    }
    if colorized is not None:
        pictures = {_relative(path, folder): sha256(colorized[path]) for path in paths}
        measured["colorized_pictures"] = pictures
    return measured


def _relative(path, folder):
    return Path(path).relative_to(folder).as_posix()
