"""eccv16 against the published network, written down again in PyTorch."""

import keras
import numpy as np
import pytest
import torch
from torch import nn

from keras_colorize.models import eccv16

TINY = 1 / 16


class Published(nn.Module):
    """The network of the authors' release, layer after layer, at a width of 1/16."""

    def __init__(self):
        super().__init__()
        plan = [
            # name, channels in, out, stride, dilation
            ("conv1_1", 1, 4, 1, 1),
            ("conv1_2", 4, 4, 2, 1),
            ("conv2_1", 4, 8, 1, 1),
            ("conv2_2", 8, 8, 2, 1),
            ("conv3_1", 8, 16, 1, 1),
            ("conv3_2", 16, 16, 1, 1),
            ("conv3_3", 16, 16, 2, 1),
            ("conv4_1", 16, 32, 1, 1),
            ("conv4_2", 32, 32, 1, 1),
            ("conv4_3", 32, 32, 1, 1),
            ("conv5_1", 32, 32, 1, 2),
            ("conv5_2", 32, 32, 1, 2),
            ("conv5_3", 32, 32, 1, 2),
            ("conv6_1", 32, 32, 1, 2),
            ("conv6_2", 32, 32, 1, 2),
            ("conv6_3", 32, 32, 1, 2),
            ("conv7_1", 32, 32, 1, 1),
            ("conv7_2", 32, 32, 1, 1),
            ("conv7_3", 32, 32, 1, 1),
        ]
        for name, inputs, outputs, stride, dilation in plan:
            self.add_module(name, nn.Conv2d(inputs, outputs, 3, stride, dilation, dilation))
            if name[-1] == "3" or name in ("conv1_2", "conv2_2"):
                self.add_module(f"{name[:5]}_bn", nn.BatchNorm2d(outputs))
        self.conv8_1 = nn.ConvTranspose2d(32, 16, 4, 2, 1)
        self.conv8_2 = nn.Conv2d(16, 16, 3, 1, 1)
        self.conv8_3 = nn.Conv2d(16, 16, 3, 1, 1)
        self.ab_logits = nn.Conv2d(16, 313, 1)

    def forward(self, lightness):
        """Returns what every convolution with its ReLU, and every block, gives."""
        x, outputs = (lightness - 50.0) / 100.0, {}
        for name, module in self.named_children():
            x = module(x)
            if name.startswith("conv") and not name.endswith("bn"):
                name, x = f"{name}_relu", torch.relu(x)
            outputs[name] = x
        return outputs


@pytest.fixture(scope="module")
def networks(randomise, copy_to_torch):
    model = randomise(eccv16(width=TINY))
    # Batch statistics must stay positive, and as odd as a real network's.
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            rng = np.random.default_rng(len(layer.name))
            layer.set_weights([rng.uniform(0.2, 1.5, w.shape) for w in layer.get_weights()])
    return model, copy_to_torch(model, Published())


# With 25 rows the transposed convolution leads past the end of the picture, with 31 it does not.
@pytest.mark.parametrize("size", [(25, 31), (33, 47)])
def test_every_layer_equals_the_published_one(networks, size, predict):
    model, published = networks
    lightness = np.random.default_rng(0).uniform(0, 100, (2, *size, 1)).astype("float32")
    with torch.no_grad():
        expected = published(torch.tensor(lightness).permute(0, 3, 1, 2))
    every = keras.Model(model.input, {name: model.get_layer(name).output for name in expected})
    outputs = predict(every, lightness)
    assert len(outputs) == 19 + 7 + 4
    for name, value in outputs.items():
        other = expected[name].permute(0, 2, 3, 1).numpy()
        if name == "ab_logits":
            assert value.shape == (2, -(-size[0] // 4), -(-size[1] // 4), 313)
            other = other[:, : value.shape[1], : value.shape[2]]
        assert other.std() > 0.01, name
        np.testing.assert_allclose(value, other, atol=1e-4, rtol=1e-4, err_msg=name)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"width": 0}, "width above 0, received 0"),
        ({"input_shape": (None, None, 3)}, r"\(H, W, 1\), received \(None, None, 3\)"),
    ],
)
def test_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        eccv16(**arguments)
