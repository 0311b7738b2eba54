"""What hints and palettes are worth: points of the true color, and the true picture as palette.

python benchmarks/hints.py vivid photographs/ --limit 20
"""

import argparse

import numpy as np

from keras_colorize import Colorizer
from keras_colorize.color import rgb_to_lab
from keras_colorize.evaluation import format_table, measure, measured_paths, summarize


def main():
    """Prints a table, a row per number of hints and per palette."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("preset", help="name or folder of a preset")
    parser.add_argument("folder", help="folder of color photographs")
    parser.add_argument("--limit", type=int, help="take the first N")
    parser.add_argument("--points", type=int, nargs="+", default=[1, 3, 10, 30])
    options = parser.parse_args()
    colorizer = Colorizer.from_preset(options.preset).replace(decoder="mean", saturation=1.0)
    measurement = measure(
        _methods(colorizer, options.points), measured_paths(options.folder, options.limit)
    )
    summary = summarize(measurement.results, measurement.totals)
    print(format_table(summary, ("psnr_mean", "ab_error", "colorfulness")))


def _methods(colorizer, points):
    methods = {"mean": colorizer, "MRF": colorizer.replace(refine="mrf")}
    for count in points:
        for name in ("mean", "MRF"):
            methods[f"{name}, {count} hints"] = _Hinted(methods[name], count)
    for mode, strength in (("product", 1.0), ("transfer", 0.5), ("transfer", 1.0)):
        methods[f"mean, true palette, {mode} {strength}"] = _WithPalette(colorizer, mode, strength)
    return methods


class _Hinted:
    """Hints of the true colors at random pixels, each the mean of five by five."""

    def __init__(self, colorizer, count):
        self.colorizer, self.count = colorizer, count

    def __call__(self, rgb):
        ab = np.asarray(rgb_to_lab(rgb))[..., 1:]
        known, mask = np.zeros_like(ab), np.zeros(ab.shape[:2], bool)
        # The same points for every method.
        draw = np.random.default_rng(0)
        for _ in range(self.count):
            y, x = draw.integers(2, ab.shape[0] - 2), draw.integers(2, ab.shape[1] - 2)
            spot = np.s_[y - 2 : y + 3, x - 2 : x + 3]
            known[spot], mask[spot] = ab[spot].mean(axis=(0, 1)), True
        return self.colorizer.replace(hints=(known, mask))(rgb)


class _WithPalette:
    """The picture's own colors as palette: the most that a palette can do."""

    def __init__(self, colorizer, mode, strength):
        self.colorizer = colorizer.replace(palette_mode=mode, palette_strength=strength)

    def __call__(self, rgb):
        return self.colorizer.replace(palette=rgb)(rgb)


if __name__ == "__main__":
    main()
