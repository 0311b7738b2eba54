"""What every network of the library keeps: one table, the same tests for each row."""

import dataclasses
from collections.abc import Callable

import keras
import numpy as np
import pytest

from keras_colorize.models import distribution_unet, iizuka16


@dataclasses.dataclass(frozen=True)
class Network:
    """One row of the table.

    Attributes:
        small: makes a tiny form of the network, for inputs of any size.
        full: makes the network as its paper has it.
        parameters: number of parameters of `full`, counted by hand from the paper.
        outputs: maps height and width to {output name: shape without batch}.
    """

    small: Callable
    full: Callable
    parameters: int
    outputs: Callable


def _half(size):
    return -(-size // 2)


# Table 1 of Iizuka et al. 2016: 3x3 kernels as inputs x outputs, dense layers, W of equation 5.
# Four numbers of batch normalisation per channel stand in for the bias of all but the outputs.
_LOW = 9 * (1 * 64 + 64 * 128 + 128 * 128 + 128 * 256 + 256 * 256 + 256 * 512)
_LOW_NORM = 4 * (64 + 128 + 128 + 256 + 256 + 512)
_GLOBAL = 9 * 4 * 512 * 512 + 7 * 7 * 512 * 1024 + 1024 * 512 + 512 * 256
_GLOBAL_NORM = 4 * (4 * 512 + 1024 + 512 + 256)
_MID = 9 * (512 * 512 + 512 * 256)
_MID_NORM = 4 * (512 + 256)
_FUSION = 512 * 256
_BASELINE = 9 * 256 * 256
_FUSION_NORM = 4 * 256
_COLOR = 9 * (256 * 128 + 128 * 64 + 64 * 64 + 64 * 32)
_COLOR_NORM = 4 * (128 + 64 + 64 + 32)
_AB = 9 * 32 * 2 + 2
_CLASS = 512 * 256 + 4 * 256 + 256 * 205 + 205
_LOCAL = _LOW + _LOW_NORM + _MID + _MID_NORM + _COLOR + _COLOR_NORM + _AB

# MobileNetV2 without classifier as in the Keras documentation: 3,538,984 in all, less the
# 1280 x 1000 + 1000 of the classifier; our first convolution reads three channels too.
_MOBILENET = 3_538_984 - 1_281_000


def _conv(inputs, outputs, kernel_size=3):
    """Parameters of a convolution without bias and of the batch normalisation after it."""
    return kernel_size**2 * inputs * outputs + 4 * outputs


def _residual(stem, *widths):
    """Two blocks of He et al. 2016 per stride, the first with a 1x1 convolution as shortcut."""
    pairs = zip((stem, *widths), widths, strict=False)
    blocks = sum(_conv(a, b) + _conv(a, b, 1) + 3 * _conv(b, b) for a, b in pairs)
    return _conv(1, stem) + _conv(stem, stem) + blocks


def _decoder(taps, widths, units):
    """From the taps at strides 4, 8, 16 and 32 to 313 logits, with fused global features."""
    total = _conv(taps[3], widths[0], 1) + (taps[3] + 1) * units
    for before, width, tap in zip(widths, widths[1:], taps[2::-1], strict=False):
        total += _conv(tap, width // 2, 1) + _conv(before + width // 2, width)
    return total + (units + widths[1] + 1) * widths[1] + (widths[3] + 1) * 313


def _quarter(size):
    return -(-size // 4)


NETWORKS = {
    "iizuka16": Network(
        small=lambda: iizuka16(width=1 / 16, classes=3, global_size=32),
        full=lambda: iizuka16(classes=205),
        parameters=_LOCAL + _GLOBAL + _GLOBAL_NORM + _FUSION + _FUSION_NORM + _CLASS,
        outputs=lambda h, w: {"ab": (_half(h), _half(w), 2), "class_logits": (3,)},
    ),
    "iizuka16_baseline": Network(
        small=lambda: iizuka16(width=1 / 16, global_features=False, color_space="rgb"),
        full=lambda: iizuka16(global_features=False),
        parameters=_LOCAL + _BASELINE + _FUSION_NORM,
        outputs=lambda h, w: {"rgb": (_half(h), _half(w), 3)},
    ),
    "distribution_unet": Network(
        small=lambda: distribution_unet(decoder_widths=(8, 8, 8, 8), global_units=4),
        full=distribution_unet,
        parameters=_MOBILENET + _decoder((144, 192, 576, 1280), (256, 192, 128, 96), 256),
        outputs=lambda h, w: {"ab_logits": (_quarter(h), _quarter(w), 313)},
    ),
    "distribution_unet_residual": Network(
        small=lambda: distribution_unet(
            "residual",
            decoder_widths=(8, 8, 8, 8),
            residual_widths=(4, 4, 8, 8, 8),
            global_units=4,
            classes=3,
        ),
        full=lambda: distribution_unet("residual"),
        parameters=_residual(32, 64, 128, 192, 256)
        + _decoder((64, 128, 192, 256), (256, 192, 128, 96), 256),
        outputs=lambda h, w: {
            "ab_logits": (_quarter(h), _quarter(w), 313),
            "class_logits": (3,),
        },
    ),
}

if keras.backend.backend() == "jax":
    # A minute of compilation; what differs from the residual encoder is in test_mobilenet_v2.py.
    del NETWORKS["distribution_unet"]

SIZES = [(24, 40), (19, 10)]


def _lightness(height, width, batch=2, seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform(0.0, 100.0, (batch, height, width, 1)).astype("float32")


@pytest.fixture(scope="module", params=NETWORKS)
def network(request):
    return NETWORKS[request.param]


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
        np.testing.assert_allclose(value, expected[name], atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("size", SIZES)
def test_outputs_have_their_shapes_at_any_size(network, model, size, predict):
    assert model.input_shape == (None, None, None, 1)
    outputs = predict(model, _lightness(*size))
    expected = network.outputs(*size)
    assert {name: x.shape[1:] for name, x in outputs.items()} == expected
    for value in outputs.values():
        assert value.dtype == "float32"
        assert np.isfinite(value).all()
        assert value.std() > 0


def test_batch_of_two_equals_two_of_one(model, outputs, predict):
    alone = predict(model, _lightness(*SIZES[0])[1:])
    _assert_equal(alone, {name: value[1:] for name, value in outputs.items()})


def test_parameters_are_those_of_the_paper(network):
    assert network.full().count_params() == network.parameters


def test_config_round_trip(model, outputs, predict):
    again = keras.Model.from_config(model.get_config())
    assert [layer.name for layer in again.layers] == [layer.name for layer in model.layers]
    again.set_weights(model.get_weights())
    _assert_equal(predict(again, _lightness(*SIZES[0])), outputs)


def test_file_round_trips(network, model, outputs, tmp_path, predict):
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    _assert_equal(predict(loaded, _lightness(*SIZES[0])), outputs)
    model.save_weights(tmp_path / "model.weights.h5")
    fresh = network.small()
    fresh.load_weights(tmp_path / "model.weights.h5")
    _assert_equal(predict(fresh, _lightness(*SIZES[0])), outputs)


def test_every_weight_has_a_finite_gradient(network, jit_compile):
    # One step of plain gradient descent moves a weight by rate x gradient on either backend;
    # the rate is high so that no small gradient is lost beside its weight.
    model = network.small()
    height, width = SIZES[0]
    model.compile(
        optimizer=keras.optimizers.SGD(1e3),
        loss={name: "mse" for name in network.outputs(height, width)},
        jit_compile=jit_compile,
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


@pytest.fixture
def bfloat16_policy():
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy("float32")


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


if keras.backend.backend() == "tensorflow":

    def test_saved_model_round_trip(model, tmp_path, predict):
        model.export(tmp_path, format="tf_saved_model", verbose=False)
        served = keras.layers.TFSMLayer(tmp_path, call_endpoint="serve")
        for size in SIZES:
            outputs = predict(served, _lightness(*size))
            # A signature's outputs have names but no order.
            assert len(outputs) == len(model.output)
            ordered = {name: outputs[name] for name in model.output}
            _assert_equal(ordered, predict(model, _lightness(*size)))
