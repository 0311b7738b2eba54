"""SpectralNorm against NumPy and PyTorch; statistics that stay in inference."""

import keras
import numpy as np
import pytest
import torch
from keras import layers, ops
from torch.nn.utils.parametrizations import spectral_norm

from keras_colorize.layers import BatchStatisticsNormalization, SpectralNorm

RNG = np.random.default_rng(0)
PICTURE = RNG.normal(size=(2, 6, 5, 3)).astype("float32")
KINDS = {
    "dense": lambda **options: layers.Dense(4, **options),
    "convolution": lambda **options: layers.Conv2D(4, 3, **options),
    "transposed": lambda **options: layers.Conv2DTranspose(4, 3, **options),
}
# Axes that bring a Keras kernel into PyTorch's order.
TO_TORCH = {"dense": (1, 0), "convolution": (3, 2, 0, 1), "transposed": (3, 2, 0, 1)}


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def wrapped(kind):
    """A built layer with a kernel and a bias of arbitrary values."""
    return _built(KINDS[kind]())


def _built(layer):
    norm = SpectralNorm(layer)
    norm.build(PICTURE.shape)
    rng = np.random.default_rng(1)
    norm.set_weights([rng.normal(size=w.shape) for w in norm.get_weights()])
    return norm


def _numpy(x):
    return ops.convert_to_numpy(ops.cast(x, "float32"))


def _largest_singular_value(kind, kernel):
    order = {"dense": (0, 1), "convolution": (0, 1, 2, 3), "transposed": (0, 1, 3, 2)}[kind]
    matrix = np.transpose(kernel, order)
    return np.linalg.svd(matrix.reshape(-1, 4), compute_uv=False)[0]


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_the_norm_becomes_one(kind, policy):
    norm = _built(KINDS[kind](dtype=policy))
    kernel, bias = norm.layer.get_weights()
    for _ in range(30):
        norm(PICTURE, training=True)
    plain = KINDS[kind](dtype=policy)
    plain.build(PICTURE.shape)
    plain.set_weights([kernel / _largest_singular_value(kind, kernel), bias])
    output = norm(PICTURE)
    assert output.dtype == plain(PICTURE).dtype
    # In bfloat16 the two kernels may round to neighbors.
    atol = 1e-5 if policy == "float32" else 0.02
    np.testing.assert_allclose(_numpy(output), _numpy(plain(PICTURE)), atol=atol)
    assert {w.dtype for w in norm.weights} == {"float32"}
    stored = norm.layer.get_weights()[0]
    np.testing.assert_array_equal(stored, kernel)
    assert abs(_largest_singular_value(kind, stored) - 1) > 0.3


def test_only_training_improves_u(wrapped):
    before = _numpy(wrapped.u)
    wrapped(PICTURE)
    np.testing.assert_array_equal(_numpy(wrapped.u), before)
    wrapped(PICTURE, training=True)
    assert np.abs(_numpy(wrapped.u) - before).max() > 0.01
    # A kernel of zeros stays finite.
    wrapped.layer.set_weights([np.zeros_like(w) for w in wrapped.layer.get_weights()])
    assert not _numpy(wrapped(PICTURE, training=True)).any()


def _loss(wrapped, training):
    """Returns the loss as a function of the kernel, with a weight of its own on each number."""

    def loss(kernel):
        _, bias = wrapped.layer.trainable_variables
        output, _ = wrapped.stateless_call(
            [kernel, bias.value], [wrapped.u.value], PICTURE, training=training
        )
        weights = np.cos(np.arange(np.prod(output.shape))).reshape(output.shape)
        return ops.sum(output * weights.astype("float32"))

    return loss


def _published(kind, wrapped):
    """The same layer in PyTorch, with u and v of ours before the first round."""
    kernel, bias = wrapped.layer.get_weights()
    module = {
        "dense": torch.nn.Linear(3, 4),
        "convolution": torch.nn.Conv2d(3, 4, 3),
        "transposed": torch.nn.ConvTranspose2d(3, 4, 3),
    }[kind]
    weight = torch.tensor(kernel.transpose(TO_TORCH[kind]).copy())
    module.load_state_dict({"weight": weight, "bias": torch.tensor(bias)})
    module = spectral_norm(module)
    state = module.parametrizations.weight[0]
    matrix = weight.transpose(0, 1) if kind == "transposed" else weight
    state._u.copy_(torch.tensor(_numpy(wrapped.u)))
    v = matrix.reshape(4, -1).T @ state._u
    state._v.copy_(v / v.norm())
    return module


def test_loss_and_gradient_equal_those_of_pytorch(kind, wrapped, gradient_of):
    module = _published(kind, wrapped)
    picture = torch.tensor(PICTURE if kind == "dense" else PICTURE.transpose(0, 3, 1, 2))
    output = module(picture)
    output = output if kind == "dense" else output.permute(0, 2, 3, 1)
    weights = torch.cos(torch.arange(output.numel(), dtype=torch.float64)).reshape(output.shape)
    loss = (output * weights).sum()
    loss.backward()
    ours = _loss(wrapped, training=True)
    kernel = wrapped.layer.get_weights()[0]
    np.testing.assert_allclose(_numpy(ours(kernel)), loss.item(), rtol=1e-4)
    expected = module.parametrizations.weight.original.grad.numpy()
    gradient = gradient_of(ours, kernel).transpose(TO_TORCH[kind])
    np.testing.assert_allclose(gradient, expected, atol=1e-4 * np.abs(expected).max())


def test_refuses():
    with pytest.raises(ValueError, match="received DepthwiseConv2D"):
        SpectralNorm(layers.DepthwiseConv2D(3))
    with pytest.raises(ValueError, match="axis -1, received 1"):
        BatchStatisticsNormalization(axis=1)


MAP = np.random.default_rng(0).normal(3.0, 2.0, (2, 3, 4, 5)).astype("float32")


def _norm(**options):
    norm = BatchStatisticsNormalization(momentum=0.9, **options)
    norm.build(MAP.shape)
    norm.set_weights([w + 0.1 * np.arange(w.size) for w in norm.get_weights()])
    return norm


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("options", [{}, {"scale": False}, {"center": False, "epsilon": 0.1}])
def test_mean_and_variance_are_those_of_the_batch(options, training):
    norm = _norm(**options)
    epsilon = options.get("epsilon", 1e-3)
    expected = (MAP - MAP.mean((0, 1, 2))) / np.sqrt(MAP.var((0, 1, 2)) + epsilon)
    expected = expected * (1 + 0.1 * np.arange(5) if "scale" not in options else 1)
    expected = expected + (0.1 * np.arange(5) if "center" not in options else 0)
    before = _numpy(norm.moving_mean)
    np.testing.assert_allclose(_numpy(norm(MAP, training=training)), expected, atol=1e-5)
    # Only training moves the statistics.
    moved = 0.9 * before + 0.1 * MAP.mean((0, 1, 2)) if training else before
    np.testing.assert_allclose(_numpy(norm.moving_mean), moved, rtol=1e-5)


def test_half_precision_outside_only():
    norm = keras.layers.deserialize(keras.layers.serialize(_norm(dtype="mixed_bfloat16")))
    norm.set_weights(_norm().get_weights())
    # In bfloat16 itself neither the mean nor the variance of such numbers could be told.
    picture = np.float32(256.0) + 2 * MAP.round()
    output = norm(picture)
    assert output.dtype == ops.cast(MAP, "bfloat16").dtype
    np.testing.assert_allclose(_numpy(output), _numpy(_norm()(picture)), atol=0.02)
