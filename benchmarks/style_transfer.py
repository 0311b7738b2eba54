"""Colors of one photograph by the global features of another (Iizuka et al. 2016, section 4.5).

    python benchmarks/style_transfer.py iizuka16_places style.jpg \
        summer.jpg=snow.jpg noon.jpg=sunset.jpg

draws a row per pair CONTENT=STYLE, as in figure 7 of the paper, and prints the mean a and b of
each picture, so that the effect is a number, too: `own` of the content as the network colors it,
`styled` with the global features of the style, and the style itself as the network colors it and
in truth. `shift` is the mean distance in ab from own to styled, over the pixels.
"""

import argparse
from pathlib import Path

import numpy as np
from experiments import plain_errors

from keras_colorize import Colorizer
from keras_colorize.cli.options import count
from keras_colorize.color import rgb_to_lab
from keras_colorize.evaluation import as_grey, scaled_rgb
from keras_colorize.evaluation.pictures import LONG_SIDE
from keras_colorize.inference.pixels import from_float
from keras_colorize.io import contact_sheet

HEADINGS = ("grey", "own colors", "style", "in the style's colors")


def main(arguments=None):
    """Writes the sheet and prints a table, a row per pair."""
    options = _parse(arguments)
    with plain_errors():
        colorizer = Colorizer.from_preset(
            options.preset, precision=options.precision, saturation=options.saturation
        )
        pairs = [_Pair(colorizer, *pair) for pair in options.pair]
        rows = [[from_float(one, "uint8") for one in pair.row()] for pair in pairs]
        captions = [pair.name for pair in pairs]
        contact_sheet(rows, captions, options.output, options.cell, headings=HEADINGS)
    print("| pair | own a, b | styled a, b | style, colorized a, b | style, true a, b | shift |")
    print(f"|{'---|' * 6}")
    for pair in pairs:
        print(f"| {pair.name} | {' | '.join(pair.figures())} |")


def _parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("preset", help="name or folder of a preset with global features")
    parser.add_argument("output", help="JPEG or PNG file to write")
    parser.add_argument("pair", nargs="+", type=_pair, help="CONTENT=STYLE, two photographs")
    parser.add_argument("--saturation", type=float, help="factor on the chroma")
    parser.add_argument("--cell", type=count, default=256, help="side of a picture in pixels")
    parser.add_argument("--precision", default="auto", help="auto, float32 or bfloat16")
    return parser.parse_args(arguments)


def _pair(text):
    content, _, style = text.partition("=")
    if not (content and style):
        raise argparse.ArgumentTypeError(f"expected CONTENT=STYLE, received {text!r}")
    return content, style


def _short(path):
    return "/".join(Path(path).with_suffix("").parts[-2:])


class _Pair:
    """A photograph colorized by itself, and with the global features of another."""

    def __init__(self, colorizer, content, style):
        self.name = f"{_short(content)} in the style of {_short(style)}"
        self.content, self.style = (scaled_rgb(path, LONG_SIDE) for path in (content, style))
        self.own = colorizer(self.content)
        self.style_colorized = colorizer(self.style)
        self.styled = colorizer.replace(style=self.style)(self.content)

    def row(self):
        """The pictures of a row of the sheet."""
        grey = as_grey(rgb_to_lab(self.content)[..., :1])
        return [grey, self.own, self.style, self.styled]

    def figures(self):
        """The cells of a row of the table."""
        pictures = (self.own, self.styled, self.style_colorized, self.style)
        own, styled, *others = (np.asarray(rgb_to_lab(one))[..., 1:] for one in pictures)
        means = [ab.mean(axis=(0, 1)) for ab in (own, styled, *others)]
        shift = np.linalg.norm(styled - own, axis=-1).mean()
        return [*(f"{a:+.1f}, {b:+.1f}" for a, b in means), f"{shift:.1f}"]


if __name__ == "__main__":
    main()
