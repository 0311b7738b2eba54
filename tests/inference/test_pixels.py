import numba
import numpy as np
import pytest
from skimage import color

from keras_colorize.inference import pixels
from keras_colorize.inference.pixels import compiled, lightness_of


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [1, 3])
def test_lightness_is_that_of_skimage(dtype, channels, monkeypatch):
    rgb = np.random.default_rng(4).random((40, 30, channels))
    rgb[:5], rgb[5:9] = 0.001 * rgb[:5], rgb[5:9, :, :1]
    top = np.iinfo(dtype).max if dtype.startswith("u") else 1
    levels = np.rint(rgb * top) if top > 1 else rgb
    expected = color.rgb2lab(np.broadcast_to(levels / top, (40, 30, 3)))[..., :1]
    np.testing.assert_allclose(lightness_of(levels.astype(dtype)), expected, atol=2e-3)
    monkeypatch.setattr(pixels, "BAND_PIXELS", 100)
    np.testing.assert_allclose(lightness_of(levels.astype(dtype)), expected, atol=2e-3)


def test_what_cannot_be_kept_on_disk_is_compiled_at_each_start(monkeypatch):
    real = numba.njit

    def njit(function, cache=False, **options):
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return real(function, **options)

    monkeypatch.setattr(numba, "njit", njit)
    assert compiled(lambda x: 2 * x)(4) == 8
