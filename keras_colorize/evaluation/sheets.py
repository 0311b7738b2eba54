"""Contact sheets of colorized photographs, and the photographs of the demonstration."""

import dataclasses
from pathlib import Path

import skimage.data

from keras_colorize.color import rgb_to_lab
from keras_colorize.evaluation.pictures import as_grey, scaled_rgb
from keras_colorize.inference.pixels import from_float, to_float
from keras_colorize.io import Photograph, PhotographError, contact_sheet, write_photograph

CELL = 256
"""Side in pixels of a picture on a sheet."""

MOST_ROWS = 60
"""Rows of a sheet; the pictures of a large folder would not fit into memory."""

DEMO = ("astronaut", "chelsea", "coffee", "rocket")
"""Color photographs inside scikit-image that the demonstration makes grey."""


class _Rows:
    """The first rows of a contact sheet, and how many there would be in all."""

    def __init__(self):
        self.total = 0
        self.rows = []
        self.captions = []

    def _wants_more(self):
        """Counts a picture; says whether there is a row for it."""
        self.total += 1
        return len(self.rows) < MOST_ROWS

    def _write(self, path, title, headings):
        more = self.total - len(self.rows)
        contact_sheet(self.rows, self.captions, path, CELL, title, headings, more)


class SheetRows(_Rows):
    """Collects the rows of a contact sheet: grey, colorized and, where there is one, true.

    Args:
        truth: folder of true colors with the same relative paths as the inputs, or None.
    """

    def __init__(self, truth=None):
        super().__init__()
        self.truth = None if truth is None else Path(truth)

    def add(self, outcome):
        """Adds a finished job; see `Outcome`, which must carry its pictures."""
        if not self._wants_more():
            return
        # A given picture may have color; the network sees its lightness alone.
        grey = _grey(_thumbnail(outcome.before.pixels))
        row = [grey, _thumbnail(outcome.after.pixels)]
        self.rows.append(row + self._true(outcome.job.relative))
        self.captions.append(str(outcome.job.relative))

    def write(self, path, title):
        """Writes the sheet, see `contact_sheet`."""
        headings = ("grey", "colorized", "true")[: max(len(row) for row in self.rows)]
        self._write(path, title, headings)

    def _true(self, relative):
        if self.truth is None:
            return []
        try:
            return [from_float(scaled_rgb(self.truth / relative, CELL), "uint8")]
        except PhotographError:
            # A sheet is still of use where the truth of one photograph is not known.
            return []


class MeasuredRows(_Rows):
    """Collects the rows of the contact sheet of a measurement: a column per method.

    Args:
        folder: folder that the captions name the photographs in.
    """

    def __init__(self, folder):
        super().__init__()
        self.folder = Path(folder)
        self.headings = ()

    def add(self, sample):
        """Adds a photograph; see `Sample`, which must not have failed."""
        if not self._wants_more():
            return
        self.headings = tuple(sample.made)
        self.rows.append([from_float(one, "uint8") for one in sample.made.values()])
        self.captions.append(str(Path(sample.path).relative_to(self.folder)))

    def write(self, path, title):
        """Writes the sheet, see `contact_sheet`."""
        self._write(path, title, self.headings)


def sweep_pictures(colorizer, pixels):
    """A photograph after every sweep of a refinement (Melas-Kyriazi & Han 2017, figure 4).

    Args:
        colorizer: a `Colorizer` with a refinement.
        pixels: array (H, W, C), the photograph.

    Returns:
        List of uint8 arrays (h, w, 3): grey, which is what the uniform start of mean field
        decodes to, and the result after each sweep.

    Raises:
        ValueError: for a colorizer without refinement.
    """
    refinement = colorizer.refinement
    if refinement is None:
        raise ValueError('Expected a colorizer with a refinement, such as refine="mrf".')
    pictures = [_grey(_thumbnail(pixels))]
    for sweeps in range(1, refinement.sweeps + 1):
        one = colorizer.replace(refine=dataclasses.replace(refinement, sweeps=sweeps))
        pictures.append(_thumbnail(one(pixels)))
    return pictures


def write_demo_photographs(folder):
    """Writes the photographs of the demonstration.

    Args:
        folder: their true colors go to `truth/` in it, grey copies to `grey/`.
    """
    for name in DEMO:
        pixels = getattr(skimage.data, name)()
        for kind, made in (("truth", pixels), ("grey", _grey(pixels))):
            path = Path(folder) / kind / f"{name}.jpg"
            write_photograph(path, Photograph(made), mark_colorized=False, overwrite=True)


def _thumbnail(pixels):
    step = max(1, max(pixels.shape[:2]) // (2 * CELL))
    return from_float(to_float(pixels[::step, ::step]), "uint8")


def _grey(pixels):
    return from_float(as_grey(rgb_to_lab(to_float(pixels))[..., :1]), "uint8")
