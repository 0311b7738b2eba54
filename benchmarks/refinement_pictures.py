"""The pictures of docs/mrf.md, from photographs that come with scikit-image.

python benchmarks/refinement_pictures.py docs/mrf.jpg
"""

import argparse

import numpy as np
import skimage.data

from keras_colorize import Colorizer
from keras_colorize.color import rgb_to_lab
from keras_colorize.evaluation import as_grey
from keras_colorize.inference import point_hints
from keras_colorize.inference.pixels import from_float, to_float
from keras_colorize.io import contact_sheet

HINTS = {
    "astronaut": [(110, 368, "#3050b0")],
    "coffee": [(90, 240, "#a02020")],
    "chelsea": [(45, 150, "#308040")],
    "rocket": [(100, 100, "#804080")],
}
HEADINGS = ("grey", "annealed mean", "mode", "MRF, paper", "MRF", "palette: coffee", "one hint")
CELL = 136


def main():
    """Writes the sheet."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("output", help="JPEG or PNG file")
    options = parser.parse_args()
    colorizer = Colorizer.from_preset()
    rows = [_row(colorizer, name) for name in HINTS]
    captions = [f"{name}, --hint {_words(*HINTS[name][0])}" for name in HINTS]
    contact_sheet(rows, captions, options.output, CELL, headings=HEADINGS)


def _words(x, y, color):
    return f"{x},{y},{color}"


def _row(colorizer, name):
    pixels = getattr(skimage.data, name)()
    points = [{"x": x, "y": y, "color": color} for x, y, color in HINTS[name]]
    hints = point_hints(points, pixels.shape[:2])
    variants = (
        {},
        {"decoder": "mode"},
        {"refine": "mrf-paper", "decoder": "mean"},
        {"refine": "mrf", "decoder": "mean"},
        {"palette": skimage.data.coffee()},
        {"hints": hints},
    )
    grey = from_float(as_grey(rgb_to_lab(to_float(pixels))[..., :1]), "uint8")
    made = [colorizer.replace(**options)(pixels) for options in variants]
    made[-1] = _marked(made[-1], hints.mask)
    return [np.asarray(grey), *made]


def _marked(pixels, mask):
    """Shows where the hint is: a white square with a black border around it."""
    rows, columns = np.nonzero(mask)
    top, left = rows.min(), columns.min()
    bottom, right = rows.max() + 1, columns.max() + 1
    marked = pixels.copy()
    for margin, level in ((6, 0), (4, 255)):
        marked[top - margin : bottom + margin, left - margin : right + margin] = level
    marked[top:bottom, left:right] = pixels[top:bottom, left:right]
    return marked


if __name__ == "__main__":
    main()
