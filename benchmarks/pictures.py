"""The pictures of the documents, as contact sheets.

    python benchmarks/pictures.py presets docs/presets.jpg --cell 150
    python benchmarks/pictures.py refinement docs/mrf.jpg --cell 136
    python benchmarks/pictures.py style style.jpg --preset iizuka16 summer.jpg=snow.jpg

`presets`: what each preset makes of the same photographs; without any, seven that may be passed
on, three of them truly grey. `refinement`: decoders, the Markov random field, a palette and a
hint. `style`: a row per pair CONTENT=STYLE, as in figure 7 of Iizuka et al. 2016, and the mean
a and b of each picture; `shift` is the mean distance in ab from own to styled, over the pixels.
"""

import argparse
from pathlib import Path

import numpy as np
import skimage.data
from common import labelled, plain_errors, unique

from keras_colorize import Colorizer, list_presets
from keras_colorize.cli.common import count
from keras_colorize.color import rgb_to_lab
from keras_colorize.evaluation import as_grey, scaled_rgb
from keras_colorize.evaluation.measure import LONG_SIDE
from keras_colorize.inference import point_hints
from keras_colorize.inference.pixels import from_float, to_float
from keras_colorize.io import contact_sheet

FOLDER = Path(skimage.data.__file__).parent
PHOTOGRAPHS = [
    *(FOLDER / f"{name}.png" for name in ("astronaut", "chelsea", "coffee")),
    FOLDER / "rocket.jpg",
    *(FOLDER / f"{name}.png" for name in ("camera", "grass", "brick")),
]
HINTS = {
    "astronaut": {"x": 110, "y": 368, "color": "#3050b0"},
    "coffee": {"x": 90, "y": 240, "color": "#a02020"},
    "chelsea": {"x": 45, "y": 150, "color": "#308040"},
    "rocket": {"x": 100, "y": 100, "color": "#804080"},
}


def main(arguments=None):
    """Writes the picture."""
    options = _parse(arguments)
    with plain_errors():
        headings, rows = options.run(options)
        captions, rows = list(rows), list(rows.values())
        contact_sheet(rows, captions, options.output, options.cell, headings=headings)
    print(f"{options.output}: {Path(options.output).stat().st_size / 1e6:.1f} MB")


def _parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    kinds = parser.add_subparsers(required=True, metavar="KIND")
    for run in (presets, refinement, style):
        kind = kinds.add_parser(run.__name__, help=run.__doc__.partition("\n")[0])
        kind.set_defaults(run=run)
        kind.add_argument("output", help="JPEG or PNG file to write")
        kind.add_argument("photograph", nargs="*", help="color photographs; CONTENT=STYLE of style")
        kind.add_argument(
            "--preset",
            type=labelled,
            action="append",
            help="PRESET or LABEL=PRESET, repeatable; by default all shipped, or the default",
        )
        kind.add_argument("--cell", type=count, default=200, help="side of a picture in pixels")
        kind.add_argument("--precision", default="auto", help="auto, float32 or bfloat16")
        kind.add_argument("--saturation", type=float, help="factor on the chroma")
    return parser.parse_args(arguments)


def _colorizers(options, names):
    chosen = unique(options.preset or [(name, name) for name in names])
    changes = {"precision": options.precision}
    changes |= {} if options.saturation is None else {"saturation": options.saturation}
    found = {name: Colorizer.from_preset(preset, **changes) for name, preset in chosen.items()}
    for name, colorizer in found.items():
        if colorizer.config.output == "class_logits":
            raise ValueError(f"expected presets that colorize, {name} only tells scenes apart")
    return found


def _grey(rgb):
    return as_grey(rgb_to_lab(rgb)[..., :1])


def presets(options):
    """Columns of presets between grey and the truth, where that is known."""
    names = [name for name, one in list_presets().items() if one.output != "class_logits"]
    colorizers, rows = _colorizers(options, names), {}
    for path in options.photograph or PHOTOGRAPHS:
        rgb = scaled_rgb(path, LONG_SIDE)
        made = [_grey(rgb), *(colorizer(rgb) for colorizer in colorizers.values())]
        made += [rgb] if np.ptp(rgb, axis=-1).any() else []
        rows[Path(path).stem] = [from_float(one, "uint8") for one in made]
    return ("grey", *colorizers, "truth"), rows


def refinement(options):
    """Decoders, the Markov random field, a palette and a hint."""
    (colorizer,) = _colorizers(options, [None]).values()
    rows = {}
    for name, point in HINTS.items():
        pixels = getattr(skimage.data, name)()
        hints = point_hints([point], pixels.shape[:2])
        variants = {
            "annealed mean": {},
            "mode": {"decoder": "mode"},
            "MRF, paper": {"refine": "mrf-paper"},
            "MRF": {"refine": "mrf"},
            "palette: coffee": {"palette": skimage.data.coffee()},
            "one hint": {"hints": hints},
        }
        made = [colorizer.replace(**changes)(pixels) for changes in variants.values()]
        made[-1] = _marked(made[-1], hints.mask)
        caption = f"{name}, --hint {','.join(map(str, point.values()))}"
        rows[caption] = [np.asarray(from_float(_grey(to_float(pixels)), "uint8")), *made]
    return ("grey", *variants), rows


def _marked(pixels, mask):
    """Shows where the hint is: a white square with a black border around it."""
    rows, columns = np.nonzero(mask)
    (top, bottom), (left, right) = ((side.min(), side.max() + 1) for side in (rows, columns))
    marked = pixels.copy()
    for margin, level in ((6, 0), (4, 255)):
        marked[top - margin : bottom + margin, left - margin : right + margin] = level
    marked[top:bottom, left:right] = pixels[top:bottom, left:right]
    return marked


def style(options):
    """A photograph by its own global features and by those of another."""
    (colorizer,) = _colorizers(options, ["iizuka16"]).values()
    rows = {}
    print("| pair | own a, b | styled a, b | style, colorized a, b | style, true a, b | shift |")
    print(f"|{'---|' * 6}")
    for pair in options.photograph:
        paths = pair.split("=")
        if len(paths) != 2:
            raise ValueError(f"expected CONTENT=STYLE, received {pair!r}")
        content, other = (scaled_rgb(path, LONG_SIDE) for path in paths)
        own, styled = colorizer(content), colorizer.replace(style=other)(content)
        name = " in the style of ".join(Path(path).stem for path in paths)
        cells = [np.asarray(rgb_to_lab(one))[..., 1:] for one in (own, styled, other)]
        cells.insert(2, np.asarray(rgb_to_lab(colorizer(other)))[..., 1:])
        shift = np.linalg.norm(cells[1] - cells[0], axis=-1).mean()
        means = ["{:+.1f}, {:+.1f}".format(*ab.mean(axis=(0, 1))) for ab in cells]
        print(f"| {name} | {' | '.join(means)} | {shift:.1f} |")
        rows[name] = [from_float(one, "uint8") for one in (_grey(content), own, other, styled)]
    return ("grey", "own colors", "style", "in the style's colors"), rows


if __name__ == "__main__":
    main()
