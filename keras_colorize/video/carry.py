"""Colors of frames that somebody gave, carried through their shots by optical flow.

Forward and backward, by dense inverse search (Kroeger et al. 2016, as OpenCV has it), until a cut
or until the flow cannot be believed.
"""

import bisect
import copy
import dataclasses

import cv2
import numpy as np
from keras import ops

from keras_colorize.color import rgb_to_lab
from keras_colorize.errors import expect
from keras_colorize.inference.compose import resize_bicubic
from keras_colorize.inference.hints import point_hints
from keras_colorize.inference.pixels import to_float
from keras_colorize.io import read_photograph
from .reader import turned
from .steady import is_cut

# Frames that colors are carried at most, either way; so many are in memory, small.
REACH = 120
# Pixels by which the way forth and back may differ, beyond half of one, and change of L*, at which
# a color has lost all but 1/e of its force.
TOLERANCE, CHANGE = 1.0, 12.0
# Difference of a and b at which a hint has changed a color.
CHANGED = 10.0


@dataclasses.dataclass(frozen=True)
class _Carried:
    """A given frame, a and b (h, w, 2) and L* (h, w), and where another one has its pixels.

    Those are at `places` (h, w, 2), as x and y, and believed with a `force` (h, w) of 0..1.
    """

    ab: np.ndarray
    lightness: np.ndarray
    places: np.ndarray
    force: np.ndarray
    steps: int = 0


def carried_colors(colorizer, source, references, hints):
    """Yields a and b (h, w, 2) and their force (h, w, 1) for each frame, or None without any.

    Args:
        colorizer: a `Colorizer`.
        source: a `Source`; it is read a second time.
        references: dict of paths of colored pictures by the number of their frame, which counts
            from 1, or is that of a numbered picture.
        hints: dict of lists of points, see `point_hints`, likewise.
    """
    # Frames that a later given one may reach: number, L* and the colors found for it.
    given, waiting, forth, before = sorted({*references, *hints}), [], None, None
    for picture in copy.copy(source).pictures():
        number = picture.number
        frame = colorizer.preprocess(turned(picture.pixels, source.orientation))
        lightness = frame.network_input[..., 0]
        if before is not None and is_cut(before, lightness):
            yield from (_mixed(found) for *_, found in waiting)
            waiting, forth = [], None
        forth = forth and _step(forth, before, lightness)
        before = lightness
        if number in given:
            forth = back = _given(colorizer, frame, references.get(number), hints.get(number))
            after = lightness
            for _, earlier, found in reversed(waiting):
                back = back and _step(back, after, earlier)
                after = earlier
                found += [_shown(back, earlier)] if back else []
        waiting.append((number, lightness, [_shown(forth, lightness)] if forth else []))
        coming = given[bisect.bisect(given, number) :][:1]
        while waiting and not (coming and coming[0] - waiting[0][0] <= REACH):
            yield _mixed(waiting.pop(0)[-1])
    yield from (_mixed(found) for *_, found in waiting)


def _mixed(found):
    """Colors (h, w, 2) and force (h, w, 1) of those from both sides; None without any."""
    if not found:
        return None
    ab, force = (np.stack(x).astype("float32") for x in zip(*found, strict=True))
    return (force * ab).sum(axis=0) / np.maximum(force.sum(axis=0), 1e-6), force.max(axis=0)


def mixed_colors(ab, lightness, given):
    """A and b (h, w, 2) of a frame, L* (H, W, 1), with what is given for it put in their place.

    Returns float32 (H, W, 2).
    """
    ab = resize_bicubic(ab[None], lightness.shape[:2])[0]
    return ab if given is None else ab + given[1] * (given[0] - ab)


def _given(colorizer, frame, path, points):
    """Colors of a given frame: of a picture, or where hints change what is predicted."""
    height, width = size = frame.network_input.shape[:2]
    if path is None:
        plain = resize_bicubic(colorizer.predict([frame]), size)[0]
        hints = point_hints(points, frame.pixels.shape[:2])
        ab = resize_bicubic(colorizer.replace(hints=hints).predict([frame]), size)[0]
        force = np.minimum(np.linalg.norm(ab - plain, axis=-1) / CHANGED, 1.0)
    else:
        pixels, (whole, wide) = read_photograph(path).pixels, frame.pixels.shape[:2]
        high, broad = pixels.shape[:2]
        fits = abs(broad / high / (wide / whole) - 1) <= 0.02
        expect(fits, f"a picture of the shape {wide}x{whole}, received {broad}x{high}", path)
        ab = ops.convert_to_numpy(rgb_to_lab(to_float(pixels)))[..., 1:]
        ab = cv2.resize(ab, (width, height), interpolation=cv2.INTER_AREA)
        # What is put on the lightness is multiplied by the saturation.
        ab, force = ab / (colorizer.saturation or 1.0), np.ones(size)
    return _Carried(ab, frame.network_input[..., 0], _grid(size), force.astype("float32"))


def _step(carried, before, after):
    """The given colors in the next frame, from L* (h, w) before and after; None if all are lost."""
    if carried.steps == REACH:
        return None
    pair = [np.rint(2.55 * one).astype("uint8") for one in (after, before)]
    flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    places = _grid(after.shape) + flow.calc(*pair, None)
    back = _sampled(flow.calc(*reversed(pair), None), places)
    error = np.linalg.norm(places + back - _grid(after.shape), axis=-1)
    height, width = after.shape
    inside = np.all((places > -1) & (places < (width, height)), axis=-1)
    believed = inside * np.exp(-np.square(np.maximum(error - 0.5, 0.0) / TOLERANCE))
    force = (_sampled(carried.force, places) * believed).astype("float32")
    if force.max() < 0.05:
        return None
    found = {"places": _sampled(carried.places, places), "force": force}
    return dataclasses.replace(carried, steps=carried.steps + 1, **found)


def _shown(carried, lightness):
    """Colors (h, w, 2) in a frame, L* (h, w), and their force (h, w, 1), in half precision."""
    change = lightness - _sampled(carried.lightness, carried.places)
    # The exposure of old films flickers.
    alike = np.exp(-np.square((change - np.median(change)) / CHANGE))
    force = carried.force * alike * (1 - carried.steps / (REACH + 1))
    ab = _sampled(carried.ab, carried.places)
    return ab.astype("float16"), force[..., None].astype("float16")


def _grid(size):
    return np.stack(np.meshgrid(*map(np.arange, reversed(size))), axis=-1).astype("float32")


def _sampled(values, places):
    return cv2.remap(values, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
