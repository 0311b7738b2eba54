"""What every network of the library keeps: the tests run for each row of a table."""

import itertools
import re
from functools import partial

import keras
import numpy as np
import pytest

from keras_colorize import models
from ._networks import assert_all_learn, lightness_of, predict, randomise, small_ddcolor, step

ON_TENSORFLOW = keras.backend.backend() == "tensorflow"
SIZES = [(24, 40), (19, 10), (2, 7), (1, 1)]
TINY = 1 / 16
CLASSES, AB_LOGITS, HALF = {"class_logits": (0, 3)}, {"ab_logits": (4, 313)}, {"ab": (2, 2)}
UNET = {"decoder_widths": (8,) * 4, "residual_widths": (4, 4, 8, 8, 8), "global_units": 4}
BASELINE = {"global_features": False, "color_space": "rgb"}
REGRESSION = {"head": "luv_uv", "aggregation": "finest", "final_widths": ()}
GREY = {"encoder": "resnet18_gray"}
ABLATED = {"head": "hs_logits", "aggregation": "sum", "residual_units": False, "smoothing": 1.0}

VGG16 = partial(models.vgg16_residual_encoder, width=TINY)
RESIDUAL = partial(models.distribution_unet, "residual", classes=3, **UNET)


def _small_ddcolor():
    """Blocks and rounds count, as after training, and not a millionth."""
    model = small_ddcolor()
    for layer in model.layers:
        if layer.name.endswith("_scale"):
            layer.set_weights([np.full(layer.gamma.shape, 0.3)])
    return model


# What makes a tiny form, and {output: (stride, or 0 for what has no places; channels)}.
NETWORKS = {
    "iizuka16": (partial(models.iizuka16, TINY, classes=3, global_size=32), HALF | CLASSES),
    "iizuka16_baseline": (partial(models.iizuka16, TINY, **BASELINE), {"rgb": (2, 3)}),
    "distribution_unet": (partial(models.distribution_unet, queries=4, **UNET), AB_LOGITS),
    "distribution_unet_residual": (RESIDUAL, AB_LOGITS | CLASSES),
    "resnet18_gray_classifier": (lambda: models.resnet18_gray_classifier(3, TINY), CLASSES),
    "resnet18_gray": (lambda: models.resnet18_gray(width=TINY), {"ab": (4, 2)}),
    "resnet18_gray_fused": (
        lambda: models.resnet18_gray("B", "ab_channel_logits", True, classes=3, width=TINY),
        {"ab_channel_logits": (2, 2, 25)} | CLASSES,
    ),
    "eccv16": (lambda: models.eccv16(TINY), AB_LOGITS),
    "ddcolor": (_small_ddcolor, {"ab": (1, 2)}),
    "siggraph17": (lambda: models.siggraph17(width=TINY), {"ab": (1, 2)}),
    "dcgan_generator": (lambda: models.dcgan_generator(width=TINY), {"ab": (1, 2)}),
    "vgg16_residual_encoder": (VGG16, {"luv_uv_logits": (1, 2, 50)}),
    "vgg16_residual_encoder_baseline": (partial(VGG16, **REGRESSION), {"luv_uv": (1, 2)}),
    "vgg16_residual_encoder_ablations": (partial(VGG16, **ABLATED), {"hs_logits": (1, 2, 50)}),
    "vgg16_residual_encoder_resnet18": (partial(VGG16, **GREY), {"luv_uv_logits": (2, 2, 50)}),
}
# Their layers ask for sizes that the exported graph must know how to ask for.
EXPORTED = ("iizuka16", "distribution_unet_residual", "dcgan_generator")
if not ON_TENSORFLOW:
    SIZES = SIZES[1:2]  # JAX compiles every size anew
    # A minute of compilation each; what differs from other rows is in tests of their own.
    for name in ("distribution_unet", "resnet18_gray", "resnet18_gray_classifier", "ddcolor"):
        del NETWORKS[name]
    for name in ("dcgan_generator", "vgg16_residual_encoder_resnet18", "siggraph17"):
        del NETWORKS[name]

    def test_published_networks_run(short_ddcolor):
        lightness = lightness_of(*SIZES[0])
        for network in (short_ddcolor, models.siggraph17(width=TINY)):
            ab = predict(network, lightness)["ab"]
            assert ab.shape == (*lightness.shape[:3], 2)
            assert np.isfinite(ab).all()
            assert np.abs(ab[0] - ab[1]).max() > 0


@pytest.fixture(scope="module", params=NETWORKS)
def network(request):
    """Name of a row."""
    return request.param


def _shapes(network, *size):
    """Shapes of the outputs without the batch, by name."""
    return {
        name: (*(-(-side // stride) for side in size if stride), *channels)
        for name, (stride, *channels) in NETWORKS[network][1].items()
    }


@pytest.fixture(scope="module")
def built(network):
    """The small network and the weights it starts with."""
    model = NETWORKS[network][0]()
    return model, model.get_weights()


@pytest.fixture(scope="module")
def model(built):
    """The small network with weights and statistics unlike those it starts with."""
    return randomise(built[0])


@pytest.fixture(scope="module")
def outputs(model):
    return predict(model, lightness_of(*SIZES[0]))


def _assert_equal(outputs, expected):
    assert list(outputs) == list(expected)
    for name, value in outputs.items():
        # Sums round with their size, also where they end near zero.
        atol = max(1e-6, 1e-5 * np.abs(expected[name]).max())
        np.testing.assert_allclose(value, expected[name], atol=atol, rtol=1e-5)


def test_outputs_have_their_shapes_at_any_size(network, model, outputs):
    assert model.input_shape == (None, None, None, 1)
    for size in SIZES:
        found = outputs if size == SIZES[0] else predict(model, lightness_of(*size))
        assert {name: x.shape[1:] for name, x in found.items()} == _shapes(network, *size)
        for value in found.values():
            assert value.dtype == "float32"
            assert np.isfinite(value).all()
            assert value.std() > 0 or size == (1, 1)


@pytest.mark.skipif(not ON_TENSORFLOW, reason="layers do not mix pictures on one backend alone")
def test_batch_of_two_equals_two_of_one(model, outputs):
    alone = predict(model, lightness_of(*SIZES[0])[1:])
    _assert_equal(alone, {name: value[1:] for name, value in outputs.items()})


@pytest.mark.skipif(not ON_TENSORFLOW, reason="files are read and written alike everywhere")
def test_file_round_trips(network, model, outputs, tmp_path):
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert [layer.name for layer in loaded.layers] == [layer.name for layer in model.layers]
    _assert_equal(predict(loaded, lightness_of(*SIZES[0])), outputs)
    model.save_weights(tmp_path / "model.weights.h5")
    loaded.set_weights([w + 1 for w in loaded.get_weights()])
    loaded.load_weights(tmp_path / "model.weights.h5")
    for found, expected in zip(loaded.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)
    if network in EXPORTED:
        model.export(tmp_path / "served", format="tf_saved_model", verbose=False)
        served = keras.layers.TFSMLayer(tmp_path / "served", call_endpoint="serve")
        for size in SIZES[:2]:
            found = predict(served, lightness_of(*size))
            # A signature's outputs have names but no order.
            assert len(found) == len(model.output)
            ordered = {name: found[name] for name in model.output}
            _assert_equal(ordered, predict(model, lightness_of(*size)))


@pytest.mark.usefixtures("bfloat16_policy")
def test_bfloat16_inside_float32_out(network, model, outputs):
    low = NETWORKS[network][0]()
    low.set_weights(model.get_weights())
    inner = [layer for layer in low.layers if isinstance(layer, keras.layers.Conv2D)]
    assert "bfloat16" in {layer.compute_dtype for layer in inner}
    assert {w.dtype for w in low.weights} == {"float32"}
    # bfloat16 steps by half a unit of L* above 64, so the two inputs may differ a little too.
    lightness = keras.ops.cast(lightness_of(*SIZES[0]), "bfloat16")
    for x in (lightness, lightness_of(*SIZES[0]))[: 2 if ON_TENSORFLOW else 1]:
        for name, value in predict(low, x).items():
            assert value.dtype == "float32"
            assert np.abs(value - outputs[name]).mean() < 0.2 * outputs[name].std() + 0.02


def test_every_weight_has_a_finite_gradient(network, model, built):
    arbitrary, rng = model.get_weights(), np.random.default_rng(1)
    model.set_weights(built[1])
    shapes = _shapes(network, *SIZES[0])
    targets = {name: rng.uniform(size=(4, *shape)) for name, shape in shapes.items()}
    losses = dict.fromkeys(targets, "mse")
    assert_all_learn(model, step(model, lightness_of(*SIZES[0], 4), targets, losses))
    model.set_weights(arbitrary)


def _convs(*widths, kernel=3, norms=4):
    """Parameters of convolutions one after the other; of their biases, 1, or norms per channel."""
    return sum((kernel**2 * a + norms) * b for a, b in itertools.pairwise(widths))


def _dcgan(*widths):
    """The release of Nazeri et al. 2018: 4x4 convolutions down, and their mirror image."""
    down, below = (1, *widths), (widths[-1], *(2 * width for width in widths[-2:0:-1]))
    up = sum((16 * a + 4) * b for a, b in zip(below, widths[-2::-1], strict=True))
    return _convs(*down, kernel=4) + up - 3 * widths[-1] + (2 * widths[0] + 1) * 2


# Table 1 of Iizuka et al. 2016; dense layers are counted as 1x1 convolutions.
IIZUKA = _convs(1, 64, 128, 128, 256, 256, 512) + _convs(512, 512, 256) + _convs(*5 * [512])
IIZUKA += _convs(7 * 7 * 512, 1024, 512, 256, kernel=1) + _convs(512, 256, kernel=1)
IIZUKA += _convs(256, 128, 64, 64, 32) + 9 * 32 * 2 + 2 + _convs(512, 256, kernel=1) + 257 * 205
# Table 1 of He et al. 2016 as torchvision counts it: 11,689,512 with three input channels and
# 1000 classes, to which Keras adds the 2 x 4800 moving statistics.
RESNET18 = 11_689_512 - 2 * 7 * 7 * 64 - (512 + 1) * 1000 + 2 * 4800
# Configuration D of Simonyan & Zisserman 2015 up to conv4_3, and the units, sums and outputs of
# Hwang & Zhou 2016.
VGG = _convs(3, 64, 64, 128, 128, 256, 256, 256, 512, 512, 512, norms=1)
VGG += 4 * (64 + 128 + 256 + 512) + _convs(512, 256, 128, 64, kernel=1)
VGG += sum(_convs(width, width) for width in (256, 128, 64))
VGG += _convs(704, 128, 64, 64, norms=1) + 2 * (64 + 1) * 50


@pytest.mark.skipif(not ON_TENSORFLOW, reason="JAX takes minutes to build them")
def test_parameters_are_those_of_the_paper():
    for make, parameters in (
        (partial(models.iizuka16, classes=205), IIZUKA),
        (partial(models.resnet18_gray_classifier, 365), RESNET18 + (512 + 1) * 365),
        (models.vgg16_residual_encoder, VGG),
        (models.dcgan_generator, _dcgan(64, 64, 128, 256, 512, 512, 512, 512)),
    ):
        # Without room for their initial weights.
        with keras.StatelessScope(initialize_variables=False):
            assert make().count_params() == parameters


# By network and argument: a value that is refused, as it is named in the message.
WRONG = {
    "dcgan_discriminator": {"width": 0, "batch_norm_momentum": -0.1},
    "dcgan_generator": {"width": 0, "level_set": 64, "dropout": 1.0, "batch_norm_mode": "train"},
    "ddcolor": {"width": 0, "encoder": "resnet"},
    "distribution_unet": {"encoder": "vgg", "decoder_widths": (8, 8), "residual_widths": (8, 8)},
    "eccv16": {"width": 0},
    "iizuka16": {"width": 0, "classes": 1, "color_space": "luv", "global_size": 100},
    "resnet18_gray": {"width": 0, "decoder": "C", "head": "rgb"},
    "siggraph17": {"width": 0, "hints": "some"},
    "vgg16_residual_encoder": {"width": 0, "decoder_width": -1, "encoder": "vgg19", "head": "ab"},
}
REFUSED = [
    ("dcgan_generator", {"batch_norm_momentum": 1.0}, "batch_norm_momentum .* below 1"),
    ("ddcolor", {"queries": 0}, "Expected 1 query or more, received 0"),
    ("distribution_unet", {"global_units": 0, "classes": 3}, "without global features, which"),
    ("distribution_unet", {"encoder": "residual", "encoder_weights": "x"}, "received 'residual'"),
    ("iizuka16", {"classes": 5, "global_features": False}, "without global features, which"),
    ("resnet18_gray_classifier", {"classes": 1}, "at least 2 classes, received 1"),
    ("resnet18_gray", {"classes": 3}, "without global features, which"),
    ("vgg16_residual_encoder", {"aggregation": "mean"}, "concat, sum, finest, received 'mean'"),
    ("vgg16_residual_encoder", {"encoder": "mobilenet_v2", "width": 0.5}, "width 1 with encoder"),
    ("vgg16_residual_encoder", {"smoothing": 0.0, "width": 1 / 32}, "sigma above 0"),
    ("vgg16_residual_encoder", {"head": "luv_uv", "smoothing": 1.0}, "class scores only"),
    ("vgg16_residual_encoder", {"aggregation": "finest", "residual_units": False}, "without res"),
    ("vgg16_residual_encoder", GREY | {"encoder_weights": "x"}, "encoder_weights only with vgg16"),
]
for name, arguments in WRONG.items():
    for argument, value in {"input_shape": (8, 8, 3), **arguments}.items():
        REFUSED.append((name, {argument: value}, f"{argument}.* received {re.escape(repr(value))}"))


@pytest.mark.skipif(not ON_TENSORFLOW, reason="what is wrong with them is no backend's business")
@pytest.mark.parametrize(("name", "arguments", "message"), REFUSED)
def test_wrong_arguments_are_named(name, arguments, message):
    with pytest.raises(ValueError, match=message):
        getattr(models, name)(**arguments)
