"""Gradients, which each backend spells in its own way."""

import keras
import numpy as np
import pytest


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
