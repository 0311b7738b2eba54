"""The metrics of color: those of each picture, and one that only a whole set has."""

import numpy as np
from keras import ops
from skimage.color import deltaE_ciede2000
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from keras_colorize.bins import bin_count, hard_encode_ab, rebalancing_weights, smooth_prior
from keras_colorize.color import rgb_to_hsv, rgb_to_lab, rgb_to_luv, scale_ab
from keras_colorize.metrics import bin_accuracy, blotchiness, colorfulness, hue_patchiness


def picture_metrics(target, predictions):
    """Metrics of one picture by the name of each colorized version.

    PSNR, SSIM (Gaussian window, sigma 1.5) and CIEDE2000 are scikit-image's. `ab_mse` is that of
    "colors from 0 to 1", mean of a and b (Melas-Kyriazi & Han 2017, table 3; Zhou & Zhou 2019);
    `luv_uv_error` the sum of the squared errors of u and v, `acc_u` and `acc_v` the share of right
    bins and `saturation_difference` |sum S - sum S_true| / sum S_true of HSV (Hwang & Zhou 2016,
    5.1), means over the pixels. `auc` is the area under the curve of pixels within a distance of
    0 to 150 in the ab plane (Zhang, Isola & Efros 2016, 3.1): one at distance d adds 1 - d / 150.

    From the true colors, (H, W, 3), sRGB in [0, 1], and a dict of name to array of that shape, to
    a dict of name to dict of metric to float: shares and areas in percent, an infinite PSNR where
    nothing differs, no SSIM for sides below 11 pixels.
    """
    return ColorEvaluator().update(None, target, predictions)


class ColorEvaluator:
    """`picture_metrics`, and the area under the curve rebalanced by how rare true colors are.

    That one (Zhang 2016, section 3.1, equation 4 with lambda 0) counts colors in the measured set,
    the paper in ImageNet: values of different sets do not compare.
    """

    def __init__(self):
        self.counts = np.zeros(bin_count())
        self.areas = {}

    def update(self, path, target, predictions):
        """Metrics of one picture, see `picture_metrics`."""
        views, found = _views(target), {}
        bins = ops.convert_to_numpy(hard_encode_ab(views[0][..., 1:])).astype("int64").ravel()
        # By the number of pixels, so that every picture counts the same.
        self.counts += np.bincount(bins, minlength=bin_count()) / bins.size
        for name, prediction in predictions.items():
            found[name], areas = _compare(target, prediction, views)
            sums = np.bincount(bins, areas.ravel(), minlength=bin_count()) / bins.size
            self.areas[name] = self.areas.get(name, 0.0) + sums
        return found

    def result(self):
        """Metrics of the whole set: dict of name to dict of metric to float."""
        weights = rebalancing_weights(smooth_prior(self.counts), uniform_share=0.0)
        whole = weights @ self.counts
        return {
            name: {"auc_rebalanced": float(weights @ areas / whole)}
            for name, areas in self.areas.items()
        }


def _views(rgb):
    """L*a*b* and L*u*v* of a picture, its mean saturation and its colorfulness."""
    rgb = np.asarray(rgb, "float32")
    spaces = rgb_to_lab, rgb_to_luv, rgb_to_hsv
    lab, luv, hsv = (ops.convert_to_numpy(convert(rgb)) for convert in spaces)
    return lab, luv[..., 1:], hsv[..., 1].mean(dtype="float64"), float(colorfulness(rgb))


def _compare(target, prediction, views):
    """Metrics of one prediction, and what each of its pixels adds to the area under the curve."""
    target, prediction = (np.asarray(one, "float64") for one in (target, prediction))
    lab_true, uv_true, saturation_true, colorfulness_true = views
    lab, uv, saturation, vividness = _views(prediction)
    distance = np.linalg.norm((lab - lab_true)[..., 1:].astype("float64"), axis=-1)
    areas = 100.0 * (1.0 - np.minimum(distance, 150.0) / 150.0)
    scaled = [ops.convert_to_numpy(scale_ab(one[..., 1:])) for one in (lab, lab_true)]
    right = ops.convert_to_numpy(bin_accuracy(uv_true, uv)).mean(axis=(0, 1), dtype="float64")
    # Grey pictures would divide by zero.
    off = abs(saturation - saturation_true) / max(saturation_true, 0.01)
    with np.errstate(divide="ignore"):
        metrics = {"psnr": peak_signal_noise_ratio(target, prediction, data_range=1.0)}
    # The Gaussian window of Wang et al. 2004 has 11 pixels.
    if min(target.shape[:2]) >= 11:
        how = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
        how |= {"channel_axis": -1, "data_range": 1.0}
        metrics["ssim"] = structural_similarity(target, prediction, **how)
    metrics |= {
        "saturation_difference": 100.0 * off,
        "colorfulness": vividness,
        "colorfulness_difference": abs(vividness - colorfulness_true),
        "ab_error": distance.mean(),
        "ab_mse": np.square(scaled[0] - scaled[1]).mean(dtype="float64"),
        "luv_uv_error": np.square(uv - uv_true).sum(axis=-1).mean(dtype="float64"),
        "acc_u": 100.0 * right[0],
        "acc_v": 100.0 * right[1],
        "ciede2000": deltaE_ciede2000(lab_true, lab).mean(dtype="float64"),
        "auc": areas.mean(),
        "blotchiness": blotchiness(prediction),
        "hue_patchiness": 100.0 * hue_patchiness(prediction),
    }
    return {name: float(value) for name, value in metrics.items()}, areas
