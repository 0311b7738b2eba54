"""What every network of the library keeps; see the table in conftest.py."""

import keras
import numpy as np
import pytest

from keras_colorize import models

ON_TENSORFLOW = keras.backend.backend() == "tensorflow"
SIZES = [(24, 40), (19, 10), (2, 7), (1, 1)]
if not ON_TENSORFLOW:
    SIZES = SIZES[:2]  # JAX compiles every size anew


def _lightness(height, width, batch=2, seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform(0.0, 100.0, (batch, height, width, 1)).astype("float32")


@pytest.fixture(scope="module")
def model(network, randomise):
    """The small network with weights and statistics unlike those it starts with."""
    return randomise(network.small())


@pytest.fixture(scope="module")
def outputs(model, predict):
    return predict(model, _lightness(*SIZES[0]))


def _assert_equal(outputs, expected):
    assert list(outputs) == list(expected)
    for name, value in outputs.items():
        # Sums round with their size, also where they end near zero.
        atol = max(1e-6, 1e-5 * np.abs(expected[name]).max())
        np.testing.assert_allclose(value, expected[name], atol=atol, rtol=1e-5)


@pytest.mark.parametrize("size", SIZES)
def test_outputs_have_their_shapes_at_any_size(network, model, size, predict):
    assert model.input_shape == (None, None, None, 1)
    outputs = predict(model, _lightness(*size))
    expected = network.outputs(*size)
    assert {name: x.shape[1:] for name, x in outputs.items()} == expected
    for value in outputs.values():
        assert value.dtype == "float32"
        assert np.isfinite(value).all()
        assert value.std() > 0 or size == (1, 1)


def test_batch_of_two_equals_two_of_one(model, outputs, predict):
    alone = predict(model, _lightness(*SIZES[0])[1:])
    _assert_equal(alone, {name: value[1:] for name, value in outputs.items()})


def test_file_round_trips(network, model, outputs, tmp_path, predict):
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert [layer.name for layer in loaded.layers] == [layer.name for layer in model.layers]
    _assert_equal(predict(loaded, _lightness(*SIZES[0])), outputs)
    model.save_weights(tmp_path / "model.weights.h5")
    fresh = network.small()
    fresh.load_weights(tmp_path / "model.weights.h5")
    _assert_equal(predict(fresh, _lightness(*SIZES[0])), outputs)


def test_every_weight_has_a_finite_gradient(network, one_step):
    # One step of plain gradient descent moves a weight by rate x gradient on either backend;
    # the rate is high so that no small gradient is lost beside its weight.
    model = network.small()
    height, width = SIZES[0]
    model.compile(
        optimizer=keras.optimizers.SGD(1e3),
        loss={name: "mse" for name in network.outputs(height, width)},
        **one_step,
    )
    rng = np.random.default_rng(1)
    shapes = network.outputs(height, width)
    targets = {name: rng.uniform(size=(4, *shape)) for name, shape in shapes.items()}
    before = [keras.ops.convert_to_numpy(w).copy() for w in model.trainable_weights]
    model.train_on_batch(_lightness(height, width, 4), targets)
    for old, weight in zip(before, model.trainable_weights, strict=True):
        moved = keras.ops.convert_to_numpy(weight) - old
        assert np.isfinite(moved).all(), weight.path
        assert np.any(moved), weight.path


@pytest.mark.usefixtures("bfloat16_policy")
def test_bfloat16_inside_float32_out(network, model, outputs, predict):
    low = network.small()
    low.set_weights(model.get_weights())
    inner = [layer for layer in low.layers if isinstance(layer, keras.layers.Conv2D)]
    assert "bfloat16" in {layer.compute_dtype for layer in inner}
    assert {w.dtype for w in low.weights} == {"float32"}
    # bfloat16 steps by half a unit of L* above 64, so the two inputs may differ a little too.
    lightness = keras.ops.cast(_lightness(*SIZES[0]), "bfloat16")
    for x in (lightness, _lightness(*SIZES[0])):
        for name, value in predict(low, x).items():
            assert value.dtype == "float32"
            assert np.abs(value - outputs[name]).mean() < 0.2 * outputs[name].std() + 0.02


if ON_TENSORFLOW:

    def test_parameters_are_those_of_the_paper(network):
        assert network.full().count_params() == network.parameters

    def test_saved_model_round_trip(served_network, randomise, tmp_path, predict):
        model = randomise(served_network.small())
        model.export(tmp_path, format="tf_saved_model", verbose=False)
        served = keras.layers.TFSMLayer(tmp_path, call_endpoint="serve")
        for size in SIZES[:2]:
            outputs = predict(served, _lightness(*size))
            # A signature's outputs have names but no order.
            assert len(outputs) == len(model.output)
            ordered = {name: outputs[name] for name in model.output}
            _assert_equal(ordered, predict(model, _lightness(*size)))


GREY = r"\(H, W, 1\), received "
REFUSED = [
    ("dcgan_generator", {"level_set": 64}, "level_set among 32, 256, received 64"),
    ("dcgan_generator", {"width": 0}, "width above 0, received 0"),
    ("dcgan_generator", {"dropout": 1.0}, "below 1, received 1.0"),
    ("dcgan_generator", {"batch_norm_mode": "train"}, "received 'train'"),
    ("dcgan_generator", {"batch_norm_momentum": 1.0}, "below 1, received 1.0"),
    ("dcgan_generator", {"input_shape": (None, None, 3)}, GREY),
    ("dcgan_discriminator", {"level_set": 128}, "level_set among 32, 256, received 128"),
    ("dcgan_discriminator", {"width": -1}, "width above 0, received -1"),
    ("dcgan_discriminator", {"batch_norm_mode": None}, "received None"),
    ("dcgan_discriminator", {"batch_norm_momentum": -0.1}, "below 1, received -0.1"),
    ("distribution_unet", {"encoder": "vgg"}, "mobilenet_v2, residual, received 'vgg'"),
    ("distribution_unet", {"decoder_widths": (8, 8)}, r"4 decoder_widths, received \(8, 8\)"),
    ("distribution_unet", {"residual_widths": (8, 8)}, r"5 residual_widths, received \(8, 8\)"),
    ("distribution_unet", {"global_units": 0, "classes": 3}, "above 0 for the class branch"),
    (
        "distribution_unet",
        {"encoder": "residual", "encoder_weights": "imagenet"},
        "received encoder 'residual'",
    ),
    ("eccv16", {"width": 0}, "width above 0, received 0"),
    ("eccv16", {"input_shape": (None, None, 3)}, GREY),
    ("iizuka16", {"width": 0}, "width above 0, received 0"),
    ("iizuka16", {"classes": 1}, "at least 2 classes, received 1"),
    ("iizuka16", {"classes": 5, "global_features": False}, "classes=None with global_features="),
    ("iizuka16", {"color_space": "luv"}, "color_space among .*received 'luv'"),
    ("iizuka16", {"global_size": 100}, "that 32 divides, received 100"),
    ("iizuka16", {"input_shape": (None, None, 3)}, GREY),
    ("resnet18_gray_classifier", {"classes": 1}, "at least 2 classes, received 1"),
    ("resnet18_gray_classifier", {"classes": 3, "width": 0}, "width above 0, received 0"),
    ("resnet18_gray_classifier", {"classes": 3, "input_shape": (8, 8)}, GREY),
    ("resnet18_gray", {"decoder": "C"}, "decoder among A, B, received 'C'"),
    ("resnet18_gray", {"head": "rgb"}, "head among ab, ab_channel_logits, received 'rgb'"),
    ("resnet18_gray", {"classes": 3}, "classes=None with global_features=False"),
    ("resnet18_gray", {"width": -1}, "width above 0, received -1"),
    ("resnet18_gray", {"classes": 1, "global_features": True}, "at least 2 classes"),
    ("vgg16_residual_encoder", {"encoder": "vgg19"}, "among vgg16, .*received 'vgg19'"),
    ("vgg16_residual_encoder", {"head": "ab"}, "among luv_uv, hs, .*received 'ab'"),
    ("vgg16_residual_encoder", {"aggregation": "mean"}, "concat, sum, finest, received 'mean'"),
    ("vgg16_residual_encoder", {"width": 0}, "width above 0, received 0"),
    ("vgg16_residual_encoder", {"decoder_width": -1}, "decoder_width above 0, received -1"),
    ("vgg16_residual_encoder", {"encoder": "mobilenet_v2", "width": 0.5}, "width 1 with encoder"),
    ("vgg16_residual_encoder", {"input_shape": (8, 8, 3)}, GREY),
    ("vgg16_residual_encoder", {"smoothing": 0.0, "width": 1 / 32}, "sigma and truncate above 0"),
    ("vgg16_residual_encoder", {"head": "luv_uv", "smoothing": 1.0}, "class scores only"),
    (
        "vgg16_residual_encoder",
        {"aggregation": "finest", "residual_units": False},
        "without residual units",
    ),
    (
        "vgg16_residual_encoder",
        {"encoder": "resnet18_gray", "encoder_weights": "x"},
        "only with encoder vgg16 or mob",
    ),
]


@pytest.mark.parametrize(("name", "arguments", "message"), REFUSED)
def test_wrong_arguments_are_named(name, arguments, message):
    with pytest.raises(ValueError, match=message):
        getattr(models, name)(**arguments)
