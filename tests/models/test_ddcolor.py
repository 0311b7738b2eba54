"""DDColor's own layers against PyTorch; the whole network is compared in tests/presets."""

import keras
import numpy as np
import pytest
import torch
from torch.nn import functional

from keras_colorize.models import ddcolor
from keras_colorize.models.ddcolor import BlurredPixelShuffle, ColorMaps, ScaleTokens


@pytest.fixture(scope="module")
def model(randomise):
    return randomise(ddcolor(width=1 / 32, queries=4))


def _numpy(x):
    return keras.ops.convert_to_numpy(x)


def _torch_shuffle(x, scale):
    """Pixel shuffle, replication padding and mean, from channels last to channels last."""
    x = torch.tensor(x).permute(0, 3, 1, 2)
    x = functional.pixel_shuffle(x, scale)
    x = functional.avg_pool2d(functional.pad(x, (1, 0, 1, 0), mode="replicate"), 2, stride=1)
    return x.permute(0, 2, 3, 1).numpy()


@pytest.mark.parametrize("scale", [2, 4])
def test_the_shuffle_is_that_of_pytorch_with_channels_last_of_all(scale):
    x = np.random.default_rng(0).normal(size=(2, 3, 5, scale**2, 6)).astype("float32")
    shuffled = _numpy(BlurredPixelShuffle(scale)(x.reshape(2, 3, 5, -1)))
    expected = _torch_shuffle(np.swapaxes(x, 3, 4).reshape(2, 3, 5, -1), scale)
    np.testing.assert_allclose(shuffled, expected, atol=1e-6)


def test_color_maps_are_products_with_pixels_and_a_convolution_after():
    rng = np.random.default_rng(0)
    queries, pixels, rgb = (
        rng.normal(size=shape).astype("float32")
        for shape in [(2, 7, 6), (2, 3, 5, 96), (2, 12, 20, 3)]
    )
    layer = ColorMaps(4)
    maps = _numpy(layer([queries, pixels, rgb]))
    fine = _numpy(BlurredPixelShuffle(4)(pixels))
    products = np.einsum("nkc,nhwc->nhwk", queries, fine)
    kernel, bias = layer.get_weights()
    expected = np.concatenate([products, rgb], axis=-1) @ kernel + bias
    np.testing.assert_allclose(maps, expected, atol=1e-4)


def test_places_are_sines_of_the_share_of_the_picture():
    keys, values = ScaleTokens()(np.zeros((1, 3, 5, 8), "float32"))
    places = _numpy(keys - values).reshape(3, 5, 8)
    row, column = 2.0 * np.pi * 2 / 3, 2.0 * np.pi * 4 / 5
    expected = [
        f(place / slower)
        for place in (row, column)
        for slower in (1, 100)
        for f in (np.sin, np.cos)
    ]
    np.testing.assert_allclose(places[1, 3], expected, atol=1e-5)


def test_other_sizes_are_filled_up_with_the_last_row_and_column(model, predict):
    lightness = np.random.default_rng(0).uniform(0, 100, (1, 33, 31, 1)).astype("float32")
    filled = np.pad(lightness, ((0, 0), (0, 31), (0, 1), (0, 0)), mode="edge")
    whole = predict(model, filled)["ab"]
    np.testing.assert_allclose(predict(model, lightness)["ab"], whole[:, :33, :31], atol=1e-6)


def test_a_graph_of_unknown_sizes_equals_the_layers_one_by_one(model):
    for size in ((32, 64), (24, 40)):  # the second size makes TensorFlow's graph forget the first
        lightness = np.random.default_rng(0).uniform(0, 100, (1, *size, 1)).astype("float32")
        compiled = model.predict_on_batch(lightness)["ab"]
        np.testing.assert_allclose(compiled, _numpy(model(lightness)["ab"]), atol=1e-5)


def test_the_tiny_network_has_the_published_number_of_parameters():
    # 55.0 M in Table 2 of the paper; 55,006,640 in the release, less the norm before ConvNeXt's
    # classifier.
    with keras.StatelessScope(initialize_variables=False):
        weights = ddcolor().trainable_weights
    assert sum(int(np.prod(weight.shape)) for weight in weights) == 55_006_640 - 2 * 768
