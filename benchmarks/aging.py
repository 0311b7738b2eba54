"""How much worse an old photograph is colored: a preset on aged views of color photographs.

The network sees the lightness of the aged view, at the working size of the preset; its a and b
are then put on the true lightness and compared with the true colors. A preset that was trained
with `--aged_share` should lose less:

    python benchmarks/aging.py vivid photographs/ --limit 100
"""

import argparse

import numpy as np
import tensorflow as tf
from keras import ops

from keras_colorize import Colorizer
from keras_colorize.color import rgb_to_lightness
from keras_colorize.data import aged_view
from keras_colorize.data.aging import PARTS
from keras_colorize.evaluation import (
    format_table,
    measured_paths,
    picture_metrics,
    scaled_rgb,
    summarize,
)
from keras_colorize.evaluation.measure import mean_alone
from keras_colorize.inference.compose import compose, to_working_size

CONDITIONS = {
    **{part: (part,) for part in PARTS},
    "as drawn in training": None,
    "all together": PARTS,
}
"""The parts of `aged_view` by the name of a row."""


def main():
    """Prints a table, a row per condition."""
    options = _parse()
    # Nearness to the truth says more where nothing is made more vivid afterwards.
    colorizer = mean_alone(Colorizer.from_preset(options.preset))
    results = {}
    for number, path in enumerate(measured_paths(options.folder, options.limit)):
        rgb = scaled_rgb(path, colorizer.working_size)
        results[path] = picture_metrics(rgb, {**_colored(colorizer, rgb, number), "truth": rgb})
    print(format_table(summarize(results), ("ab_error", "psnr_mean", "colorfulness")))


def _parse():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("preset", help="name or folder of a preset")
    parser.add_argument("folder", help="folder of color photographs")
    parser.add_argument("--limit", type=int, help="take the first N")
    return parser.parse_args()


def _colored(colorizer, rgb, number):
    """The photograph with its own lightness and the colors predicted in each condition."""
    films = {"clean": rgb}
    for name, parts in CONDITIONS.items():
        # The same seed for all: a part is as strong alone as among the others.
        films[name] = aged_view(rgb, tf.constant([0, number]), parts).numpy()
    lightness = _lightness(rgb)[None]
    made = {}
    for name, film in films.items():
        small = to_working_size(_lightness(film), colorizer.working_size)
        ab = colorizer.predict_ab(small[None])
        made[name] = compose(lightness, ab, colorizer.saturation)[0]
    return made


def _lightness(rgb):
    return np.clip(ops.convert_to_numpy(rgb_to_lightness(rgb)), 0.0, 100.0)


if __name__ == "__main__":
    main()
