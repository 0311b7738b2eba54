"""From clicks on the picture that the page shows to hints for the photograph."""

import re

import numpy as np

from keras_colorize.inference import point_hints

_FUNCTION = re.compile(r"rgba?\(([^)]*)\)")
_RING = 9
# Radius of the mark of a hint, in pixels of the picture that is shown.


def to_photograph(position, shown, size):
    """The pixel of a photograph that a click means.

    Args:
        position: `(x, y)` in pixels of the picture that is shown.
        shown: `(height, width)` of that picture.
        size: `(height, width)` of the upright photograph.

    Returns:
        `(x, y)`, whole numbers inside the photograph.
    """
    # A click on the last edge is reported as the pixel after the last.
    shares = ((position[i] + 0.5) / shown[1 - i] for i in (0, 1))
    return tuple(
        min(max(int(share * size[1 - i]), 0), size[1 - i] - 1) for i, share in enumerate(shares)
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
        made[distance <= _RING + 2] = 0
        made[distance <= _RING] = 255
        made[distance <= _RING - 2] = tuple(bytes.fromhex(point["color"][1:]))
    return made


def _moved(point, old, new):
    x, y = to_photograph((point["x"], point["y"]), old, new)
    return {**point, "x": x, "y": y}
