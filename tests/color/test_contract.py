"""What every color function promises, whatever its space."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_colorize import color

FUNCTIONS = [getattr(color, name) for name in color.__all__]
TWO_CHANNELS = [function for function in FUNCTIONS if "scale_" in function.__name__]
# What returns a pair is in test_gamut.py.
OTHERS = (*TWO_CHANNELS, color.lab_to_rgb_in_gamut)
THREE_CHANNELS = [function for function in FUNCTIONS if function not in OTHERS]
PAIRS = [
    (color.rgb_to_hsv, color.hsv_to_rgb),
    (color.rgb_to_lab, color.lab_to_rgb),
    (color.rgb_to_lab, color.reduce_chroma_to_gamut),
    (color.rgb_to_luv, lambda luv: color.xyz_to_rgb(color.luv_to_xyz(luv))),
    (color.rgb_to_xyz, color.xyz_to_rgb),
    (color.rgb_to_yuv, color.yuv_to_rgb),
]
# Black, white, grey, a corner, a color near black, and what a network may hand over: beyond the
# gamut, negative, and huge.
AWKWARD_RGB = np.array(
    [[0, 0, 0], [1, 1, 1], [0.5, 0.5, 0.5], [1, 0, 0], [1e-7, 0, 1e-7], [1.5, -0.5, 2.0]],
    dtype="float32",
)
AWKWARD_CHROMA = np.array(
    [[0, 0, 0], [100, 0, 0], [50, 0, 0], [0, 100, -100], [100, 100, 100], [1e-6, 50, -90]]
    + [[50, -200, 200], [-5, 3, 3], [120, -3, 90]],
    dtype="float32",
)
each = pytest.mark.parametrize
each_function = each("function", THREE_CHANNELS, ids=lambda function: function.__name__)


@each_function
@each("dtype", ["float16", "bfloat16", "float64"])
def test_computes_in_float32(function, dtype):
    colors = np.full((2, 3, 3), 0.25)
    # JAX has no float64 tensors unless asked; a float64 array is what scikit-image hands over.
    result = function(colors if dtype == "float64" else ops.cast(colors, dtype))
    assert keras.backend.standardize_dtype(result.dtype) == "float32"
    expected = function(np.full((2, 3, 3), 0.25, "float32"))
    np.testing.assert_array_equal(ops.convert_to_numpy(result), ops.convert_to_numpy(expected))
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        result = function(np.full((4, 3), 0.25, "float32"))
    finally:
        keras.config.set_dtype_policy("float32")
    assert keras.backend.standardize_dtype(result.dtype) == "float32"


@each("function", THREE_CHANNELS + TWO_CHANNELS, ids=lambda function: function.__name__)
def test_the_number_of_channels_is_checked(function):
    count = 3 if function in THREE_CHANNELS else 2
    for shape in ((5, 4), ()):
        message = rf"\(\.\.\., {count}\), received \({str(shape)[1:-1]}"
        with pytest.raises(ValueError, match=message):
            function(np.zeros(shape, "float32"))
    with pytest.raises(TypeError, match="received uint8.*/ 255"):
        function(np.zeros((4, 4, count), "uint8"))


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="is no backend's business")
@each_function
def test_any_number_of_leading_axes(function):
    channels = 1 if function is color.rgb_to_lightness else 3
    for shape in ((3,), (7, 3), (2, 5, 4, 3), (0, 3)):
        assert tuple(function(np.zeros(shape, "float32")).shape) == (*shape[:-1], channels)


@each("forward, backward", PAIRS, ids=lambda function: function.__name__)
def test_round_trip(forward, backward, rgb_colors):
    there_and_back = ops.convert_to_numpy(backward(forward(rgb_colors)))
    np.testing.assert_allclose(there_and_back, rgb_colors, atol=1e-4)


@each_function
def test_values_and_gradients_are_finite_everywhere(function, gradient_of):
    from_rgb = function.__name__.startswith("rgb_to_")
    for colors in [AWKWARD_RGB] if from_rgb else [AWKWARD_RGB, AWKWARD_CHROMA]:
        assert np.isfinite(ops.convert_to_numpy(function(colors))).all()
        assert np.isfinite(gradient_of(function, colors)).all()


def traced(function):
    """The function as a graph, which each backend compiles in its own way."""
    if keras.backend.backend() == "jax":
        import jax

        return jax.jit(function)
    import tensorflow as tf

    return tf.function(function, input_signature=[tf.TensorSpec((None, None, 3))])


@each_function
def test_the_graph_computes_what_eager_code_does(function):
    colors = np.random.default_rng(3).random((6, 5, 3), "float32")
    expected = ops.convert_to_numpy(function(colors))
    inputs = keras.Input((5, 3))
    for graph in (traced(function), keras.Model(inputs, function(inputs))):
        actual = ops.convert_to_numpy(graph(colors))
        np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-4)
