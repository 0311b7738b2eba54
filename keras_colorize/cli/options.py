"""Options and exit codes that commands share."""

import argparse

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
    command.add_argument("--rebalancing", type=float, help="0 undoes rebalanced training")
    command.add_argument("--working-size", type=int, help="long side the network sees, in pixels")
    command.add_argument("--style", metavar="PHOTO", help="take its global features (season, time)")
    command.add_argument("--precision", default="auto", help="auto, float32 or bfloat16")


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


def make_colorizer(options, preset):
    """Builds the `Colorizer` that the options describe."""
    from keras_colorize.inference import Colorizer

    names = (*Colorizer.OPTIONS, "precision")
    return Colorizer.from_preset(preset, **{name: getattr(options, name) for name in names})
