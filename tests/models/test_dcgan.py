"""The generator: wiring against PyTorch, noise, training on little."""

import keras
import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from keras_colorize.models import dcgan_generator

TINY = 1 / 16


class Published(nn.Module):
    """Five convolutions down and four up, as the release has them for 32x32; width 1/16."""

    def __init__(self):
        super().__init__()
        down = [(1, 4), (4, 8), (8, 16), (16, 32), (32, 32)]
        up = [(8 + 8, 4), (16 + 16, 8), (32 + 32, 16), (32, 32)]
        for number, (inputs, outputs) in enumerate(down):
            stride = 2 if number else 1
            innermost = number == 4
            self.add_module(f"down{number}", nn.Conv2d(inputs, outputs, 4, stride, bias=innermost))
            if not innermost:
                self.add_module(f"down{number}_bn", nn.BatchNorm2d(outputs, eps=1e-3))
        for number, (inputs, outputs) in enumerate(up):
            layer = nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=False)
            self.add_module(f"up{number}", layer)
            self.add_module(f"up{number}_bn", nn.BatchNorm2d(outputs, eps=1e-3))
        self.ab_tanh = nn.Conv2d(4, 2, 1)

    def forward(self, lightness):
        """Returns the colors in [0, 1]."""
        modules = dict(self.named_children())
        x, taps = lightness / 50 - 1, []
        for number in range(5):
            # One pixel before and two after for stride 1; for stride 2 one on each side, and
            # what makes the size even.
            odd = (0, 0) if number == 0 else (x.shape[3] % 2, x.shape[2] % 2)
            after = 2 if number == 0 else 1
            x = functional.pad(x, (1, after + odd[0], 1, after + odd[1]))
            x = modules[f"down{number}"](x)
            x = modules[f"down{number}_bn"](x) if number < 4 else x
            x = functional.leaky_relu(x, 0.2)
            taps.append(x)
        for number in (3, 2, 1, 0):
            x = torch.relu(modules[f"up{number}_bn"](modules[f"up{number}"](x)))
            x = x[:, :, : taps[number].shape[2], : taps[number].shape[3]]
            x = torch.cat([x, taps[number]], dim=1) if number else x
        return (torch.tanh(self.ab_tanh(x)) + 1) / 2


def _lightness(*shape, seed=0):
    return np.random.default_rng(seed).uniform(0, 100, (*shape, 1)).astype("float32")


def _odd_statistics(model):
    """Gives batch normalisations numbers as unlike each other as a real network's."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            rng = np.random.default_rng(len(layer.name))
            layer.set_weights([rng.uniform(0.2, 1.5, w.shape) for w in layer.get_weights()])
    return model


@pytest.fixture(scope="module")
def model(randomise):
    return _odd_statistics(randomise(dcgan_generator(32, TINY)))


@pytest.fixture(scope="module")
def make(model):
    """Makes the generator with other arguments and the same weights."""

    def _make(**arguments):
        other = dcgan_generator(32, TINY, **arguments)
        other.set_weights(model.get_weights())
        return other

    return _make


@pytest.fixture(scope="module")
def published(model, copy_to_torch):
    return copy_to_torch(model, Published())


SIZES = [(32, 32), (33, 31), (5, 7), (1, 1)]


@pytest.mark.parametrize("size", SIZES)
def test_the_wiring_is_the_published_one(model, published, size, predict):
    lightness = _lightness(2, *size)
    with torch.no_grad():
        expected = published(torch.tensor(lightness).permute(0, 3, 1, 2))
    outputs = predict(model, lightness)
    assert list(outputs) == ["ab"]
    assert outputs["ab"].std() > 0.05
    np.testing.assert_allclose(outputs["ab"], expected.permute(0, 2, 3, 1).numpy(), atol=1e-5)


def test_dropout_is_the_only_noise(model, make, predict):
    lightness = _lightness(1, 16, 16)
    once = predict(model, lightness)["ab"]
    np.testing.assert_array_equal(predict(model, lightness)["ab"], once)
    without = make(dropout=0.0, dropout_in_inference=True)
    np.testing.assert_allclose(predict(without, lightness)["ab"], once, atol=1e-6)
    noisy = make(dropout_in_inference=True)
    calls = [predict(noisy, lightness)["ab"] for _ in range(2)]
    for call in calls:
        assert 0.01 < np.abs(call - once).mean() < 0.2
    assert np.abs(calls[0] - calls[1]).mean() > 0.01


@pytest.mark.parametrize("mode", ["moving", "batch", "none"])
def test_one_picture_trains_the_innermost_level_too(mode, one_step):
    # It has one pixel there, which batch normalisation would make nothing of.
    model = dcgan_generator(32, TINY, batch_norm_mode=mode, dropout=0.0)
    model.compile(keras.optimizers.SGD(1e3), loss={"ab": "mse"}, **one_step)
    before = {weight.path: weight.numpy() for weight in model.trainable_weights}
    model.train_on_batch(_lightness(1, 16, 16), {"ab": np.ones((1, 16, 16, 2))})
    for weight in model.trainable_weights:
        assert np.isfinite(weight.numpy()).all(), weight.path
        assert np.any(weight.numpy() != before[weight.path]), weight.path


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"level_set": 64}, "level_set among 32, 256, received 64"),
        ({"width": 0}, "width above 0, received 0"),
        ({"dropout": 1.0}, "below 1, received 1.0"),
        ({"batch_norm_mode": "train"}, "received 'train'"),
        ({"batch_norm_momentum": 1.0}, "below 1, received 1.0"),
        ({"input_shape": (None, None, 3)}, r"\(H, W, 1\), received \(None, None, 3\)"),
    ],
)
def test_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        dcgan_generator(**arguments)
