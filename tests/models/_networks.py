"""What the tests of all networks share."""

from unittest import mock

import keras
import numpy as np

from keras_colorize.models import ddcolor

ON_JAX = keras.backend.backend() == "jax"


def small_ddcolor():
    """A block per stage, and one round for each scale."""
    inner = ddcolor.__globals__
    encoders = inner["ENCODERS"].items()
    short = {name: ((1,) * len(depths), widths) for name, (depths, widths) in encoders}
    with mock.patch.dict(inner, ENCODERS=short, _ROUNDS=3):
        return ddcolor(width=1 / 32, queries=4)


def step(model, x, y, loss="mse", rate=1e3, **options):
    """Trains one step and tells how far each weight moved, by path.

    Plain gradient descent moves a weight by rate x gradient on every backend; the rate is high so
    that no small gradient is lost beside its weight.
    """
    # XLA is JAX's only way, a graph takes seconds.
    options |= {"jit_compile": True} if ON_JAX else {"run_eagerly": True}
    model.compile(keras.optimizers.SGD(rate), loss, **options)
    before = [keras.ops.convert_to_numpy(w).copy() for w in model.weights]
    model.train_on_batch(x, y)
    after = [keras.ops.convert_to_numpy(w) for w in model.weights]
    moved = [new - old for new, old in zip(after, before, strict=True)]
    return dict(zip([w.path for w in model.weights], moved, strict=True))


def assert_all_learn(model, moved):
    """Checks what `step` tells of a model's trainable weights."""
    for weight in model.trainable_weights:
        assert np.isfinite(moved[weight.path]).all(), weight.path
        assert np.any(moved[weight.path]), weight.path


def predict(model, x):
    """Outputs in NumPy, in the quickest way of the backend."""
    if ON_JAX:
        return model.predict_on_batch(x)
    return keras.tree.map_structure(keras.ops.convert_to_numpy, model(x, training=False))


def randomise(model):
    """Gives a model the same arbitrary weights on every backend."""
    rng = np.random.default_rng(0)
    # Kernels keep the size of their sums; all else starts from constants and is shifted.
    weights = model.get_weights()
    for number, w in enumerate(weights):
        is_kernel = w.ndim > 1
        spread = np.sqrt(2.0 / np.prod(w.shape[:-1])) if is_kernel else 0.1
        weights[number] = (0.0 if is_kernel else w) + rng.normal(0.0, spread, w.shape)
    model.set_weights(weights)
    return model


def odd_statistics(model):
    """Gives batch normalizations numbers as unlike each other as a real network's; the model."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            rng = np.random.default_rng(len(layer.name))
            layer.set_weights([rng.uniform(0.2, 1.5, w.shape) for w in layer.get_weights()])
    return model


def lightness_of(height, width, batch=2, seed=0):
    """L* at random, (batch, height, width, 1)."""
    rng = np.random.default_rng(seed)
    return rng.uniform(0.0, 100.0, (batch, height, width, 1)).astype("float32")


def copy_to_torch(model, module):
    """Copies a Keras model's weights into a PyTorch module, by name.

    The module `a.b` takes the weights of the layer `a_b`; none of either may be left over.
    """
    import torch

    orders = {4: (3, 2, 0, 1), 2: (1, 0)}
    parts = dict(module.named_modules())
    names = {name: name.replace(".", "_") for name, part in parts.items() if part._parameters}
    assert set(names.values()) == {layer.name for layer in model.layers if layer.weights}
    for name, layer in names.items():
        values = [torch.tensor(w) for w in model.get_layer(layer).get_weights()]
        keys = ["weight", "bias", "running_mean", "running_var"]
        values = [v.permute(orders[v.ndim]) if v.ndim in orders else v for v in values]
        state = dict(zip(keys, values, strict=False))
        parts[name].load_state_dict(state, strict=len(values) < 4)
    return module.eval()
