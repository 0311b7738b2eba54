"""One tiny network that many tests share, and gradients, which each backend spells its own way."""

import keras
import numpy as np
import pytest

from keras_colorize import Colorizer, PresetConfig, distribution_unet, save_preset

TINY = {
    "encoder": "residual",
    "decoder_widths": [8, 8, 8, 8],
    "residual_widths": [4, 4, 8, 8, 8],
    "global_units": 8,
}


@pytest.fixture(scope="session")
def tiny_model():
    """A distribution network with random weights that spread its colors."""
    keras.utils.set_random_seed(3)
    model = distribution_unet(**TINY)
    head = model.get_layer("ab_logits")
    kernel, bias = head.get_weights()
    head.set_weights([4.0 * kernel, bias])
    return model


@pytest.fixture(scope="session")
def tiny_config():
    return PresetConfig(
        network="distribution_unet", arguments=TINY, output="ab_logits", working_size=64
    )


@pytest.fixture(scope="session")
def tiny_preset(tmp_path_factory, tiny_model, tiny_config):
    """Folder of a saved preset, called `tiny`; not to be changed."""
    folder = tmp_path_factory.mktemp("presets") / "tiny"
    save_preset(tiny_model, folder, tiny_config)
    return folder


@pytest.fixture(scope="session")
def tiny_colorizer(tiny_preset):
    return Colorizer.from_preset(tiny_preset, precision="float32")


@pytest.fixture(scope="session")
def mobilenet_weights(tmp_path_factory):
    """Weights in the layout of keras.applications.MobileNetV2, with random values."""
    keras.utils.set_random_seed(1)
    path = tmp_path_factory.mktemp("classifier") / "mobilenet_v2.weights.h5"
    keras.applications.MobileNetV2(weights=None).save_weights(path)
    return path


@pytest.fixture
def picture():
    """A small color picture, uint8, not square, with detail in every pixel."""
    return np.random.default_rng(5).integers(0, 256, (37, 52, 3), dtype=np.uint8)


@pytest.fixture(scope="session")
def gradient_of():
    """`gradient_of(function, x)`: the gradient of the sum of function(x) with respect to x."""

    def with_tensorflow(function, x):
        import tensorflow as tf

        x = tf.convert_to_tensor(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = tf.reduce_sum(function(x))
        return tape.gradient(total, x).numpy()

    def with_jax(function, x):
        import jax

        return np.asarray(jax.grad(lambda value: function(value).sum())(x))

    return with_tensorflow if keras.backend.backend() == "tensorflow" else with_jax
