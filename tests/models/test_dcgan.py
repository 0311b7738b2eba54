"""Generator and discriminator: wiring against PyTorch, batch normalization, spectral norm."""

import keras
import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from keras_colorize.layers import SpectralNorm
from keras_colorize.models import dcgan_discriminator, dcgan_generator, fold_batch_norm
from ._networks import (
    assert_all_learn,
    copy_to_torch,
    lightness_of,
    odd_statistics,
    predict,
    randomise,
    step,
)

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
        self.ab_tanh = nn.Conv2d(4 + 4, 2, 1)

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
            x = torch.cat([x, taps[number]], dim=1)
        return (torch.tanh(self.ab_tanh(x)) + 1) / 2


@pytest.fixture(scope="module")
def model():
    return odd_statistics(randomise(dcgan_generator(32, TINY)))


@pytest.fixture(scope="module")
def make(model):
    """Makes the generator with other arguments and the same weights."""

    def _make(**arguments):
        other = dcgan_generator(32, TINY, **arguments)
        other.set_weights(model.get_weights())
        return other

    return _make


def test_the_wiring_is_the_published_one(model):
    published = copy_to_torch(model, Published())
    for size in ((32, 32), (33, 31), (5, 7), (1, 1)):
        lightness = lightness_of(*size, batch=2)
        with torch.no_grad():
            expected = published(torch.tensor(lightness).permute(0, 3, 1, 2))
        ab = predict(model, lightness)["ab"]
        assert ab.std() > 0.05
        np.testing.assert_allclose(ab, expected.permute(0, 2, 3, 1).numpy(), atol=1e-5)


@pytest.mark.parametrize("mode", ["moving", "batch", "none"])
def test_one_picture_trains_the_innermost_level_too(mode):
    # It has one pixel there, which batch normalisation would make nothing of.
    model = dcgan_generator(32, TINY, batch_norm_mode=mode, dropout=0.0)
    target = {"ab": np.ones((1, 16, 16, 2))}
    assert_all_learn(model, step(model, lightness_of(16, 16, batch=1), target))


def test_dropout_in_inference_draws_anew_also_folded_and_loaded(make, tmp_path):
    noisy = make(dropout_in_inference=True)
    noisy.save(tmp_path / "noisy.keras")
    for model in (fold_batch_norm(noisy), keras.saving.load_model(tmp_path / "noisy.keras")):
        one, other = (model.predict_on_batch(lightness_of(32, 32))["ab"] for _ in range(2))
        assert np.abs(one - other).mean() > 1e-3


def test_batch_mode_is_the_same_in_training_and_inference(make):
    model = make(batch_norm_mode="batch", dropout=0.0)
    lightness = lightness_of(16, 24, batch=3)
    inference = predict(model, lightness)["ab"]
    training = keras.ops.convert_to_numpy(model(lightness, training=True)["ab"])
    np.testing.assert_allclose(inference, training, atol=1e-5)
    alone = predict(model, lightness[:1])["ab"]
    assert np.abs(alone - inference[:1]).max() > 1e-3


def test_spectral_norm_is_in_every_layer_but_the_output(tmp_path):
    spectral = dcgan_generator(32, TINY, batch_norm_momentum=0.0, dropout=0.0, spectral_norm=True)
    # Moving statistics are those of a batch.
    spectral(lightness_of(16, 16, batch=4), training=True)
    wrapped = [layer.name for layer in spectral.layers if isinstance(layer, SpectralNorm)]
    assert wrapped == [f"down{i}" for i in range(5)] + [f"up{i}" for i in (3, 2, 1, 0)]
    lightness = lightness_of(19, 10, batch=2)
    expected = predict(spectral, lightness)["ab"]
    assert expected.std((1, 2)).min() > 1e-3
    spectral.save(tmp_path / "model.keras")
    folded = fold_batch_norm(spectral)
    assert len(folded.layers) == len(spectral.layers)
    for network in (folded, keras.saving.load_model(tmp_path / "model.keras")):
        np.testing.assert_allclose(predict(network, lightness)["ab"], expected, atol=1e-6)


@pytest.mark.usefixtures("bfloat16_policy")
def test_small_pictures_train_in_half_precision():
    # The last convolutions see 2 x 1 pixels and then 1 x 1.
    arguments = {"width": 1 / 8, "dropout": 0.0, "batch_norm_mode": "none"}
    models = [dcgan_generator(256, **arguments)]
    keras.config.set_dtype_policy("float32")
    models.append(dcgan_generator(256, **arguments))
    models[1].set_weights(models[0].get_weights())
    target = {"ab": np.ones((4, 24, 10, 2))}
    moved = [step(model, lightness_of(24, 10, batch=4), target, rate=100.0) for model in models]
    assert models[0].get_layer("down6").compute_dtype == "bfloat16"
    for number in range(8):
        low, high = (one[f"down{number}/kernel"] for one in moved)
        assert np.linalg.norm(low - high) < 0.3 * np.linalg.norm(high)


class PublishedDiscriminator(nn.Module):
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
def discriminator():
    return odd_statistics(randomise(dcgan_discriminator(32, TINY)))


# At the size of the level set there is one score, at larger sizes their mean.
@pytest.mark.parametrize(("size", "scores"), [((32, 32), (1, 1)), ((48, 40), (3, 2))])
def test_logits_equal_those_of_the_published_network(discriminator, size, scores):
    published = copy_to_torch(discriminator, PublishedDiscriminator())
    inputs = _inputs(*size)
    both = (torch.tensor(inputs[name].astype("float32")) for name in ("lightness", "ab"))
    with torch.no_grad():
        expected = published(*(x.permute(0, 3, 1, 2) for x in both)).numpy()
    assert expected.shape == (2, 1, *scores)
    logits = predict(discriminator, inputs)
    assert abs(logits[0] - logits[1]) > 0.01
    np.testing.assert_allclose(logits, expected.mean((2, 3)), atol=1e-5)


@pytest.mark.parametrize("level_set", [32, 256])
def test_any_size_gives_one_logit(level_set):
    model = dcgan_discriminator(level_set, TINY)
    for size in ((1, 1), (5, 7), (33, 31)):
        logits = predict(model, _inputs(*size, batch=1))
        assert logits.shape == (1, 1)
        assert np.isfinite(logits).all()


@pytest.mark.parametrize("spectral_norm", [False, True])
def test_every_weight_of_a_discriminator_learns(spectral_norm):
    model = dcgan_discriminator(32, TINY, spectral_norm=spectral_norm)
    wrapped = [x.name for x in model.layers if isinstance(x, SpectralNorm)]
    assert wrapped == ["conv0", "conv1", "conv2", "conv3", "score"] * spectral_norm
    assert_all_learn(model, step(model, _inputs(24, 40, batch=4), np.ones((4, 1))))


@pytest.mark.usefixtures("bfloat16_policy")
def test_bfloat16_inside_float32_out(discriminator):
    low = dcgan_discriminator(32, TINY)
    low.set_weights(discriminator.get_weights())
    assert low.get_layer("conv0").compute_dtype == "bfloat16"
    # Colors a hundredth from grey: near 0.5, bfloat16 steps by 0.002 to 0.004.
    inputs = _inputs(32, 32)
    inputs["ab"] = 0.5 + 0.01 * (inputs["ab"] - 0.5)
    seen = [
        keras.Model(m.input, m.get_layer("seen").output).predict_on_batch(inputs)
        for m in (low, discriminator)
    ]
    np.testing.assert_array_equal(*seen)
    logits = predict(low, inputs)
    assert logits.dtype == "float32"
    np.testing.assert_allclose(logits, predict(discriminator, inputs), atol=0.1)
