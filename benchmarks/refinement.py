"""Mean, annealed mean, mode and the Markov random field on a folder of photographs.

Prints the table of docs/mrf.md. Vividness can be had from every method by its saturation, and
error and blotches grow with it, so that each method has two rows: as it comes, and with the
saturation at which the set is as colorful as with the preset's defaults:

    python benchmarks/refinement.py vivid photographs/ --sheet sheet.png
"""

import argparse
import time

from keras_colorize import Colorizer
from keras_colorize.evaluation import MeasuredRows, format_table, measure, measured_paths, summarize
from keras_colorize.metrics import blotchiness

FIGURES = ("psnr_mean", "ab_error", "colorfulness", "blotchiness", "seconds")


def main():
    """Prints a table, a row per method and saturation."""
    options = _parse()
    default = Colorizer.from_preset(options.preset)
    paths = measured_paths(options.folder, options.limit)
    plain = {name: _Timed(colorizer) for name, colorizer in _methods(default).items()}
    methods = plain | _matched(plain, default, paths[: options.calibrate])
    rows = MeasuredRows(options.folder)
    on_sample = rows.add if options.sheet else lambda sample: None
    measurement = measure(methods, paths, judges=[_Blotches(methods)], on_sample=on_sample)
    print(format_table(summarize(measurement.results, measurement.totals), FIGURES))
    if options.sheet:
        rows.write(options.sheet, "Refinement")


def _parse():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("preset", help="name or folder of a preset")
    parser.add_argument("folder", help="folder of color photographs")
    parser.add_argument("--limit", type=int, help="take the first N")
    parser.add_argument("--calibrate", type=int, default=30, help="photographs for the saturation")
    parser.add_argument("--sheet", help="contact sheet to write, PNG or JPEG")
    return parser.parse_args()


def _methods(default):
    """Every method as it comes: saturation 1."""
    one = default.replace(saturation=1.0)
    mean = one.replace(decoder="mean")
    return {
        "mean": mean,
        f"annealed mean, T = {default.temperature}": one.replace(decoder="annealed"),
        "mode": one.replace(decoder="mode"),
        "MRF, constants of the paper": mean.replace(refine="mrf-paper"),
        "MRF": mean.replace(refine="mrf"),
        f"MRF, T = {default.temperature}": one.replace(decoder="annealed", refine="mrf"),
    }


def _matched(plain, default, paths):
    """The same methods, as colorful as the default colorizer."""
    found = measure({"default": default, **plain}, paths)
    colorful = {
        name: row["colorfulness"] for name, row in summarize(found.results, found.totals).items()
    }
    matched = {}
    for name, method in plain.items():
        saturation = round(colorful["default"] / colorful[name], 2)
        colorizer = method.colorizer.replace(saturation=saturation)
        matched[f"{name}, saturation {saturation}"] = _Timed(colorizer)
    return matched


class _Timed:
    """A colorizer that knows how long it took."""

    def __init__(self, colorizer):
        self.colorizer, self.seconds = colorizer, 0.0

    def __call__(self, rgb):
        started = time.perf_counter()
        made = self.colorizer(rgb)
        self.seconds = time.perf_counter() - started
        return made


class _Blotches:
    """Judge of blotches and of time."""

    def __init__(self, methods):
        self.methods = methods

    def rows(self, path, rgb, made):
        seconds = {name: {"seconds": method.seconds} for name, method in self.methods.items()}
        return {
            name: {"blotchiness": float(blotchiness(one)), **seconds.get(name, {})}
            for name, one in made.items()
        }

    def totals(self):
        return {}


if __name__ == "__main__":
    main()
