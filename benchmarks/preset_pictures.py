"""What each preset makes of the same photographs: one picture, presets across.

    python benchmarks/preset_pictures.py presets.jpg
    python benchmarks/preset_pictures.py presets.jpg old.jpg new.jpg --preset mine=runs/mine/preset

Without photographs, eight that come with scikit-image and matplotlib and may be passed on; three
of them are truly grey. Columns: grey, the presets that colorize, the truth.
"""

import argparse
from pathlib import Path

import matplotlib
import numpy as np
import skimage.data
from experiments import labelled, plain_errors, unique

from keras_colorize import Colorizer, list_presets
from keras_colorize.cli.options import count
from keras_colorize.color import rgb_to_lab
from keras_colorize.evaluation import as_grey, scaled_rgb
from keras_colorize.evaluation.pictures import LONG_SIDE
from keras_colorize.inference.pixels import from_float
from keras_colorize.io import contact_sheet

SKIMAGE = Path(skimage.data.__file__).parent
PHOTOGRAPHS = (
    *(SKIMAGE / f"{name}.png" for name in ("astronaut", "chelsea", "coffee")),
    SKIMAGE / "rocket.jpg",
    Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg",
    *(SKIMAGE / f"{name}.png" for name in ("camera", "grass", "brick")),
)


def main(arguments=None):
    """Writes the picture."""
    options = _parse(arguments)
    with plain_errors():
        paths = options.photograph or PHOTOGRAPHS
        true = [scaled_rgb(path, LONG_SIDE) for path in paths]
        columns = {"grey": [as_grey(rgb_to_lab(rgb)[..., :1]) for rgb in true]}
        columns |= _colorized(true, options)
        columns["truth"] = true
        rows = [_row(made) for made in zip(*columns.values(), strict=True)]
        captions = [Path(path).stem for path in paths]
        contact_sheet(rows, captions, options.output, options.cell, headings=tuple(columns))
    print(f"{options.output}: {Path(options.output).stat().st_size / 1e6:.1f} MB")


def _parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("output", help="JPEG or PNG file to write")
    parser.add_argument("photograph", nargs="*", help="color photographs, one a row")
    parser.add_argument(
        "--preset",
        type=labelled,
        action="append",
        help="PRESET or LABEL=PRESET, repeatable; by default all shipped that colorize",
    )
    parser.add_argument("--cell", type=count, default=200, help="side of a picture in pixels")
    parser.add_argument("--precision", default="auto", help="auto, float32 or bfloat16")
    return parser.parse_args(arguments)


def _row(made):
    """The pictures of a row; of a truly grey photograph the truth is not known."""
    known = np.ptp(made[-1], axis=-1).any()
    return [from_float(one, "uint8") for one in (made if known else made[:-1])]


def _colorized(true, options):
    presets = unique(options.preset or [(name, name) for name in _colorizing()])
    columns = {}
    for label, preset in presets.items():
        colorizer = Colorizer.from_preset(preset, precision=options.precision)
        if not colorizer.config.colorizes:
            raise ValueError(f"expected presets that colorize, {label} only tells scenes apart")
        columns[label] = [colorizer(rgb) for rgb in true]
    return columns


def _colorizing():
    return [name for name, one in list_presets().items() if one.colorizes]


if __name__ == "__main__":
    main()
