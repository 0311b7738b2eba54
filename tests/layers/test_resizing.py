"""Resizing layers: values, unknown sizes, precision, files."""

import keras
import numpy as np
import pytest
from keras import ops
from PIL import Image
from skimage.transform import resize

from keras_colorize.layers import CropLike, ResizeLike, ResizeTo, Upsample2x

PICTURE = np.random.default_rng(0).uniform(size=(2, 3, 5, 4)).astype("float32")


def _numpy(x):
    return ops.convert_to_numpy(ops.cast(x, "float32"))


def test_nearest_upsampling_repeats_every_pixel():
    expected = PICTURE.repeat(2, axis=1).repeat(2, axis=2)
    np.testing.assert_array_equal(_numpy(Upsample2x()(PICTURE)), expected)


def test_bilinear_upsampling_weighs_neighbours_three_to_one():
    # Between pixel centres at half integers the weights of a doubling are 3/4 and 1/4; the
    # border repeats (the weights follow from the geometry, not from any implementation).
    row = np.array([0.0, 4.0, 8.0], "float32").reshape(1, 1, 3, 1)
    doubled = _numpy(Upsample2x("bilinear")(row))[0, :, :, 0]
    np.testing.assert_allclose(doubled, [[0.0, 1.0, 3.0, 5.0, 7.0, 8.0]] * 2, atol=1e-6)


def test_resize_like_takes_only_the_size_of_the_reference():
    reference = np.zeros((2, 6, 10, 9), "float32")
    resized = _numpy(ResizeLike()([PICTURE, reference]))
    np.testing.assert_allclose(resized, _numpy(Upsample2x("bilinear")(PICTURE)), atol=1e-6)


@pytest.mark.parametrize("size", [(1, 1), (4, 7), (3, 5), (9, 2)])
def test_nearest_takes_the_pixel_under_each_centre(size):
    rows = ((np.arange(size[0]) + 0.5) * 3 / size[0]).astype(int)
    columns = ((np.arange(size[1]) + 0.5) * 5 / size[1]).astype(int)
    resized = _numpy(ResizeTo(*size, interpolation="nearest")(PICTURE))
    np.testing.assert_array_equal(resized, PICTURE[:, rows][:, :, columns])


@pytest.mark.parametrize("antialias", [False, True])
def test_same_size_is_the_identity(antialias):
    np.testing.assert_allclose(
        _numpy(ResizeTo(3, 5, antialias=antialias)(PICTURE)), PICTURE, atol=1e-6
    )


@pytest.mark.parametrize("size", [(20, 9), (2, 30), (50, 31)])
@pytest.mark.parametrize("antialias", [False, True])
def test_bilinear_equals_scikit_image(size, antialias):
    # skimage.transform.resize of order 1 uses the same half-integer centres; its antialiasing
    # is a Gaussian, so Pillow's triangle filter is the outside reference there.
    picture = np.random.default_rng(1).uniform(size=(20, 31)).astype("float32")
    if antialias:
        image = Image.fromarray(picture)
        expected = np.asarray(image.resize(size[::-1], Image.Resampling.BILINEAR))
    else:
        expected = resize(picture, size, order=1, mode="edge", anti_aliasing=False)
    resized = _numpy(ResizeTo(*size, antialias=antialias)(picture[None, :, :, None]))
    np.testing.assert_allclose(resized[0, :, :, 0], expected, atol=1e-5)


def test_antialias_sees_every_pixel_of_a_large_picture():
    fine_lines = np.zeros((1, 64, 64, 1), "float32")
    fine_lines[:, :, ::8] = 1.0
    assert _numpy(ResizeTo(8, 8)(fine_lines)).max() == 0.0
    averaged = _numpy(ResizeTo(8, 8, antialias=True)(fine_lines))
    np.testing.assert_allclose(averaged, 1 / 8, atol=0.05)


def _layers():
    return {
        "nearest": Upsample2x(name="resized"),
        "bilinear": Upsample2x("bilinear", name="resized"),
        "to": ResizeTo(7, 2, antialias=True, name="resized"),
        "to_nearest": ResizeTo(7, 2, "nearest", name="resized"),
    }


@pytest.mark.parametrize("name", _layers())
def test_functional_model_of_any_size_survives_a_file(name, tmp_path):
    inputs = keras.Input((None, None, 4))
    # A convolution on both sides: the file must carry shapes, and a gradient must pass.
    x = keras.layers.Conv2D(4, 3, padding="same")(inputs)
    x = _layers()[name](x)
    model = keras.Model(inputs, keras.layers.Conv2D(2, 1)(x))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for shape in [(1, 3, 5, 4), (1, 8, 6, 4)]:
        x = np.ones(shape, "float32")
        np.testing.assert_allclose(model.predict_on_batch(x), loaded.predict_on_batch(x), atol=1e-6)
        static = loaded.get_layer("resized").compute_output_shape(shape)
        assert model.predict_on_batch(x).shape[:3] == static[:3]


def test_crop_like_keeps_the_top_left():
    cropped = _numpy(CropLike()([PICTURE, np.zeros((2, 2, 3, 1), "float32")]))
    np.testing.assert_array_equal(cropped, PICTURE[:, :2, :3])


@pytest.mark.parametrize(
    "layer", [ResizeLike("nearest"), ResizeLike(), CropLike()], ids=["nearest", "bilinear", "crop"]
)
def test_two_inputs_of_any_size_survive_a_file(layer, tmp_path):
    x, reference = keras.Input((None, None, 4)), keras.Input((None, None, 1))
    resized = layer([x, reference])
    assert resized.shape == (None, None, None, 4)
    model = keras.Model([x, reference], resized)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for size in [(2, 4), (3, 1)]:
        pair = [PICTURE, np.zeros((2, *size, 1), "float32")]
        np.testing.assert_array_equal(model.predict_on_batch(pair), loaded.predict_on_batch(pair))
        assert loaded.predict_on_batch(pair).shape == (2, *size, 4)


@pytest.mark.parametrize("name", _layers())
def test_a_convolution_below_learns_in_bfloat16(name):
    inputs = keras.Input((None, None, 1))
    conv = keras.layers.Conv2D(4, 3, padding="same", dtype="mixed_bfloat16")
    layer = _layers()[name]
    layer.dtype_policy = keras.DTypePolicy("mixed_bfloat16")
    resized = layer(conv(inputs))
    assert resized.dtype == "bfloat16"
    model = keras.Model(inputs, keras.layers.Activation("linear", dtype="float32")(resized))
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse")
    x = PICTURE[..., :1]
    before = conv.get_weights()
    model.train_on_batch(x, np.ones((2, *layer.compute_output_shape(x.shape)[1:3], 4)))
    for old, new in zip(before, conv.get_weights(), strict=True):
        assert np.isfinite(new).all()
        assert (old != new).all()


def test_eager_result_has_the_compute_dtype():
    for interpolation in ("nearest", "bilinear"):
        doubled = Upsample2x(interpolation, dtype="mixed_bfloat16")(PICTURE)
        assert keras.backend.standardize_dtype(doubled.dtype) == "bfloat16"
        expected = _numpy(Upsample2x(interpolation)(PICTURE))
        np.testing.assert_allclose(_numpy(doubled), expected, atol=0.01)


@pytest.mark.parametrize("make", [Upsample2x, ResizeLike, lambda name: ResizeTo(2, 2, name)])
def test_refuses_unknown_interpolation(make):
    with pytest.raises(ValueError, match="must be one of .*'lanczos'"):
        make("lanczos")


def test_refuses_an_empty_size():
    with pytest.raises(ValueError, match="height=0, width=4"):
        ResizeTo(0, 4)
