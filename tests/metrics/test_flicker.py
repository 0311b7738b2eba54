import numpy as np
import pytest

from keras_colorize.metrics import chroma_flicker


@pytest.fixture
def frames():
    """Three frames of 2x2 pixels in one color, 50 light."""
    return np.full((3, 2, 2, 3), 50.0, "float32")


def test_what_stays_does_not_flicker(frames):
    assert chroma_flicker(frames) == 0.0


def test_only_static_pixels_count(frames):
    # One static pixel jumps by (3, 4) once; another changes color where its lightness moves.
    frames[1:, 0, 0, 1:] += [3.0, 4.0]
    frames[1:, 1, 1] += [20.0, 60.0, 0.0]
    # First pair: three static pixels, one of them 5 off; second pair: four static, none off.
    assert chroma_flicker(frames) == pytest.approx(5.0 / 7.0)
    # If the lightness may change that much, the other one counts, too.
    assert chroma_flicker(frames, still=20.0) == pytest.approx(65.0 / 8.0)


def test_frames_may_come_one_by_one(frames):
    frames[2, ..., 1] += 6.0
    assert chroma_flicker(frame for frame in frames) == pytest.approx(3.0)


def test_nothing_static(frames):
    frames[1] += 10.0
    assert chroma_flicker(frames) == 0.0


def test_one_frame_has_no_flicker(frames):
    with pytest.raises(ValueError, match="two frames"):
        chroma_flicker(frames[:1])
