import numpy as np
import pytest
import skimage.data
from skimage import color, metrics

from keras_colorize.bins import ab_centers
from keras_colorize.evaluation import picture_metrics
from keras_colorize.evaluation.color_metrics import ColorEvaluator
from keras_colorize.metrics import blotchiness, hue_patchiness


def test_metrics_by_scikit_image():
    # A photograph and a duller, bluer version of it.
    true = skimage.data.astronaut()[100:160, 150:230] / 255.0
    made = color.lab2rgb(color.rgb2lab(true) * [1, 0.7, 0.7] + [0, 0, -4])
    true, made = pictures = true.astype("float32"), made.astype("float32")
    found, same = picture_metrics(true, {"made": made, "truth": true}).values()
    off = same["colorfulness"] - found["colorfulness"]
    assert found["colorfulness_difference"] == pytest.approx(off)
    assert off > 5 > same["colorfulness_difference"] == 0.0
    lab, luv = ([function(rgb) for rgb in pictures] for function in (color.rgb2lab, color.rgb2luv))
    ab_off, uv_off = (one[1][..., 1:] - one[0][..., 1:] for one in (lab, luv))
    distance = np.linalg.norm(ab_off, axis=-1)
    right = [np.floor((one[..., 1:] + 100) / 4) for one in luv]
    right = 100 * (right[0] == right[1]).mean(axis=(0, 1))
    gaussian = {"gaussian_weights": True, "use_sample_covariance": False, "data_range": 1.0}
    saturation = [color.rgb2hsv(rgb)[..., 1].mean() for rgb in pictures]
    expected = {
        "psnr": metrics.peak_signal_noise_ratio(true, made, data_range=1.0),
        "ssim": metrics.structural_similarity(true, made, channel_axis=-1, **gaussian),
        "ab_error": distance.mean(),
        "ab_mse": np.square(ab_off / 220).mean(),
        "luv_uv_error": np.square(uv_off).sum(axis=-1).mean(),
        "ciede2000": color.deltaE_ciede2000(*lab).mean(),
        "auc": 100 - 100 * np.minimum(distance, 150).mean() / 150,
        "saturation_difference": 100 * abs(saturation[1] - saturation[0]) / saturation[0],
    }
    assert {key: found[key] for key in expected} == pytest.approx(expected, rel=2e-3)
    # Colors within rounding of a bin's edge may fall on either side.
    assert [found["acc_u"], found["acc_v"]] == pytest.approx(right, abs=0.5)
    assert 1 < found["acc_u"] < 80
    assert found["blotchiness"] == pytest.approx(float(blotchiness(made)), rel=1e-4)
    assert found["hue_patchiness"] == pytest.approx(100 * hue_patchiness(made), rel=1e-4)
    assert found["hue_patchiness"] > 0.01
    # Pictures of a few pixels have every metric.
    for size in ((1, 1), (1, 300)):
        rgb = np.full((*size, 3), 0.4, "float32")
        found = picture_metrics(rgb, {"made": rgb * np.float32([1, 1, 0.5])})["made"]
        assert np.isfinite(list(found.values())).all()


def test_the_bins_of_grey_are_not_left_to_rounding_errors():
    # u and v of grey are 0, the lower edge of a bin of 4: half of these colors share it.
    lab = np.zeros((8, 9, 3))
    lab[..., 0] = np.linspace(20, 95, 72).reshape(8, 9)
    grey = color.lab2rgb(lab).astype("float32")
    warm = grey * np.float32([1.01, 1.0, 0.99])
    cold = grey * np.float32([0.99, 1.0, 1.01])
    found = [picture_metrics(one, {"grey": grey})["grey"] for one in (grey, warm, cold)]
    for name in ("acc_u", "acc_v"):
        assert [row[name] for row in found] == [100.0, 100.0, 0.0]


def _picture(common, rare):
    """900 pixels of one color a, b and 100 of another."""
    lab = np.repeat(np.float32([[[60, *common]], [[60, *rare]]]), (90, 10), axis=0)
    return color.lab2rgb(np.repeat(lab, 10, axis=1)).astype("float32")


def test_rebalanced_area_gives_rare_colors_the_same_weight():
    # The weights undo how often colors occur: being 30 off in either of them costs the same.
    common, rare = (0.0, 0.0), (40.0, 40.0)
    true = _picture(common, rare)
    made = {"common": _picture((-30, 0), rare), "rare": _picture(common, (40, 10))}
    evaluator = ColorEvaluator()
    rows = evaluator.update(None, true, made)
    alone = evaluator.result()
    evaluator.update(None, true, made)
    assert rows["common"]["auc"] == pytest.approx(100 - 0.9 * 20, abs=0.2)
    assert rows["rare"]["auc"] == pytest.approx(100 - 0.1 * 20, abs=0.2)
    totals = evaluator.result()
    # Both colors are centers of bins with all their neighbors, so both are smoothed alike.
    assert {common, rare} <= {tuple(center) for center in ab_centers().tolist()}
    for name in made:
        assert totals[name]["auc_rebalanced"] == pytest.approx(100 - 0.5 * 20, abs=0.2)
        # Every picture counts the same.
        assert totals[name] == pytest.approx(alone[name])
