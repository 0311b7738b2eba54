"""eccv16 against the published network, written down again in PyTorch."""

import pytest
import torch
from torch import nn

from keras_colorize.models import eccv16

TINY = 1 / 16


class Published(nn.Module):
    """The network of the authors' release, layer after layer, at a width of 1/16."""

    def __init__(self):
        super().__init__()
        # Channels and convolutions of each block, the stride of its last one, and the dilation.
        blocks = [(4, 2, 2, 1), (8, 2, 2, 1), (16, 3, 2, 1), (32, 3, 1, 1)]
        blocks += [(32, 3, 1, 2), (32, 3, 1, 2), (32, 3, 1, 1)]
        inputs = 1
        for block, (outputs, count, stride, dilation) in enumerate(blocks, start=1):
            for number in range(1, count + 1):
                last = stride if number == count else 1
                layer = nn.Conv2d(inputs, outputs, 3, last, dilation, dilation)
                self.add_module(f"conv{block}_{number}", layer)
                inputs = outputs
            self.add_module(f"conv{block}_bn", nn.BatchNorm2d(outputs))
        self.conv8_1 = nn.ConvTranspose2d(32, 16, 4, 2, 1)
        self.conv8_2 = nn.Conv2d(16, 16, 3, 1, 1)
        self.conv8_3 = nn.Conv2d(16, 16, 3, 1, 1)
        self.ab_logits = nn.Conv2d(16, 313, 1)

    def forward(self, x):
        """Returns what every convolution with its ReLU, and every block, gives."""
        outputs = {}
        for name, module in self.named_children():
            x = module(x)
            if name.startswith("conv") and not name.endswith("bn"):
                name, x = f"{name}_relu", torch.relu(x)
            outputs[name] = x
        return outputs


@pytest.fixture(scope="module")
def networks(randomise, odd_statistics, copy_to_torch):
    model = odd_statistics(randomise(eccv16(width=TINY)))
    return model, copy_to_torch(model, Published())


# With 25 rows the transposed convolution leads past the end of the picture, with 31 it does not.
@pytest.mark.parametrize("size", [(25, 31), (33, 47)])
def test_every_layer_equals_the_published_one(networks, size, assert_layers_equal):
    assert_layers_equal(*networks, size, lambda lightness: (lightness - 50) / 100)
