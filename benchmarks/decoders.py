"""Error against colorfulness of one preset, by working size, temperature and saturation.

The defaults of a preset are chosen from this table, on photographs that its figures are not
reported on:

    python benchmarks/decoders.py distribution_unet_places photographs/ --skip 400
"""

import argparse
import itertools

from keras import ops

from keras_colorize import Colorizer
from keras_colorize.color import rgb_to_lab
from keras_colorize.evaluation import figures, measured_paths, scaled_rgb, summarize
from keras_colorize.inference import compose, predicted_ab
from keras_colorize.inference.options import STRIDE
from keras_colorize.inference.pixels import to_working_size


def main():
    """Prints a table, a row per setting."""
    options = _parse()
    colorizer = Colorizer.from_preset(options.preset)
    paths = measured_paths(options.folder)[options.skip :][: options.limit]
    grid = list(itertools.product(options.working_size, options.temperature, options.saturation))
    results = {path: _measure(colorizer, path, grid, options) for path in paths}
    print("| working size | temperature | saturation | PSNR | ab error | colorfulness |")
    print("|---|---|---|---|---|---|")
    for (size, temperature, saturation), row in summarize(results).items():
        cells = (row["psnr_mean"], row["ab_error"], row["colorfulness"])
        values = " | ".join(f"{cell:.2f}" for cell in cells)
        print(f"| {size} | {temperature} | {saturation} | {values} |")


def _parse():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("preset", help="name or folder of a preset")
    parser.add_argument("folder", help="folder of color photographs")
    parser.add_argument("--skip", type=int, default=0, help="leave the first N out")
    parser.add_argument("--limit", type=int, help="take N")
    parser.add_argument("--working-size", type=int, nargs="+", default=[256])
    parser.add_argument("--temperature", type=float, nargs="+", default=[1.0, 0.7, 0.5, 0.38])
    parser.add_argument("--saturation", type=float, nargs="+", default=[1.0, 1.2, 1.4])
    return parser.parse_args()


def _measure(colorizer, path, grid, options):
    rgb = scaled_rgb(path, 256)
    lightness = ops.convert_to_numpy(rgb_to_lab(rgb)[..., :1])
    output = colorizer.contract.output
    predictions = {}
    for size in options.working_size:
        # The network runs once per size; every decoder setting reads the same prediction.
        small = to_working_size(lightness, size, STRIDE)[None]
        predictions[size] = small, colorizer.model.predict_on_batch(small)[output]
    made = {}
    for size, temperature, saturation in grid:
        small, prediction = predictions[size]
        ab = predicted_ab(prediction, output, small, "annealed", temperature)
        color = ops.convert_to_numpy(compose(lightness[None], ab, saturation))[0]
        made[size, temperature, saturation] = color
    return figures(rgb, made)


if __name__ == "__main__":
    main()
