"""The figures of color: of each picture, and those that only a whole set has."""

import numpy as np
from keras import ops

from keras_colorize.bins import bin_count, hard_encode_ab, rebalancing_weights, smooth_prior
from keras_colorize.color import rgb_to_lab, rgb_to_luv
from keras_colorize.inference.pixelwise import apply_pixelwise
from keras_colorize.metrics import (
    ab_error,
    ab_mean_squared_error,
    area_under_curve,
    bin_accuracy,
    ciede2000,
    colorfulness,
    luv_uv_squared_error,
    psnr,
    saturation_difference,
    ssim,
)

_PIXEL_FIGURES = ("ab_error", "ab_mse", "luv_uv_error", "acc_u", "acc_v", "ciede2000", "auc")


def figures(rgb, made):
    """Measures colorized versions of one picture.

    Args:
        rgb: array (H, W, 3), the true colors, sRGB in [0, 1].
        made: dict of name to array of the same shape, the versions.

    Returns:
        dict of name to dict of figure to float. See `keras_colorize.metrics` for what they are;
        shares and areas are in percent, PSNR is infinite where nothing differs.
    """
    return _assemble(rgb, made, _pixel_figures(rgb, made))


class ColorJudge:
    """The figures of `figures`, and the rebalanced area under the curve.

    That area weights each pixel by the inverse of how often its true color occurs (Zhang 2016,
    section 3.1, equation 4 with lambda 0). How often it occurs is counted in the photographs
    that are measured, so it is known at the end alone, and figures of different sets of
    photographs do not compare; the paper counts in ImageNet.
    """

    def __init__(self):
        self.counts = np.zeros(bin_count())
        self.areas = {}

    def rows(self, path, rgb, made):
        """Figures of one picture, see `figures`."""
        pixels = _pixel_figures(rgb, made)
        self._add(rgb, dict(zip(made, pixels[..., _PIXEL_FIGURES.index("auc")], strict=True)))
        return _assemble(rgb, made, pixels)

    def totals(self):
        """Figures of the whole set: dict of name to dict of figure to float."""
        if not self.counts.any():
            return {}
        weights = rebalancing_weights(smooth_prior(self.counts), uniform_share=0.0)
        whole = weights @ self.counts
        return {
            name: {"auc_rebalanced": float(weights @ areas / whole)}
            for name, areas in self.areas.items()
        }

    def _add(self, rgb, areas):
        bins = apply_pixelwise(_bins, rgb)[..., 0].astype("int64").ravel()
        # By the number of pixels, so that every picture counts the same.
        self.counts += np.bincount(bins, minlength=bin_count()) / bins.size
        for name, area in areas.items():
            sums = np.bincount(bins, area.ravel(), minlength=bin_count()) / bins.size
            self.areas[name] = self.areas.get(name, 0.0) + sums


def _assemble(rgb, made, pixels):
    stacked = np.stack(list(made.values()))
    true = np.broadcast_to(rgb, stacked.shape)
    colorful = _numpy(colorfulness(stacked))
    columns = {
        "psnr": _numpy(psnr(true, stacked)),
        "ssim": _numpy(ssim(true, stacked)),
        "saturation_difference": _numpy(saturation_difference(true, stacked)),
        "colorfulness": colorful,
        "colorfulness_difference": np.abs(colorful - _numpy(colorfulness(rgb))),
    }
    means = pixels.mean(axis=(1, 2), dtype="float64")
    columns.update(zip(_PIXEL_FIGURES, means.T, strict=True))
    return {
        name: {column: float(values[index]) for column, values in columns.items()}
        for index, name in enumerate(made)
    }


def _pixel_figures(rgb, made):
    """Array (M, H, W, 7) of the figures that every pixel has."""
    true, stacked = (
        apply_pixelwise(_views, rgb),
        apply_pixelwise(_views, np.stack([*made.values()])),
    )
    both = np.concatenate([np.broadcast_to(true, stacked.shape), stacked], axis=-1)
    return apply_pixelwise(_compare, both)


def _views(rgb):
    return ops.concatenate([rgb_to_lab(rgb), rgb_to_luv(rgb)[..., 1:]], axis=-1)


def _compare(views):
    lab_true, uv_true, lab_made, uv_made = (
        views[..., start:stop] for start, stop in ((0, 3), (3, 5), (5, 8), (8, 10))
    )
    right = 100.0 * bin_accuracy(uv_true, uv_made)
    compared = [
        ab_error(lab_true[..., 1:], lab_made[..., 1:]),
        ab_mean_squared_error(lab_true[..., 1:], lab_made[..., 1:]),
        luv_uv_squared_error(uv_true, uv_made),
        right[..., 0],
        right[..., 1],
        ciede2000(lab_true, lab_made),
        100.0 * area_under_curve(lab_true[..., 1:], lab_made[..., 1:]),
    ]
    return ops.stack(compared, axis=-1)


def _bins(rgb):
    return ops.cast(hard_encode_ab(rgb_to_lab(rgb)[..., 1:]), "float32")[..., None]


def _numpy(tensor):
    return ops.convert_to_numpy(tensor).astype("float64")
