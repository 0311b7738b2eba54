"""Averages over pictures, and the tables that are printed of them."""

import numpy as np

HEADLINE = ("psnr_mean", "psnr_median", "ab_error", "colorfulness")
"""Figures of the first table: nearness to the truth, and as much color as there."""

LABELS = {
    "psnr_mean": "PSNR mean",
    "psnr_median": "PSNR median",
    "ab_error": "ab error",
    "colorfulness": "colorfulness",
    "colorfulness_difference": "colorfulness difference, mean per picture",
    "colorfulness_difference_of_means": "colorfulness difference, of means",
    "saturation_difference": "saturation difference, %",
    "ssim": "SSIM",
    "ciede2000": "CIEDE2000",
    "ab_mse": "squared error of ab in [0, 1]",
    "luv_uv_error": "squared error of u, v (CIELUV), sum of both",
    "acc_u": "Acc(U), %",
    "acc_v": "Acc(V), %",
    "auc": "AuC, %",
    "auc_rebalanced": "AuC, rebalanced, %",
    "recognized": "recognizability, top-1 as on truth, %",
    "imagenet_top1": "ImageNet top-1, %",
    "scene_top1": "scene top-1, %",
    "scene_top5": "scene top-5, %",
}
"""What figures are called; others, such as `fid[mobilenet_v2]`, are called by their names."""

_DECIMALS = {"ssim": 4, "ab_mse": 5, "luv_uv_error": 1, "lpips[alex]": 4}


def summarize(results, totals=None):
    """Averages figures over pictures.

    Args:
        results: dict of path to dict of method to dict of figure to float, see `Measurement`.
        totals: dict of method to dict of figure to float, which join the averages, or None.

    Returns:
        dict of method to dict of figure to float. PSNR has its mean and its median; the
        difference in colorfulness is also that of the means. A figure that some pictures do not
        have is averaged over those that do.
    """
    names = next(iter(results.values()))
    truth = _column(results, "truth", "colorfulness") if "truth" in names else None
    return {name: _summary(results, name, truth) | (totals or {}).get(name, {}) for name in names}


def format_table(summary, figures=HEADLINE):
    """Formats some figures of a summary as a Markdown table, a row per method.

    Args:
        summary: what `summarize` returns.
        figures: keys of the figures, a column each.

    Returns:
        Text; a dash where a method does not have a figure.
    """
    rows = [[name, *(_cell(key, row.get(key)) for key in figures)] for name, row in summary.items()]
    return _markdown(["method", *(LABELS.get(key, key) for key in figures)], rows)


def format_details(summary, n):
    """Formats the other figures of a summary as a Markdown table, a column per method.

    Args:
        summary: what `summarize` returns.
        n: how many pictures were measured; a Frechet distance means nothing without it.

    Returns:
        Text; a dash where a method does not have a figure.
    """
    found = dict.fromkeys(key for row in summary.values() for key in row if key not in HEADLINE)
    keys = [key for key in LABELS if key in found] + [key for key in found if key not in LABELS]
    rows = [
        [_label(key, n), *(_cell(key, row.get(key)) for row in summary.values())] for key in keys
    ]
    return _markdown(["figure", *summary], rows)


def _summary(results, name, truth):
    keys = dict.fromkeys(key for row in results.values() for key in row.get(name, {}))
    means = {key: float(np.mean(_column(results, name, key))) for key in keys}
    psnr = _column(results, name, "psnr")
    summary = {"psnr_mean": means.pop("psnr"), "psnr_median": float(np.median(psnr)), **means}
    if truth is not None:
        off = abs(means["colorfulness"] - float(np.mean(truth)))
        summary["colorfulness_difference_of_means"] = off
    return summary


def _column(results, name, key):
    return [row[name][key] for row in results.values() if key in row.get(name, {})]


def _label(key, n):
    return f"{key}, n = {n}" if key.startswith("fid[") else LABELS.get(key, key)


def _cell(key, value):
    return "-" if value is None else f"{value:.{_DECIMALS.get(key, 2)}f}"


def _markdown(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
