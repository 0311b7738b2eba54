"""Global features: they are what sees the whole picture, and the style comes from them."""

import numpy as np
import pytest

from keras_colorize.models import distribution_unet, fold_batch_norm, iizuka16, resnet18_gray
from keras_colorize.models.iizuka16 import split_style
from ._networks import lightness_of, predict, randomise

SMALL = {"decoder_widths": (8, 8, 8, 8), "residual_widths": (4, 4, 8, 8, 8)}
NETWORKS = {
    "iizuka16": lambda: iizuka16(width=1 / 16, classes=3, global_size=32),
    "distribution_unet": lambda: distribution_unet("residual", global_units=4, classes=3, **SMALL),
}


@pytest.fixture(scope="module", params=NETWORKS)
def model(request):
    return randomise(NETWORKS[request.param]())


@pytest.mark.parametrize("form", [lambda model: model, fold_batch_norm])
def test_style_comes_from_the_global_features(model, form):
    style, colors = split_style(form(model))
    first, second = lightness_of(40, 24, seed=1), lightness_of(24, 64, seed=2)
    (head,) = colors.output
    own = predict(colors, [first, predict(style, first)])[head]
    np.testing.assert_allclose(own, predict(model, first)[head], atol=2e-5)
    other = predict(colors, [first, predict(style, second)])[head]
    assert other.shape == own.shape
    assert np.abs(own - other).max() > 3e-4
    with pytest.raises(ValueError, match="a layer named 'fusion', received"):
        split_style(style)


# By their kernels and strides the local paths see less than 240 pixels to either side.
@pytest.mark.parametrize(
    ("network", "arguments", "whole"),
    [
        (iizuka16, {"width": 1 / 16, "global_size": 32}, True),
        (iizuka16, {"width": 1 / 16, "global_features": False}, False),
        (resnet18_gray, {"width": 1 / 16, "global_features": True}, True),
        (resnet18_gray, {"width": 1 / 16}, False),
        (distribution_unet, {"encoder": "residual", "queries": 5, "global_units": 0} | SMALL, True),
    ],
)
def test_only_global_features_see_the_whole_picture(network, arguments, whole):
    model = randomise(network(**arguments))
    picture = lightness_of(32, 320)
    changed = picture.copy()
    changed[:, :, 240:] = 0.0
    (head,) = model.output
    before, after = (predict(model, x)[head][:, :, 0] for x in (picture, changed))
    assert (np.abs(before - after).max() > 1e-5) == whole
