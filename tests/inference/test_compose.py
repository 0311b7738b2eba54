import numpy as np
import pytest
from keras import ops
from skimage import color, transform

from keras_colorize.inference import full_size
from keras_colorize.inference.compose import compose
from keras_colorize.inference.cubic import resize_plane
from keras_colorize.inference.full_size import compose_into
from keras_colorize.inference.pixelwise import CHUNKS, apply_pixelwise


def _lightness(height, width, low=40, high=70):
    noise = np.random.default_rng(1).uniform(low, high, (1, height, width, 1))
    return noise.astype("float32")


def _ab(height, width, spread):
    noise = np.random.default_rng(2).uniform(-spread, spread, (1, height, width, 2))
    return noise.astype("float32")


def _lab_of(rgb):
    return color.rgb2lab(np.asarray(rgb, "float64"))


def test_a_constant_color_is_that_of_skimage():
    lightness = _lightness(9, 13)
    ab = np.broadcast_to(np.float32([12, -7]), (1, 4, 5, 2))
    lab = np.concatenate([lightness, np.broadcast_to(ab[:, :1, :1], (1, 9, 13, 2))], axis=-1)
    np.testing.assert_allclose(compose(lightness, ab), color.lab2rgb(lab), atol=1e-3)


def test_colors_in_the_gamut_are_those_of_skimage():
    lightness, ab = _lightness(24, 40), _ab(6, 10, 15)
    # Catmull-Rom splines differ by library only in how they treat the border.
    enlarged = transform.resize(ab[0], (24, 40), order=3, mode="edge", anti_aliasing=False)
    expected = color.lab2rgb(np.concatenate([lightness[0], enlarged], axis=-1))
    inner = (slice(8, -8), slice(8, -8))
    difference = np.abs(np.asarray(compose(lightness, ab))[0] - expected)[inner]
    assert difference.mean() < 0.01
    assert difference.max() < 0.06


def test_enlarging_agrees_with_keras_resize():
    lightness, ab = _lightness(24, 40), _ab(6, 10, 15)
    enlarged = ops.image.resize(ab, (24, 40), interpolation="bicubic")
    lab = np.concatenate([lightness, np.asarray(enlarged)], axis=-1)
    np.testing.assert_allclose(compose(lightness, ab), color.lab2rgb(lab), atol=1e-3)


@pytest.mark.parametrize("shape", [(37, 23), (8, 8), (5, 64)])
def test_bands_equal_the_whole(shape):
    lightness, ab = _lightness(*shape, low=0, high=100), _ab(7, 9, 60)
    whole = np.asarray(compose(lightness, ab, 1.5))
    for size in (1, 3, 16):
        bands = [
            compose(lightness[:, top : top + size], ab, 1.5, top, shape[0])
            for top in range(0, shape[0], size)
        ]
        # Less than a level of 16 bits; rounding moves the edge of the gamut by so much.
        np.testing.assert_allclose(np.concatenate(bands, axis=1), whole, atol=1e-5)


@pytest.mark.parametrize("saturation", [0.0, 1.0, 3.0])
def test_lightness_is_kept_whatever_the_saturation(saturation):
    lightness, ab = _lightness(30, 30, low=0, high=100), _ab(8, 8, 80)
    made = _lab_of(compose(lightness, ab, saturation))
    # Near black a ten-thousandth of light, the tolerance of the gamut, is 0.09 of L*.
    tolerance = np.where(lightness < 16, 0.1, 0.05)
    assert (np.abs(made[..., :1] - lightness) < tolerance).all()


def test_saturation_scales_the_chroma():
    lightness, ab = _lightness(16, 16, low=50, high=60), _ab(16, 16, 8)
    once, twice = (_lab_of(compose(lightness, ab, factor))[..., 1:] for factor in (1.0, 2.0))
    np.testing.assert_allclose(twice, 2 * once, atol=0.05)


def test_no_saturation_is_exactly_grey():
    made = np.asarray(compose(_lightness(11, 7, low=0, high=100), _ab(3, 3, 80), 0.0))
    levels = np.rint(255 * made)
    np.testing.assert_array_equal(levels[..., 0], levels[..., 1])
    np.testing.assert_array_equal(levels[..., 0], levels[..., 2])


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (3, 2)])
def test_tiny_pictures(shape):
    made = np.asarray(compose(_lightness(*shape), _ab(8, 8, 20)))
    assert made.shape == (1, *shape, 3)
    assert np.isfinite(made).all()


def test_half_precision_does_not_reach_the_result():
    lightness, ab = _lightness(8, 8), np.full((1, 2, 2, 2), 8, "float16")
    assert "float32" in str(compose(lightness.astype("float16"), ab).dtype)


@pytest.mark.parametrize("count", [1, CHUNKS[0], CHUNKS[1] + 3])
def test_compiled_in_chunks_is_the_function_itself(count):
    colors = np.random.default_rng(4).random((count, 3), dtype="float32")
    made = apply_pixelwise(_swap_and_sum, colors)
    np.testing.assert_allclose(made, _swap_and_sum(colors), atol=1e-6)


def test_pictures_of_any_size_share_what_is_compiled():
    traced = []

    def half(colors):
        traced.append(colors.shape)
        return colors / 2

    sizes = (3, CHUNKS[0] + 1, CHUNKS[1] - 1, CHUNKS[2])
    for count in sizes:
        apply_pixelwise(half, np.zeros((count, 3), "float32"))
    before = len(traced)
    assert 0 < before <= 2 * len(CHUNKS)
    for count in (1, 77, CHUNKS[0] + 99, CHUNKS[1] + 5, CHUNKS[2] + 7):
        apply_pixelwise(half, np.zeros((count, 3), "float32"))
    assert len(traced) == before


def test_several_inputs_and_outputs():
    generator = np.random.default_rng(6)
    first, second = (generator.random((5, 7, n), dtype="float32") for n in (1, 2))
    total, large = apply_pixelwise(_sum_and_compare, first, ops.convert_to_tensor(second))
    np.testing.assert_allclose(total, first + second, atol=1e-6)
    np.testing.assert_array_equal(large[..., 0], first[..., 0] > 0.5)


def _sum_and_compare(first, second):
    return first + second, first[..., 0] > 0.5


@pytest.mark.parametrize(
    "before, after", [((90, 61), (32, 96)), ((40, 33), (40, 64)), ((3, 1), (32, 32))]
)
def test_a_plane_is_resized_as_keras_does(before, after):
    plane = np.random.default_rng(7).uniform(0, 100, before).astype("float32")
    expected = ops.image.resize(plane[..., None], after, interpolation="bicubic", antialias=True)
    np.testing.assert_allclose(resize_plane(plane, after), expected[..., 0], atol=1e-3)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
def test_levels_are_the_nearest(dtype):
    lightness, ab = _lightness(50, 300, low=0, high=100), _ab(6, 30, 60)
    made = np.zeros((50, 300, 4), dtype)
    compose_into(made[None], lightness, ab, 1.2)
    expected = np.asarray(compose(lightness, ab, 1.2))[0]
    steps = np.iinfo(dtype).max if made.dtype.kind == "u" else 1.0
    # As above, rounding moves the edge of the gamut by some hundred-thousandths.
    rounding = 2e-5 + (0.5 / steps if steps > 1 else 0.0)
    np.testing.assert_allclose(made[..., :3] / steps, expected, rtol=0, atol=rounding)
    assert not made[..., 3].any()


def test_bands_and_pictures_together_equal_each_alone(monkeypatch):
    lightness, ab = np.concatenate(2 * [_lightness(40, 30, 0, 100)]), _ab(6, 5, 60)
    ab = np.concatenate([ab, -ab])
    together = np.zeros((2, 40, 30, 3), "uint8")
    compose_into(together, lightness, ab, 1.2)
    monkeypatch.setattr(full_size, "ENOUGH", 50)
    monkeypatch.setattr(full_size, "CHUNKS", [700])
    for made, one, color_of_one in zip(together, lightness, ab, strict=True):
        in_bands = np.zeros((1, 40, 30, 3), "uint8")
        compose_into(in_bands, one[None], color_of_one[None], 1.2)
        np.testing.assert_allclose(in_bands[0].astype(int), made, atol=1)
        assert (in_bands[0] == made).mean() > 0.99
    with pytest.raises(ValueError, match="contiguous"):
        compose_into(together[:, ::2], lightness[:, ::2], ab, 1.0)


def _swap_and_sum(colors):
    return ops.stack([colors[..., 2], ops.sum(colors, axis=-1)], axis=-1)
