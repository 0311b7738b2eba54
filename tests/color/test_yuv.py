"""YUV against scikit-image."""

import numpy as np
from keras import ops
from skimage import color as reference

from keras_colorize.color import rgb_to_yuv, yuv_to_rgb


def test_equals_scikit_image(rgb_colors):
    yuv = ops.convert_to_numpy(rgb_to_yuv(rgb_colors))
    np.testing.assert_allclose(yuv, reference.rgb2yuv(rgb_colors), atol=1e-5)
    back = ops.convert_to_numpy(yuv_to_rgb(yuv))
    np.testing.assert_allclose(back, reference.yuv2rgb(yuv), atol=1e-5)


def test_luma_weights_of_bt_601():
    yuv = ops.convert_to_numpy(rgb_to_yuv(np.eye(3)))
    np.testing.assert_allclose(yuv[:, 0], [0.299, 0.587, 0.114], atol=1e-7)


def test_clipping_is_a_choice():
    vivid = np.array([[0.9, 0.4, 0.6]])
    whole = ops.convert_to_numpy(yuv_to_rgb(vivid, clip=False))
    assert whole.max() > 1.0
    np.testing.assert_allclose(ops.convert_to_numpy(yuv_to_rgb(vivid)), np.clip(whole, 0, 1))
