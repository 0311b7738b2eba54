"""The discriminator: scores, and what every network keeps."""

import keras
import numpy as np
import pytest
import torch
from keras import ops
from torch import nn
from torch.nn import functional

from keras_colorize.layers import SpectralNorm
from keras_colorize.models import dcgan_discriminator

TINY = 1 / 16


class Published(nn.Module):
    """The release's for 32x32 at width 1/16; its last layer, written as a convolution."""

    def __init__(self):
        super().__init__()
        plan = [(3, 4, 2), (4, 8, 2), (8, 16, 2), (16, 32, 1)]
        for number, (inputs, outputs, stride) in enumerate(plan):
            layer = nn.Conv2d(inputs, outputs, 4, stride, bias=number == 0)
            self.add_module(f"conv{number}", layer)
            if number:
                self.add_module(f"conv{number}_bn", nn.BatchNorm2d(outputs, eps=1e-3))
        self.score = nn.Conv2d(32, 1, 4)

    def forward(self, lightness, ab):
        """Returns the map of scores."""
        modules = dict(self.named_children())
        x = torch.cat([lightness / 50 - 1, 2 * ab - 1], dim=1)
        for number in range(4):
            after = 1 if number < 3 else 2
            x = functional.pad(x, (1, after, 1, after))
            x = modules[f"conv{number}"](x)
            x = modules[f"conv{number}_bn"](x) if number else x
            x = functional.leaky_relu(x, 0.2)
        return self.score(x)


def _inputs(height, width, batch=2, seed=0):
    rng = np.random.default_rng(seed)
    lightness = rng.uniform(0, 100, (batch, height, width, 1)).astype("float32")
    return {"lightness": lightness, "ab": rng.uniform(size=(batch, height, width, 2))}


@pytest.fixture(scope="module")
def model(randomise, odd_statistics):
    return odd_statistics(randomise(dcgan_discriminator(32, TINY)))


# At the size of the level set there is one score, at larger sizes their mean.
@pytest.mark.parametrize(("size", "scores"), [((32, 32), (1, 1)), ((48, 40), (3, 2))])
def test_logits_equal_those_of_the_published_network(model, size, scores, copy_to_torch, predict):
    published = copy_to_torch(model, Published())
    inputs = _inputs(*size)
    both = (torch.tensor(inputs[name].astype("float32")) for name in ("lightness", "ab"))
    with torch.no_grad():
        expected = published(*(x.permute(0, 3, 1, 2) for x in both)).numpy()
    assert expected.shape == (2, 1, *scores)
    logits = predict(model, inputs)
    assert logits.shape == (2, 1)
    assert abs(logits[0] - logits[1]) > 0.01
    np.testing.assert_allclose(logits, expected.mean((2, 3)), atol=1e-5)


@pytest.mark.parametrize("level_set", [32, 256])
@pytest.mark.parametrize("size", [(1, 1), (5, 7), (33, 31)])
def test_any_size_gives_one_logit(level_set, size, predict):
    model = dcgan_discriminator(level_set, TINY)
    logits = predict(model, _inputs(*size, batch=1))
    assert logits.shape == (1, 1)
    assert logits.dtype == "float32"
    assert np.isfinite(logits).all()


@pytest.mark.parametrize("spectral_norm", [False, True])
def test_every_weight_has_a_finite_gradient(spectral_norm, step, assert_all_learn):
    model = dcgan_discriminator(32, TINY, spectral_norm=spectral_norm)
    wrapped = [x.name for x in model.layers if isinstance(x, SpectralNorm)]
    assert wrapped == ["conv0", "conv1", "conv2", "conv3", "score"] * spectral_norm
    assert_all_learn(model, step(model, _inputs(24, 40, batch=4), np.ones((4, 1))))


def test_the_gradient_reaches_the_colors(model, gradient_of):
    lightness = ops.convert_to_tensor(_inputs(32, 32)["lightness"])
    ab = _inputs(32, 32)["ab"].astype("float32")
    gradient = gradient_of(lambda x: model({"lightness": lightness, "ab": x}), ab)
    assert gradient.shape == ab.shape
    assert (np.abs(gradient).max((1, 2)) > 1e-5).all()


@pytest.mark.usefixtures("bfloat16_policy")
def test_bfloat16_inside_float32_out(model, predict):
    low = dcgan_discriminator(32, TINY)
    low.set_weights(model.get_weights())
    assert low.get_layer("conv0").compute_dtype == "bfloat16"
    # Colors a hundredth from grey: near 0.5, bfloat16 steps by 0.002 to 0.004.
    inputs = _inputs(32, 32)
    inputs["ab"] = 0.5 + 0.01 * (inputs["ab"] - 0.5)
    seen = [
        keras.Model(m.input, m.get_layer("seen").output).predict_on_batch(inputs)
        for m in (low, model)
    ]
    np.testing.assert_array_equal(*seen)
    logits = predict(low, inputs)
    assert logits.dtype == "float32"
    np.testing.assert_allclose(logits, predict(model, inputs), atol=0.1)


def test_parameters_are_those_of_the_release():
    # 4x4 kernels; biases where there is no batch normalisation, four numbers per channel else.
    widths = (3, 64, 128, 256, 512, 512, 512)
    total = sum(16 * a * b for a, b in zip(widths, widths[1:], strict=False))
    total += 64 + 4 * sum(widths[2:]) + 16 * 512 + 1
    assert dcgan_discriminator().count_params() == total
    small = 16 * (3 * 64 + 64 * 128 + 128 * 256 + 256 * 512) + 64 + 4 * (128 + 256 + 512)
    assert dcgan_discriminator(32).count_params() == small + 16 * 512 + 1
