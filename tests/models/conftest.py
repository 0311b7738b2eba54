"""What the tests of all networks share."""

import keras
import numpy as np
import pytest

ON_JAX = keras.backend.backend() == "jax"


@pytest.fixture(scope="session")
def step():
    """Returns a function that trains one step and tells how far each weight moved, by path.

    Plain gradient descent moves a weight by rate x gradient on every backend; the rate is high so
    that no small gradient is lost beside its weight.
    """

    def _step(model, x, y, loss="mse", rate=1e3, **options):
        # XLA is JAX's only way, a graph takes seconds.
        options |= {"jit_compile": True} if ON_JAX else {"run_eagerly": True}
        model.compile(keras.optimizers.SGD(rate), loss, **options)
        before = [keras.ops.convert_to_numpy(w).copy() for w in model.weights]
        model.train_on_batch(x, y)
        after = [keras.ops.convert_to_numpy(w) for w in model.weights]
        moved = [new - old for new, old in zip(after, before, strict=True)]
        return dict(zip([w.path for w in model.weights], moved, strict=True))

    return _step


@pytest.fixture(scope="session")
def assert_all_learn():
    """Returns a function that checks what `step` tells of a model's trainable weights."""

    def _assert_all_learn(model, moved):
        for weight in model.trainable_weights:
            assert np.isfinite(moved[weight.path]).all(), weight.path
            assert np.any(moved[weight.path]), weight.path

    return _assert_all_learn


@pytest.fixture(scope="session")
def predict():
    """Returns a function of (model, inputs) to NumPy outputs, the quickest of the backend."""

    def _predict(model, x):
        if ON_JAX:
            return model.predict_on_batch(x)
        return keras.tree.map_structure(keras.ops.convert_to_numpy, model(x, training=False))

    return _predict


@pytest.fixture(scope="session")
def randomise():
    """Returns a function that gives a model the same arbitrary weights on every backend."""

    def _randomise(model):
        rng = np.random.default_rng(0)
        # Kernels keep the size of their sums; all else starts from constants and is shifted.
        model.set_weights(
            [
                rng.normal(0.0, np.sqrt(2.0 / np.prod(w.shape[:-1])), w.shape)
                if w.ndim > 1
                else w + rng.normal(0.0, 0.1, w.shape)
                for w in model.get_weights()
            ]
        )
        return model

    return _randomise


@pytest.fixture(scope="session")
def odd_statistics():
    """Gives batch normalizations numbers as unlike each other as a real network's; the model."""

    def _odd_statistics(model):
        for layer in model.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                rng = np.random.default_rng(len(layer.name))
                layer.set_weights([rng.uniform(0.2, 1.5, w.shape) for w in layer.get_weights()])
        return model

    return _odd_statistics


@pytest.fixture(scope="session")
def lightness_of():
    """Returns a function that makes L* at random, (batch, height, width, 1)."""

    def _lightness_of(height, width, batch=2, seed=0):
        rng = np.random.default_rng(seed)
        return rng.uniform(0.0, 100.0, (batch, height, width, 1)).astype("float32")

    return _lightness_of


@pytest.fixture
def bfloat16_policy():
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy("float32")


@pytest.fixture(scope="session")
def copy_to_torch():
    """Returns a function that copies a Keras model's weights into a PyTorch module, by name.

    The module `a.b` takes the weights of the layer `a_b`; none of either may be left over.
    """
    import torch

    orders = {4: (3, 2, 0, 1), 2: (1, 0)}

    def _copy(model, module):
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

    return _copy


@pytest.fixture(autouse=True)
def seed():
    """Makes initial weights the same in each run."""
    keras.utils.set_random_seed(0)
