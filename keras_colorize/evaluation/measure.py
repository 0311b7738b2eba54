"""A colorizer over a folder of color photographs: figures per picture and on average."""

import dataclasses

import numpy as np
from keras import ops
from skimage.metrics import peak_signal_noise_ratio

from keras_colorize.color import rgb_to_lab
from keras_colorize.files import find_photographs, read_photograph
from keras_colorize.inference import compose
from keras_colorize.inference.pixels import to_float
from keras_colorize.metrics import ab_error, colorfulness

LONG_SIDE = 256
"""Larger photographs are measured at this size."""


@dataclasses.dataclass(frozen=True)
class Figures:
    """Figures of one method on one picture.

    Attributes:
        psnr: peak signal-to-noise ratio in dB; infinite where nothing differs.
        ab_error: mean Euclidean distance in the ab plane.
        colorfulness: Hasler-Suesstrunk colorfulness of the result.
    """

    psnr: float
    ab_error: float
    colorfulness: float


def measured_paths(folder, limit=None):
    """Paths of the photographs to measure.

    Args:
        folder: folder of color photographs.
        limit: how many are taken, in the order of their paths; None for all.

    Returns:
        List of paths.

    Raises:
        PhotographError: if there are none.
    """
    return [path for path, _ in find_photographs([folder])][:limit]


def measure(methods, paths, long_side=LONG_SIDE, on_picture=lambda: None):
    """Measures methods on the photographs of a folder.

    Every photograph is scaled down to `long_side`; its L* is given to the method, and the
    result is compared with its colors. Rows for grey and for the truth are added, for a figure
    means little without them.

    Args:
        methods: dict of name to callable: sRGB array (H, W, 3) in [0, 1] to the same.
        paths: paths of color photographs.
        long_side: long side in pixels of what is measured.
        on_picture: called without arguments after each picture.

    Returns:
        dict of path to dict of method name to `Figures`.

    Raises:
        PhotographError: if one cannot be read.
    """
    methods = {"grey": _grey, **methods, "truth": lambda rgb: rgb}
    results = {}
    for path in paths:
        rgb = scaled_rgb(path, long_side)
        results[path] = {name: figures(rgb, method(rgb)) for name, method in methods.items()}
        on_picture()
    return results


def scaled_rgb(path, long_side):
    """Reads a photograph at a size that is quick to measure.

    Args:
        path: path of a photograph.
        long_side: most pixels of the long side; smaller photographs stay as they are.

    Returns:
        float32 array (H, W, 3), sRGB in [0, 1].
    """
    rgb = to_float(read_photograph(path).pixels)
    scale = long_side / max(rgb.shape[:2])
    if scale >= 1:
        return rgb
    size = [max(1, round(side * scale)) for side in rgb.shape[:2]]
    small = ops.image.resize(rgb, size, interpolation="bicubic", antialias=True)
    return np.clip(ops.convert_to_numpy(small), 0.0, 1.0)


def as_grey(lightness):
    """The grey picture of a lightness.

    Args:
        lightness: array (H, W, 1), L* in 0..100.

    Returns:
        float32 array (H, W, 3), sRGB in [0, 1].
    """
    no_color = ops.zeros((1, 1, 1, 2))
    return ops.convert_to_numpy(compose(lightness[None], no_color))[0]


def summarize(results):
    """Averages figures over pictures.

    Args:
        results: what `measure` returns.

    Returns:
        dict of method name to dict of column name to float.
    """
    names = next(iter(results.values()))
    return {name: _summary([row[name] for row in results.values()]) for name in names}


def format_table(summary):
    """Formats a summary as a Markdown table.

    Args:
        summary: what `summarize` returns.

    Returns:
        Text, one row per method.
    """
    columns = next(iter(summary.values()))
    lines = [["method", *columns], ["---"] * (len(columns) + 1)]
    lines += [
        [name, *(f"{row[column]:.2f}" for column in columns)] for name, row in summary.items()
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _summary(figures):
    psnr = [one.psnr for one in figures]
    return {
        "PSNR mean": float(np.mean(psnr)),
        "PSNR median": float(np.median(psnr)),
        "ab error": float(np.mean([one.ab_error for one in figures])),
        "colorfulness": float(np.mean([one.colorfulness for one in figures])),
    }


def figures(rgb, made):
    """Measures one colorized picture.

    Args:
        rgb: array (H, W, 3), the true colors, sRGB in [0, 1].
        made: array of the same shape, the colorized picture.

    Returns:
        A `Figures`.
    """
    with np.errstate(divide="ignore"):
        psnr = peak_signal_noise_ratio(rgb, made, data_range=1.0)
    error = ab_error(rgb_to_lab(rgb)[..., 1:], rgb_to_lab(made)[..., 1:])
    return Figures(float(psnr), float(ops.mean(error)), float(colorfulness(made)))


def _grey(rgb):
    return as_grey(rgb_to_lab(rgb)[..., :1])
