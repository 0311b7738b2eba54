import keras
import numpy as np
import pytest
import skimage.data
from keras import ops
from skimage import metrics

from keras_colorize.metrics import Psnr, Ssim, psnr, ssim


@pytest.fixture(scope="module")
def pairs():
    """A photograph and two copies of it: in other colors, and with noise; (2, H, W, 3) each."""
    true = skimage.data.chelsea()[:90:2, :140:2].astype("float32") / 255
    noise = np.random.default_rng(0).normal(0, 0.1, true.shape)
    made = np.stack([true[..., ::-1], np.clip(true + noise, 0, 1)]).astype("float32")
    return np.stack([true, true]), made


def _reference(true, made):
    """Wang et al. 2004 have a Gaussian window of 11 pixels, as these arguments ask for."""
    return metrics.structural_similarity(
        true,
        made,
        channel_axis=-1,
        data_range=1.0,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )


def test_psnr_is_that_of_scikit_image(pairs):
    expected = [
        metrics.peak_signal_noise_ratio(*pair, data_range=1.0) for pair in zip(*pairs, strict=True)
    ]
    np.testing.assert_allclose(ops.convert_to_numpy(psnr(*pairs)), expected, rtol=1e-5)
    assert float(psnr(pairs[0][0], pairs[0][0])) == np.inf


def test_ssim_is_that_of_scikit_image(pairs):
    expected = [_reference(*pair) for pair in zip(*pairs, strict=True)]
    assert expected[1] < 0.9
    np.testing.assert_allclose(ops.convert_to_numpy(ssim(*pairs)), expected, atol=1e-4)
    np.testing.assert_allclose(ops.convert_to_numpy(ssim(pairs[0], pairs[0])), 1.0, atol=1e-6)


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (6, 30), (10, 10)])
def test_ssim_of_pictures_that_are_smaller_than_the_window(size):
    rng = np.random.default_rng(0)
    true, made = rng.random((2, 1, *size, 3)).astype("float32")
    value = ops.convert_to_numpy(ssim(true, made))
    assert value.shape == (1,)
    assert -1 <= value[0] < 0.999
    np.testing.assert_allclose(ops.convert_to_numpy(ssim(true, true)), 1.0, atol=1e-6)


def test_ssim_of_one_pixel_by_hand():
    # Without neighbours there is no variance; what is left is the term of the luminance.
    true, made = np.full((1, 1, 1, 3), 0.2, "float32"), np.full((1, 1, 1, 3), 0.6, "float32")
    expected = (2 * 0.12 + 1e-4) / (0.04 + 0.36 + 1e-4)
    assert float(ssim(true, made)[0]) == pytest.approx(expected, rel=1e-5)


def test_streaming_means(pairs):
    for metric, function in ((Psnr(), psnr), (Ssim(), ssim)):
        for index in range(2):
            metric.update_state(pairs[0][[index]], pairs[1][[index]])
        expected = ops.convert_to_numpy(function(*pairs)).mean()
        assert float(metric.result()) == pytest.approx(expected, rel=1e-5)


def test_half_precision_is_computed_in_float32(pairs):
    true, made = (np.round(picture * 128) / 128 for picture in pairs)
    for function in (psnr, ssim):
        low = function(ops.cast(true, "bfloat16"), ops.cast(made, "bfloat16"))
        assert keras.backend.standardize_dtype(low.dtype) == "float32"
        high = ops.convert_to_numpy(function(true.astype("float32"), made.astype("float32")))
        np.testing.assert_allclose(ops.convert_to_numpy(low), high, rtol=1e-5)
