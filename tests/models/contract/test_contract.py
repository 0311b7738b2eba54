"""What every network of the library keeps; see the table in conftest.py."""

import keras
import numpy as np
import pytest

from keras_colorize import models

ON_TENSORFLOW = keras.backend.backend() == "tensorflow"
SIZES = [(24, 40), (19, 10), (2, 7), (1, 1)]
if not ON_TENSORFLOW:
    SIZES = SIZES[:2]  # JAX compiles every size anew


@pytest.fixture(scope="module")
def model(network, randomise):
    """The small network with weights and statistics unlike those it starts with."""
    return randomise(network.small())


@pytest.fixture(scope="module")
def outputs(model, predict, lightness_of):
    return predict(model, lightness_of(*SIZES[0]))


def _assert_equal(outputs, expected):
    assert list(outputs) == list(expected)
    for name, value in outputs.items():
        # Sums round with their size, also where they end near zero.
        atol = max(1e-6, 1e-5 * np.abs(expected[name]).max())
        np.testing.assert_allclose(value, expected[name], atol=atol, rtol=1e-5)


@pytest.mark.parametrize("size", SIZES)
def test_outputs_have_their_shapes_at_any_size(network, model, size, predict, lightness_of):
    assert model.input_shape == (None, None, None, 1)
    outputs = predict(model, lightness_of(*size))
    expected = network.outputs(*size)
    assert {name: x.shape[1:] for name, x in outputs.items()} == expected
    for value in outputs.values():
        assert value.dtype == "float32"
        assert np.isfinite(value).all()
        assert value.std() > 0 or size == (1, 1)


def test_batch_of_two_equals_two_of_one(model, outputs, predict, lightness_of):
    alone = predict(model, lightness_of(*SIZES[0])[1:])
    _assert_equal(alone, {name: value[1:] for name, value in outputs.items()})


def test_file_round_trips(network, model, outputs, tmp_path, predict, lightness_of):
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert [layer.name for layer in loaded.layers] == [layer.name for layer in model.layers]
    _assert_equal(predict(loaded, lightness_of(*SIZES[0])), outputs)
    model.save_weights(tmp_path / "model.weights.h5")
    fresh = network.small()
    fresh.load_weights(tmp_path / "model.weights.h5")
    _assert_equal(predict(fresh, lightness_of(*SIZES[0])), outputs)


def test_every_weight_has_a_finite_gradient(network, step, assert_all_learn, lightness_of):
    model, shapes = network.small(), network.outputs(*SIZES[0])
    rng = np.random.default_rng(1)
    targets = {name: rng.uniform(size=(4, *shape)) for name, shape in shapes.items()}
    losses = dict.fromkeys(shapes, "mse")
    assert_all_learn(model, step(model, lightness_of(*SIZES[0], 4), targets, losses))


@pytest.mark.usefixtures("bfloat16_policy")
def test_bfloat16_inside_float32_out(network, model, outputs, predict, lightness_of):
    low = network.small()
    low.set_weights(model.get_weights())
    inner = [layer for layer in low.layers if isinstance(layer, keras.layers.Conv2D)]
    assert "bfloat16" in {layer.compute_dtype for layer in inner}
    assert {w.dtype for w in low.weights} == {"float32"}
    # bfloat16 steps by half a unit of L* above 64, so the two inputs may differ a little too.
    lightness = keras.ops.cast(lightness_of(*SIZES[0]), "bfloat16")
    for x in (lightness, lightness_of(*SIZES[0])):
        for name, value in predict(low, x).items():
            assert value.dtype == "float32"
            assert np.abs(value - outputs[name]).mean() < 0.2 * outputs[name].std() + 0.02


if ON_TENSORFLOW:

    def test_parameters_are_those_of_the_paper(network):
        assert network.full().count_params() == network.parameters

    def test_saved_model_round_trip(served_network, randomise, tmp_path, predict, lightness_of):
        model = randomise(served_network.small())
        model.export(tmp_path, format="tf_saved_model", verbose=False)
        served = keras.layers.TFSMLayer(tmp_path, call_endpoint="serve")
        for size in SIZES[:2]:
            outputs = predict(served, lightness_of(*size))
            # A signature's outputs have names but no order.
            assert len(outputs) == len(model.output)
            ordered = {name: outputs[name] for name in model.output}
            _assert_equal(ordered, predict(model, lightness_of(*size)))


RESNET18 = {"encoder": "resnet18_gray"}
REFUSED = [
    ("dcgan_generator", {"level_set": 64}, "level_set among 32, 256, received 64"),
    ("dcgan_generator", {"dropout": 1.0}, "dropout of at least 0 and below 1, received 1.0"),
    ("dcgan_generator", {"batch_norm_mode": "train"}, "received 'train'"),
    ("dcgan_generator", {"batch_norm_momentum": 1.0}, "below 1, received 1.0"),
    ("dcgan_discriminator", {"batch_norm_momentum": -0.1}, "below 1, received -0.1"),
    ("ddcolor", {"encoder": "resnet"}, "among convnext_tiny, convnext_large, received 'resnet'"),
    ("ddcolor", {"queries": 0}, "Expected 1 query or more, received 0"),
    ("distribution_unet", {"encoder": "vgg"}, "mobilenet_v2, residual, received 'vgg'"),
    ("distribution_unet", {"decoder_widths": (8, 8)}, r"4 decoder_widths, received \(8, 8\)"),
    ("distribution_unet", {"residual_widths": (8, 8)}, r"5 residual_widths, received \(8, 8\)"),
    ("distribution_unet", {"global_units": 0, "classes": 3}, "without global features, which"),
    ("distribution_unet", {"encoder": "residual", "encoder_weights": "x"}, "received 'residual'"),
    ("iizuka16", {"classes": 1}, "at least 2 classes, received 1"),
    ("iizuka16", {"classes": 5, "global_features": False}, "without global features, which"),
    ("iizuka16", {"color_space": "luv"}, "color_space among .*received 'luv'"),
    ("iizuka16", {"global_size": 100}, "that 32 divides, received 100"),
    ("resnet18_gray_classifier", {"classes": 1}, "at least 2 classes, received 1"),
    ("resnet18_gray", {"decoder": "C"}, "decoder among A, B, received 'C'"),
    ("resnet18_gray", {"head": "rgb"}, "head among ab, ab_channel_logits, received 'rgb'"),
    ("resnet18_gray", {"classes": 3}, "without global features, which"),
    ("vgg16_residual_encoder", {"encoder": "vgg19"}, "among vgg16, .*received 'vgg19'"),
    ("vgg16_residual_encoder", {"head": "ab"}, "among luv_uv, hs, .*received 'ab'"),
    ("vgg16_residual_encoder", {"aggregation": "mean"}, "concat, sum, finest, received 'mean'"),
    ("vgg16_residual_encoder", {"decoder_width": -1}, "decoder_width above 0, received -1"),
    ("vgg16_residual_encoder", {"encoder": "mobilenet_v2", "width": 0.5}, "width 1 with encoder"),
    ("vgg16_residual_encoder", {"smoothing": 0.0, "width": 1 / 32}, "sigma above 0"),
    ("vgg16_residual_encoder", {"head": "luv_uv", "smoothing": 1.0}, "class scores only"),
    ("vgg16_residual_encoder", {"aggregation": "finest", "residual_units": False}, "without res"),
    (
        "vgg16_residual_encoder",
        RESNET18 | {"encoder_weights": "x"},
        "encoder_weights only with vgg16 or",
    ),
    ("siggraph17", {"hints": "some"}, "hints among True, False, received 'some'"),
]
WIDE = ["dcgan_generator", "dcgan_discriminator", "ddcolor", "eccv16", "iizuka16"]
for name in [*WIDE, "resnet18_gray", "siggraph17", "vgg16_residual_encoder"]:
    REFUSED.append((name, {"width": 0}, "width above 0, received 0"))
    REFUSED.append((name, {"input_shape": (8, 8, 3)}, r"\(H, W, 1\), received \(8, 8, 3\)"))


@pytest.mark.parametrize(("name", "arguments", "message"), REFUSED)
def test_wrong_arguments_are_named(name, arguments, message):
    with pytest.raises(ValueError, match=message):
        getattr(models, name)(**arguments)
