"""Error against colorfulness of one preset, by all that its config has a default for.

The defaults of a preset are chosen from this table, on photographs that its figures are not
reported on:

    python benchmarks/decoders.py vivid photographs/ --skip 400

Decoders and temperatures are tried where the network predicts a distribution, shares of the
rebalancing where the config has class weights; of a regression only working size and
saturation, and of a network that only tells scenes apart how often it is right, by working size.
"""

import argparse
import itertools

from common import plain_errors
from keras import ops

from keras_colorize import Colorizer
from keras_colorize.cli.common import count, whole
from keras_colorize.color import rgb_to_lab
from keras_colorize.evaluation import (
    Scenes,
    as_grey,
    measured_paths,
    picture_metrics,
    scaled_rgb,
    summarize,
)
from keras_colorize.evaluation.measure import LONG_SIDE
from keras_colorize.inference.compose import compose, to_working_size
from keras_colorize.inference.heads import is_distribution
from keras_colorize.inference.options import DECODERS
from keras_colorize.presets import find_preset, read_config

NAMES = ("working_size", "decoder", "temperature", "rebalancing", "saturation")
COLUMNS = ("PSNR", "ab error", "colorfulness", "of the truth's, %")


def main(arguments=None):
    """Prints a table, a row per setting between grey and the truth."""
    options = _parse(arguments)
    with plain_errors():
        config = read_config(find_preset(options.preset))
        grid = _grid(config, options)
        paths = measured_paths(options.folder)[options.skip :][: options.limit]
        if not paths:
            raise ValueError(f"expected photographs in {options.folder} after --skip, found none")
        colorizer = Colorizer.from_preset(options.preset)
        if not config.colorizes:
            lines = _of_scenes(colorizer, paths, grid, options.folder)
        else:
            lines = _of_colors(colorizer, paths, grid)
    print("\n".join(lines))


def _of_colors(colorizer, paths, grid):
    variants = {setting: _variant(colorizer, setting) for setting in grid}
    summary = summarize({path: _measure(colorizer, path, variants) for path in paths})
    true = summary["truth"]["colorfulness"]
    names = (name.replace("_", " ") for name in NAMES)
    head = [f"| {' | '.join((*names, *COLUMNS))} |", f"|{'---|' * len((*NAMES, *COLUMNS))}"]
    return head + [_line(setting, row, true) for setting, row in summary.items()]


def _of_scenes(colorizer, paths, grid, folder):
    lines = ["| working size | scene top-1, % | scene top-5, % |", f"|{'---|' * 3}"]
    for setting in grid:
        size = setting[0]
        evaluator = Scenes(_variant(colorizer, setting), [size], folder)
        known = [path for path in paths if evaluator.label(path) is not None]
        if not known:
            raise ValueError(f"expected folders called like the scenes in {folder}, found none")
        rows = [evaluator.update(path, scaled_rgb(path, LONG_SIDE), {})[size] for path in known]
        top1, top5 = (
            sum(row[key] for row in rows) / len(rows) for key in ("scene_top1", "scene_top5")
        )
        lines.append(f"| {size} | {top1:.2f} | {top5:.2f} |")
    return lines


def _parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("preset", help="name or folder of a preset")
    parser.add_argument("folder", help="folder of color photographs")
    parser.add_argument("--skip", type=whole, default=0, help="leave the first N out")
    parser.add_argument("--limit", type=count, help="take N")
    parser.add_argument("--working-size", type=count, nargs="+", help="by default the preset's")
    parser.add_argument("--decoder", nargs="+", choices=DECODERS, help="by default annealed")
    parser.add_argument(
        "--temperature", type=float, nargs="+", help="of annealed; by default 1 0.7 0.5 0.38"
    )
    parser.add_argument("--rebalancing", type=float, nargs="+", help="by default the preset's")
    parser.add_argument("--saturation", type=float, nargs="+", help="by default 1 1.2 1.4")
    return parser.parse_args(arguments)


def _grid(config, options):
    """All settings, each a tuple of values in the order of `NAMES`; None has no effect."""
    if (options.decoder or options.temperature) and not is_distribution(config.output):
        raise ValueError(
            f"expected no --decoder and no --temperature: {options.preset} predicts no distribution"
        )
    if options.rebalancing and not config.class_weights:
        raise ValueError(f"expected no --rebalancing: {options.preset} has no class weights")
    shares = (options.rebalancing or [config.rebalancing]) if config.class_weights else [None]
    factors = options.saturation or [1.0, 1.2, 1.4]
    if not config.colorizes:
        factors = [None]
    sizes = options.working_size or [config.working_size]
    grid = itertools.product(sizes, _decoders(config, options), shares, factors)
    return [(size, *decoder, share, factor) for size, decoder, share, factor in grid]


def _decoders(config, options):
    if not is_distribution(config.output):
        return [(None, None)]
    temperatures = options.temperature or [1.0, 0.7, 0.5, 0.38]
    return [
        (decoder, temperature)
        for decoder in options.decoder or ["annealed"]
        for temperature in (temperatures if decoder == "annealed" else [None])
    ]


def _variant(colorizer, setting):
    options = dict(zip(NAMES, setting, strict=True))
    return colorizer.replace(**{name: one for name, one in options.items() if one is not None})


def _measure(colorizer, path, variants):
    rgb = scaled_rgb(path, LONG_SIDE)
    lightness = ops.convert_to_numpy(rgb_to_lab(rgb)[..., :1])
    predictions = {}
    made = {"grey": as_grey(lightness)}
    for setting, variant in variants.items():
        size = variant.working_size
        if size not in predictions:
            # The network runs once per size; every other setting reads the same prediction.
            small = to_working_size(lightness, size)[None]
            output = colorizer.config.output
            predictions[size] = colorizer.model.predict_on_batch(small)[output], small
        ab = variant.decode(*predictions[size])
        made[setting] = compose(lightness[None], ab, variant.saturation)[0]
    return picture_metrics(rgb, {**made, "truth": rgb})


def _line(setting, row, true):
    named = setting in ("grey", "truth")
    values = (setting, *[None] * (len(NAMES) - 1)) if named else setting
    cells = ["-" if value is None else str(value) for value in values]
    cells += [f"{row[key]:.2f}" for key in ("psnr_mean", "ab_error", "colorfulness")]
    return f"| {' | '.join(cells)} | {100.0 * row['colorfulness'] / true:.0f} |"


if __name__ == "__main__":
    main()
