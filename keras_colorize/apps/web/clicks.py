"""From clicks on the picture that the page shows to hints for the photograph."""

import re

import numpy as np

from keras_colorize.inference import point_hints

RING = 9
"""Radius of the mark of a hint, in pixels of the picture that is shown."""

_FUNCTION = re.compile(r"rgba?\(([^)]*)\)")


def to_photograph(position, shown, size):
    """The pixel of a photograph that a click means.

    Args:
        position: `(x, y)` in pixels of the picture that is shown.
        shown: `(height, width)` of that picture.
        size: `(height, width)` of the upright photograph.

    Returns:
        `(x, y)`, whole numbers inside the photograph.
    """
    # A place between pixels, as the browser rounds it: its share of the sides is what counts.
    return tuple(
        min(max(int(position[axis] * size[1 - axis] / shown[1 - axis]), 0), size[1 - axis] - 1)
        for axis in (0, 1)
    )


def picked_color(text):
    """The color that a color picker gives.

    Args:
        text: `"#rrggbb"`, `"rgb(1, 2, 3)"` or `"rgba(1.2, 2, 3, 1)"`.

    Returns:
        `"#rrggbb"`.

    Raises:
        ValueError: for anything else.
    """
    found = _FUNCTION.fullmatch(text.strip())
    if not found:
        return text.strip().lower()
    try:
        levels = [round(float(part)) for part in found.group(1).split(",")[:3]]
        return "#" + bytes(levels).hex()
    except ValueError as error:
        raise ValueError(f"Expected a color like #a0c030, received {text!r}.") from error


def add_point(photo, position, shown, color):
    """Adds a hint to a `Photo`.

    Args:
        photo: a `Photo`.
        position: `(x, y)` in pixels of the picture that is shown.
        shown: `(height, width)` of that picture.
        color: what the color picker gives.

    Raises:
        ValueError: for something else than a color.
    """
    x, y = to_photograph(position, shown, photo.size)
    point = {"x": x, "y": y, "color": picked_color(color)}
    point_hints([point], photo.size)
    photo.points.append(point)


def hints_at(photo, size):
    """The hints of a photograph for a copy of it.

    Args:
        photo: a `Photo`.
        size: `(height, width)` of the copy.

    Returns:
        `Hints`, or None where there are none.
    """
    if not photo.points:
        return None
    return point_hints([_moved(point, photo.size, size) for point in photo.points], size)


def marked(pixels, photo):
    """Shows where the hints of a photograph are.

    Args:
        pixels: uint8 array (h, w, 3), a copy of the photograph.
        photo: the `Photo`.

    Returns:
        uint8 array (h, w, 3): a disk in the color of each hint, with a ring around it.
    """
    made = pixels.copy()
    rows, columns = np.ogrid[: made.shape[0], : made.shape[1]]
    for point in photo.points:
        at = _moved(point, photo.size, made.shape[:2])
        distance = np.hypot(columns - at["x"], rows - at["y"])
        made[distance <= RING + 2] = 0
        made[distance <= RING] = 255
        made[distance <= RING - 2] = tuple(bytes.fromhex(point["color"][1:]))
    return made


def _moved(point, old, new):
    # A pixel has its center half a pixel from its corner.
    x, y = to_photograph((point["x"] + 0.5, point["y"] + 0.5), old, new)
    return {**point, "x": x, "y": y}
