"""EfficientNet-Lite2 against the published network, written down again in PyTorch."""

import keras
import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from keras_colorize.models import distribution_unet
from keras_colorize.models.efficientnet_lite import (
    efficientnet_lite2_classifier,
    efficientnet_lite2_features,
    load_efficientnet_lite2,
)

# Kernel, stride, expansion, channels and repeats of each of the published stages.
STAGES = [(3, 1, 1, 16, 1), (3, 2, 6, 24, 3), (5, 2, 6, 48, 3), (3, 2, 6, 88, 4)]
STAGES += [(5, 1, 6, 120, 4), (5, 2, 6, 208, 5), (3, 1, 6, 352, 1)]


class Conv(nn.Conv2d):
    """TensorFlow's "same" padding: as little as needed, the odd pixel at the end."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, bias=False, **kwargs)

    def forward(self, x):
        kernel, stride = self.kernel_size[0], self.stride[0]
        pads = [max((-(-n // stride) - 1) * stride + kernel - n, 0) for n in x.shape[2:]]
        pads = [half for n in reversed(pads) for half in (n // 2, n - n // 2)]
        return super().forward(functional.pad(x, pads))


class Block(nn.Module):
    """One inverted residual block under the published names."""

    def __init__(self, kernel, stride, factor, before, filters):
        super().__init__()
        width = factor * before
        self.residual = stride == 1 and before == filters
        if factor > 1:
            self._expand_conv, self._bn0 = Conv(before, width, 1), nn.BatchNorm2d(width, 1e-3)
        self._depthwise_conv = Conv(width, width, kernel, stride, groups=width)
        self._bn1 = nn.BatchNorm2d(width, 1e-3)
        self._project_conv, self._bn2 = Conv(width, filters, 1), nn.BatchNorm2d(filters, 1e-3)

    def forward(self, x):
        """Returns the features after the expansion, and the output."""
        wide = functional.relu6(self._bn0(self._expand_conv(x))) if hasattr(self, "_bn0") else x
        y = functional.relu6(self._bn1(self._depthwise_conv(wide)))
        y = self._bn2(self._project_conv(y))
        return wide, x + y if self.residual else y


class Published(nn.Module):
    """The published network without its last layer's pooling."""

    def __init__(self):
        super().__init__()
        self._conv_stem, self._bn0 = Conv(3, 32, 3, 2), nn.BatchNorm2d(32, 1e-3)
        self._blocks, before = nn.ModuleList(), 32
        for kernel, stride, factor, filters, repeats in STAGES:
            for repeat in range(repeats):
                block = Block(kernel, 1 if repeat else stride, factor, before, filters)
                self._blocks.append(block)
                before = filters
        self._conv_head, self._bn1 = Conv(352, 1280, 1), nn.BatchNorm2d(1280, 1e-3)
        self._fc = nn.Linear(1280, 1000)

    def forward(self, x):
        """Features before each halving below stride 4, and the last ones."""
        x, features = functional.relu6(self._bn0(self._conv_stem(x))), []
        for number, block in enumerate(self._blocks):
            wide, x = block(x)
            features += [wide] if number in (4, 7, 15) else []
        return [*features, functional.relu6(self._bn1(self._conv_head(x)))]


@pytest.fixture(scope="module")
def published():
    torch.manual_seed(0)
    network = Published().eval()
    for part in network.modules():
        if isinstance(part, nn.BatchNorm2d):
            for values in (part.weight, part.bias, part.running_mean, part.running_var):
                nn.init.uniform_(values, 0.5, 1.5)
        elif isinstance(part, nn.Conv2d):
            nn.init.kaiming_normal_(part.weight)
    return network


@pytest.fixture(scope="module")
def weights(published, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "lite2.pth"
    torch.save(published.state_dict(), path)
    return str(path)


def test_features_are_those_of_pytorch(published, weights):
    rgb = keras.Input((None, None, 3))
    model = keras.Model(rgb, efficientnet_lite2_features(rgb))
    load_efficientnet_lite2(model, weights)
    x = np.random.default_rng(0).uniform(-1, 1, (1, 45, 64, 3)).astype("float32")
    with torch.no_grad():
        expected = published(torch.tensor(x).permute(0, 3, 1, 2))
    for found, feature in zip(model(x), expected, strict=True):
        feature = feature.permute(0, 2, 3, 1).numpy()
        assert feature.std() > 0.01
        np.testing.assert_allclose(np.asarray(found), feature, atol=1e-4 * np.abs(feature).max())


def test_the_encoder_of_a_network_takes_the_weights(published, weights):
    sizes = {"decoder_widths": (8, 8, 8, 8), "global_units": 4}
    model = distribution_unet("efficientnet_lite2", encoder_weights=weights, **sizes)
    kernel = np.asarray(model.get_layer("block_7_depthwise").weights[0])
    expected = published._blocks[7]._depthwise_conv.weight.detach().numpy()
    np.testing.assert_array_equal(kernel[..., 0], expected[:, 0].transpose(1, 2, 0))
    kernel, bias = efficientnet_lite2_classifier(weights)
    np.testing.assert_array_equal(kernel.T, published._fc.weight.detach().numpy())
    np.testing.assert_array_equal(bias, published._fc.bias.detach().numpy())


def test_other_files_are_refused(tmp_path):
    other = tmp_path / "other.pth"
    torch.save({"_fc.weight": torch.zeros(10, 1280)}, other)
    with pytest.raises(ValueError, match="Expected EfficientNet-Lite2 weights, received others"):
        efficientnet_lite2_classifier(str(other))
    with pytest.raises(ValueError, match="Expected EfficientNet-Lite2 weights of PyTorch"):
        efficientnet_lite2_classifier(str(tmp_path / "none.pth"))
