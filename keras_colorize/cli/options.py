"""Options and exit codes that commands share."""

import argparse
import dataclasses

EXIT_FAILED = 1
"""Some photographs failed."""

EXIT_USAGE = 2
"""The command was called wrongly; nothing was done."""


def add_options(command, preset=True):
    """Adds the options of a `Colorizer`, and `--preset` unless it is an argument."""
    if preset:
        command.add_argument("--preset", help="name or folder of a preset")
    command.add_argument("--decoder", help="mean, annealed, mode, median or sample")
    command.add_argument("--temperature", type=float, help="1 is the mean, lower is more vivid")
    command.add_argument("--sample-seed", type=int, help="other colors of the decoder sample")
    command.add_argument("--saturation", type=float, help="factor on the chroma")
    command.add_argument(
        "--rebalancing", type=float, help="0..1: how far rare colors are made likelier"
    )
    command.add_argument("--working-size", type=int, help="long side the network sees, in pixels")
    command.add_argument("--style", metavar="PHOTO", help="take its global features (season, time)")
    command.add_argument("--precision", default="auto", help="auto, float32 or bfloat16")
    _add_palette(command)
    _add_refinement(command)


def _add_palette(command):
    group = command.add_argument_group("palette", "colors that networks of bins lean to")
    group.add_argument("--palette", metavar="FILE", help="photograph, or JSON of colors")
    group.add_argument("--palette-strength", type=float, help="0 to 1, by default 0.5")
    group.add_argument("--palette-mode", help="transfer (the default) or product")


def _add_refinement(command):
    group = command.add_argument_group("refinement", "neighbors of equal lightness agree")
    group.add_argument("--refine", help="none, mrf or mrf-paper (the published constants)")
    group.add_argument("--sweeps", type=count, help="rounds of mean field")
    group.add_argument("--sigma", type=float, help="squared change of lightness that is an edge")
    group.add_argument("--potential", help="log, probability or square_root of the network's")
    group.add_argument("--unary-scale", type=float, help="weight of the network's distribution")
    group.add_argument(
        "--compatibility",
        type=_numbers,
        metavar="X,Y,...",
        help="smoothness: what neighbors gain by equal bins, by bins one apart, two apart, ...",
    )
    group.add_argument("--decode", help="mean or mode of the refined distributions")


def _numbers(text):
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"expected numbers like 10,3,3, found {text!r}") from error


def count(text):
    """Reads a number above 0."""
    if not (text.isdecimal() and int(text)):
        raise argparse.ArgumentTypeError(f"expected a number above 0, received {text!r}")
    return int(text)


def whole(text):
    """Reads a number from 0 on."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected a whole number, received {text!r}")
    return int(text)


def make_colorizer(options, preset, **more):
    """Builds the `Colorizer` that the options describe, with more of its arguments.

    Raises:
        ValueError: if the preset tells scenes apart and predicts no colors.
    """
    colorizer = make_any_colorizer(options, preset, **more)
    if not colorizer.config.colorizes:
        raise ValueError(f"expected a preset that colorizes, {preset} only tells scenes apart")
    return colorizer


def make_any_colorizer(options, preset, **more):
    """Like `make_colorizer`, also for presets that only tell scenes apart."""
    from keras_colorize.inference import Colorizer

    names = (*Colorizer.OPTIONS, "precision")
    given = {name: getattr(options, name) for name in names}
    return Colorizer.from_preset(preset, **{**given, "refine": _refinement(options), **more})


def _refinement(options):
    from keras_colorize.inference.refine import Refinement, refinement_of

    fields = [field.name for field in dataclasses.fields(Refinement)]
    given = {name: getattr(options, name) for name in fields if getattr(options, name) is not None}
    refinement = refinement_of(options.refine or "none")
    if given and refinement is None:
        names = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        raise ValueError(f"expected --refine mrf with {names}")
    return dataclasses.replace(refinement, **given) if given else refinement
