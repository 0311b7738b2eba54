"""Methods over a set of color photographs: every figure of every picture."""

import dataclasses

import numpy as np

from keras_colorize.color import rgb_to_lightness
from keras_colorize.evaluation.decoding import read_ahead
from keras_colorize.evaluation.figures import ColorJudge
from keras_colorize.evaluation.pictures import LONG_SIDE, as_grey, recolored, scale_down
from keras_colorize.inference.pixelwise import apply_pixelwise
from keras_colorize.io import PhotographError


@dataclasses.dataclass(frozen=True)
class Sample:
    """One photograph and what the methods made of it.

    Attributes:
        path: path of the photograph.
        made: dict of method to float32 array (H, W, 3), sRGB in [0, 1]; empty if it failed.
        error: what was wrong with it, or None.
    """

    path: object
    made: dict = dataclasses.field(default_factory=dict)
    error: str | None = None


@dataclasses.dataclass(frozen=True)
class Measurement:
    """What was measured.

    Attributes:
        results: dict of path to dict of method to dict of figure to float.
        totals: dict of method to dict of figure to float, of figures that only a set has.
        failures: dict of path to what was wrong with the photograph.
    """

    results: dict
    totals: dict
    failures: dict


def measure(
    methods,
    paths,
    long_side=LONG_SIDE,
    *,
    outputs=None,
    judges=(),
    workers=0,
    on_sample=lambda sample: None,
):
    """Measures methods on color photographs.

    Every photograph is scaled down to `long_side`; its L* is given to the method, and the
    result is compared with its colors. Rows for grey and for the truth are added, for a figure
    means little without them. A photograph that cannot be read is left out.

    Args:
        methods: dict of name to callable: sRGB array (H, W, 3) in [0, 1] to the same.
        paths: paths of color photographs.
        long_side: long side in pixels of what is measured.
        outputs: None, or dict of method to dict of path to the path of a picture that was
            colorized before; its color is put on the lightness of the truth.
        judges: what else is measured. A judge has `rows(path, rgb, made)`, which gives a dict of
            method to dict of figure to float for one picture, and `totals()`, which gives the
            same for the set.
        workers: see `read_ahead`.
        on_sample: called with the `Sample` of each photograph.

    Returns:
        A `Measurement`.
    """
    judges = (ColorJudge(), *judges)
    results, failures = {}, {}
    for sample in _samples(methods, paths, long_side, outputs or {}, workers):
        if sample.error:
            failures[sample.path] = sample.error
        else:
            results[sample.path] = _judged(sample, judges)
        on_sample(sample)
    totals = _merged(judge.totals() for judge in judges) if results else {}
    return Measurement(results, totals, failures)


def _judged(sample, judges):
    rgb = sample.made["truth"]
    return _merged(judge.rows(sample.path, rgb, sample.made) for judge in judges)


def _merged(parts):
    merged = {}
    for part in parts:
        for method, figures in part.items():
            merged.setdefault(method, {}).update(figures)
    return merged


def _samples(methods, paths, long_side, outputs, workers):
    """Yields a `Sample` per path; the pictures of one path are read one after the other."""
    wanted = [[path, *(made[path] for made in outputs.values())] for path in paths]
    photographs = read_ahead([path for group in wanted for path in group], workers)
    for path in paths:
        true, *others = [next(photographs) for _ in range(1 + len(outputs))]
        try:
            given = dict(zip(outputs, map(_whole, others), strict=True))
            yield Sample(path, _made(methods, _whole(true).pixels, given, long_side))
        except PhotographError as error:
            yield Sample(path, error=str(error))


def _whole(photograph):
    if isinstance(photograph, PhotographError):
        raise photograph
    return photograph


def _made(methods, pixels, given, long_side):
    rgb = scale_down(pixels, long_side)
    made = {"grey": as_grey(apply_pixelwise(rgb_to_lightness, rgb))}
    for name, photograph in given.items():
        if photograph.pixels.shape != pixels.shape:
            sizes = [f"{shape[1]}x{shape[0]}" for shape in (photograph.pixels.shape, pixels.shape)]
            raise PhotographError(f"{name}: expected a picture of {sizes[1]}, found {sizes[0]}")
        made[name] = recolored(rgb, scale_down(photograph.pixels, long_side))
    made.update({name: np.asarray(method(rgb)) for name, method in methods.items()})
    return {**made, "truth": rgb}
