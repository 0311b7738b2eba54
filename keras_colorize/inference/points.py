"""Colors as users write them: `#rrggbb`, and points of a photograph. It needs no Keras."""

import json
import re
from pathlib import Path

import numpy as np

from keras_colorize.errors import InputError, expect


def parse_color(text):
    """Reads `"#rrggbb"` as float32 array (3,), sRGB in [0, 1]."""
    is_color = isinstance(text, str) and re.fullmatch("#[0-9a-fA-F]{6}", text)
    expect(is_color, f"a color like #a0c030, received {text!r}")
    return np.frombuffer(bytes.fromhex(text[1:]), "uint8").astype("float32") / 255.0


def read_json(path):
    """Reads a JSON file; an `InputError` names it where it cannot be read."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: expected a JSON file, received {error}") from error


def read_points(path):
    """Reads a list of points for `point_hints` from a JSON file."""
    points = read_json(path)
    if not isinstance(points, list):
        raise InputError(f"{path}: expected a list of hints, received {type(points).__name__}.")
    return points


def parse_point(point, size):
    """Reads a point of `point_hints` for a photograph `(height, width)`: x, y, color, radius.

    The color `keep` is None.
    """
    try:
        x, y = float(point["x"]), float(point["y"])
        radius = float(point.get("radius") or max(size) / 200)
        color = None if point["color"] == "keep" else parse_color(point["color"])
    except (TypeError, KeyError, AttributeError) as error:
        expected = 'Expected hints like {"x": 12, "y": 30, "color": "#rrggbb"}, received'
        raise InputError(f"{expected} {point!r} ({error!r}).") from error
    if not (0 <= x < size[1] and 0 <= y < size[0]):
        expected = f"Expected hints inside the photograph of {size[1]}x{size[0]}, received"
        raise InputError(f"{expected} {x:g},{y:g}.")
    # A pixel at least, wherever between pixels the point is.
    return x, y, color, max(radius, 0.75)
