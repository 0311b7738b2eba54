"""Colors that hold still, cuts, and display matrices."""

import math

import numpy as np
import pytest

from keras_colorize.video import SteadyColors, colorize_video, is_cut
from keras_colorize.video.reader import orientation_of, turned, turned_back
from ._clips import Fake, decoded

PICTURE = np.arange(6).reshape(2, 3, 1)


def _seen(level, size=(64, 64)):
    return np.full((*size, 1), level, "float32")


def _ab(value, size=(16, 16)):
    return np.full((*size, 2), value, "float32")


def test_at_rest_the_share_of_the_color_before_is_the_strength():
    steady = SteadyColors(0.75)
    np.testing.assert_array_equal(steady(_seen(50), _ab(0)), _ab(0))
    np.testing.assert_allclose(steady(_seen(50), _ab(8)), _ab(2))
    np.testing.assert_allclose(steady(_seen(50), _ab(8)), _ab(3.5))
    # It falls with the change of lightness, and a cut starts anew.
    expected = 8 - 4.5 * 0.75 * math.exp(-(4**2) / 16)
    np.testing.assert_allclose(steady(_seen(54), _ab(8)), _ab(expected), rtol=1e-5)
    np.testing.assert_array_equal(steady(_seen(99), _ab(0)), _ab(0))
    still = SteadyColors(0)
    still(_seen(50), _ab(0))
    np.testing.assert_array_equal(still(_seen(50), _ab(8)), _ab(8))


def test_each_pixel_has_its_own_share():
    steady = SteadyColors(1.0)
    seen = _seen(50)
    seen[::2] = 0
    steady(seen, _ab(0))
    seen = seen.copy()
    seen[:, 32:] += 20
    made = steady(seen, _ab(8))
    np.testing.assert_allclose(made[:, :7], 0, atol=1e-3)
    np.testing.assert_allclose(made[:, 9:], 8, atol=1e-3)


def test_motion_and_exposure_are_no_cuts():
    blocks = np.random.default_rng(0).uniform(10, 90, (2, 8, 8, 1))
    scene, other = blocks.repeat(8, axis=1).repeat(8, axis=2)
    for moved in (np.roll(scene, 2, 1), scene + 12, 0.8 * scene):
        assert not is_cut(scene, moved)
    assert not is_cut(_seen(50), _seen(60))
    assert is_cut(scene, other)
    assert is_cut(scene, _seen(scene.mean()))
    assert is_cut(_seen(20), _seen(80))


def test_two_shots_keep_their_colors_apart(make_clip, tmp_path):
    dark = [np.full((48, 64, 3), 60, np.uint8)] * 4
    light = [np.full((48, 64, 3), 200, np.uint8)] * 4

    class TwoColors(Fake):
        def predict_ab(self, lightness, hints=None):
            ab = super().predict_ab(lightness)
            return ab if lightness.mean() < 50 else -ab

    clip = make_clip(frames=dark + light)
    colorize_video(TwoColors(), clip, tmp_path / "out.mkv", lossless=True, steady=1)
    frames = decoded(tmp_path / "out.mkv")
    tint = [np.diff(one.to_ndarray(format="rgb24").astype(float).mean((0, 1)))[1] for one in frames]
    assert max(tint[:4]) < -10
    assert min(tint[4:]) > 10
    assert abs(tint[4] - tint[7]) < 1


@pytest.mark.parametrize("at_once", [1, 4])
def test_only_what_changed_is_predicted(make_clip, tmp_path, at_once):
    frames = [np.full((48, 64, 3), level, np.uint8) for level in (90, 91, 92, 93, 94, 94, 94, 90)]
    frames[6][20:24, 20:24] += 20
    colorizer = Fake()
    colorizer.at_once = at_once
    colorize_video(colorizer, make_clip(frames=frames), tmp_path / "out.mkv", steady=0)
    # A slow fade is compared with what was predicted, not with the frame before.
    assert sum(colorizer.counts) == 4
    assert len(decoded(tmp_path / "out.mkv")) == 8


def test_pictures_are_turned_and_back():
    for a, b, c, d, shown in (
        # ISO 14496-12, 6.2.2: (p, q) goes to (a p + c q, b p + d q).
        (1, 0, 0, 1, PICTURE),
        (-1, 0, 0, -1, np.rot90(PICTURE, 2)),
        (0, 1, -1, 0, np.rot90(PICTURE, -1)),
        (0, -1, 1, 0, np.rot90(PICTURE, 1)),
        (-1, 0, 0, 1, PICTURE[:, ::-1]),
        (0, 1, 1, 0, np.swapaxes(PICTURE, 0, 1)),
    ):
        orientation = orientation_of((a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30))
        np.testing.assert_array_equal(turned(PICTURE, orientation), shown)
        np.testing.assert_array_equal(turned_back(shown, orientation), PICTURE)
