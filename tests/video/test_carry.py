import numpy as np
import pytest
from PIL import Image

from keras_colorize.color import rgb_to_lab
from keras_colorize.video import Excerpt, colorize_video
from ._clips import Fake, decoded

COUNT, MOVE = 8, 2
GIVEN = 4  # of 1 to 8; the last two are another shot


@pytest.fixture
def moving(make_clip):
    """A texture with a bright half that moves to the right, and a cut."""
    noise = np.random.default_rng(2).normal(0, 1, (24, 60)).repeat(4, 0).repeat(4, 1)
    wide = 110 + 15 * np.cumsum(noise, axis=1) / 8
    wide[:, 120:] += 60
    frames = [wide[:, 60 - MOVE * i : 188 - MOVE * i] for i in range(COUNT - 2)]
    frames += [255 - frames[-1]] * 2
    return make_clip(
        frames=[np.repeat(x[..., None], 3, -1).clip(0, 255).astype("uint8") for x in frames]
    )


def colors(path):
    frames = [frame.to_ndarray(format="rgb24") / np.float32(255) for frame in decoded(path)]
    return np.array([np.asarray(rgb_to_lab(frame))[..., 1:] for frame in frames])


def test_a_reference_is_carried_both_ways_until_a_cut(moving, tmp_path):
    with Image.new("RGB", (128, 96)) as image:
        edge = 60 + MOVE * (GIVEN - 1)
        image.paste((60, 120, 200), (0, 0, edge, 96))
        image.paste((90, 160, 60), (edge, 0, 128, 96))
        image.save(tmp_path / "given.png")
    how = {"steady": 0, "lossless": True, "references": {GIVEN: tmp_path / "given.png"}}
    outcome = colorize_video(Fake(), moving, tmp_path / "out.mkv", **how)
    plain = {"steady": 0, "lossless": True}
    colorize_video(Fake(), moving, tmp_path / "plain.mkv", **plain)
    given, without = (colors(tmp_path / name) for name in ("out.mkv", "plain.mkv"))
    assert outcome.frames == COUNT
    for number in range(COUNT - 2):
        edge = 60 + MOVE * number
        left, right = given[number, 16:80, 20 : edge - 8], given[number, 16:80, edge + 8 : -16]
        # Blue left of the edge, green right of it, wherever it is by now.
        assert left[..., 1].mean() < -25
        assert right[..., 1].mean() > 25
        assert right[..., 0].mean() < -20
    np.testing.assert_array_equal(given[-2:], without[-2:])
    colorize_video(Fake(), moving, tmp_path / "again.mkv", **how)
    assert (tmp_path / "again.mkv").read_bytes() == (tmp_path / "out.mkv").read_bytes()


def test_hints_are_carried_and_wrong_ones_said(moving, tmp_path):
    hints = {1: [{"x": 90, "y": 48, "color": "#3050c0", "radius": 8}]}
    how = {"steady": 0, "lossless": True, "excerpt": Excerpt(frames=3)}
    outcome = colorize_video(Fake(), moving, tmp_path / "out.mkv", hints={**hints, 9: []}, **how)
    ab = colors(tmp_path / "out.mkv")
    for number in range(3):
        hinted = ab[number, 44:52, 88 + MOVE * number : 93 + MOVE * number]
        assert hinted.mean() < -10 < 15 < ab[number, 10:30, 20:40].mean()
    assert any("frames [9]" in note for note in outcome.notes)
    Image.new("RGB", (96, 96)).save(tmp_path / "square.png")
    with pytest.raises(ValueError, match="shape 128x96, received 96x96"):
        references = {1: tmp_path / "square.png"}
        colorize_video(Fake(), moving, tmp_path / "none.mkv", references=references)
