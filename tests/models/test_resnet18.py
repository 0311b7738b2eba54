"""The grey ResNet-18 against the usual one, written down again in PyTorch."""

import keras
import numpy as np
import pytest
import torch
from torch import nn

from keras_colorize.models import resnet18_gray, resnet18_gray_classifier, take_encoder
from ._networks import copy_to_torch, lightness_of, odd_statistics, predict, randomise

TINY = 1 / 16


class Block(nn.Module):
    """Two 3x3 convolutions and the shortcut around them."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.conv1_bn = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.conv2_bn = nn.BatchNorm2d(outputs)
        self.strided = stride > 1
        if self.strided:
            self.shortcut = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.shortcut_bn = nn.BatchNorm2d(outputs)

    def forward(self, x):
        y = torch.relu(self.conv1_bn(self.conv1(x)))
        y = self.conv2_bn(self.conv2(y))
        return torch.relu(y + (self.shortcut_bn(self.shortcut(x)) if self.strided else x))


class Published(nn.Module):
    """ResNet-18 with a first convolution for one channel, at a width of 1/16."""

    def __init__(self, classes):
        super().__init__()
        self.stem_conv = nn.Conv2d(1, 4, 7, 2, 3, bias=False)
        self.stem_conv_bn = nn.BatchNorm2d(4)
        self.pool = nn.MaxPool2d(3, 2, 1)
        self.layer1_block1, self.layer1_block2 = Block(4, 4, 1), Block(4, 4, 1)
        self.layer2_block1, self.layer2_block2 = Block(4, 8, 2), Block(8, 8, 1)
        self.layer3_block1, self.layer3_block2 = Block(8, 16, 2), Block(16, 16, 1)
        self.layer4_block1, self.layer4_block2 = Block(16, 32, 2), Block(32, 32, 1)
        self.class_logits = nn.Linear(32, classes)

    def forward(self, x):
        """Returns the end of every block and the logits."""
        x, outputs = self.pool(torch.relu(self.stem_conv_bn(self.stem_conv(x)))), {}
        for name, block in self.named_children():
            if name.startswith("layer"):
                outputs[f"{name}_out"] = x = block(x)
        return outputs | {"class_logits": self.class_logits(x.mean((2, 3)))}


@pytest.fixture(scope="module")
def classifier():
    return odd_statistics(randomise(resnet18_gray_classifier(5, width=TINY)))


@pytest.mark.parametrize("size", [(33, 47), (75, 61)])
def test_every_block_equals_the_published_one(classifier, size):
    published, lightness = copy_to_torch(classifier, Published(5)), lightness_of(*size)
    with torch.no_grad():
        expected = published(torch.tensor(lightness / 100).permute(0, 3, 1, 2))
    layers = {name: classifier.get_layer(name).output for name in expected}
    for name, value in predict(keras.Model(classifier.input, layers), lightness).items():
        other = expected[name].movedim(1, -1).numpy()
        assert other.std() > 0.01, name
        np.testing.assert_allclose(value, other, atol=1e-4, rtol=1e-4, err_msg=name)


@pytest.mark.parametrize("fused", [False, True])
def test_a_colorizer_takes_the_encoder_of_a_classifier(classifier, fused):
    colorizer = resnet18_gray(width=TINY, global_features=fused)
    take_encoder(colorizer, classifier)
    last = "layer4_block2_out" if fused else "layer2_block2_out"
    ends = [keras.Model(x.input, x.get_layer(last).output) for x in (colorizer, classifier)]
    features, expected = (predict(end, lightness_of(33, 20)) for end in ends)
    assert np.std(expected) > 0.01
    np.testing.assert_allclose(features, expected, atol=1e-6)


def test_an_encoder_that_does_not_fit_is_refused_whole(classifier):
    with pytest.raises(ValueError, match="a network with the layers of the ResNet-18 encoder"):
        take_encoder(keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)]), classifier)
    before = classifier.get_weights()
    for source, message in (
        (resnet18_gray(width=TINY), "layer3_block1_conv1 .*; found no such layer"),
        (resnet18_gray_classifier(5, 1 / 8), "stem_conv of shapes .*; found"),
    ):
        with pytest.raises(ValueError, match=message):
            take_encoder(classifier, source)
    for old, new in zip(before, classifier.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


# Zhou & Zhou 2019, table 1 (kernel, stride, channels), behind the 128 channels of layer2.
TABLE_1 = [(4, 2, 128), (3, 1, 128), (3, 1, 64), (3, 1, 64), (3, 1, 32), (3, 1, 2)]


def test_decoder_b_is_that_of_table_1():
    model = resnet18_gray("B", input_shape=(64, 32, 1))
    convs = [model.get_layer(x) for x in (*(f"decoder_conv{n}" for n in range(1, 6)), "ab")]
    assert [(x.kernel_size[0], x.strides[0], x.filters) for x in convs] == TABLE_1
    assert model.get_layer("layer2_block2_out").output.shape == (None, 8, 4, 128)
    assert model.get_layer("ab").output.shape == (None, 16, 8, 2)
    assert model.output["ab"].shape == (None, 32, 16, 2)
