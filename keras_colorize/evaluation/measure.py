"""Methods over a set of color photographs: every metric of every picture."""

import concurrent.futures
import dataclasses
from pathlib import Path

import numpy as np

from keras_colorize.color import rgb_to_lab
from keras_colorize.inference.batch import ahead
from keras_colorize.inference.compose import compose, resize_bicubic
from keras_colorize.inference.heads import is_distribution
from keras_colorize.inference.pixels import lightness_of, to_float
from keras_colorize.io import PhotographError, find_photographs, photographs_by_name
from keras_colorize.io.reading import picture_size, read_photograph
from .color_metrics import ColorEvaluator
from .tables import summarize

# Larger photographs are measured at this size.
LONG_SIDE = 256
# Photographs that each thread may have read before they are asked for.
AHEAD = 3
# Faults that a message names; the others are counted.
MOST_FAULTS = 5


@dataclasses.dataclass(frozen=True)
class Sample:
    """A photograph and the sRGB (H, W, 3) in [0, 1] that each method predicts, or its error."""

    path: object
    predictions: dict = dataclasses.field(default_factory=dict)
    error: str | None = None


@dataclasses.dataclass(frozen=True)
class Measurement:
    """Metrics by picture, method and name; `overall` has those of the whole set by method."""

    pictures: dict
    overall: dict
    failures: dict

    def summary(self):
        """Averages over the pictures and metrics of the set, see `summarize`."""
        return summarize(self.pictures, self.overall)


def measure(
    methods,
    paths,
    long_side=LONG_SIDE,
    *,
    colorized=None,
    evaluators=(),
    workers=1,
    on_sample=lambda sample: None,
):
    """Measures methods on color photographs, beside grey and the truth; returns a `Measurement`.

    Args:
        methods: dict of name to callable, such as a `Colorizer`: sRGB array (H, W, 3) in [0, 1] to
            the same, of which it should look at L* alone.
        paths: paths of color photographs; one that cannot be read is left out.
        long_side: long side in pixels that photographs are scaled down to.
        colorized: dict of method to dict of path to the path of a picture colorized before, whose
            color is put on the lightness of the truth.
        evaluators: each has `update(path, target, predictions)`, which returns a dict of method to
            dict of metric to float for one picture, and may have `result()`, the same for the set.
        workers: threads that read photographs ahead.
        on_sample: called with the `Sample` of each photograph.
    """
    evaluators, colorized = (ColorEvaluator(), *evaluators), colorized or {}
    pictures, failures = {}, {}
    with concurrent.futures.ThreadPoolExecutor(max(workers, 1)) as pool:
        groups = ((path, *(pairs[path] for pairs in colorized.values())) for path in paths)
        reading = ((one, pool.submit(lambda g: [*map(read_photograph, g)], one)) for one in groups)
        for (path, *_), photographs in ahead(reading, max(workers, 1) * AHEAD):
            sample = _sample(methods, long_side, colorized, path, photographs)
            if sample.error:
                failures[path] = sample.error
            else:
                words = path, sample.predictions["truth"], sample.predictions
                pictures[path] = _merged(one.update(*words) for one in evaluators)
            on_sample(sample)
    of_sets = [one for one in evaluators if hasattr(one, "result")] if pictures else []
    return Measurement(pictures, _merged(one.result() for one in of_sets), failures)


def _merged(parts):
    merged = {}
    for part in parts:
        for method, metrics in part.items():
            merged.setdefault(method, {}).update(metrics)
    return merged


def _sample(methods, long_side, colorized, path, reading):
    try:
        true, *others = (photograph.pixels for photograph in reading.result())
        target = _scaled_down(true, long_side)
        lightness = lightness_of(target)
        predictions = {"grey": as_grey(lightness)}
        for name, pixels in zip(colorized, others, strict=True):
            if pixels.shape != true.shape:
                sizes = [f"{one.shape[1]}x{one.shape[0]}" for one in (true, pixels)]
                raise PhotographError(f"{name}: expected a size of {sizes[0]}, received {sizes[1]}")
            lab = rgb_to_lab(_scaled_down(pixels, long_side))
            predictions[name] = compose(lightness[None], lab[None, ..., 1:])[0]
    except PhotographError as error:
        return Sample(path, error=str(error))
    predictions |= {name: np.asarray(method(target)) for name, method in methods.items()}
    return Sample(path, {**predictions, "truth": target})


def mean_alone(colorizer, **changes):
    """A `Colorizer` with the mean of what its network holds for likely, nearest to the truth.

    No option and no default of the preset adds color; changes are those of `Colorizer.replace`.
    """
    if is_distribution(colorizer.config.output):
        changes |= {"decoder": "mean", "rebalancing": 0.0}
    return colorizer.replace(**{"saturation": 1.0, "refine": None, "palette": None, **changes})


def measured_paths(folder, limit=None):
    """Sorted paths of a folder's photographs, the first `limit`; PhotographError if none."""
    return [path for path, _ in find_photographs([folder])][:limit]


def pair_outputs(outputs, truth, paths):
    """Finds the colorized picture in `outputs` of each of the photographs `paths` in `truth`.

    `old/a.jpg` is paired with `old/a.jpg`, else with the only picture of another suffix. Returns
    `(pairs, extra)`: a dict of path to path, and the list of the pictures in `outputs` that belong
    to no photograph in `truth`. PhotographError names those that are missing, have more than one
    candidate or another size.
    """
    colorized = photographs_by_name(outputs)

    def candidates(path):
        relative = Path(path).relative_to(truth)
        named = colorized.get(relative.with_suffix("").as_posix(), [])
        return [one for one in named if one.relative_to(outputs) == relative] or named

    pairs, faults = {}, []
    for path in paths:
        relative, found = Path(path).relative_to(truth), candidates(path)
        if len(found) != 1:
            faults.append(f"{relative}: {', '.join(one.name for one in found) or 'missing'}")
            continue
        pairs[path] = found[0]
        sizes = picture_size(found[0]), picture_size(path)
        # A picture that cannot be opened is reported when it is its turn.
        if None not in sizes and sizes[0] != sizes[1]:
            faults.append("{}: {}x{} for {}x{}".format(relative, *sizes[0], *sizes[1]))
    if faults:
        more = f" and {len(faults) - MOST_FAULTS} more" if len(faults) > MOST_FAULTS else ""
        expected = f"one picture of the same name and size for each of {len(paths)} of {truth}"
        found = f"{'; '.join(faults[:MOST_FAULTS])}{more}"
        raise PhotographError(f"{outputs}: expected {expected}, found {found}")
    wanted = {one for path, _ in find_photographs([truth]) for one in candidates(path)}
    return pairs, [one for named in colorized.values() for one in named if one not in wanted]


def scaled_rgb(path, long_side):
    """Reads a photograph as float32 (H, W, 3), sRGB in [0, 1]; PhotographError if it cannot be.

    A long side of more pixels than `long_side` is scaled down to it.
    """
    return _scaled_down(read_photograph(path).pixels, long_side)


def _scaled_down(pixels, long_side):
    rgb = to_float(pixels)
    scale = long_side / max(rgb.shape[:2])
    if scale >= 1:
        return rgb
    size = [max(1, round(side * scale)) for side in rgb.shape[:2]]
    return np.clip(resize_bicubic(rgb[None], size)[0], 0.0, 1.0)


def as_grey(lightness):
    """The grey picture, float32 sRGB (H, W, 3) in [0, 1], of L* (H, W, 1) in 0..100."""
    return compose(lightness[None], np.zeros((1, 1, 1, 2), "float32"))[0]
