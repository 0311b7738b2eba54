"""Contact sheets and plots of what was measured, and the photographs of the demonstration."""

import contextlib
import csv
import math
from pathlib import Path

import numpy as np
import skimage.data

from keras_colorize.errors import InputError
from keras_colorize.inference.pixels import from_float, lightness_of
from keras_colorize.io import Photograph, PhotographError, contact_sheet, write_photograph
from keras_colorize.io.atomic import atomic_file
from keras_colorize.io.photograph import small_pixels
from .measure import as_grey, scaled_rgb

# Side in pixels of a picture on a sheet.
CELL = 256
# Rows of a sheet; the pictures of a large folder would not fit into memory.
MOST_ROWS = 240
# Color photographs inside scikit-image that the demonstration makes grey.
DEMO = ("astronaut", "chelsea", "coffee", "rocket")


class SheetRows:
    """Collects the first rows of a contact sheet, of finished jobs or of a measurement.

    The folder `truth` has true colors by the relative paths of the inputs; it may be None.
    """

    def __init__(self, truth=None):
        self.truth = None if truth is None else Path(truth)
        self.total, self.rows, self.captions, self.headings = 0, [], [], ()

    def add(self, outcome):
        """Adds the pictures of an `Outcome`: grey, colorized and, where there is one, true."""

        def row():
            # A given picture may have color; the network sees its lightness alone.
            yield _grey(small_pixels(outcome.before, CELL))
            yield small_pixels(outcome.after, CELL)
            # A sheet is still of use where the truth of one photograph is not known.
            with contextlib.suppress(PhotographError):
                if self.truth is not None:
                    yield from_float(scaled_rgb(self.truth / outcome.job.relative, CELL), "uint8")

        self._add(outcome.job.relative, ("grey", "colorized", "true"), row())

    def add_sample(self, sample):
        """Adds a measured `Sample` that did not fail: a column per method."""
        row = (from_float(one, "uint8") for one in sample.predictions.values())
        self._add(Path(sample.path).relative_to(self.truth), tuple(sample.predictions), row)

    def _add(self, caption, headings, pictures):
        self.total, self.headings = self.total + 1, headings
        if self.total <= MOST_ROWS:
            self.rows.append(list(pictures))
            self.captions.append(str(caption))

    def write(self, path, title):
        """Writes the sheet, see `contact_sheet`; returns the paths of its pages."""
        headings = self.headings[: max(len(row) for row in self.rows)]
        more = self.total - len(self.rows)
        return contact_sheet(self.rows, self.captions, path, CELL, title, headings, more)


def write_plot(path, measurement, history=None, overwrite=False):
    """Draws the ab error of every picture of a `Measurement` against its colorfulness.

    The file is PNG or JPEG. With the path of the `history.csv` of a training run each of its
    columns becomes a panel, too, with that of the validation as a second line.

    Raises:
        PhotographError: if the file exists, unless `overwrite`, or cannot be written.
        ValueError: if the history cannot be read.
    """
    # Only a plot needs matplotlib, whose import takes half a second.
    from matplotlib.figure import Figure

    curves = _curves(history) if history else {}
    columns = min(3, 1 + len(curves))
    lines = math.ceil((1 + len(curves)) / columns)
    figure = Figure(figsize=(5 * columns, 4 * lines), layout="constrained")
    panels = iter(figure.subplots(lines, columns, squeeze=False).flat)
    axes = next(panels)
    rows = measurement.pictures.values()
    for method in next(iter(rows)):
        if method != "truth":
            keys = ("colorfulness", "ab_error")
            axes.scatter(*([row[method][key] for row in rows] for key in keys), s=9, label=method)
    axes.set(xlabel="colorfulness", ylabel="ab error (lower is better)", title="per picture")
    axes.legend()
    for name, curve in curves.items():
        axes = next(panels)
        for label, values in curve.items():
            axes.plot(np.arange(1, len(values) + 1), values, label=label)
        axes.set(xlabel="epoch", title=name)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.legend()
    for axes in panels:
        axes.set_axis_off()
    with atomic_file(path, overwrite) as stream:
        figure.savefig(stream, format=Path(path).suffix[1:].lower(), dpi=120)


def _curves(path):
    """Dict of metric to dict of "training" and "validation" to its values by epoch."""
    curves = {}
    try:
        with open(path, newline="", encoding="utf-8") as file:
            _, *columns = zip(*csv.reader(file), strict=True)
        for key, *values in columns:
            label = "validation" if key.startswith("val_") else "training"
            curve = curves.setdefault(key.removeprefix("val_"), {})
            curve[label] = [float(value or "nan") for value in values]
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: expected the history of a training run: {error}") from error
    return curves


def write_demo_photographs(folder):
    """Writes the demonstration's photographs to `truth/` in a folder, and grey ones to `grey/`."""
    for name in DEMO:
        pixels = getattr(skimage.data, name)()
        for kind, one in (("truth", pixels), ("grey", _grey(pixels))):
            path = Path(folder) / kind / f"{name}.jpg"
            write_photograph(path, Photograph(one), mark_colorized=False, overwrite=True)


def _grey(pixels):
    return from_float(as_grey(lightness_of(pixels)), "uint8")
