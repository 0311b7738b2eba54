"""Hints, the options of `colorize` that are for one photograph."""

import argparse

from keras_colorize.errors import InputError


def add(command):
    """Adds the options."""
    group = command.add_argument_group("one photograph", "what makes no sense for a folder")
    group.add_argument(
        "--hint",
        action="append",
        type=_point,
        default=[],
        metavar="X,Y,#RRGGBB[,RADIUS]",
        help="color of a pixel, counted from the top left; it spreads along equal lightness",
    )
    group.add_argument("--hints", metavar="FILE.json", help="list of hints")
    layer = "picture of the same size: opaque pixels are hints"
    group.add_argument("--hint-layer", metavar="LAYER.png", help=layer)


def check(options, jobs):
    """Checks that there is one photograph, and the points, which `options.points` gets."""
    from keras_colorize.inference.points import parse_point, read_points
    from keras_colorize.io.reading import picture_size

    if len(jobs) != 1:
        raise InputError(f"expected one photograph with hints, received {len(jobs)}")
    options.points = [*(read_points(options.hints) if options.hints else []), *options.hint]
    if options.points and (size := picture_size(jobs[0].source)):
        for point in options.points:
            parse_point(point, size[::-1])


def make_hints(options, jobs):
    """Makes the `Hints` of the one job; `InputError` for a wrong layer."""
    from keras_colorize.inference.hints import Hints, layer_hints, point_hints
    from keras_colorize.io import read_photograph

    size = read_photograph(jobs[0].source).pixels.shape[:2]
    hints = point_hints(options.points, size)
    if not options.hint_layer:
        return hints
    layer = layer_hints(read_photograph(options.hint_layer))
    if layer.mask.shape != size:
        height, width = layer.mask.shape
        raise InputError(
            f"{options.hint_layer}: expected a layer of {size[1]}x{size[0]}, as the photograph, "
            f"received {width}x{height}"
        )
    # What is typed lies above what is painted.
    layer.ab[hints.mask] = hints.ab[hints.mask]
    return Hints(layer.ab, layer.mask | hints.mask)


def _point(text):
    x, y, color, *radius = [part.strip() for part in text.split(",")] + [""] * 3
    try:
        point = {"x": float(x), "y": float(y), "color": color}
        return point | ({"radius": float(radius[0])} if radius[0] else {})
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"expected X,Y,#RRGGBB[,RADIUS], received {text!r}"
        ) from error
