"""The single-stream colorizer against the papers' tables; its encoder is in test_resnet18.py."""

from keras_colorize.models import resnet18_gray

TINY = 1 / 16

# Zhou & Zhou 2019, table 1 (kernel, stride, channels), behind the 128 channels of layer2.
TABLE_1 = [(4, 2, 128), (3, 1, 128), (3, 1, 64), (3, 1, 64), (3, 1, 32), (3, 1, 2)]


def _convolutions(model):
    names = [f"decoder_conv{n}" for n in range(1, 6)]
    known = {layer.name for layer in model.layers}
    return [model.get_layer(name) for name in (*names, "ab") if name in known]


def test_decoder_b_is_that_of_table_1():
    model = resnet18_gray("B", input_shape=(64, 32, 1))
    rows = [(x.kernel_size[0], x.strides[0], x.filters) for x in _convolutions(model)]
    assert rows == TABLE_1
    assert model.get_layer("layer2_block2_out").output.shape == (None, 8, 4, 128)
    assert model.get_layer("ab").output.shape == (None, 16, 8, 2)
    assert model.output["ab"].shape == (None, 32, 16, 2)
