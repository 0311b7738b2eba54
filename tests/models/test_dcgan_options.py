"""The generator with its options: noise in inference, batch normalisation, spectral norm."""

import keras
import numpy as np
import pytest

from keras_colorize.layers import SpectralNorm
from keras_colorize.models import dcgan_generator, fold_batch_norm

TINY = 1 / 16


def _lightness(*shape):
    return np.random.default_rng(0).uniform(0, 100, (*shape, 1)).astype("float32")


@pytest.fixture(scope="module")
def weights(randomise):
    return randomise(dcgan_generator(32, TINY)).get_weights()


@pytest.fixture(scope="module")
def make(weights):
    """Makes the generator with arguments; the same weights every time."""

    def _make(**arguments):
        model = dcgan_generator(32, TINY, **arguments)
        model.set_weights(weights)
        return model

    return _make


def test_parameters_of_the_small_level_set():
    # As in the contract's table: 4x4 kernels, and four numbers of batch normalisation per channel
    # but for the innermost level, which has a bias.
    down = 64 + 64 * 128 + 128 * 256 + 256 * 512 + 512 * 512
    up = 512 * 512 + 1024 * 256 + 512 * 128 + 256 * 64
    norms = 4 * (64 + 128 + 256 + 512) * 2
    total = 16 * (down + up) + norms + 512 + 64 * 2 + 2
    assert dcgan_generator(32).count_params() == total


@pytest.mark.parametrize(("level_set", "layers"), [(32, 2), (256, 3)])
def test_dropout_is_in_the_innermost_layers(level_set, layers):
    model = dcgan_generator(level_set, TINY)
    dropouts = [x.name for x in model.layers if isinstance(x, keras.layers.Dropout)]
    innermost = {32: 3, 256: 6}[level_set]
    assert dropouts == [f"up{innermost - i}_dropout" for i in range(layers)]


def test_noise_survives_files_and_folding(make, tmp_path, predict):
    noisy = make(dropout_in_inference=True)
    noisy.save(tmp_path / "model.keras")
    noisy.export(tmp_path / "served", format="tf_saved_model", verbose=False)
    folded = fold_batch_norm(noisy)
    assert not any("_bn" in layer.name for layer in folded.layers)
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    served = keras.layers.TFSMLayer(tmp_path / "served", call_endpoint="serve")
    for network in (loaded, served, folded):
        calls = [predict(network, _lightness(1, 16, 16))["ab"] for _ in range(2)]
        assert np.abs(calls[0] - calls[1]).mean() > 0.01


def test_batch_mode_is_the_same_in_training_and_inference(make, predict):
    model = make(batch_norm_mode="batch", dropout=0.0)
    lightness = _lightness(3, 16, 24)
    inference = predict(model, lightness)["ab"]
    training = keras.ops.convert_to_numpy(model(lightness, training=True)["ab"])
    np.testing.assert_allclose(inference, training, atol=1e-5)
    alone = predict(model, lightness[:1])["ab"]
    assert np.abs(alone - inference[:1]).max() > 1e-3
    folded = fold_batch_norm(model)
    np.testing.assert_allclose(predict(folded, lightness)["ab"], inference, atol=1e-6)


@pytest.fixture(scope="module")
def spectral():
    """A spectrally normalised generator whose moving statistics are those of a batch."""
    model = dcgan_generator(32, TINY, batch_norm_momentum=0.0, dropout=0.0, spectral_norm=True)
    model(_lightness(4, 16, 16), training=True)
    return model


def test_spectral_norm_is_in_every_layer_but_the_output(spectral):
    wrapped = [layer.name for layer in spectral.layers if isinstance(layer, SpectralNorm)]
    assert wrapped == [f"down{i}" for i in range(5)] + [f"up{i}" for i in (3, 2, 1, 0)]


def test_spectral_norm_survives_files_and_folding(spectral, tmp_path, predict):
    lightness = _lightness(2, 19, 10)
    expected = predict(spectral, lightness)["ab"]
    assert expected.std((1, 2)).min() > 1e-3
    spectral.save(tmp_path / "model.keras")
    folded = fold_batch_norm(spectral)
    assert len(folded.layers) == len(spectral.layers)
    for network in (folded, keras.saving.load_model(tmp_path / "model.keras")):
        np.testing.assert_allclose(predict(network, lightness)["ab"], expected, atol=1e-6)


@pytest.fixture
def bfloat16_policy():
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy("float32")


@pytest.mark.usefixtures("bfloat16_policy")
def test_small_pictures_train_in_half_precision():
    # The last convolutions see 2 x 1 pixels and then 1 x 1.
    arguments = {"width": 1 / 8, "dropout": 0.0, "batch_norm_mode": "none"}
    models = [dcgan_generator(256, **arguments)]
    keras.config.set_dtype_policy("float32")
    models.append(dcgan_generator(256, **arguments))
    models[1].set_weights(models[0].get_weights())
    lightness = np.random.default_rng(0).uniform(0, 100, (4, 24, 10, 1)).astype("float32")
    moved = [_step(model, lightness) for model in models]
    assert models[0].get_layer("down6").compute_dtype == "bfloat16"
    for low, high in zip(*moved, strict=True):
        assert np.linalg.norm(low - high) < 0.3 * np.linalg.norm(high)


def _step(model, lightness):
    """How far a large step moves the kernels of the contracting path."""
    model.compile(keras.optimizers.SGD(100.0), loss="mse", run_eagerly=True)
    kernels = [model.get_layer(f"down{number}").kernel for number in range(8)]
    before = [kernel.numpy() for kernel in kernels]
    model.train_on_batch(lightness, {"ab": np.ones((*lightness.shape[:3], 2))})
    return [kernel.numpy() - old for kernel, old in zip(kernels, before, strict=True)]
