"""Layers that mind sizes: values against skimage, Pillow and SciPy; unknown sizes; files."""

import keras
import numpy as np
import pytest
from keras import ops
from PIL import Image
from scipy.ndimage import gaussian_filter
from skimage.transform import resize

from keras_colorize import layers

PICTURE = np.random.default_rng(0).uniform(size=(2, 3, 5, 4)).astype("float32")


def _numpy(x):
    return ops.convert_to_numpy(ops.cast(x, "float32"))


def test_doubling_weighs_neighbors_three_to_one():
    # Between pixel centers at half integers the weights of a doubling are 3/4 and 1/4; the
    # border repeats (the weights follow from the geometry, not from any implementation).
    row = np.array([0.0, 4.0, 8.0], "float32").reshape(1, 1, 3, 1)
    doubled = _numpy(layers.Upsample2x()(row))[0, :, :, 0]
    np.testing.assert_allclose(doubled, [[0.0, 1.0, 3.0, 5.0, 7.0, 8.0]] * 2, atol=1e-6)
    resized = _numpy(layers.ResizeLike()([PICTURE, np.zeros((2, 6, 10, 9), "float32")]))
    np.testing.assert_allclose(resized, _numpy(layers.Upsample2x()(PICTURE)), atol=1e-6)


@pytest.mark.parametrize("size", [(20, 31), (20, 9), (2, 30), (50, 31)])
@pytest.mark.parametrize("antialias", [False, True])
def test_bilinear_equals_scikit_image(size, antialias):
    # skimage.transform.resize of order 1 uses the same half-integer centers; its antialiasing
    # is a Gaussian, so Pillow's triangle filter is the outside reference there.
    picture = np.random.default_rng(1).uniform(size=(20, 31)).astype("float32")
    if antialias:
        image = Image.fromarray(picture)
        expected = np.asarray(image.resize(size[::-1], Image.Resampling.BILINEAR))
    else:
        expected = resize(picture, size, order=1, mode="edge", anti_aliasing=False)
    resized = _numpy(layers.ResizeTo(*size, antialias=antialias)(picture[None, :, :, None]))
    np.testing.assert_allclose(resized[0, :, :, 0], expected, atol=1e-5)


def test_cropping_and_padding_are_at_the_bottom_and_right():
    cropped = _numpy(layers.CropLike()([PICTURE, np.zeros((2, 2, 3, 1), "float32")]))
    np.testing.assert_array_equal(cropped, PICTURE[:, :2, :3])
    padded = _numpy(layers.PadToAtLeast(5)(PICTURE))
    assert padded.shape == (2, 5, 5, 4)
    np.testing.assert_array_equal(padded[:, :3], PICTURE)
    assert not padded[:, 3:].any()
    turned = _numpy(layers.PadToAtLeast(5)(PICTURE.transpose(0, 2, 1, 3)))
    np.testing.assert_array_equal(turned, padded.transpose(0, 2, 1, 3))
    np.testing.assert_array_equal(_numpy(layers.PadToAtLeast(3)(PICTURE)), PICTURE)


@pytest.mark.parametrize(
    ("shape", "sigma"),
    # Maps far smaller than the Gaussian are mirrored again and again.
    [((2, 9, 14, 3), 1.0), ((1, 12, 7, 2), 2.3), ((1, 1, 2, 4), 3.0), ((1, 3, 1, 1), 5.0)],
)
def test_smoothing_equals_scipy(shape, sigma):
    x = np.random.default_rng(0).normal(size=shape).astype("float32")
    found = _numpy(layers.GaussianSmoothing(sigma)(x))
    expected = gaussian_filter(x, (0, sigma, sigma, 0), mode="reflect")
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_channels_are_stacked_before_the_bins():
    u, v = np.random.default_rng(0).normal(size=(2, 3, 4, 5, 6)).astype("float32")
    np.testing.assert_array_equal(_numpy(layers.StackChannels()([u, v])), np.stack([u, v], axis=3))
    u, v = keras.Input((None, 7, 50)), keras.Input((None, 7, 50))
    assert layers.StackChannels()([u, v]).shape == (None, None, 7, 2, 50)


def test_shapes_are_known_beforehand_and_arguments_are_kept():
    # Files of networks with these layers are in tests/models/test_contract.py.
    resizing = (layers.Upsample2x(), layers.ResizeTo(7, 2, antialias=True), layers.PadToAtLeast(4))
    for layer in (*resizing, layers.GaussianSmoothing(1.5)):
        again = type(layer).from_config(layer.get_config())
        for shape in ((1, 3, 5, 4), (1, 8, 6, 4)):
            x = np.random.default_rng(0).normal(size=shape).astype("float32")
            np.testing.assert_array_equal(_numpy(layer(x)), _numpy(again(x)))
            assert layer(keras.Input(batch_shape=shape)).shape == tuple(layer(x).shape)


def test_refuses():
    with pytest.raises(ValueError, match="height=0, width=4"):
        layers.ResizeTo(0, 4)
    with pytest.raises(ValueError, match="1 or more, received 0"):
        layers.PadToAtLeast(0)
    with pytest.raises(ValueError, match="above 0, received 0"):
        layers.GaussianSmoothing(0)
