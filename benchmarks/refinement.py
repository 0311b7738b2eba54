"""Decoders, the Markov random field, hints and palettes on a folder of photographs.

    python benchmarks/refinement.py vivid photographs/ --sheet sheet.png
    python benchmarks/refinement.py vivid photographs/ --hints --limit 20

prints the tables of docs/mrf.md. Vividness can be had from every method by its saturation, and
error and blotches grow with it, so that each method has two rows: as it comes, and with the
saturation at which the set is as colorful as with the preset's defaults. With --hints: points of
the true color, and the true picture as palette, the most that there is to gain.
"""

import argparse
import time

import numpy as np

from keras_colorize import Colorizer
from keras_colorize.color import rgb_to_lab
from keras_colorize.evaluation import SheetRows, format_table, measure, measured_paths

FIGURES = ("psnr_mean", "ab_error", "colorfulness", "blotchiness", "seconds")
POINTS = (1, 3, 10, 30)
PALETTES = (("product", 1.0), ("transfer", 0.5), ("transfer", 1.0))


def main():
    """Prints a table, a row per method."""
    options = _parse()
    default = Colorizer.from_preset(options.preset)
    paths = measured_paths(options.folder, options.limit)
    if options.hints:
        methods = _hinted(default.replace(decoder="mean", saturation=1.0))
    else:
        methods = {name: Timed(colorizer) for name, colorizer in _plain(default).items()}
        methods |= _matched(methods, default, paths[: options.calibrate])
    rows = SheetRows(options.folder)
    on_sample = rows.add_sample if options.sheet else lambda sample: None
    measurement = measure(methods, paths, evaluators=[Seconds(methods)], on_sample=on_sample)
    print(format_table(measurement.summary(), FIGURES))
    if options.sheet:
        rows.write(options.sheet, "Refinement")


def _parse():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("preset", help="name or folder of a preset")
    parser.add_argument("folder", help="folder of color photographs")
    parser.add_argument("--hints", action="store_true", help="hints and palettes")
    parser.add_argument("--limit", type=int, help="take the first N")
    parser.add_argument("--calibrate", type=int, default=30, help="photographs for the saturation")
    parser.add_argument("--sheet", help="contact sheet to write, PNG or JPEG")
    return parser.parse_args()


def _plain(default):
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
    colorful = {name: row["colorfulness"] for name, row in found.summary().items()}
    matched = {}
    for name, method in plain.items():
        saturation = round(colorful["default"] / colorful[name], 2)
        changed = method.colorizer.replace(saturation=saturation)
        matched[f"{name}, saturation {saturation}"] = Timed(changed)
    return matched


def _hinted(mean):
    methods = {"mean": Timed(mean), "MRF": Timed(mean.replace(refine="mrf"))}
    for count in POINTS:
        for name in ("mean", "MRF"):
            own = methods[name].colorizer
            methods[f"{name}, {count} hints"] = Timed(own, lambda rgb, n=count: hints(rgb, n))
    for mode, strength in PALETTES:
        own = mean.replace(palette_mode=mode, palette_strength=strength)
        methods[f"mean, true palette, {mode} {strength}"] = Timed(own, lambda rgb: {"palette": rgb})
    return methods


def hints(rgb, count):
    """Hints of the true colors at random pixels, each the mean of five by five."""
    ab = np.asarray(rgb_to_lab(rgb))[..., 1:]
    known, mask = np.zeros_like(ab), np.zeros(ab.shape[:2], bool)
    # The same points for every method.
    draw = np.random.default_rng(0)
    for _ in range(count):
        y, x = draw.integers(2, ab.shape[0] - 2), draw.integers(2, ab.shape[1] - 2)
        spot = np.s_[y - 2 : y + 3, x - 2 : x + 3]
        known[spot], mask[spot] = ab[spot].mean(axis=(0, 1)), True
    return {"hints": (known, mask)}


class Timed:
    """A colorizer that knows how long it took; options may depend on the true picture."""

    def __init__(self, colorizer, options_of=None):
        self.colorizer, self.options_of, self.seconds = colorizer, options_of, 0.0

    def __call__(self, rgb):
        """Colorizes sRGB (H, W, 3) in [0, 1]."""
        own = self.colorizer
        if self.options_of is not None:
            own = own.replace(**self.options_of(rgb))
        started = time.perf_counter()
        made = own(rgb)
        self.seconds = time.perf_counter() - started
        return made


class Seconds:
    """Evaluator of time."""

    def __init__(self, methods):
        self.methods = methods

    def update(self, path, target, predictions):
        """Seconds of a photograph by method."""
        return {name: {"seconds": method.seconds} for name, method in self.methods.items()}


if __name__ == "__main__":
    main()
