"""The tables of presets: what each costs, and its figures on several sets of photographs.

    python benchmarks/presets.py --set photographs=photos/ --set scenes=scenes/:400 \
        --classifier mobilenet_v2.weights.h5

prints Markdown: a row per preset with its parameters, size and milliseconds, then for each set a
row per preset between grey and the truth. Of --set, `:400` takes the first 400 photographs in
the order of their paths. With one preset named, it is the part of its model card with figures.
"""

import argparse
import logging
import sys
import time

import keras
import numpy as np
from common import labelled, median_seconds, named_set, plain_errors, unique

from keras_colorize import Colorizer, list_presets, load_preset
from keras_colorize.cli.common import count, whole
from keras_colorize.evaluation import format_table, make_evaluators, measure, measured_paths
from keras_colorize.evaluation.measure import mean_alone
from keras_colorize.evaluation.tables import HEADLINE, LABELS
from keras_colorize.precision import resolve_precision
from keras_colorize.presets import find_preset

CHOSEN = (
    *HEADLINE,
    *("ciede2000", "ssim", "auc_rebalanced"),
    *("recognized", "imagenet_top1", "scene_top1", "scene_top5"),
)
SIDE = 256


def main(arguments=None):
    """Measures and prints the tables."""
    options = _parse(arguments)
    # TensorFlow advises against inputs of many sizes, which photographs have.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    with plain_errors():
        sets = {
            name: (folder, measured_paths(folder, limit))
            for name, (folder, limit) in unique(options.set).items()
        }
        presets = unique(options.preset or [(name, name) for name in list_presets()])
        subjects = {label: _Subject(preset, options) for label, preset in presets.items()}
        print(_costs(subjects, options), flush=True)
        for name, (folder, paths) in sets.items():
            summaries = _summaries(subjects, name, folder, paths, options)
            print(f"\n{name} (n = {len(paths)}):\n")
            print(_table(summaries, options), flush=True)


def _parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add = parser.add_argument
    add("preset", nargs="*", type=labelled, help="PRESET or LABEL=PRESET; by default all shipped")
    add(
        "--set",
        type=named_set,
        action="append",
        default=[],
        metavar="NAME=FOLDER[:LIMIT]",
        help="color photographs to measure on; repeatable",
    )
    add("--classifier", help="MobileNetV2 weights: recognizability and FID")
    add("--figures", nargs="+", help="columns; `all` for all that were measured")
    add("--mean", action="store_true", help="a row with the mean decoder, too")
    add("--precision", default="auto", help="auto, float32 or bfloat16")
    add("--calls", type=count, default=20, help="timed calls of each network")
    add("--workers", type=whole, default=2, help="processes that decode")
    return parser.parse_args(arguments)


class _Subject:
    """A preset as it is measured; `methods` is empty where it only tells scenes apart."""

    def __init__(self, preset, options):
        model, self.config = load_preset(preset, resolve_precision(options.precision))
        self.parameters = model.count_params()
        self.weights = (find_preset(preset) / self.config.weights).resolve()
        self.megabytes = self.weights.stat().st_size / 1e6
        self.colorizer = Colorizer(model, self.config, levels=False, border=False)
        self.methods = {}
        if self.config.output != "class_logits":
            self.methods = {"mean": mean_alone(self.colorizer), "default": self.colorizer}

    def milliseconds(self, calls):
        """Median of one picture through the network as it is used, batch norms folded."""
        picture = np.full((1, SIDE, SIDE, 1), 50.0, "float32")
        return 1000 * median_seconds(lambda: self.colorizer.model.predict_on_batch(picture), calls)


def _costs(subjects, options):
    lines = [f"| preset | network | parameters | MB | ms at {SIDE}x{SIDE} |", f"|{'---|' * 5}"]
    for label, one in subjects.items():
        cells = (
            f"{one.parameters / 1e6:.2f} M | {one.megabytes:.1f} | "
            f"{one.milliseconds(options.calls):.1f}"
        )
        lines.append(f"| {label} | `{one.config.network}` | {cells} |")
    # Presets of one network share a file.
    together = sum({one.weights: one.megabytes for one in subjects.values()}.values())
    return "\n".join([*lines, f"\nTogether {together:.1f} MB."])


def _summaries(subjects, name, folder, paths, options):
    found = {}
    for label, subject in subjects.items():
        start = time.process_time()
        summary = _measured(subject, folder, paths, options)
        seconds = time.process_time() - start
        said = f"{seconds:.0f} processor seconds" if summary else "nothing to measure"
        print(f"{name}: {label}: {said}", file=sys.stderr, flush=True)
        found |= {label: summary} if summary else {}
    return found


def _measured(subject, folder, paths, options):
    """Figures by method: grey, the methods and truth; None where a classifier finds no scenes."""
    keras.utils.set_random_seed(0)
    scenes = subject.colorizer, tuple(subject.methods) or ("grey",), folder
    evaluators, absent = make_evaluators(paths, options.classifier, scenes=scenes)
    if not subject.methods and any("scene" in figure for figure in absent):
        return None
    measurement = measure(subject.methods, paths, evaluators=evaluators, workers=options.workers)
    if measurement.failures:
        path, reason = next(iter(measurement.failures.items()))
        raise ValueError(f"{path}: {reason}")
    summary = measurement.summary()
    if not subject.methods:
        # What a network without colors saw in the grey pictures is its own figure, not grey's.
        seen = ("scene_top1", "scene_top5")
        summary["default"] = {key: summary["grey"].pop(key) for key in seen}
    return summary


def _table(summaries, options):
    if not summaries:
        return "Nothing was measured."
    # What all presets share, grey and the truth, comes from the first.
    first = next(iter(summaries.values()))
    rows = {"grey": first["grey"]}
    for label, summary in summaries.items():
        if options.mean and "mean" in summary:
            rows[f"{label}, mean"] = summary["mean"]
        rows[label] = summary["default"]
    rows["truth"] = first["truth"]
    known = dict.fromkeys(key for row in rows.values() for key in row)
    ordered = [key for key in LABELS if key in known] + [key for key in known if key not in LABELS]
    return format_table(rows, _columns(options.figures, ordered))


def _columns(chosen, known):
    if chosen == ["all"]:
        return known
    if chosen is None:
        return [key for key in known if key in CHOSEN or key.startswith("fid[")]
    unknown = sorted(set(chosen) - set(known))
    if unknown:
        raise ValueError(f"expected figures among all, {', '.join(known)}, received {unknown}.")
    return chosen


if __name__ == "__main__":
    main()
