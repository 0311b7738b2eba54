"""EfficientNet-Lite2 against PyTorch's own convolutions, on weights in the published layout."""

import keras
import numpy as np
import pytest
import torch
from torch.nn import functional

from keras_colorize.models import distribution_unet
from keras_colorize.models.efficientnet_lite import (
    efficientnet_lite2_classifier,
    efficientnet_lite2_features,
    load_efficientnet_lite2,
)

# Kernel, stride, expansion, channels in and out of each of the published blocks.
STAGES = [(3, 1, 1, 16, 1), (3, 2, 6, 24, 3), (5, 2, 6, 48, 3), (3, 2, 6, 88, 4)]
STAGES += [(5, 1, 6, 120, 4), (5, 2, 6, 208, 5), (3, 1, 6, 352, 1)]


def _blocks():
    before = 32
    for kernel, stride, factor, filters, repeats in STAGES:
        for repeat in range(repeats):
            yield kernel, 1 if repeat else stride, factor, before, filters
            before = filters


@pytest.fixture(scope="module")
def published():
    """Random weights under the published names."""
    generator = torch.Generator().manual_seed(0)
    state = {}

    def conv(name, out, into, kernel):
        scale = (2.0 / (into * kernel**2)) ** 0.5
        state[f"{name}.weight"] = scale * torch.randn(
            out, into, kernel, kernel, generator=generator
        )

    def norm(name, width):
        state[f"{name}.weight"] = 0.5 + torch.rand(width, generator=generator)
        state[f"{name}.bias"] = torch.randn(width, generator=generator)
        state[f"{name}.running_mean"] = torch.randn(width, generator=generator)
        state[f"{name}.running_var"] = 0.5 + torch.rand(width, generator=generator)
        state[f"{name}.num_batches_tracked"] = torch.tensor(1)

    conv("_conv_stem", 32, 3, 3)
    norm("_bn0", 32)
    for number, (kernel, _, factor, before, filters) in enumerate(_blocks()):
        width = factor * before
        if factor > 1:
            conv(f"_blocks.{number}._expand_conv", width, before, 1)
            norm(f"_blocks.{number}._bn0", width)
        conv(f"_blocks.{number}._depthwise_conv", width, 1, kernel)
        norm(f"_blocks.{number}._bn1", width)
        conv(f"_blocks.{number}._project_conv", filters, width, 1)
        norm(f"_blocks.{number}._bn2", filters)
    conv("_conv_head", 1280, 352, 1)
    norm("_bn1", 1280)
    state["_fc.weight"] = torch.randn(1000, 1280, generator=generator)
    state["_fc.bias"] = torch.randn(1000, generator=generator)
    return state


@pytest.fixture(scope="module")
def weights(published, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "lite2.pth"
    torch.save(published, path)
    return str(path)


def _torch_features(state, x):
    """Features before each expansion that lowers the resolution, and the last ones."""

    def conv(x, name, stride=1, groups=1):
        weight = state[f"{name}.weight"]
        kernel = weight.shape[-1]
        # TensorFlow's "same": as little as needed, the odd pixel at the end.
        pads = [max((-(-n // stride) - 1) * stride + kernel - n, 0) for n in x.shape[2:]]
        pad = [half for n in reversed(pads) for half in (n // 2, n - n // 2)]
        return functional.conv2d(functional.pad(x, pad), weight, stride=stride, groups=groups)

    def norm(x, name):
        mean, var = state[f"{name}.running_mean"], state[f"{name}.running_var"]
        weight, bias = state[f"{name}.weight"], state[f"{name}.bias"]
        return functional.batch_norm(x, mean, var, weight, bias, eps=1e-3)

    x = functional.relu6(norm(conv(x, "_conv_stem", 2), "_bn0"))
    features = []
    for number, (_, stride, factor, before, filters) in enumerate(_blocks()):
        name = f"_blocks.{number}"
        y = x
        if factor > 1:
            y = functional.relu6(norm(conv(y, f"{name}._expand_conv"), f"{name}._bn0"))
        features += [y] if number in (4, 7, 15) else []
        y = conv(y, f"{name}._depthwise_conv", stride, y.shape[1])
        y = functional.relu6(norm(y, f"{name}._bn1"))
        y = norm(conv(y, f"{name}._project_conv"), f"{name}._bn2")
        x = x + y if stride == 1 and before == filters else y
    return [*features, functional.relu6(norm(conv(x, "_conv_head"), "_bn1"))]


def test_features_are_those_of_pytorch(published, weights):
    rgb = keras.Input((None, None, 3))
    model = keras.Model(rgb, efficientnet_lite2_features(rgb))
    load_efficientnet_lite2(model, weights)
    x = np.random.default_rng(0).uniform(-1, 1, (1, 45, 64, 3)).astype("float32")
    expected = _torch_features(published, torch.tensor(x).permute(0, 3, 1, 2))
    for found, feature in zip(model(x), expected, strict=True):
        feature = feature.permute(0, 2, 3, 1).numpy()
        scale = np.abs(feature).max()
        np.testing.assert_allclose(np.asarray(found), feature, atol=1e-4 * scale)


def test_the_encoder_of_a_network_takes_the_weights(published, weights):
    model = distribution_unet(
        "efficientnet_lite2", encoder_weights=weights, decoder_widths=(8, 8, 8, 8), global_units=4
    )
    kernel = np.asarray(model.get_layer("block_7_depthwise").weights[0])
    expected = published["_blocks.7._depthwise_conv.weight"].numpy()[:, 0].transpose(1, 2, 0)
    np.testing.assert_array_equal(kernel[..., 0], expected)


def test_the_classifier_has_a_column_per_class(published, weights):
    kernel, bias = efficientnet_lite2_classifier(weights)
    np.testing.assert_array_equal(kernel[:, 7], published["_fc.weight"][7].numpy())
    np.testing.assert_array_equal(bias, published["_fc.bias"].numpy())


def test_other_files_are_refused(tmp_path):
    other = tmp_path / "other.pth"
    torch.save({"_fc.weight": torch.zeros(10, 1280)}, other)
    with pytest.raises(ValueError, match="Expected EfficientNet-Lite2 weights, received others"):
        efficientnet_lite2_classifier(str(other))
    with pytest.raises(ValueError, match="Expected EfficientNet-Lite2 weights of PyTorch"):
        efficientnet_lite2_classifier(str(tmp_path / "none.pth"))
